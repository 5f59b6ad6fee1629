// SPDX-License-Identifier: BSL-1.0
// `omnitls connect` against itself, against openssl s_server, and against servers that say a fixed text.
#include "tests/interop/scripted_server.hpp"
#include "tests/interop/tool_fixture.hpp"
#include <omnitls/starttls/protocols.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <thread>

namespace omnitls::test {
namespace {

using Connect = ToolTest;

using asio::ip::tcp;

/// A server that says the given texts, the first at once and each other one when the client has sent a line end or a tag end.
class FixedServer {
public:
    explicit FixedServer(std::vector<std::string> turns)
        : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}),
          thread_([this, turns = std::move(turns)] { serve(turns); }) {}
    ~FixedServer() {
        // Wakes an accept that nobody came for.
        std::error_code ignored;
        tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }
    std::string where() const {
        return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }

private:
    void serve(const std::vector<std::string>& turns) {
        std::error_code ec;
        tcp::socket socket = acceptor_.accept(ec);
        std::array<char, 1024> block;
        for (const std::string& turn : turns) {
            asio::write(socket, asio::buffer(turn), ec);
            if (&turn != &turns.back()) socket.read_some(asio::buffer(block), ec);
            if (ec) return;
        }
        socket.shutdown(tcp::socket::shutdown_send, ec);
        while (!ec) socket.read_some(asio::buffer(block), ec);
    }
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::thread thread_;
};

TEST_F(Connect, WhereIsChecked) {
    for (const std::string where :
         {"localhost", "localhost:", ":25", "localhost:0", "localhost:65536", "localhost:25x",
          "::1:25", "[::1]", "[]:25", "a b:25"}) {
        const Finished finished = tool({"connect", where, "--ca", data("root.pem")});
        EXPECT_EQ(finished.status, 2) << where;
        EXPECT_NE(finished.err.find("is not HOST:PORT"), std::string::npos) << finished.err;
    }
}

TEST_F(Connect, FilesAreNamed) {
    Server server("leaf");
    EXPECT_EQ(tool(connect_to(server.where())).status, 0) << "twin";
    const std::pair<Arguments, std::string> cases[] = {
        {{"connect", server.where(), "--ca", "/nonexistent/ca.pem"}, "/nonexistent/ca.pem"},
        {{"connect", server.where(), "--ca", data("leaf.key")}, "leaf.key"},
        {connect_to(server.where(), {"--cert", "/nonexistent/c.pem", "--key", data("client.key")}),
         "/nonexistent/c.pem"},
        {connect_to(server.where(),
                    {"--cert", data("client_chain.pem"), "--key", "/nonexistent/k.pem"}),
         "/nonexistent/k.pem"},
        {connect_to(server.where(),
                    {"--cert", data("client_chain.pem"), "--key", data("client_other.key")}),
         "client_other.key"},
        {connect_to(server.where(), {"--backend", "nosuch"}), "nosuch"},
    };
    for (const auto& [arguments, name] : cases) {
        const Finished finished = tool(arguments);
        EXPECT_EQ(finished.status, 2) << testing::PrintToString(arguments) << finished.err;
        EXPECT_NE(finished.err.find(name), std::string::npos) << finished.err;
        EXPECT_EQ(finished.out, "");
    }
}

