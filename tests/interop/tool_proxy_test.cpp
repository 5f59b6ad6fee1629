// SPDX-License-Identifier: BSL-1.0
// The PROXY header: `connect --proxy-header` and `serve --proxy-header` with each other, and curl with `serve`.
#include "tests/interop/tool_fixture.hpp"

namespace omnitls::test {
namespace {

using ToolProxy = ToolTest;

Arguments with(Arguments all, const Arguments& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

void expect_in(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << "not \"" << part << "\" in: " << text;
}

const Names versions{"v1", "v2"};

TEST_F(ToolProxy, TheClientIsNamed) {
    for (const Arguments& upgrade : {Arguments{}, Arguments{"--starttls", "xmpp"}}) {
        Server server("leaf", with({"--proxy-header"}, upgrade));
        const auto say = [&](const Arguments& header) {
            return ask(connect_to(server.where(), with(header, upgrade)));
        };
        Names all{"resolve", "tcp", "proxy", "starttls", "tls", "verify"};
        if (upgrade.empty()) all.erase(all.begin() + 3);
        for (const std::string& version : versions) {
            SCOPED_TRACE(version);
            const Answer named =
                say({"--proxy-header", version, "--proxy-source", "192.0.2.1:50000"});
            EXPECT_EQ(named.status, 0) << named.all;
            EXPECT_EQ(stages(named.result), all);
            EXPECT_EQ(named.result["stages"][2]["text"], "named 192.0.2.1:50000");
            expect_in(server.connection(),
                      ", proxy of 192.0.2.1:50000 to " + server.where() + ": TLSv1");
        }
        const Answer none = say({});
        EXPECT_EQ(none.status, upgrade.empty() ? 13 : 12) << none.all;
        EXPECT_EQ(none.result["evidence"], nullptr);
        const std::string refused = server.connection();
        expect_in(refused, "proxy sent ");
        EXPECT_EQ(refused.find("proxy of"), std::string::npos) << refused;
    }
}

TEST_F(ToolProxy, EveryBackendSaysIt) {
    Server server("leaf", {"--proxy-header"});
    const Arguments all{"--backend", "all"};
    EXPECT_EQ(tool(connect_to(server.where(), with({"--proxy-header", "v2"}, all))).status, 0);
    for (std::size_t i = 0; i < built_backends().size(); ++i) {
        // Without a source it is the client itself.
        const std::string said = server.connection();
        const std::size_t start = said.find("from ") + 5;
        const std::string peer = said.substr(start, said.find(',') - start);
        expect_in(said, "from " + peer + ", proxy of " + peer + " to " + server.where());
    }
    EXPECT_EQ(tool(connect_to(server.where(), all)).status, 13);
}

TEST_F(ToolProxy, AServerThatWaitsForNoneRefusesIt) {
    Server server("leaf");
    for (const std::string& version : versions) {
        const Answer said = ask(connect_to(server.where(), {"--proxy-header", version}));
        EXPECT_EQ(said.status, 13) << said.all;
        EXPECT_EQ(stages(said.result), (Names{"resolve", "tcp", "proxy", "tls!"}));
        EXPECT_EQ(server.connection().find("TLSv1"), std::string::npos);
    }
    EXPECT_EQ(tool(connect_to(server.where())).status, 0);
}

TEST_F(ToolProxy, TheTranscriptHasItInFront) {
    Server server("leaf", {"--proxy-header", "--starttls", "xmpp", "--transcript", "--once"});
    const Finished client =
        tool(connect_to(server.where(), {"--starttls", "xmpp", "--transcript", "--proxy-header",
                                         "v1", "--proxy-source", "192.0.2.1:50000"}));
    EXPECT_EQ(client.status, 0) << client.err;
    EXPECT_EQ(server.process().wait(), 0);
    const std::string header =
        " [header] PROXY TCP4 192.0.2.1 127.0.0.1 50000 " + std::to_string(server.port()) + "\n";
    expect_in(client.out, "->" + header + "-> [");
    expect_in(server.process().out(), "<-" + header + "<- [");
}

TEST_F(ToolProxy, JsonHasBothEnds) {
    Process server({tool_program, "serve", "--port", "0", "--cert", data("leaf_chain.pem"), "--key",
                    data("leaf.key"), "--json", "--proxy-header"});
    const Json listening = Json::parse(server.read_line().value_or("null"));
    const int port = listening["port"];
    const std::string where = "127.0.0.1:" + std::to_string(port);
    const Arguments header{"--proxy-header", "v2", "--proxy-source", "192.0.2.1:50000"};
    EXPECT_EQ(tool(connect_to(where, header)).status, 0);
    const Json named = Json::parse(server.read_line().value_or("null"));
    EXPECT_EQ(named["proxy"], (Json{{"source", {{"address", "192.0.2.1"}, {"port", 50000}}},
                                    {"destination", {{"address", "127.0.0.1"}, {"port", port}}}}));
    EXPECT_EQ(named["secure"], true);
    EXPECT_EQ(tool(connect_to(where)).status, 13);
    const Json none = Json::parse(server.read_line().value_or("null"));
    EXPECT_EQ(none["proxy"], nullptr);
    EXPECT_EQ(none["secure"], false);
    EXPECT_EQ(none["error"]["code"], "starttls_protocol");
}

TEST_F(ToolProxy, AHeaderThatCannotBeSaidIsRefused) {
    Server server("leaf", {"--proxy-header"});
    const auto say = [&](const Arguments& words) {
        return tool(connect_to(server.where(), words));
    };
    EXPECT_EQ(say({"--proxy-header", "v1", "--proxy-source", "192.0.2.1:1"}).status, 0);
    const std::pair<Arguments, std::string> cases[] = {
        {{"--proxy-header", "v1", "--proxy-source", "localhost:1"}, "PROXY header: "},
        {{"--proxy-header", "v1", "--proxy-source", "[2001:db8::1]:1"}, "PROXY header: "},
        {{"--proxy-header", "v1", "--proxy-source", "192.0.2.1"}, "is not HOST:PORT"},
        {{"--proxy-header", "v3", "--proxy-source", "192.0.2.1:1"}, "--proxy-header"},
        {{"--proxy-source", "192.0.2.1:1"}, "--proxy-source requires --proxy-header"}};
    for (const auto& [words, text] : cases) {
        const Finished refused = say(words);
        EXPECT_EQ(refused.status, 2) << text;
        expect_in(refused.err, text);
    }
}

/// curl, over TLS at once or after STARTTLS.
TEST_F(ToolProxy, CurlIsNamed) {
    for (const auto& [option, scheme] :
         {std::pair{"--protocol", "imaps"}, {"--starttls", "imap"}}) {
        SCOPED_TRACE(scheme);
        Server server("leaf", {"--proxy-header", option, "imap", "--user", "alice:secret"});
        const std::string port = std::to_string(server.port());
        Arguments curl{"curl",
                       "--silent",
                       "--show-error",
                       "--cacert",
                       data("root.pem"),
                       "--max-time",
                       "20",
                       "--ssl-reqd",
                       "--user",
                       "alice:secret",
                       "--resolve",
                       "omnitls.test:" + port + ":127.0.0.1",
                       std::string(scheme) + "://omnitls.test:" + port + "/"};
        const Finished named = run_process(with(curl, {"--haproxy-protocol"}));
        EXPECT_EQ(named.status, 0) << named.err;
        const std::string said = server.connection();
        const std::size_t start = said.find("from ") + 5;
        const std::string peer = said.substr(start, said.find(',') - start);
        expect_in(said, "from " + peer + ", proxy of " + peer + " to " + server.where());
        expect_in(said, "login \"alice\"");
        // After STARTTLS it would wait for a greeting first, as the server does for the header.
        if (scheme == std::string("imap")) continue;
        EXPECT_NE(run_process(curl).status, 0);
        const std::string refused = server.connection();
        expect_in(refused, "proxy sent ");
        EXPECT_EQ(refused.find("login"), std::string::npos) << refused;
    }
}

}  // namespace
}  // namespace omnitls::test
