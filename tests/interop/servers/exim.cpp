// SPDX-License-Identifier: BSL-1.0
// Exim: SMTP.
#include "tests/interop/servers/servers.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace omnitls::test {
namespace {

// Whoever runs it: no file has to change hands, and no user name is needed.
Launch configure(const Place& place) {
    const std::string file = place.write(
        "exim.conf", R"(
primary_hostname = omnitls.test
exim_user = @uid@
exim_group = @gid@
keep_environment =
spool_directory = @dir@
log_file_path = @dir@/%slog
log_selector = +tls_peerdn
pid_file_path = @dir@/pid
notifier_socket =
local_interfaces = 127.0.0.1
daemon_smtp_ports = @port@
tls_advertise_hosts = *
tls_certificate = @dir@/chain.pem
tls_privatekey = @dir@/key.pem
tls_try_verify_hosts = *
tls_verify_certificates = @dir@/root.pem
queue_only = true
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_mail = say_who
begin acl
say_who:
  accept message = you are <$tls_in_peerdn>, verified <$tls_in_certificate_verified>
)",
        {{"@uid@", std::to_string(::geteuid())}, {"@gid@", std::to_string(::getegid())}});
    return {{}, {place.program, "-bdf", "-C", file}};
}

void talk(Conversation& server) {
    const std::string offer = server.say("EHLO client.test\r\n", "\r\n250 ");
    expect_in(offer, "250-omnitls.test");
    expect_not_in(offer, "STARTTLS");
    server.say("QUIT\r\n", "221 ");
    server.rest();
}

// It names whom a bad certificate is for, and does not believe it.
void log_in(Conversation& server, Caller caller) {
    server.say("EHLO client.test\r\n", "\r\n250 ");
    const std::string reply = server.say("MAIL FROM:<>\r\n", "\r\n");
    expect_in(reply, caller == Caller::nameless ? "you are <>" : "CN=omnitls test user");
    expect_in(reply, caller == Caller::known ? "verified <1>" : "verified <0>");
}

}  // namespace

const Software software::exim{.program = "exim4", .configure = configure};
const Service services::exim{.name = "exim",
                             .software = software::exim,
                             .protocol = "smtp",
                             .talk = talk,
                             .words_for = words_of_gnutls,
                             .recognition = Recognition::by_login,
                             .rejection = Rejection::by_login,
                             .log_in = log_in};

}  // namespace omnitls::test