TEST_F(Connect, ReportsEverything) {
    for (const std::string version : {"1.2", "1.3"}) {
        SCOPED_TRACE(version);
        Server server("leaf", {"--alpn", "smtp,imap", "--tls", version});
        const Answer answer = ask(connect_to(server.where(), {"--alpn", "xmpp,imap"}));
        EXPECT_EQ(answer.status, 0);
        EXPECT_EQ(answer.all["exit"], 0);
        const Json& result = answer.result;
        EXPECT_EQ(stages(result), (Names{"resolve", "tcp", "tls", "verify"}));
        for (const Json& stage : result["stages"]) EXPECT_GE(stage["ms"].get<double>(), 0.0);
        EXPECT_EQ(result["tls"]["version"], "TLSv" + version);
        EXPECT_EQ(result["tls"]["cipher"].get<std::string>().rfind("TLS_", 0), 0U);
        EXPECT_NE(result["tls"]["group"], "");
        EXPECT_EQ(result["tls"]["signature_scheme"], "ecdsa_secp256r1_sha256");
        EXPECT_EQ(result["tls"]["alpn"], "imap");
        EXPECT_EQ(result["tls"]["sni"], "omnitls.test");
        const Json& evidence = result["evidence"];
        ASSERT_EQ(evidence["chain"].size(), 2U);
        EXPECT_EQ(evidence["path"].size(), 3U);
        EXPECT_EQ(evidence["findings"].size(), 0U);
        EXPECT_EQ(evidence["name"]["matched_by"], "DNS:omnitls.test");
        const Json& leaf = evidence["chain"][0];
        const Names names = leaf["names"];
        EXPECT_EQ(names, (Names{"DNS:omnitls.test", "DNS:localhost", "DNS:*.wild.omnitls.test",
                                "IP:127.0.0.1", "IP:::1", "SRV:_xmpp-client.omnitls.test",
                                "XMPP:omnitls.test"}));
        EXPECT_EQ(leaf["not_before"], "2020-01-01T00:00:00Z");
        const auto& crypto = built_backends()[0]->crypto();
        std::string hex;
        const auto fingerprint = load_certificate("leaf").fingerprint(crypto).value();
        for (const std::uint8_t byte : fingerprint) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", byte);
            hex += two;
        }
        EXPECT_EQ(leaf["sha256"], hex);
        EXPECT_EQ(leaf["spki_pin"].get<std::string>().size(), 44U);
        EXPECT_EQ(leaf["issuer"], evidence["chain"][1]["subject"]);
        EXPECT_TRUE(result["error"].is_null());
        EXPECT_EQ(result["close"], "both sides said so");
        EXPECT_NE(server.connection().find("TLSv" + version), std::string::npos);
    }
}

TEST_F(Connect, ForPeople) {
    Server server("leaf");
    const Finished finished = tool(connect_to(server.where()));
    EXPECT_EQ(finished.status, 0);
    EXPECT_EQ(finished.err, "");
    for (const char* part : {"resolve", "tcp", "tls", "verify", "certificate 0 (leaf)",
                             "certificate 1", "subject", "issuer", "DNS:omnitls.test", "days left",
                             "sha256", "spki pin", "findings: none", " ms"}) {
        EXPECT_NE(finished.out.find(part), std::string::npos) << part << '\n' << finished.out;
    }
    EXPECT_EQ(finished.out.find('\x1b'), std::string::npos);
}

TEST_F(Connect, RefusesBadCertificates) {
    struct Case {
        std::string role, code, alert;
        Names words;
    };
    const Case cases[] = {
        {"leaf_wrong_name", "name_mismatch", "", {"omnitls.test", "elsewhere.test"}},
        {"leaf_unknown_ca", "unknown_authority", "unknown_ca", {}},
        {"leaf_self_signed", "unknown_authority", "unknown_ca", {}},
        {"leaf_expired", "certificate_expired", "certificate_expired", {"2025-02-01"}},
        {"leaf_not_yet", "certificate_not_yet_valid", "", {"2040-01-01"}},
    };
    for (const std::string version : {"1.2", "1.3"}) {
        Server good("leaf", {"--tls", version});
        EXPECT_EQ(tool(connect_to(good.where())).status, 0) << "twin";
        EXPECT_EQ(good.connection().find("alert"), std::string::npos);
        for (const Case& one : cases) {
            SCOPED_TRACE(one.role + " " + version);
            Server server(one.role, {"--tls", version});
            const Answer answer = ask(connect_to(server.where()));
            EXPECT_EQ(answer.status, 14);
            EXPECT_EQ(stages(answer.result), (Names{"resolve", "tcp", "tls", "verify!"}));
            const Json& error = answer.result["error"];
            EXPECT_EQ(error["code"], one.code);
            EXPECT_EQ(error["phase"], "verification");
            EXPECT_NE(error["hint"], "");
            for (const std::string& word : one.words) {
                EXPECT_NE(error["what"].get<std::string>().find(word), std::string::npos)
                    << error["what"];
            }
            if (!one.alert.empty()) {
                EXPECT_EQ(error["alert_sent"]["name"], one.alert);
            }
            EXPECT_GE(answer.result["evidence"]["findings"].size(), 1U);
            // The other side could decode the alert.
            const std::string said = server.connection();
            const std::string alert = error["alert_sent"]["name"];
            EXPECT_NE(said.find("(alert received: " + alert + ")"), std::string::npos) << said;
        }
    }
}

