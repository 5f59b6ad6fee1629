// SPDX-License-Identifier: BSL-1.0
// Prosody: XMPP.
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
modules_enabled = { "saslauth"; "tls" }
modules_disabled = { "posix"; "s2s"; "s2s_auth_certs" }
authentication = "internal_plain"
storage = "internal"
c2s_require_encryption = true
VirtualHost "omnitls.test"
ssl = { certificate = "@dir@/chain.pem"; key = "@dir@/key.pem"; cafile = "@dir@/root.pem"; verify = { "peer", "client_once" } }
)");
    return {{}, {place.program, "-F", "--config", file}};
}

void talk(Conversation& server) {
    const std::string features = server.say(
        "<?xml version='1.0'?><stream:stream to='omnitls.test' version='1.0' "
        "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
        "</stream:features>");
    expect_in(features, "<mechanisms");
    expect_not_in(features, "urn:ietf:params:xml:ns:xmpp-tls");
    server.say("</stream:stream>", "</stream:stream>");
    server.rest();
}

}  // namespace

const Software software::prosody{.program = "prosody", .configure = configure};
// It asks clients for a certificate, and offers EXTERNAL to other servers only.
const Service services::prosody{.name = "prosody",
                                .software = software::prosody,
                                .protocol = "xmpp",
                                .talk = talk,
                                .words_for = words_of_openssl};

}  // namespace omnitls::test
