// SPDX-License-Identifier: BSL-1.0
// The services of `omnitls serve` without a network: a session is answered the same however its bytes are cut, and bytes that are none
// of the protocol's end it and nothing else.
#include "tests/support/certs.hpp"
#include "tools/omnitls/served/sasl_plain.hpp"
#include "tools/omnitls/served/service.hpp"
#include "tools/omnitls/served/sql.hpp"
#include "tools/omnitls/served/xml_reader.hpp"
#include <omnitls/starttls/protocols.hpp>

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using namespace std::string_literals;
using tool::Service;
using tool::XmlPiece;

/// Counts up: what a service says is the same in every run.
class CountingCrypto final : public spi::Crypto {
    bool make_digest(spi::Hash, ConstBytes, MutableBytes) const override { return false; }
    bool make_hmac(spi::Hash, ConstBytes, ConstBytes, MutableBytes) const override { return false; }
    bool seal(const spi::AeadInput&, MutableBytes) const override { return false; }
    spi::SignatureCheck check(const spi::SignedData&) const override {
        return spi::SignatureCheck::unsupported;
    }
    bool fill_random(MutableBytes out) const override {
        std::uint8_t next = 0;
        for (std::uint8_t& byte : out) byte = next++;
        return true;
    }
};

std::unique_ptr<Service> make(const std::string& protocol) {
    static const CountingCrypto crypto;
    return tool::make_service(protocol, {.name = protocol.starts_with("xmpp") ? "" : "omnitls.test",
                                         .account = {},
                                         .crypto = &crypto});
}

std::string output_of(Service& service) {
    std::string all;
    for (std::string record = service.take_output(); !record.empty();
         record = service.take_output())
        all += record;
    return all;
}

/// A whole session of each protocol: a login, a command, a goodbye.
const std::map<std::string, std::string>& sessions() {
    static const std::string plain = "AGFsaWNlAHNlY3JldA==";
    static const std::string header =
        " version='1.0' xmlns:stream='http://etherx.jabber.org/streams' to='omnitls.test' ";
    static const std::map<std::string, std::string> all = {
        {"ftp", "USER alice\r\nPASS secret\r\nPBSZ 0\r\nPROT P\r\nTYPE I\r\nPWD\r\nQUIT\r\n"},
        {"imap",
         "a CAPABILITY\r\nb LOGIN {5}\r\nalice {6+}\r\nsecret\r\nc SELECT \"INBOX\"\r\n"
         "d SEARCH ALL\r\ne LOGOUT\r\n"},
        {"ldap",
         "0\x1b\2\1\1\x60\x16\2\1\3\4\x08"
         "cn=alice\x80\7secret!"s
         "0\x1e\2\1\2\x77\x19\x80\x17"
         "1.3.6.1.4.1.4203.1.11.3"s
         "0\x25\2\1\3\x63\x20\4\0\x0a\1\0\x0a\1\0\2\1\0\2\1\0\1\1\0\x87\x0bobjectClass0\0"s
         "0\5\2\1\4\x42\0"s},
        {"lmtp", "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nhello\r\n..\r\n.\r\nQUIT\r\n"},
        {"mysql", "\x26\0\0\2\0\2\0\0"s + std::string(28, '\0') +
                      "alice\0"s
                      "\x0a\0\0\0\3select 12\x0c\0\0\0\3set names a\1\0\0\0\1"s},
        {"nntp", "CAPABILITIES\r\nAUTHINFO USER alice\r\nAUTHINFO PASS secret\r\nHELP\r\nQUIT\r\n"},
        {"pop3", "CAPA\r\nUSER alice\r\nPASS a secret\r\nSTAT\r\nQUIT\r\n"},
        {"postgresql", "\0\0\0\x14\0\3\0\0user\0alice\0\0Q\0\0\0\x0dselect 5\0X\0\0\0\4"s},
        {"sieve", "AUTHENTICATE \"PLAIN\" {20+}\r\n" + plain + "\r\nLISTSCRIPTS\r\nLOGOUT\r\n"},
        {"smtp", "EHLO c\r\nAUTH PLAIN\r\n" + plain +
                     "\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhello\r\n.\r\nQUIT\r\n"},
        {"xmpp", "<?xml version='1.0'?><stream:stream" + header +
                     "xmlns='jabber:client'><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                     "mechanism='PLAIN'>" +
                     plain + "</auth><stream:stream" + header +
                     "xmlns='jabber:client'> <iq type='set' id='&lt;1&gt;'><bind "
                     "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>"
                     "<presence/></stream:stream>"},
        {"xmpp-server", "<stream:stream" + header +
                            "xmlns='jabber:server' xmlns:db='jabber:server:dialback'><db:result "
                            "from='a.test' to='omnitls.test'>key</db:result></stream:stream>"},
    };
    return all;
}