TEST_F(Connect, NameAndSniAreTwoThings) {
    Server server("leaf");
    const auto with = [&](Arguments more) {
        more.insert(more.begin(), {"connect", server.where(), "--ca", data("root.pem")});
        return ask(more);
    };
    const Answer address = with({});
    EXPECT_EQ(address.status, 0) << "the certificate has the address";
    EXPECT_EQ(address.result["tls"]["sni"], "");
    EXPECT_EQ(address.result["evidence"]["name"]["matched_by"], "IP:127.0.0.1");
    const Answer sni = with({"--name", "localhost", "--sni", "other.test"});
    EXPECT_EQ(sni.status, 0);
    EXPECT_EQ(sni.result["tls"]["sni"], "other.test");
    EXPECT_EQ(with({"--name", "localhost", "--sni", ""}).result["tls"]["sni"], "");
    const Answer wrong = with({"--name", "wrong.test", "--sni", "localhost"});
    EXPECT_EQ(wrong.status, 14);
    EXPECT_EQ(wrong.result["error"]["code"], "name_mismatch");
}

// Every protocol with both ends ours, on every backend.
TEST_F(Connect, Starttls) {
    for (const starttls::Protocol& known : starttls::protocols()) {
        for (const TlsBackend* backend : built_backends()) {
            const std::string protocol(known.name);
            const std::string name(backend->name());
            SCOPED_TRACE(protocol + " " + name);
            const Arguments both = {"--starttls", protocol, "--backend", name};
            Server server("leaf", both);
            const Answer good = ask(connect_to(server.where(), both));
            EXPECT_EQ(good.status, 0) << good.all;
            EXPECT_EQ(stages(good.result), (Names{"resolve", "tcp", "starttls", "tls", "verify"}));
            EXPECT_NE(server.connection().find(": TLSv1."), std::string::npos);
            Arguments other = {"connect",        server.where(), "--ca",
                               data("root.pem"), "--name",       "wrong.test"};
            other.insert(other.end(), both.begin(), both.end());
            const Answer wrong = ask(other);
            EXPECT_EQ(wrong.status, 14);
            EXPECT_EQ(stages(wrong.result),
                      (Names{"resolve", "tcp", "starttls", "tls", "verify!"}));
        }
    }
}

TEST_F(Connect, HoldsForTheVerdict) {
    Server server("leaf");
    const Arguments delay = {"--verdict-delay", "50"};
    const Answer at_once = ask(connect_to(server.where()));
    EXPECT_EQ(at_once.status, 0);
    EXPECT_EQ(at_once.result["held"]["bytes_sent"], 0);
    const Answer late = ask(connect_to(server.where(), delay));
    EXPECT_EQ(late.status, 0);
    EXPECT_GE(late.result["held"]["ms"], 50.0);
    EXPECT_EQ(late.result["held"]["bytes_sent"], 0);
    const Answer refused = ask({"connect", server.where(), "--ca", data("root.pem"), "--name",
                                "wrong.test", "--verdict-delay", "50"});
    EXPECT_EQ(refused.status, 14);
    EXPECT_GE(refused.result["held"]["ms"], 50.0);
    EXPECT_EQ(refused.result["held"]["bytes_sent"], 0);
    const Finished text = tool(connect_to(server.where(), delay));
    EXPECT_NE(text.out.find("held for the verdict: "), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("meanwhile sent: 0 bytes"), std::string::npos) << text.out;
    // Nobody was asked, or nobody answered in time: nothing to tell.
    const Answer never =
        ask(connect_to(server.where(), {"--verdict-delay", "60000", "--timeout", "1"}));
    EXPECT_EQ(never.status, 15) << never.all;
    EXPECT_TRUE(never.result["held"].is_null());
}

