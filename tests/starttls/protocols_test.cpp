// SPDX-License-Identifier: BSL-1.0
// The table of protocols: every row makes both dialogues, and a name that is none says which there are.
#include "tests/starttls/play.hpp"
#include <omnitls/starttls/protocols.hpp>

#include <algorithm>
#include <concepts>
#include <type_traits>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using namespace starttls;
using namespace std::string_literals;

const std::string mysql_greeting =
    "\x0a"
    "8\0"s +
    std::string(13, 'x') + "\0\x08"s;
const ClientTerms client{"a.example", "b.example"};
const ServerTerms server{"a.example", "id", mysql_greeting};

TEST(Protocols, EveryRowMakesBothDialogues) {
    ASSERT_EQ(protocols().size(), 12U);
    EXPECT_TRUE(std::ranges::is_sorted(protocols(), {}, &Protocol::name));
    for (const Protocol& protocol : protocols()) {
        SCOPED_TRACE(protocol.name);
        EXPECT_EQ(find_protocol(protocol.name), &protocol);
        EXPECT_EQ(protocol.port == 0, protocol.name == "lmtp");
        const auto asks = make_client_dialogue(protocol.name, client);
        ASSERT_TRUE(asks) << asks.error().what;
        EXPECT_EQ((*asks)->protocol(), protocol.name);
        const auto answers = make_server_dialogue(protocol.name, server);
        ASSERT_TRUE(answers) << answers.error().what;
        EXPECT_EQ((*answers)->protocol(), protocol.name);
    }
}

// The table says which names matter: those that make a dialogue fail if they cannot be said.
TEST(Protocols, NamesMatterWhereTheTableSaysSo) {
    for (const Protocol& protocol : protocols()) {
        SCOPED_TRACE(protocol.name);
        ClientTerms to = client;
        to.server_name = "a b";
        EXPECT_EQ(make_client_dialogue(protocol.name, to).has_value(),
                  !protocol.client_says_server_name);
        ClientTerms from = client;
        from.client_name = "a b";
        EXPECT_EQ(make_client_dialogue(protocol.name, from).has_value(),
                  !protocol.client_says_client_name);
        ServerTerms own = server;
        own.name = "a b";
        EXPECT_EQ(make_server_dialogue(protocol.name, own).has_value(), !protocol.server_says_name);
    }
}

TEST(Protocols, AnUnknownNameSaysWhichThereAre) {
    EXPECT_EQ(find_protocol("gopher"), nullptr);
    for (const auto& made : {make_client_dialogue("gopher", client).has_value(),
                             make_server_dialogue("gopher", server).has_value(),
                             reference_identities("gopher", "a.example").has_value()})
        EXPECT_FALSE(made);
    const auto error = make_client_dialogue("smtp\n", client).error();
    EXPECT_EQ(error.code, Errc::bad_input);
    EXPECT_EQ(
        error.what,
        "STARTTLS: no protocol is called \"smtp\\n\"; there are ftp, imap, ldap, lmtp, mysql, "
        "nntp, pop3, postgresql, sieve, smtp, xmpp, xmpp-server");
}

TEST(Protocols, NamesThatCannotBeSaidAreRefused) {
    for (const char* name : {"", "a b", "a\r\nb", "<a>", "\xff"}) {
        for (const char* protocol : {"smtp", "lmtp", "xmpp", "xmpp-server"}) {
            const auto made = make_client_dialogue(protocol, {name, name});
            ASSERT_FALSE(made) << protocol << name;
            EXPECT_EQ(made.error().code, Errc::bad_input);
        }
        const bool any = name == std::string();
        for (const char* protocol :
             {"ftp", "imap", "lmtp", "nntp", "pop3", "sieve", "smtp", "xmpp", "xmpp-server"}) {
            const auto made = make_server_dialogue(protocol, {name, "id", {}});
            if (any && std::string_view(protocol).starts_with("xmpp")) continue;
            ASSERT_FALSE(made) << protocol << name;
            EXPECT_EQ(made.error().code, Errc::bad_input);
        }
    }
    for (const char* id : {"", "a'b", "a b"})
        EXPECT_FALSE(make_server_dialogue("xmpp", {"a.example", id, {}}));
    EXPECT_TRUE(make_server_dialogue("xmpp", {"a.example", "a", {}}));
    EXPECT_FALSE(make_server_dialogue("mysql", {"", "",
                                                "\x0a"
                                                "8\0"s +
                                                    std::string(15, '\0')}));
}

std::vector<std::string> names(std::string_view protocol, std::string_view host) {
    std::vector<std::string> texts;
    const auto identities = reference_identities(protocol, host).value();
    for (const ReferenceIdentity& name : identities) texts.push_back(name.to_string());
    return texts;
}

