// SPDX-License-Identifier: BSL-1.0
// What is LDAP's, MySQL's and PostgreSQL's own: lengths, flags, and answers of one byte.
#include "tests/starttls/play.hpp"
#include <omnitls/starttls/ldap.hpp>
#include <omnitls/starttls/mysql.hpp>
#include <omnitls/starttls/postgresql.hpp>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using namespace std::string_literals;

Outcome ldap(const std::string& answer) {
    const auto dialogue = starttls::ldap_client().value();
    return play(*dialogue, {answer});
}

const std::string ldap_result = "\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"s;

TEST(LdapDialogue, LengthsNeedNotBeMinimal) {
    EXPECT_TRUE(ldap("\x30\x0c"s + ldap_result).upgraded);
    EXPECT_TRUE(ldap("\x30\x81\x0c"s + ldap_result).upgraded);
    EXPECT_TRUE(ldap("\x30\x84\x00\x00\x00\x0c"s + ldap_result).upgraded);
    for (const std::string& length : {"\x80"s, "\x85\0\0\0\0\x0c"s, "\x0b"s, "\x00"s})
        EXPECT_EQ(ldap("\x30"s + length + ldap_result).error, Errc::starttls_protocol);
    for (const std::string& length : {"\x84\xff\xff\xff\xff"s, "\x84\0\0\x10\0"s, "\x82\x10\0"s})
        EXPECT_EQ(ldap("\x30"s + length + ldap_result).error, Errc::limit_exceeded);
}

TEST(LdapDialogue, ANoticeOfDisconnectionIsARefusal) {
    const std::string notice =
        "\x30\x24\x02\x01\x00\x78\x1f\x0a\x01\x34\x04\x00\x04\x00\x8a\x16"s
        "1.3.6.1.4.1.1466.20036";
    const Outcome outcome = ldap(notice);
    EXPECT_EQ(outcome.error, Errc::starttls_refused) << outcome;
    EXPECT_NE(outcome.what.find("ended the session"), std::string::npos) << outcome.what;
    // Another number than ours is no answer to us.
    EXPECT_EQ(ldap("\x30\x0c\x02\x01\x02"s + ldap_result.substr(3)).error, Errc::starttls_protocol);
}

TEST(LdapDialogue, AnotherExtendedOperationIsNotKnown) {
    const auto server = starttls::ldap_server().value();
    const std::string who_am_i =
        "\x30\x1e\x02\x01\x07\x77\x19\x80\x17"s
        "1.3.6.1.4.1.4203.1.11.3";
    const std::string start =
        "\x30\x1d\x02\x01\x08\x77\x18\x80\x16"s
        "1.3.6.1.4.1.1466.20037";
    const Outcome outcome = play(*server, {who_am_i, start});
    EXPECT_TRUE(outcome.upgraded) << outcome;
    EXPECT_EQ(outcome.sent,
              "\x30\x0c\x02\x01\x07\x78\x07\x0a\x01\x02\x04\x00\x04\x00"
              "\x30\x0c\x02\x01\x08\x78\x07\x0a\x01\x00\x04\x00\x04\x00"s);
}

TEST(MysqlDialogue, SaysWhatTheProgramWillSayAgain) {
    const std::string greeting =
        "\x0a"
        "8\0"s +
        std::string(13, 'x') + "\0\x08"s;
    const std::string packet =
        std::string{static_cast<char>(greeting.size())} + "\0\0\0"s + greeting;
    const auto client = starttls::mysql_client({0x0102, 0x03040506, 7}).value();
    const Outcome outcome = play(*client, {packet});
    EXPECT_TRUE(outcome.upgraded);
    EXPECT_EQ(outcome.sent, "\x20\0\0\1\x02\x0b\0\0\x06\x05\x04\x03\7"s + std::string(23, '\0'));
    // A greeting is the first packet, of protocol 10.
    for (const std::size_t wrong : {std::size_t{3}, std::size_t{4}}) {
        std::string other = packet;
        other[wrong] = 9;
        const auto again = starttls::mysql_client().value();
        EXPECT_EQ(play(*again, {other}).error, Errc::starttls_protocol);
    }
}

TEST(MysqlDialogue, ALoginBehindTheRequestIsRefused) {
    const std::string greeting =
        "\x0a"
        "8\0"s +
        std::string(13, 'x') + "\0\x08"s;
    const auto asks = [&](std::size_t size) {
        const auto server = starttls::mysql_server(greeting).value();
        EXPECT_TRUE(server->tls_may_follow());
        return play(*server, {std::string{static_cast<char>(size)} + "\0\0\1\0\x0a\0\0"s +
                              std::string(size - 4, '\0')});
    };
    EXPECT_TRUE(asks(32).upgraded);
    EXPECT_EQ(asks(33).error, Errc::starttls_protocol);
    EXPECT_EQ(asks(31).error, Errc::starttls_protocol);
}

TEST(PostgresqlDialogue, OneByteAndNoMore) {
    const auto answered = [](const std::string& answer) {
        const auto client = starttls::postgresql_client().value();
        EXPECT_FALSE(client->tls_may_follow());
        return play(*client, {answer});
    };
    EXPECT_EQ(answered("S").leftover, "");
    EXPECT_EQ(answered("SE").leftover, "E");  // CVE-2021-23222: the stream refuses it
    // What an error says before TLS is nobody's word (CVE-2024-10977).
    const Outcome outcome = answered("E\0\0\0\x10SFATAL\0Mpay here\0\0"s);
    EXPECT_EQ(outcome.error, Errc::starttls_refused);
    EXPECT_EQ(outcome.what.find("pay here"), std::string::npos) << outcome.what;
}

TEST(PostgresqlDialogue, GssIsDeclinedOnce) {
    const std::string gss = "\0\0\0\x08\x04\xd2\x16\x30"s;
    const auto server = starttls::postgresql_server().value();
    const Outcome outcome = play(*server, {gss, gss});
    EXPECT_EQ(outcome.error, Errc::starttls_refused) << outcome;
    EXPECT_EQ(outcome.turn, 1U);
}

}  // namespace
}  // namespace omnitls::test
