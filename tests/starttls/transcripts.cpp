// SPDX-License-Identifier: BSL-1.0
// The transcripts, in the order of the protocols' names.
#include "tests/starttls/transcripts.hpp"

#include <omnitls/starttls/ftp.hpp>
#include <omnitls/starttls/imap.hpp>
#include <omnitls/starttls/ldap.hpp>
#include <omnitls/starttls/mysql.hpp>
#include <omnitls/starttls/nntp.hpp>
#include <omnitls/starttls/pop3.hpp>
#include <omnitls/starttls/postgresql.hpp>
#include <omnitls/starttls/proxy_header.hpp>
#include <omnitls/starttls/sieve.hpp>
#include <omnitls/starttls/smtp.hpp>
#include <omnitls/starttls/xmpp.hpp>

namespace omnitls::test {
namespace {

using starttls::Dialogue;
using starttls::Offer;
using namespace std::string_literals;

std::unique_ptr<Dialogue> made(Result<std::unique_ptr<Dialogue>> dialogue) {
    return std::move(dialogue).value();
}

constexpr const char* host = "mail.example.org";

std::vector<Transcript> of_lines() {
    return {
        {"ftp_client",
         [](Offer offer) { return made(starttls::ftp_client(offer)); },
         {"220-welcome\r\n 221 not the end\r\n220 ready\r\n", "234 go ahead\r\n"},
         "AUTH TLS\r\n",
         {{1, "500 unknown\r\n"}, {1, "502 not here\r\n"}},
         {{0, "421 busy\r\n"}, {1, "534 no\r\n"}, {1, "431 no certificate\r\n"}}},
        {"ftp_server",
         [](Offer) { return made(starttls::ftp_server(host)); },
         {"FEAT\r\n", "USER x\r\n", "AUTH FOO\r\n", "auth tls\r\n"},
         "220 mail.example.org\r\n211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n"
         "530 TLS first: AUTH TLS\r\n504 AUTH TLS is what there is\r\n234 go ahead\r\n",
         {},
         {{1, "QUIT\r\n"}},
         true,
         true},
        {"imap_client",
         [](Offer offer) { return made(starttls::imap_client(offer)); },
         {"* OK [CAPABILITY IMAP4rev1] ready\r\n",
          "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n", "a2 OK begin\r\n"},
         "a1 CAPABILITY\r\na2 STARTTLS\r\n",
         {{1, "* CAPABILITY IMAP4rev1 XXXXXXXX\r\na1 OK done\r\n"}},
         {{0, "* BYE busy\r\n"},
          {1, "a1 BAD what\r\n"},
          {2, "a2 NO later\r\n"},
          {2, "a2 BAD no\r\n"}},
         true,
         false,
         {{0, "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome back\r\n"},
          {1, "* PREAUTH again\r\na1 OK done\r\n"}}},
        {"imap_server",
         [](Offer) { return made(starttls::imap_server(host)); },
         {"x.1 CAPABILITY\r\n", "x2 LOGIN a b\r\n", "x3 STARTTLS now\r\n", "x4 starttls\r\n"},
         "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] mail.example.org\r\n"
         "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\nx.1 OK done\r\n"
         "x2 NO [PRIVACYREQUIRED] TLS first\r\nx3 BAD STARTTLS has no arguments\r\nx4 OK begin "
         "TLS\r\n",
         {},
         {{1, "x2 LOGOUT\r\n"}},
         true,
         true},
        {"lmtp_client",
         [](Offer offer) { return made(starttls::lmtp_client("a.example", offer)); },
         {"220 mail.example.org LMTP\r\n", "250-mail.example.org\r\n250 STARTTLS\r\n",
          "220 go\r\n"},
         "LHLO a.example\r\nSTARTTLS\r\n",
         {{1, "250-mail.example.org\r\n250 XXXXXXXX\r\n"}, {1, "500 what\r\n"}},
         {{0, "421 busy\r\n"}, {2, "454 not now\r\n"}}},
        {"lmtp_server",
         [](Offer) { return made(starttls::lmtp_server(host)); },
         {"LHLO a.example\r\n", "STARTTLS\r\n"},
         "220 mail.example.org LMTP\r\n250-mail.example.org\r\n250 STARTTLS\r\n220 go ahead\r\n",
         {},
         {{1, "QUIT\r\n"}},
         true,
         true},
        {"nntp_client",
         [](Offer offer) { return made(starttls::nntp_client(offer)); },
         {"200 news\r\n", "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", "382 go\r\n"},
         "CAPABILITIES\r\nSTARTTLS\r\n",
         {{1, "101 list\r\nVERSION 2\r\nXXXXXXXX\r\n.\r\n"}, {1, "500 what\r\n"}},
         {{0, "502 no\r\n"}, {2, "580 no\r\n"}}},
        {"nntp_server",
         [](Offer) { return made(starttls::nntp_server(host)); },
         {"CAPABILITIES\r\n", "GROUP a\r\n", "STARTTLS\r\n"},
         "200 mail.example.org\r\n101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n483 TLS first\r\n382 "
         "begin TLS\r\n",
         {},
         {{1, "QUIT\r\n"}},
         true,
         true},
        {"pop3_client",
         [](Offer offer) { return made(starttls::pop3_client(offer)); },
         {"+OK ready\r\n", "+OK list\r\nUIDL\r\nSTLS\r\n.\r\n", "+OK begin\r\n"},
         "CAPA\r\nSTLS\r\n",
         {{1, "+OK list\r\nUIDL\r\nXXXX\r\n.\r\n"}, {1, "-ERR what\r\n"}},
         {{0, "-ERR busy\r\n"}, {2, "-ERR not now\r\n"}}},
        {"pop3_server",
         [](Offer) { return made(starttls::pop3_server(host)); },
         {"CAPA\r\n", "USER a\r\n", "STLS\r\n"},
         "+OK mail.example.org\r\n+OK\r\nSTLS\r\n.\r\n-ERR TLS first: STLS\r\n+OK begin TLS\r\n",
         {},
         {{1, "QUIT\r\n"}},
         true,
         true},
        {"sieve_client",
         [](Offer offer) { return made(starttls::sieve_client(offer)); },
         {"\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n", "OK\r\n"},
         "STARTTLS\r\n",
         {{0, "\"IMPLEMENTATION\" \"x\"\r\n\"XXXXXXXX\"\r\nOK \"ready\"\r\n"}},
         {{0, "BYE \"busy\"\r\n"}, {1, "NO \"later\"\r\n"}}},
        {"sieve_server",
         [](Offer) { return made(starttls::sieve_server(host)); },
         {"LISTSCRIPTS\r\n", "STARTTLS\r\n"},
         "\"IMPLEMENTATION\" \"mail.example.org\"\r\n\"SIEVE\" \"fileinto\"\r\n\"SASL\" "
         "\"\"\r\n\"STARTTLS\"\r\n"
         "\"VERSION\" \"1.0\"\r\nOK \"ready\"\r\nNO (ENCRYPT-NEEDED) \"TLS first\"\r\nOK \"begin "
         "TLS\"\r\n",
         {},
         {{0, "LOGOUT\r\n"}},
         true,
         true},
        {"smtp_client",
         [](Offer offer) { return made(starttls::smtp_client("a.example", offer)); },
         {"220 mail.example.org ESMTP\r\n", "250-mail.example.org\r\n250-SIZE\r\n250 STARTTLS\r\n",
          "220 go\r\n"},
         "EHLO a.example\r\nSTARTTLS\r\n",
         {{1, "250-mail.example.org\r\n250 XXXXXXXX\r\n"}, {1, "502 what\r\n"}},
         {{0, "554 no\r\n"}, {2, "454 not now\r\n"}}},
        {"smtp_server",
         [](Offer) { return made(starttls::smtp_server(host)); },
         {"EHLO a.example\r\n", "MAIL FROM:<>\r\n", "STARTTLS now\r\n", "STARTTLS\r\n"},
         "220 mail.example.org ESMTP\r\n250-mail.example.org\r\n250 STARTTLS\r\n"
         "530 5.7.0 Must issue a STARTTLS command first\r\n501 5.5.4 STARTTLS has no "
         "parameters\r\n220 go ahead\r\n",
         {},
         {{1, "QUIT\r\n"}},
         true,
         true},
    };
}

const std::string stream =
    "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' version='1.0' ";
const std::string tls = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'";
const std::string features = "<stream:features><starttls " + tls;

std::vector<Transcript> of_xml() {
    const auto client = [](std::string name, std::string ns, std::string from, auto make) {
        return Transcript{
            std::move(name),
            make,
            {"<?xml version='1.0'?>" + stream + "xmlns='" + ns + "' from='a.example' id='1'>" +
                 features + "/></stream:features>",
             "<proceed " + tls + "/>"},
            "<?xml version='1.0'?><stream:stream to='a.example'" + from + " version='1.0' xmlns='" +
                ns + "' xmlns:stream='http://etherx.jabber.org/streams'><starttls " + tls + "/>",
            {{0,
              stream + "xmlns='" + ns + "' id='1'><stream:features><XXXXXXXX/></stream:features>"}},
            {{1, "<failure " + tls + "/>"}}};
    };
    const auto server = [](std::string name, std::string ns, auto make) {
        return Transcript{
            std::move(name),
            make,
            {"<?xml version='1.0'?>" + stream + "xmlns='" + ns + "' to='a.example'>",
             "<starttls " + tls + "/>"},
            "<?xml version='1.0'?><stream:stream from='a.example' id='id-1' version='1.0' xmlns='" +
                ns + "' xmlns:stream='http://etherx.jabber.org/streams'>" + features +
                "><required/></starttls></stream:features><proceed " + tls + "/>"};
    };
    return {
        client("xmpp_client", "jabber:client", "",
               [](Offer offer) { return made(starttls::xmpp_client("a.example", offer)); }),
        server("xmpp_server", "jabber:client",
               [](Offer) { return made(starttls::xmpp_server("a.example", "id-1")); }),
        client("xmpp_s2s_client", "jabber:server", " from='b.example'",
               [](Offer offer) {
                   return made(starttls::xmpp_s2s_client("a.example", "b.example", offer));
               }),
        server("xmpp_s2s_server", "jabber:server",
               [](Offer) { return made(starttls::xmpp_s2s_server("a.example", "id-1")); }),
    };
}

/// An initial handshake packet of MySQL's protocol 10; `capabilities`: the lower half.
std::string mysql_greeting(const std::string& capabilities) {
    return "\x0a"
           "8.0.1\0"s +
           "\1\0\0\0"
           "12345678\0"s +
           capabilities + "\x2d\2\0\xff\xc1\x15"s + std::string(10, '\0') + "123456789012\0"s +
           "caching_sha2_password\0"s;
}
std::string mysql_packet(const std::string& payload, char number) {
    return std::string{static_cast<char>(payload.size()), 0, 0, number} + payload;
}

std::vector<Transcript> of_bytes() {
    const std::string request =
        "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
        "1.3.6.1.4.1.1466.20037"s;
    const auto ldap_answer = [](char code) {
        return "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01"s + code + "\x04\x00\x04\x00"s;
    };
    const std::string bind = "\x30\x0c\x02\x01\x05\x60\x07\x02\x01\x03\x04\x00\x80\x00"s;
    const std::string bind_refused = "\x30\x0c\x02\x01\x05\x61\x07\x0a\x01\x0d\x04\x00\x04\x00"s;
    const std::string greeting = mysql_greeting("\xff\xff");
    const std::string ssl_request =
        mysql_packet("\x00\x8a\x08\x00\x00\x00\x00\x01\x2d"s + std::string(23, '\0'), 1);
    const std::string no_tls =
        mysql_packet("\x00\x82\x08\x00\x00\x00\x00\x01\x2d"s + std::string(60, '\0'), 1);
    return {
        {"ldap_client",
         [](Offer offer) { return made(starttls::ldap_client(offer)); },
         {ldap_answer(0)},
         request,
         {{0, ldap_answer(2)}},
         {{0, ldap_answer(52)}, {0, ldap_answer(1)}},
         false},
        {"ldap_server",
         [](Offer) { return made(starttls::ldap_server()); },
         {bind, request},
         bind_refused + ldap_answer(0),
         {},
         {{0, "\x30\x05\x02\x01\x02\x42\x00"s}},
         false,
         true},
        {"mysql_client",
         [](Offer offer) { return made(starttls::mysql_client({}, offer)); },
         {mysql_packet(greeting, 0)},
         ssl_request,
         {{0, mysql_packet(mysql_greeting("\xff\xf7"), 0)}},
         {{0, mysql_packet("\xff\x10\x04Too many connections", 0)}},
         false},
        {"mysql_server",
         [greeting](Offer) { return made(starttls::mysql_server(greeting)); },
         {ssl_request},
         mysql_packet(greeting, 0),
         {},
         {{0, no_tls}},
         false},
        {"postgresql_client",
         [](Offer offer) { return made(starttls::postgresql_client(offer)); },
         {"S"},
         "\0\0\0\x08\x04\xd2\x16\x2f"s,
         {{0, "N"}},
         {{0, "E"}},
         false},
        {"postgresql_server",
         [](Offer) { return made(starttls::postgresql_server()); },
         {"\0\0\0\x08\x04\xd2\x16\x30"s, "\0\0\0\x08\x04\xd2\x16\x2f"s},
         "NS",
         {},
         {{1, "\0\0\0\x08\0\3\0\0"s}},
         false},
    };
}

std::vector<Transcript> of_proxies() {
    const auto make = [](Offer) {
        return starttls::proxy_header_server(std::make_shared<starttls::ProxyHeader>());
    };
    const std::string v2 =
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x12"
        "\xc0\0\2\1\xc0\0\2\2\xc3\x50\1\xbb\2\0\3a.b"s;
    return {
        {"proxy_v1_server",
         make,
         {"PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n"},
         "",
         {},
         {},
         true},
        {"proxy_v2_server", make, {v2}, "", {}, {}, false},
    };
}

}  // namespace

const std::vector<Transcript>& transcripts() {
    static const std::vector<Transcript> all = [] {
        std::vector<Transcript> every;
        for (auto& part : {of_lines(), of_xml(), of_bytes(), of_proxies()})
            every.insert(every.end(), part.begin(), part.end());
        return every;
    }();
    return all;
}

}  // namespace omnitls::test
