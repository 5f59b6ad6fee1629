// SPDX-License-Identifier: BSL-1.0
// Redis.
#include "tests/interop/servers/servers.hpp"

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

Launch configure(const Place& place) {
    const std::string file =
        place.write("redis.conf", R"(
port 0
tls-port @port@
bind 127.0.0.1
dir @dir@
save ""
loglevel debug
tls-cert-file @dir@/chain.pem
tls-key-file @dir@/key.pem
tls-ca-cert-file @dir@/authorities.pem
tls-auth-clients @demands@
)",
                    {{"@demands@", place.demands_certificate ? "yes" : "optional"}});
    return {{}, {place.program, file}};
}

// There is no other port.
void talk(Conversation& server) {
    EXPECT_EQ(server.say("PING\r\n", "\r\n"), "+PONG\r\n");
    EXPECT_EQ(server.say("SET one two\r\nGET one\r\n", "two\r\n"), "+OK\r\n$3\r\ntwo\r\n");
    EXPECT_EQ(server.say("QUIT\r\n", "\r\n"), "+OK\r\n");
}

}  // namespace

const Software software::redis{.program = "redis-server", .configure = configure};
const Service services::redis{.name = "redis",
                              .software = software::redis,
                              .protocol = {},
                              .talk = talk,
                              .words_for = words_of_openssl,
                              .recognition = Recognition::in_tls};

}  // namespace omnitls::test
