// SPDX-License-Identifier: BSL-1.0
// HAProxy, whose protocol the PROXY header is. It passes connections on to the socket "behind" in its directory, which is the test's:
// with a header of version 1 from its first port, of version 2 from the second, without one from the third.
#include "tests/interop/servers/servers.hpp"

namespace omnitls::test {
namespace {

Launch configure(const Place& place) {
    const std::string file = place.write("haproxy.cfg", R"(
global
  maxconn 64
defaults
  mode tcp
  unique-id-format unique
  timeout connect 60s
  timeout client 60s
  timeout server 60s
listen version1
  bind 127.0.0.1:@port@
  server ours unix@@dir@/behind send-proxy
listen version2
  bind 127.0.0.1:@port1@
  server ours unix@@dir@/behind send-proxy-v2 proxy-v2-options crc32c,unique-id
listen without
  bind 127.0.0.1:@port2@
  server ours unix@@dir@/behind
)");
    return {{}, {place.program, "-W", "-f", file}};
}

}  // namespace

// A connection that only looks whether it is there would be passed on, too: so it is believed when it says that it listens.
const Software software::haproxy{
    .program = "haproxy", .ports = 3, .configure = configure, .ready = "Loading success."};

}  // namespace omnitls::test