TEST_F(Connect, OpensTheStreamToTheDomain) {
    for (const std::string domain : {"", "chat.test"}) {
        std::string header;
        ScriptedServer server([&header](tcp::socket& socket) {
            asio::read_until(socket, asio::dynamic_buffer(header), "streams'>");
        });
        Arguments arguments =
            connect_to("127.0.0.1:" + std::to_string(server.port()), {"--starttls", "xmpp"});
        if (!domain.empty()) arguments.insert(arguments.end(), {"--domain", domain});
        EXPECT_EQ(ask(arguments).status, 12) << "the server says nothing";
        server.finish();
        const std::string to = domain.empty() ? "omnitls.test" : domain;
        EXPECT_NE(header.find("to='" + to + "'"), std::string::npos) << header;
    }
}

TEST_F(Connect, DomainAndNameAreTwoThings) {
    FixedServer wrong(
        {"<stream:stream version='1.0' "
         "xmlns:stream='http://etherx.jabber.org/streams'><stream:error><host-unknown "
         "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"});
    Server server("leaf_wrong_name", {"--starttls", "xmpp"});
    const Answer refused =
        ask(connect_to(server.where(), {"--starttls", "xmpp", "--domain", "elsewhere.test"}));
    EXPECT_EQ(refused.status, 14) << "asked for one domain, wants the certificate of another";
    EXPECT_EQ(ask({"connect", server.where(), "--ca", data("root.pem"), "--name", "elsewhere.test",
                   "--starttls", "xmpp"})
                  .status,
              0);
    EXPECT_EQ(tool(connect_to(server.where(), {"--starttls", "xmpp", "--domain", "a'b"})).status,
              2);
    const Answer unknown = ask(connect_to(wrong.where(), {"--starttls", "xmpp"}));
    EXPECT_EQ(unknown.status, 12);
}

TEST_F(Connect, StarttlsFails) {
    const std::string greeting = "220 mail.test ESMTP\r\n";
    const std::string offer = "250-mail.test\r\n250 STARTTLS\r\n";
    struct Case {
        std::vector<std::string> turns;
        std::string code, what;
    };
    const Case cases[] = {
        {{greeting, offer, "454 TLS not available\r\n"},
         "starttls_refused",
         "STARTTLS (smtp): expected 220 to STARTTLS, server answered \"454 TLS not available\""},
        {{greeting, "250 mail.test\r\n"}, "starttls_not_offered", "server offers no extensions"},
        {{"554 go away\r\n"}, "starttls_refused", "expected 220 greeting"},
        {{"SSH-2.0-x\r\n"}, "starttls_protocol", "SSH-2.0-x"},
        {{greeting + offer}, "starttls_protocol", "before it was asked"},
        {{greeting, "250-mail"},
         "truncated",
         "expected 250 to EHLO, connection ended after \"250-mail\""},
        {{""}, "truncated", "connection ended before anything came"},
        {{greeting, offer, "220 go\r\nMAIL FROM:<a@b>\r\n"},
         "plaintext_after_starttls",
         "plain text"},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.what);
        FixedServer server(one.turns);
        const Answer answer = ask(connect_to(server.where(), {"--starttls", "smtp"}));
        EXPECT_EQ(answer.status, 12);
        const Json& error = answer.result["error"];
        EXPECT_EQ(error["code"], one.code);
        EXPECT_NE(error["what"].get<std::string>().find(one.what), std::string::npos)
            << error["what"];
        EXPECT_NE(error["hint"], "") << error;
        EXPECT_TRUE(answer.result["evidence"].is_null());
    }
}

TEST_F(Connect, PlainTextServer) {
    Server twin("leaf");
    EXPECT_EQ(tool(connect_to(twin.where())).status, 0);
    FixedServer server({"220 mail.test ESMTP\r\n"});
    const Finished finished = tool(connect_to(server.where()));
    EXPECT_EQ(finished.status, 13);
    EXPECT_NE(finished.err.find("220 mail.test ESMTP"), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find("next: "), std::string::npos) << finished.err;
}

