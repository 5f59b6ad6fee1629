// SPDX-License-Identifier: BSL-1.0
// OpenLDAP's slapd: LDAP (RFC 4511). Messages are written by hand; none has 128 bytes.
#include "tests/interop/servers/servers.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

Launch configure(const Place& place) {
    std::filesystem::create_directory(place.path("data"));
    const std::string file = place.write("slapd.conf", R"(
include /etc/ldap/schema/core.schema
pidfile @dir@/pid
TLSCACertificateFile @dir@/authorities.pem
TLSCertificateFile @dir@/chain.pem
TLSCertificateKeyFile @dir@/key.pem
TLSVerifyClient try
security simple_bind=112
authz-regexp "cn=omnitls test user,o=omnitls" "cn=admin,dc=omnitls,dc=test"
database ldif
suffix "dc=omnitls,dc=test"
directory @dir@/data
rootdn "cn=admin,dc=omnitls,dc=test"
rootpw secret
)");
    return {{},
            {place.program, "-d", "stats,trace", "-f", file, "-h",
             "ldap://127.0.0.1:" + std::to_string(place.ports[0])}};
}

std::string element(char tag, const std::string& content) {
    return std::string{tag, static_cast<char>(content.size())} + content;
}

/// Sends a request as message `id`; the answer without its envelope.
std::string ask(Conversation& server, char id, const std::string& request) {
    server.send(element('\x30', element('\x02', {id}) + request));
    const std::string head = server.receive(2);
    EXPECT_EQ(head[0], '\x30');
    EXPECT_LT(static_cast<unsigned char>(head[1]), 128);
    const std::string body = server.receive(static_cast<unsigned char>(head[1]));
    EXPECT_EQ(body.substr(0, 3), element('\x02', {id}));
    return body.substr(3);
}

std::string bind_request(const std::string& name, const std::string& credentials) {
    return element('\x60', element('\x02', "\x03") + element('\x04', name) + credentials);
}
const std::string success = element('\x0a', std::string(1, '\0'));
const std::string administrator = "cn=admin,dc=omnitls,dc=test";

std::string who_am_i(Conversation& server) {
    return ask(server, '\x0b', element('\x77', element('\x80', "1.3.6.1.4.1.4203.1.11.3")));
}

// In plain text a password is refused: "Confidentiality required".
void talk(Conversation& server) {
    const std::string bound =
        ask(server, '\x0a', bind_request(administrator, element('\x80', "secret")));
    EXPECT_EQ(bound.substr(0, 1), "\x61");
    EXPECT_EQ(bound.substr(2, 3), success) << testing::PrintToString(bound);
    expect_in(who_am_i(server), "dn:" + administrator);
    server.send(element('\x30', element('\x02', "\x0c") + element('\x42', "")));
}

void log_in(Conversation& server, Caller caller) {
    const bool known = caller == Caller::known;
    const std::string external = element('\xa3', element('\x04', "EXTERNAL") + element('\x04', ""));
    const std::string bound = ask(server, '\x0a', bind_request("", external));
    EXPECT_EQ(bound.substr(0, 1), "\x61");
    EXPECT_EQ(bound.substr(2, 3) == success, known) << testing::PrintToString(bound);
    const std::string who = who_am_i(server);
    EXPECT_EQ(who.find("dn:" + administrator) != std::string::npos, known) << who;
}

// With GnuTLS (Debian 12) it goes on to say that there was an alert, with OpenSSL (Debian 13) which.
std::string words_for(Alert) { return "TLS: can't accept: "; }

}  // namespace

const Software software::slapd{.program = "slapd", .configure = configure};
const Service services::slapd{.name = "slapd",
                              .software = software::slapd,
                              .protocol = "ldap",
                              .talk = talk,
                              .words_for = words_for,
                              .recognition = Recognition::by_login,
                              .rejection = Rejection::by_end,
                              .log_in = log_in};

}  // namespace omnitls::test
