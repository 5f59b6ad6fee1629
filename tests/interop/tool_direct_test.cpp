// SPDX-License-Identifier: BSL-1.0
// `connect --protocol`: TLS from the first byte, with the protocol's ALPN, at servers that go by it: a port of Prosody for XMPP between
// client and server and among servers (XEP-0368), and PostgreSQL from 17 on.
#include "tests/interop/servers/servers.hpp"
#include "tests/interop/tool_fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace omnitls::test {
namespace {

using ToolDirect = ToolTest;

/// One port, on which the ALPN protocol alone says who is to answer.
Launch configure(const Place& place) {
    std::filesystem::create_directory(place.path("data"));
    const std::string file = place.write("prosody.cfg.lua", R"(
run_as_root = true -- looked at only when root runs it
pidfile = "@dir@/pid"
data_path = "@dir@/data"
log = { { levels = { min = "debug" }, to = "file", filename = "@dir@/log" } }
interfaces = { "127.0.0.1" }
ports = {}
ssl_ports = { @port@ }
c2s_ports = {}
c2s_direct_tls_ports = {}
s2s_ports = {}
s2s_direct_tls_ports = {}
modules_enabled = { "saslauth"; "tls"; "dialback"; "net_multiplex" }
modules_disabled = { "posix"; "s2s_auth_certs" }
authentication = "internal_plain"
storage = "internal"
ssl = { certificate = "@dir@/chain.pem"; key = "@dir@/key.pem" }
VirtualHost "omnitls.test"
)");
    return {{}, {place.program, "-F", "--config", file}};
}
const Software prosody{.program = "prosody", .configure = configure};

std::string where(const RealServer& server) { return "127.0.0.1:" + std::to_string(server.port()); }

/// What a client's stream is answered with.
std::string open_stream(const RealServer& server, const std::string& protocol) {
    Arguments command = connect_to(where(server), {"--protocol", protocol, "-i"});
    command.insert(command.begin(), tool_program);
    Process process(command);
    process.send(
        "<?xml version='1.0'?><stream:stream to='omnitls.test' version='1.0' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'></stream:stream>");
    EXPECT_EQ(process.wait(), 0) << process.err();
    return process.out();
}

TEST_F(ToolDirect, TheAlpnOfXmppSaysWhoAnswers) {
    OMNITLS_NEED_SERVER(prosody);
    const RealServer server(prosody, "leaf");
    const std::pair<std::string, std::string> cases[] = {{"xmpp", "xmpp-client"},
                                                         {"xmpp-server", "xmpp-server"}};
    for (const auto& [protocol, alpn] : cases) {
        SCOPED_TRACE(protocol);
        const Answer answer =
            ask(connect_to(where(server), {"--protocol", protocol, "--backend", "all"}));
        EXPECT_EQ(answer.status, 0) << answer.all;
        for (const Json& result : answer.all["results"]) {
            EXPECT_EQ(stages(result), (Names{"resolve", "tcp", "tls", "verify"}));
            EXPECT_EQ(result["tls"]["alpn"], alpn);
        }
    }
    const std::string routed = " based on ALPN \"xmpp-client\"";
    EXPECT_TRUE(server.logs(routed, built_backends().size()));
    EXPECT_NE(open_stream(server, "xmpp").find("<mechanisms"), std::string::npos);
    EXPECT_NE(open_stream(server, "xmpp-server").find("urn:xmpp:features:dialback"),
              std::string::npos);

    // Without the option nothing is offered, and the server waits for the first words.
    const std::size_t before = server.logged(routed);
    const Answer none = ask(connect_to(where(server)));
    EXPECT_EQ(none.status, 0);
    EXPECT_EQ(none.result["tls"]["alpn"], "");
    EXPECT_EQ(server.logged(routed), before);

    const Answer stranger = ask({"connect", where(server), "--ca", data("root.pem"), "--name",
                                 "elsewhere.test", "--sni", "omnitls.test", "--protocol", "xmpp"});
    EXPECT_EQ(stranger.status, 14);
    EXPECT_EQ(stages(stranger.result).back(), "verify!");
    // RFC 6120 section 13.7.1.2
    const auto what = stranger.result["error"]["what"].get<std::string>();
    EXPECT_NE(what.find("SRV:_xmpp-client.elsewhere.test"), std::string::npos) << what;
}

int major_version(const std::string& program) {
    const std::string text = run_process({program, "--version"}).out;
    const std::size_t digits = text.find_first_of("0123456789");
    return digits == std::string::npos ? 0 : std::stoi(text.substr(digits));
}

TEST_F(ToolDirect, PostgresqlGoesByItsAlpn) {
    OMNITLS_NEED_SERVER(software::postgresql);
    const RealServer server(software::postgresql, "leaf");
    const Answer direct =
        ask(connect_to(where(server), {"--protocol", "postgresql", "--backend", "all"}));
    const Answer upgraded =
        ask(connect_to(where(server), {"--starttls", "postgresql", "--backend", "all"}));
    EXPECT_EQ(upgraded.status, 0) << upgraded.all;
    if (major_version(server.place().program) < 17) {
        EXPECT_EQ(direct.status, 13) << "it takes the ClientHello for the beginning of a packet";
        EXPECT_EQ(stages(direct.result).back(), "tls!");
        return;
    }
    EXPECT_EQ(direct.status, 0) << direct.all;
    for (const Json& result : direct.all["results"]) EXPECT_EQ(result["tls"]["alpn"], "postgresql");
    const std::string refusal = "without ALPN protocol negotiation extension";
    EXPECT_EQ(server.logged(refusal), 0U) << server.log();
    EXPECT_EQ(ask(connect_to(where(server))).result["tls"]["alpn"], "");
    EXPECT_TRUE(server.logs(refusal)) << server.log();
}

TEST_F(ToolDirect, WhatIsOfferedIsTheProtocolsUnlessSaid) {
    Server server("leaf", {"--alpn", "xmpp-client"});
    const auto offer = [&](const Arguments& more) { return ask(connect_to(server.where(), more)); };
    EXPECT_EQ(offer({"--protocol", "xmpp"}).result["tls"]["alpn"], "xmpp-client");
    const Answer other = offer({"--protocol", "xmpp-server"});
    EXPECT_EQ(other.status, 13) << other.all;
    EXPECT_EQ(stages(other.result).back(), "tls!");
    EXPECT_EQ(other.result["error"]["alert_received"]["name"], "no_application_protocol");
    EXPECT_EQ(offer({"--protocol", "xmpp-server", "--alpn", "xmpp-client"}).status, 0);
}

TEST_F(ToolDirect, ItIsForProtocolsThatHaveOneAndNotForUpgrades) {
    Server server("leaf");
    const auto run = [&](const std::string& command, const Arguments& more) {
        Arguments all{command, server.where()};
        all.insert(all.end(), more.begin(), more.end());
        return tool(all);
    };
    EXPECT_EQ(run("cert", {"--protocol", "xmpp"}).status, 0);
    const std::pair<Arguments, std::string> cases[] = {
        {{"--protocol", "smtp"}, "--protocol"},
        {{"--protocol", "xmpp", "--starttls", "xmpp"}, "excludes"},
        {{"--protocol", "xmpp", "--domain", "omnitls.test"}, "--domain requires --starttls"}};
    for (const auto& [words, text] : cases) {
        for (const std::string command : {"connect", "cert"}) {
            const Finished refused = run(command, words);
            EXPECT_EQ(refused.status, 2) << text;
            EXPECT_NE(refused.err.find(text), std::string::npos) << refused.err;
        }
    }
    EXPECT_EQ(tool({"cert", data("leaf.pem")}).status, 0);
    const Finished file = tool({"cert", data("leaf.pem"), "--protocol", "xmpp"});
    EXPECT_EQ(file.status, 2);
    EXPECT_NE(file.err.find("--protocol is for a server"), std::string::npos) << file.err;
}

}  // namespace
}  // namespace omnitls::test
