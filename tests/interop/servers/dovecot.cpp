// SPDX-License-Identifier: BSL-1.0
// Dovecot: IMAP, POP3, ManageSieve and LMTP. The language of its configuration is another one since version 2.4.
#include "tests/interop/process.hpp"
#include "tests/interop/servers/servers.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

// A listener on port 0 is none: the ports of TLS from the first byte would be opened without being asked for.
constexpr std::string_view of_all = R"(
base_dir = @dir@/run
state_dir = @dir@/run
log_path = /dev/stderr
default_internal_user = @user@
default_internal_group = @group@
default_login_user = @user@
listen = 127.0.0.1
ssl = required
auth_ssl_require_client_cert = @demands@
auth_mechanisms = plain
first_valid_uid = 1
first_valid_gid = 0
service imap-login {
  chroot =
  inet_listener imap {
    port = @port@
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = @port1@
  }
  inet_listener pop3s {
    port = 0
  }
}
service managesieve-login {
  chroot =
  inet_listener sieve {
    port = @port2@
  }
}
service lmtp {
  inet_listener lmtp {
    port = @port3@
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
)";

constexpr std::string_view of_2_3 = R"(
protocols = imap pop3 sieve lmtp
ssl_cert = <@dir@/chain.pem
ssl_key = <@dir@/key.pem
ssl_ca = <@dir@/authorities.pem
ssl_verify_client_cert = yes
ssl_require_crl = no
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=@uid@ gid=@gid@ home=@dir@/mail
}
mail_location = maildir:@dir@/mail
)";

constexpr std::string_view of_2_4_first = R"(
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
)";
constexpr std::string_view of_2_4 = R"(
protocols {
  imap = yes
  pop3 = yes
  sieve = yes
  lmtp = yes
}
ssl_server_cert_file = @dir@/chain.pem
ssl_server_key_file = @dir@/key.pem
ssl_server_ca_file = @dir@/authorities.pem
ssl_server_request_client_cert = yes
ssl_server_require_crl = no
passdb static {
  password = secret
}
userdb static {
  fields {
    uid = @uid@
    gid = @gid@
    home = @dir@/mail
  }
}
mail_driver = maildir
mail_path = @dir@/mail
)";

Launch configure(const Place& place) {
    for (const char* name : {"run", "mail"}) std::filesystem::create_directory(place.path(name));
    const bool old = run_process({place.program, "--version"}).out.starts_with("2.3.");
    const Account account = plain_account();
    const std::string text = (old ? "" : std::string(of_2_4_first)) + std::string(of_all) +
                             std::string(old ? of_2_3 : of_2_4);
    const std::string file = place.write("dovecot.conf", text,
                                         {{"@user@", account.user},
                                          {"@group@", account.group},
                                          {"@uid@", std::to_string(account.uid)},
                                          {"@gid@", std::to_string(account.gid)},
                                          {"@demands@", place.demands_certificate ? "yes" : "no"}});
    return {{}, {place.program, "-F", "-c", file}};
}

void talk_imap(Conversation& server) {
    const std::string can = server.say("a CAPABILITY\r\n", "\r\na OK");
    expect_in(can, "AUTH=PLAIN");
    expect_not_in(can, "STARTTLS");
    expect_not_in(can, "LOGINDISABLED");
    server.say("b LOGIN alice secret\r\n", "b OK");
    expect_in(server.say("c LIST \"\" INBOX\r\n", "c OK"), "* LIST ");
    server.say("d LOGOUT\r\n", "d OK");
}

void talk_pop3(Conversation& server) {
    const std::string can = server.say("CAPA\r\n", "\r\n.\r\n");
    expect_in(can, "SASL PLAIN");
    expect_not_in(can, "STLS");
    server.say("USER alice\r\n", "+OK");
    server.say("PASS secret\r\n", "+OK Logged in");
    server.say("QUIT\r\n", "+OK");
}

// Who has upgraded is told unasked what the server can (RFC 5804 section 2.2).
void talk_sieve(Conversation& server) {
    const std::string can = server.hear("\r\nOK");
    expect_in(can, "\"SASL\" \"PLAIN\"");
    expect_not_in(can, "STARTTLS");
    server.say("AUTHENTICATE \"PLAIN\" \"AGFsaWNlAHNlY3JldA==\"\r\n", "OK \"Logged in");
    server.say("LOGOUT\r\n", "OK \"Logout");
}

void talk_lmtp(Conversation& server) {
    const std::string offer = server.say("LHLO client.test\r\n", "\r\n250 ");
    expect_in(offer, "250-");
    expect_not_in(offer, "STARTTLS");
    server.say("MAIL FROM:<bob@omnitls.test>\r\n", "250 ");
    server.say("RCPT TO:<alice@omnitls.test>\r\n", "250 ");
    server.say("DATA\r\n", "354 ");
    const std::string kept = server.say("Subject: one\r\n\r\ntwo\r\n.\r\n", "\r\n");
    expect_in(kept, "250 2.0.0 <alice@omnitls.test> ");
    server.say("QUIT\r\n", "221 ");
}

void log_in_imap(Conversation& server, Caller caller) {
    const std::string reply = server.say("a LOGIN alice secret\r\n", "\r\n");
    expect_in(reply, caller == Caller::known ? "a OK" : "a NO");
}

void log_in_pop3(Conversation& server, Caller caller) {
    server.say("USER alice\r\n", "+OK");
    const std::string reply = server.say("PASS secret\r\n", "\r\n");
    expect_in(reply, caller == Caller::known ? "+OK Logged in" : "-ERR");
}

void log_in_sieve(Conversation& server, Caller caller) {
    server.hear("\r\nOK");
    server.send("AUTHENTICATE \"PLAIN\" \"AGFsaWNlAHNlY3JldA==\"\r\n");
    server.hear(caller == Caller::known ? "OK \"Logged in" : "NO ");
}

}  // namespace

const Software software::dovecot{
    .program = "dovecot", .ports = 4, .configure = configure, .never_as_root = true};
const Service services::dovecot_imap{.name = "dovecot_imap",
                                     .software = software::dovecot,
                                     .protocol = "imap",
                                     .talk = talk_imap,
                                     .words_for = words_of_openssl,
                                     .recognition = Recognition::by_login,
                                     .rejection = Rejection::by_login,
                                     .log_in = log_in_imap};
const Service services::dovecot_pop3{.name = "dovecot_pop3",
                                     .software = software::dovecot,
                                     .protocol = "pop3",
                                     .talk = talk_pop3,
                                     .words_for = words_of_openssl,
                                     .recognition = Recognition::by_login,
                                     .rejection = Rejection::by_login,
                                     .log_in = log_in_pop3,
                                     .port = 1};
const Service services::dovecot_sieve{.name = "dovecot_sieve",
                                      .software = software::dovecot,
                                      .protocol = "sieve",
                                      .talk = talk_sieve,
                                      .words_for = words_of_openssl,
                                      .recognition = Recognition::by_login,
                                      .rejection = Rejection::by_login,
                                      .log_in = log_in_sieve,
                                      .port = 2};
// It asks clients for a certificate, and takes mail without one.
const Service services::dovecot_lmtp{.name = "dovecot_lmtp",
                                     .software = software::dovecot,
                                     .protocol = "lmtp",
                                     .talk = talk_lmtp,
                                     .words_for = words_of_openssl,
                                     .port = 3};

}  // namespace omnitls::test
