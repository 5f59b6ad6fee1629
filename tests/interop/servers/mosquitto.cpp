// SPDX-License-Identifier: BSL-1.0
// Mosquitto: MQTT 3.1.1 over TLS.
#include "tests/interop/servers/servers.hpp"

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using namespace std::string_literals;

Launch configure(const Place& place) {
    const std::string file =
        place.write("mosquitto.conf", R"(
listener @port@ 127.0.0.1
allow_anonymous true
log_dest stderr
log_type all
certfile @dir@/chain.pem
keyfile @dir@/key.pem
cafile @dir@/authorities.pem
require_certificate @demands@
)",
                    {{"@demands@", place.demands_certificate ? "true" : "false"}});
    return {{}, {place.program, "-c", file}};
}

// There is no other port.
void talk(Conversation& server) {
    // CONNECT: "MQTT", level 4, a clean session, a minute of patience, whose name is "c".
    server.send("\x10\x0d\0\4MQTT\4\2\0\x3c\0\1c"s);
    EXPECT_EQ(server.receive(4), "\x20\2\0\0"s) << "CONNACK, accepted";
    server.send("\xc0\0"s);
    EXPECT_EQ(server.receive(2), "\xd0\0"s) << "PINGRESP";
    server.send("\xe0\0"s);
}

}  // namespace

const Software software::mosquitto{
    .program = "mosquitto", .configure = configure, .never_as_root = true};
const Service services::mosquitto{.name = "mosquitto",
                                  .software = software::mosquitto,
                                  .protocol = {},
                                  .talk = talk,
                                  .words_for = words_of_openssl,
                                  .recognition = Recognition::in_tls};

}  // namespace omnitls::test