TEST(Services, AnswerTheSameHoweverTheBytesAreCut) {
    for (const starttls::Protocol& protocol : starttls::protocols()) {
        SCOPED_TRACE(protocol.name);
        const std::string name(protocol.name);
        const std::string& session = sessions().at(name);
        const auto whole = make(name);
        whole->receive(session);
        const std::string expected = output_of(*whole);
        EXPECT_FALSE(whole->error()) << whole->error()->what;
        EXPECT_TRUE(whole->ended());
        EXPECT_EQ(whole->report().login.has_value(), name != "lmtp");
        for (const std::size_t size : {1U, 2U, 7U}) {
            const auto cut = make(name);
            std::string answers = output_of(*cut);
            for (std::size_t at = 0; at < session.size(); at += size) {
                EXPECT_FALSE(cut->ended()) << "before its last command";
                cut->receive(session.substr(at, size));
                answers += output_of(*cut);
            }
            EXPECT_EQ(answers, expected);
            EXPECT_TRUE(cut->ended());
            EXPECT_EQ(cut->report().commands, whole->report().commands);
        }
    }
}

// Cut off after every byte: the middle of a command is told apart from the end of one.
TEST(Services, SayWhereTheClientHasEnded) {
    for (const auto& [name, session] : sessions()) {
        SCOPED_TRACE(name);
        std::size_t within = 0;
        for (std::size_t size = 0; size < session.size(); ++size) {
            const auto service = make(name);
            service->receive(std::string_view(session).substr(0, size));
            service->end_of_input();
            if (!service->error()) continue;
            ++within;
            EXPECT_NE(service->error()->what.find("in the middle of a command"), std::string::npos)
                << service->error()->what;
        }
        EXPECT_GT(within, 0U);
        EXPECT_LT(within, session.size()) << "the first byte is not missing";
    }
}

TEST(Services, TakeAnyBytesToAnEndOrAnAnswer) {
    std::mt19937 random(1);
    for (const auto& [name, session] : sessions()) {
        SCOPED_TRACE(name);
        for (int round = 0; round < 2000; ++round) {
            std::string changed = session;
            for (int i = 0; i < 3; ++i) {
                const std::size_t at = random() % changed.size();
                if (random() % 2 == 0)
                    changed[at] = static_cast<char>(random());
                else
                    changed.insert(at, changed.substr(random() % changed.size(), random() % 40));
            }
            const auto service = make(name);
            for (std::size_t at = 0; at < changed.size();) {
                const std::size_t size = 1 + random() % 50;
                service->receive(std::string_view(changed).substr(at, size));
                at += size;
            }
            service->end_of_input();
            if (!service->error()) continue;
            EXPECT_TRUE(service->error()->what.starts_with(name + " inside TLS, step "));
        }
    }
}

