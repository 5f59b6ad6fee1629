// SPDX-License-Identifier: BSL-1.0
// nginx: HTTPS. The second port is for a proxy, which says who has called.
#include "tests/interop/servers/servers.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

Launch configure(const Place& place) {
    const std::string file =
        place.write("nginx.conf", R"(
daemon off;
master_process off;
pid @dir@/pid;
error_log @dir@/log info;
events {}
http {
  access_log off;
  client_body_temp_path @dir@/temporary;
  proxy_temp_path @dir@/temporary;
  fastcgi_temp_path @dir@/temporary;
  uwsgi_temp_path @dir@/temporary;
  scgi_temp_path @dir@/temporary;
  server {
    listen 127.0.0.1:@port@ ssl;
    listen 127.0.0.1:@port1@ ssl proxy_protocol;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate @dir@/chain.pem;
    ssl_certificate_key @dir@/key.pem;
    ssl_client_certificate @dir@/authorities.pem;
    ssl_verify_depth 3;
    ssl_verify_client @verify@;
    add_header X-Verdict $ssl_client_verify always;
    location / {
      return 200 "$ssl_protocol $ssl_server_name $ssl_client_s_dn";
    }
    location /caller {
      set $source "$proxy_protocol_addr $proxy_protocol_port";
      return 200 "from $source to $proxy_protocol_server_addr $proxy_protocol_server_port";
    }
  }
}
)",
                    {{"@verify@", place.demands_certificate ? "on" : "optional"}});
    return {{}, {place.program, "-e", place.path("log"), "-p", place.directory, "-c", file}};
}

std::string get(Conversation& server) {
    server.send("GET / HTTP/1.1\r\nHost: omnitls.test\r\nConnection: close\r\n\r\n");
    return server.rest();
}

void talk(Conversation& server) {
    const bool tls12 = server.version() == ProtocolVersion::tls12;
    const std::string page = get(server);
    EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n")) << page;
    EXPECT_NE(page.find(tls12 ? "\r\n\r\nTLSv1.2 omnitls.test " : "\r\n\r\nTLSv1.3 omnitls.test "),
              std::string::npos)
        << page;
}

std::string_view verdict_on(Caller caller) {
    switch (caller) {
        case Caller::known:
            return "SUCCESS";
        case Caller::nameless:
            return "NONE";
        case Caller::expired:
            return "FAILED:certificate has expired";
        case Caller::stranger:
            return "FAILED:unable to get local issuer certificate";
    }
    throw std::logic_error("no such caller");
}

void log_in(Conversation& server, Caller caller) {
    const bool known = caller == Caller::known;
    const std::string page = get(server);
    expect_in(page, known ? "HTTP/1.1 200 OK" : "HTTP/1.1 400 Bad Request");
    expect_in(page, "\r\nX-Verdict: " + std::string(verdict_on(caller)) + "\r\n");
    if (known) expect_in(page, "CN=omnitls test user,O=omnitls");
}

}  // namespace

const Software software::nginx{.program = "nginx", .ports = 2, .configure = configure};
const Service services::nginx{.name = "nginx",
                              .software = software::nginx,
                              .protocol = {},
                              .talk = talk,
                              .words_for = words_of_openssl,
                              .recognition = Recognition::by_login,
                              .rejection = Rejection::by_login,
                              .log_in = log_in};

}  // namespace omnitls::test
