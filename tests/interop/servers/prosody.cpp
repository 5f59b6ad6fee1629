// SPDX-License-Identifier: BSL-1.0
// Prosody: XMPP, with clients and with servers.
#include "tests/interop/servers/servers.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

Launch configure(const Place& place) {
    std::filesystem::create_directory(place.path("data"));
    const std::string file = place.write("prosody.cfg.lua", R"(
run_as_root = true -- looked at only when root runs it
pidfile = "@dir@/pid"
data_path = "@dir@/data"
log = { { levels = { min = "debug" }, to = "file", filename = "@dir@/log" } }
interfaces = { "127.0.0.1" }
c2s_ports = { @port@ }
c2s_direct_tls_ports = {}
s2s_ports = { @port1@ }
s2s_direct_tls_ports = {}
modules_enabled = { "saslauth"; "tls"; "dialback" }
modules_disabled = { "posix"; "s2s_auth_certs" }
authentication = "internal_plain"
storage = "internal"
c2s_require_encryption = true
s2s_require_encryption = true
VirtualHost "omnitls.test"
ssl = { certificate = "@dir@/chain.pem"; key = "@dir@/key.pem"; cafile = "@dir@/root.pem"; verify = { "peer", "client_once" } }
)");
    return {{}, {place.program, "-F", "--config", file}};
}

/// Opens the stream anew, as the upgrade demands; `attributes` are its own.
void expect_features(Conversation& server, const std::string& attributes,
                     std::string_view feature) {
    const std::string features = server.say(
        "<?xml version='1.0'?><stream:stream to='omnitls.test' version='1.0' "
        "xmlns:stream='http://etherx.jabber.org/streams' " +
            attributes + ">",
        "</stream:features>");
    expect_in(features, feature);
    expect_not_in(features, "urn:ietf:params:xml:ns:xmpp-tls");
    server.say("</stream:stream>", "</stream:stream>");
    server.rest();
}

void talk_to_client(Conversation& server) {
    expect_features(server, "xmlns='jabber:client'", "<mechanisms");
}

// Who has upgraded may ask it to call back: in plain text that is not offered.
void talk_to_server(Conversation& server) {
    expect_features(server,
                    "xmlns='jabber:server' xmlns:db='jabber:server:dialback' from='client.test'",
                    "urn:xmpp:features:dialback");
}

}  // namespace

const Software software::prosody{.program = "prosody", .ports = 2, .configure = configure};
// It asks clients for a certificate, and offers EXTERNAL to other servers only.
const Service services::prosody{.name = "prosody",
                                .software = software::prosody,
                                .protocol = "xmpp",
                                .talk = talk_to_client,
                                .words_for = words_of_openssl};
// EXTERNAL needs a certificate for the domain that calls. Without one there is dialback, which nobody asks for here.
const Service services::prosody_s2s{.name = "prosody_s2s",
                                    .software = software::prosody,
                                    .protocol = "xmpp-server",
                                    .talk = talk_to_server,
                                    .words_for = words_of_openssl,
                                    .port = 1};

}  // namespace omnitls::test