TEST(Services, AFloodIsAnEnd) {
    for (const auto& [name, session] : sessions()) {
        SCOPED_TRACE(name);
        // The start of a command that never ends, after a session that did not.
        const std::map<std::string, std::string> starts = {
            {"ldap", "0\x84\x7f\xff\xff\xff"s},    {"mysql", "\xff\xff\xff\2"s},
            {"postgresql", "\x7f\xff\xff\xff"s},   {"xmpp", "<stream:stream a='"},
            {"xmpp-server", "<stream:stream a='"},
        };
        const auto start = starts.find(name);
        const auto service = make(name);
        service->receive(start != starts.end() ? start->second : "NOOP ");
        for (int i = 0; i < 100 && !service->ended(); ++i) service->receive(std::string(100, 'x'));
        ASSERT_TRUE(service->error());
        EXPECT_EQ(service->error()->code, Errc::limit_exceeded) << service->error()->what;
    }
}

TEST(Services, PlainIsRead) {
    EXPECT_EQ(tool::from_base64("AGE="), "\0a"s);
    for (const char* none : {"AGE", "AGF=", "A===", "AG E", "AGE=AGE="})
        EXPECT_EQ(tool::from_base64(none), std::nullopt) << none;
    const auto account = tool::read_plain("AGFsaWNlAHNlY3JldA==");
    ASSERT_TRUE(account);
    EXPECT_EQ(account->name, "alice");
    EXPECT_EQ(account->password, "secret");
    EXPECT_TRUE(tool::read_plain("YWxpY2UAYWxpY2UAcw=="));   // for itself
    EXPECT_FALSE(tool::read_plain("Ym9iAGFsaWNlAHM="));      // for bob
    EXPECT_FALSE(tool::read_plain("AABz"));                  // for nobody
    EXPECT_FALSE(tool::read_plain("AGFsaWNlAHNlY3JldAA="));  // a field too many
}

TEST(Services, SqlIsANumber) {
    for (const char* statement : {"select 1", " SELECT\t1 ; ", "select 0001"})
        EXPECT_EQ(tool::selected_number(tool::statement(statement)), "1") << statement;
    EXPECT_EQ(tool::selected_number("select 000"), "0");
    for (const char* other : {"select", "select1", "select 1,2", "select -1", "select 1234567890"})
        EXPECT_EQ(tool::selected_number(tool::statement(other)), std::nullopt) << other;
}

TEST(Services, XmlIsThatOfXmpp) {
    const auto read = [](const std::string& bytes) {
        tool::XmlReader reader;
        const std::string root = "<r xmlns='d' xmlns:p='q'>";
        EXPECT_EQ(reader.next(root).kind, XmlPiece::Kind::stream);
        return reader.next(bytes);
    };
    const std::string stanza = "<p:a b='&lt;&#x41;'>x<c xmlns='e'/>y&amp;</p:a>";
    const XmlPiece good = read(stanza + "rest");
    ASSERT_EQ(good.kind, XmlPiece::Kind::stanza);
    EXPECT_TRUE(good.element.is("q", "a"));
    EXPECT_EQ(good.element.attribute("b"), "<A");
    EXPECT_EQ(good.element.text, "xy&");
    ASSERT_NE(good.element.child("e", "c"), nullptr);
    EXPECT_EQ(good.size, stanza.size());
    for (const char* bad :
         {"<!-- c -->", "<?pi?>", "<![CDATA[x]]>", "<!DOCTYPE r>", "<a>&other;</a>", "<a>&#0;</a>",
          "<a></b>", "<a b='1' b='2'/>", "<a b=1/>", "<a b='<'/>", "<u:a/>", "text", "<a>\xff</a>",
          "<a>\xc0\x80</a>", "<a>\xed\xa0\x80</a>", "<a b='1'c='2'/>", "< a/>"})
        EXPECT_EQ(read(bad).kind, XmlPiece::Kind::malformed) << bad;
    for (const char* more : {"<", "<a", "<a b", "<a b=", "<a b='", "<a/", "<a>", "<a>&amp;", "<a><",
                             "<a></", "<a></a", "<a><b/>"})
        EXPECT_EQ(read(more).kind, XmlPiece::Kind::more) << more;
    std::string deep;
    for (int i = 0; i < 20; ++i) deep += "<a>";
    EXPECT_EQ(read(deep).kind, XmlPiece::Kind::malformed);
}

}  // namespace
}  // namespace omnitls::test
