// SPDX-License-Identifier: BSL-1.0
// What is IMAP's own: tags, untagged responses that nobody asked for, greetings that keep a client from TLS.
#include "tests/starttls/play.hpp"
#include <omnitls/starttls/imap.hpp>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using starttls::Offer;

Outcome run(const std::vector<std::string>& turns, Offer offer = Offer::required) {
    const auto dialogue = starttls::imap_client(offer).value();
    return play(*dialogue, turns);
}

const std::string greeting = "* OK hello\r\n";
const std::string capabilities = "* CAPABILITY IMAP4rev2 STARTTLS\r\n";

TEST(ImapDialogue, PreauthIsNoWayAroundTls) {
    EXPECT_TRUE(run({greeting, capabilities + "a1 OK\r\n", "a2 OK\r\n"}).upgraded);
    for (const Offer offer : {Offer::required, Offer::if_offered}) {
        const Outcome outcome = run({"* PREAUTH hello\r\n"}, offer);
        EXPECT_EQ(outcome.error, Errc::starttls_not_offered) << outcome;
        EXPECT_EQ(outcome.sent, "");
    }
}

TEST(ImapDialogue, WhatNobodyAskedForIsRefused) {
    for (const char* remark : {"* OK [ALERT] soon\r\n", ""})
        EXPECT_TRUE(
            run({greeting, remark + capabilities + "a1 OK\r\n", remark + std::string("a2 OK\r\n")})
                .upgraded);
    for (const char* injected :
         {"* 5 EXISTS\r\n", "* PREAUTH x\r\n", "* LIST () \"/\" x\r\n", "* FLAGS ()\r\n",
          "+ go\r\n", "* OK {5}\r\n", "a3 OK\r\n", "* 1 FETCH (BODY {3}\r\n"}) {
        const Outcome listed = run({greeting, injected + capabilities + "a1 OK\r\n", "a2 OK\r\n"});
        EXPECT_TRUE(listed.error) << injected;
        EXPECT_EQ(listed.turn, 1U);
        const Outcome upgraded =
            run({greeting, capabilities + "a1 OK\r\n", injected + std::string("a2 OK\r\n")});
        EXPECT_TRUE(upgraded.error) << injected;
        EXPECT_EQ(upgraded.turn, 2U);
    }
}

TEST(ImapDialogue, TheTagIsThatOfTheCommand) {
    EXPECT_EQ(run({greeting, capabilities + "a2 OK\r\n"}).error, Errc::starttls_protocol);
    EXPECT_EQ(run({greeting, capabilities + "a1 OK\r\n", "a1 OK\r\n"}).error,
              Errc::starttls_protocol);
    // The capabilities of a greeting are not enough: they are asked for.
    const Outcome untold = run({"* OK [CAPABILITY IMAP4rev2 STARTTLS] hello\r\n", "a1 OK\r\n"});
    EXPECT_EQ(untold.error, Errc::starttls_protocol) << untold;
}

TEST(ImapDialogue, AServerWantsTags) {
    const auto answers = [](const char* line) {
        const auto server = starttls::imap_server("mail.example.org").value();
        return play(*server, {line, "b STARTTLS\r\n"});
    };
    EXPECT_TRUE(answers("a NOOP\r\n").upgraded);
    for (const char* line : {"\r\n", " NOOP\r\n", "* NOOP\r\n", "a\xff NOOP\r\n", "+ NOOP\r\n"})
        EXPECT_EQ(answers(line).error, Errc::starttls_protocol) << line;
}

}  // namespace
}  // namespace omnitls::test