TEST(Protocols, WhomACertificateMayBeFor) {
    using Texts = std::vector<std::string>;
    EXPECT_EQ(names("smtp", "a.example"), Texts{"DNS:a.example"});
    EXPECT_EQ(names("ldap", "192.0.2.1"), Texts{"IP:192.0.2.1"});
    EXPECT_EQ(names("xmpp", "a.example"),
              (Texts{"DNS:a.example", "SRV:_xmpp-client.a.example", "XMPP:a.example"}));
    EXPECT_EQ(names("xmpp-server", "a.example"),
              (Texts{"DNS:a.example", "SRV:_xmpp-server.a.example"}));
    EXPECT_FALSE(reference_identities("smtp", "a b"));
}

TEST(Protocols, WhomAClientWants) {
    const ClientTarget xmpp = client_target("xmpp", "a.example").value();
    EXPECT_EQ(xmpp.names, reference_identities("xmpp", "a.example").value());
    EXPECT_EQ(xmpp.sni, std::nullopt) << "the first DNS name";
    EXPECT_EQ(xmpp.dial_address, "a.example");
    EXPECT_EQ(client_target("ldap", "192.0.2.1").value().names.front().to_string(), "IP:192.0.2.1");
    EXPECT_FALSE(client_target("gopher", "a.example"));
    EXPECT_FALSE(client_target("xmpp", "a b"));
}

TEST(Protocols, WhomAMailServerWants) {
    const ClientTarget target = smtp_mx_target("a.example", "MX.b.example").value();
    ASSERT_EQ(target.names.size(), 2U);
    EXPECT_EQ(target.names[0].to_string(), "DNS:mx.b.example");
    EXPECT_EQ(target.names[1].to_string(), "DNS:a.example");
    EXPECT_EQ(target.dial_address, "mx.b.example");
    EXPECT_EQ(target.dial_port, 25);
    EXPECT_FALSE(smtp_mx_target("a b", "mx.b.example"));
    EXPECT_FALSE(smtp_mx_target("a.example", "192.0.2.1"));
}

// A client that leaves is told goodbye, and told nothing else: the same commands without the last go on.
TEST(Protocols, WhoLeavesIsToldGoodbye) {
    struct Case {
        const char* protocol;
        std::vector<std::string> turns;
        std::string goodbye;
    };
    const Case cases[] = {
        {"ftp", {"NOOP\r\n", "QUIT\r\n"}, "221 bye\r\n"},
        {"imap", {"a NOOP\r\n", "b LOGOUT\r\n"}, "* BYE logging out\r\nb OK bye\r\n"},
        {"lmtp", {"NOOP\r\n", "QUIT\r\n"}, "221 a.example closing\r\n"},
        {"nntp", {"GROUP a\r\n", "QUIT\r\n"}, "205 bye\r\n"},
        {"pop3", {"USER a\r\n", "QUIT\r\n"}, "+OK bye\r\n"},
        {"sieve", {"NOOP\r\n", "LOGOUT\r\n"}, "OK \"bye\"\r\n"},
        {"smtp", {"NOOP\r\n", "QUIT\r\n"}, "221 a.example closing\r\n"},
    };
    for (const Case& c : cases) {
        for (const bool in_one_group : {false, true}) {
            SCOPED_TRACE(c.protocol);
            const auto stays = make_server_dialogue(c.protocol, server).value();
            const std::string answers = play(*stays, {c.turns.front()}).sent;
            const auto leaves = make_server_dialogue(c.protocol, server).value();
            const std::string group = c.turns.front() + c.turns.back();
            const Outcome outcome = play(*leaves, in_one_group ? std::vector{group} : c.turns);
            EXPECT_EQ(outcome.error, Errc::starttls_refused) << outcome;
            EXPECT_EQ(outcome.sent + std::string(as_text(leaves->output())), answers + c.goodbye);
        }
    }
}

// What a peer offered in plain text cannot be given to anything that would parse or compare it.
TEST(Protocols, WhatWasOfferedIsForPeopleOnly) {
    using Offered = decltype(std::declval<const Dialogue&>().offer_text());
    static_assert(std::is_same_v<Offered, UnauthenticatedText>);
    static_assert(!std::is_convertible_v<Offered, std::string>);
    static_assert(!std::is_convertible_v<Offered, std::string_view>);
    static_assert(!std::is_constructible_v<std::string, Offered>);
    static_assert(!std::is_constructible_v<std::string_view, Offered>);
    static_assert(!std::equality_comparable<Offered>);
    const auto client_dialogue = make_client_dialogue("smtp", client).value();
    play(*client_dialogue, {"220 hi\r\n", "250-hi\r\n250-AUTH PLAIN \xff\r\n250 STARTTLS\r\n"});
    EXPECT_EQ(client_dialogue->offer_text().for_display(), "AUTH PLAIN \\xff, STARTTLS");
}

}  // namespace
}  // namespace omnitls::test