TEST_F(Connect, SilentServer) {
    // A listener whose queue takes the connection and who never says a word.
    asio::io_context io;
    tcp::acceptor silent(io, {asio::ip::make_address("127.0.0.1"), 0});
    const std::string where = "127.0.0.1:" + std::to_string(silent.local_endpoint().port());
    const Answer tls = ask(connect_to(where, {"--timeout", "2"}));
    EXPECT_EQ(tls.status, 13);
    EXPECT_EQ(tls.result["error"]["code"], "handshake_timeout");
    const Answer smtp = ask(connect_to(where, {"--timeout", "2", "--starttls", "smtp"}));
    EXPECT_EQ(smtp.status, 12);
    EXPECT_NE(smtp.result["error"]["what"].get<std::string>().find("greeting"), std::string::npos)
        << smtp.all;
}

TEST_F(Connect, NoConnection) {
    Server twin("leaf");
    EXPECT_EQ(tool(connect_to(twin.where())).status, 0);
    std::string where;
    {
        asio::io_context io;
        tcp::acceptor gone(io, {asio::ip::make_address("127.0.0.1"), 0});
        where = "127.0.0.1:" + std::to_string(gone.local_endpoint().port());
    }
    const Answer refused = ask(connect_to(where));
    EXPECT_EQ(refused.status, 11);
    EXPECT_EQ(stages(refused.result), (Names{"resolve", "tcp!"}));
    EXPECT_NE(refused.result["error"]["what"].get<std::string>().find(where), std::string::npos);
    // A label of 64 bytes is refused before any name server is asked.
    const Answer lookup = ask(connect_to(std::string(64, 'a') + ".test:25"));
    EXPECT_EQ(lookup.status, 10) << lookup.all;
    EXPECT_EQ(stages(lookup.result), (Names{"resolve!"}));
}

TEST_F(Connect, ClientCertificates) {
    for (const std::string version : {"1.2", "1.3"}) {
        SCOPED_TRACE(version);
        Server server("leaf", {"--client-auth", "require", "--client-ca", data("root.pem"), "--tls",
                               version});
        const auto as = [&](const std::string& role) {
            return ask(connect_to(server.where(), {"--cert", data(role + "_chain.pem"), "--key",
                                                   data(role + ".key")}));
        };
        const Answer good = as("client");
        EXPECT_EQ(good.status, 0) << good.all;
        const std::string said = server.connection();
        EXPECT_NE(said.find("client "), std::string::npos) << said;
        EXPECT_NE(said.find("CN="), std::string::npos) << said;
        const Answer none = ask(connect_to(server.where()));
        EXPECT_EQ(none.status, 13) << none.all;
        EXPECT_EQ(none.result["error"]["alert_received"]["name"],
                  version == "1.2" ? "handshake_failure" : "certificate_required");
        EXPECT_NE(server.connection().find("(alert sent: "), std::string::npos);
        const Answer expired = as("client_expired");
        EXPECT_EQ(expired.status, 13);
        EXPECT_EQ(expired.result["error"]["alert_received"]["name"], "certificate_expired");
        const Answer unknown = as("client_unknown_ca");
        EXPECT_EQ(unknown.status, 13);
        EXPECT_EQ(unknown.result["error"]["alert_received"]["name"], "unknown_ca");
    }
}

TEST_F(Connect, OpensslServer) {
    for (const std::string version : {"1_2", "1_3"}) {
        SCOPED_TRACE(version);
        Process server({"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", data("leaf.pem"),
                        "-cert_chain", data("leaf_chain.pem"), "-key", data("leaf.key"),
                        "-tls" + version, "-alpn", "h2,xmpp-client", "-naccept", "2"});
        const auto line = server.read_until("ACCEPT ");
        ASSERT_TRUE(line) << server.err();
        const std::string where = line->substr(line->find(' ') + 1);
        const Answer answer = ask(connect_to(where, {"--alpn", "xmpp-client"}));
        EXPECT_EQ(answer.status, 0) << answer.all;
        EXPECT_EQ(answer.result["tls"]["version"], version == "1_2" ? "TLSv1.2" : "TLSv1.3");
        EXPECT_EQ(answer.result["tls"]["alpn"], "xmpp-client");
        const Answer wrong =
            ask({"connect", where, "--ca", data("root.pem"), "--name", "wrong.test"});
        EXPECT_EQ(wrong.status, 14);
        server.wait();
        EXPECT_NE((server.out() + server.err()).find("alert number"), std::string::npos)
            << "it could decode our alert" << server.out() << server.err();
    }
}

}  // namespace
}  // namespace omnitls::test
