// SPDX-License-Identifier: BSL-1.0
// Unbound: DNS over TLS (RFC 7858).
#include "tests/interop/servers/servers.hpp"

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using namespace std::string_literals;

Launch configure(const Place& place) {
    const std::string file = place.write("unbound.conf", R"(
server:
  directory: "@dir@"
  chroot: ""
  username: ""
  pidfile: "@dir@/pid"
  use-syslog: no
  verbosity: 3
  interface: 127.0.0.1@@port@
  tls-port: @port@
  tls-service-key: "@dir@/key.pem"
  tls-service-pem: "@dir@/chain.pem"
  module-config: "iterator"
  local-zone: "." static
  local-zone: "omnitls.test." static
  local-data: "omnitls.test. IN A 192.0.2.7"
remote-control:
  control-enable: no
)");
    return {{}, {place.program, "-d", "-c", file}};
}

// There is no other port.
void talk(Conversation& server) {
    const std::string question = "\7omnitls\4test\0\0\1\0\1"s;
    const std::string query = "\x12\x34\1\0\0\1\0\0\0\0\0\0"s + question;
    server.send(std::string{'\0', static_cast<char>(query.size())} + query);
    const std::string size = server.receive(2);
    const std::string answer = server.receive(static_cast<unsigned char>(size[1]));
    ASSERT_GT(answer.size(), 12U + question.size());
    EXPECT_EQ(answer.substr(0, 2), "\x12\x34");
    EXPECT_EQ(answer[3] & 0x0f, 0) << "no error";
    EXPECT_EQ(answer.substr(4, 4), "\0\1\0\1"s) << "one question, one answer";
    EXPECT_EQ(answer.substr(12, question.size()), question);
    expect_in(answer, "\0\4\xc0\0\2\7"s);
}

}  // namespace

const Software software::unbound{.program = "unbound", .configure = configure};
const Service services::unbound{.name = "unbound",
                                .software = software::unbound,
                                .protocol = {},
                                .talk = talk,
                                .words_for = words_of_openssl};

}  // namespace omnitls::test
