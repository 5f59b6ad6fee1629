// SPDX-License-Identifier: BSL-1.0
// The SMTP dialogue: transcripts in every chunking, each way a server can go wrong next to the way it should have gone.
#include "tests/starttls/play.hpp"
#include <omnitls/starttls/smtp.hpp>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using starttls::Offer;
using Turns = std::vector<std::string>;

const Turns good = {
    "220-mail.example.org ESMTP\r\n220 ready\r\n",
    "250-mail.example.org greets you\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP\r\n",
    "220 go ahead\r\n"};

std::unique_ptr<starttls::Dialogue> make(Offer offer = Offer::required) {
    auto made = starttls::smtp_client("client.example.org", offer);
    EXPECT_TRUE(made);
    return std::move(made).value();
}

Outcome run(const Turns& turns, Offer offer = Offer::required, const Chunking& chunking = whole(),
            bool eof = false) {
    auto dialogue = make(offer);
    return play(*dialogue, turns, chunking, eof);
}

Turns with(Turns turns, std::size_t index, std::string text) {
    turns[index] = std::move(text);
    return turns;
}

/// The good transcript with one turn changed must end in that turn with `code`; cut in any way, with the same words.
void expect_failure(const Turns& turns, Errc code, std::size_t turn, std::string_view step,
                    std::string_view what_part, const char* what_this_is) {
    SCOPED_TRACE(what_this_is);
    const Outcome outcome = run(turns);
    EXPECT_EQ(outcome.error, code) << outcome;
    EXPECT_EQ(outcome.turn, turn) << outcome;
    EXPECT_EQ(outcome.step, step);
    EXPECT_FALSE(outcome.upgraded);
    EXPECT_NE(outcome.what.find(what_part), std::string::npos) << outcome.what;
    EXPECT_EQ(run(turns, Offer::required, pieces_of(1)), outcome);
    EXPECT_EQ(run(turns, Offer::required, pieces_of(3)), outcome);
}

void expect_upgrade(const Turns& turns, const char* what_this_is) {
    SCOPED_TRACE(what_this_is);
    const Outcome outcome = run(turns);
    EXPECT_TRUE(outcome.done && outcome.upgraded) << outcome;
    EXPECT_EQ(run(turns, Offer::required, pieces_of(1)), outcome);
}

TEST(SmtpDialogue, UpgradesWhateverTheChunking) {
    const Outcome reference = run(good);
    EXPECT_TRUE(reference.done);
    EXPECT_TRUE(reference.upgraded);
    EXPECT_EQ(reference.sent, "EHLO client.example.org\r\nSTARTTLS\r\n");
    EXPECT_EQ(reference.leftover, "");
    EXPECT_EQ(reference.offer, "SIZE 1000, STARTTLS, HELP");
    std::size_t longest = 0;
    for (const std::string& turn : good) longest = std::max(longest, turn.size());
    for (std::size_t cut = 0; cut <= longest; ++cut) {
        EXPECT_EQ(run(good, Offer::required, cut_at(cut)), reference) << "cut at " << cut;
    }
    for (std::size_t size = 1; size <= longest; ++size) {
        EXPECT_EQ(run(good, Offer::required, pieces_of(size)), reference) << "pieces of " << size;
    }
}

TEST(SmtpDialogue, SaysWhereItIs) {
    auto dialogue = make();
    EXPECT_EQ(dialogue->protocol(), "smtp");
    EXPECT_EQ(dialogue->step_name(), "greeting");
    EXPECT_TRUE(dialogue->output().empty());
    Outcome sent;
    Input in{as_bytes(good[0]), false};
    EXPECT_EQ(dialogue->step(in).want, Want::input);
    EXPECT_EQ(dialogue->step_name(), "EHLO");
    EXPECT_EQ(as_text(dialogue->output()), "EHLO client.example.org\r\n");
    send_output(*dialogue, sent);
    in.bytes = as_bytes(good[1]);
    EXPECT_EQ(dialogue->step(in).want, Want::input);
    EXPECT_EQ(dialogue->step_name(), "STARTTLS");
    EXPECT_FALSE(dialogue->upgraded());
    EXPECT_EQ(dialogue->last_error(), nullptr);
}

TEST(SmtpDialogue, LeavesWhatFollowsTheGoAhead) {
    for (const std::string injected :
         {"", "E", "EHLO evil.example.org\r\nMAIL FROM:<", "\n", "\r\n220 x\r\n"}) {
        const Turns turns = with(good, 2, good[2] + injected);
        for (std::size_t cut = 0; cut <= turns[2].size(); ++cut) {
            const Outcome outcome = run(turns, Offer::required, cut_at(cut));
            EXPECT_TRUE(outcome.upgraded) << cut;
            EXPECT_EQ(outcome.leftover, injected) << cut;
        }
    }
}

TEST(SmtpDialogue, EndIsSticky) {
    auto dialogue = make();
    const Outcome outcome = play(*dialogue, good);
    ASSERT_TRUE(outcome.upgraded);
    const std::string more = "500 no\r\n";
    Input in{as_bytes(more), true};
    EXPECT_TRUE(dialogue->step(in).done());
    EXPECT_EQ(in.bytes.size(), more.size());
    EXPECT_TRUE(dialogue->upgraded());

    auto failed = make();
    const Outcome refused = play(*failed, with(good, 2, "454 TLS not available\r\n"));
    ASSERT_EQ(refused.error, Errc::starttls_refused);
    in = {as_bytes(good[2]), false};
    EXPECT_EQ(failed->step(in).error, Errc::starttls_refused);
    EXPECT_EQ(in.bytes.size(), good[2].size());
    EXPECT_FALSE(failed->upgraded());
}

TEST(SmtpDialogue, QuotesARefusal) {
    expect_upgrade(good, "twin");
    const Outcome outcome = run(with(good, 2, "454 TLS not available\r\n"));
    EXPECT_EQ(outcome.error, Errc::starttls_refused);
    EXPECT_EQ(
        outcome.what,
        "STARTTLS (smtp): expected 220 to STARTTLS, server answered \"454 TLS not available\"");
    EXPECT_EQ(outcome.sent, "EHLO client.example.org\r\nSTARTTLS\r\n");
    const Outcome escaped = run(with(good, 2, "454 \x1b[31mred\xff\r\n"));
    EXPECT_EQ(
        escaped.what,
        "STARTTLS (smtp): expected 220 to STARTTLS, server answered \"454 \\x1b[31mred\\xff\"");
}

TEST(SmtpDialogue, RefusalsAtEveryStep) {
    expect_upgrade(good, "twin");
    const std::string_view expected[] = {"expected 220 greeting", "expected 250 to EHLO",
                                         "expected 220 to STARTTLS"};
    const std::string_view steps[] = {"greeting", "EHLO", "STARTTLS"};
    for (std::size_t turn = 0; turn < 3; ++turn) {
        for (const std::string code : {"421", "450", "454", "501", "503", "530", "554"}) {
            const Turns turns = with(good, turn, code + "-no\r\n" + code + " not now\r\n");
            expect_failure(turns, Errc::starttls_refused, turn, steps[turn], expected[turn],
                           code.c_str());
            EXPECT_NE(run(turns).what.find("\"" + code + " no not now\""), std::string::npos);
        }
    }
}

TEST(SmtpDialogue, WrongCodesAreNoRefusals) {
    expect_upgrade(good, "twin");
    const std::string_view steps[] = {"greeting", "EHLO", "STARTTLS"};
    for (std::size_t turn = 0; turn < 3; ++turn) {
        const std::string wrong = turn == 1 ? "220" : "250";
        for (const std::string& code :
             {wrong, std::string("199"), std::string("221"), std::string("354")}) {
            expect_failure(with(good, turn, code + " hm\r\n"), Errc::starttls_protocol, turn,
                           steps[turn], "\"" + code + " hm\"", code.c_str());
        }
    }
}

TEST(SmtpDialogue, MalformedReplies) {
    const std::string_view steps[] = {"greeting", "EHLO", "STARTTLS"};
    for (std::size_t turn = 0; turn < 3; ++turn) {
        const std::string code = turn == 1 ? "250" : "220";
        expect_upgrade(turn == 1 ? good : with(good, turn, code + "\r\n"),
                       "a code alone is a reply");
        for (const std::string& line :
             {std::string(), std::string("22"), code + "x", code + "_ok", " " + code,
              std::string("2a0 ok"), std::string("620 ok"), std::string("020 ok"),
              std::string("SSH-2.0-x"), "+" + code}) {
            expect_failure(with(good, turn, line + "\r\n"), Errc::starttls_protocol, turn,
                           steps[turn], "which is no reply", line.c_str());
        }
    }
}

TEST(SmtpDialogue, ContinuationCodesAgree) {
    expect_upgrade(with(good, 0, "220-a\r\n220-b\r\n220 c\r\n"), "twin");
    expect_failure(with(good, 0, "220-a\r\n221 c\r\n"), Errc::starttls_protocol, 0, "greeting",
                   "changed the code", "greeting");
    expect_upgrade(good, "twin");
    expect_failure(with(good, 1, "250-a\r\n251-STARTTLS\r\n250 b\r\n"), Errc::starttls_protocol, 1,
                   "EHLO", "changed the code", "EHLO");
    expect_upgrade(with(good, 2, "220-a\r\n220 b\r\n"), "twin");
    expect_failure(with(good, 2, "220-a\r\n454 b\r\n"), Errc::starttls_protocol, 2, "STARTTLS",
                   "changed the code", "STARTTLS");
}

TEST(SmtpDialogue, LinesEndInCrlf) {
    const std::string_view steps[] = {"greeting", "EHLO", "STARTTLS"};
    const std::string replies[] = {"220 hi", "250-a\r\n250 STARTTLS", "220 go"};
    for (std::size_t turn = 0; turn < 3; ++turn) {
        expect_upgrade(with(good, turn, replies[turn] + "\r\n"), "twin");
        for (const std::string end : {"\n", "\r\r\n", "\rx\r\n"}) {
            expect_failure(with(good, turn, replies[turn] + end), Errc::starttls_protocol, turn,
                           steps[turn], "without CRLF", "line end");
        }
        std::string nul = replies[turn] + "\r\n";
        nul.insert(4, 1, '\0');
        expect_failure(with(good, turn, nul), Errc::starttls_protocol, turn, steps[turn],
                       "NUL byte", "NUL");
    }
}

TEST(SmtpDialogue, LineLimit) {
    const auto line = [](std::size_t bytes) {
        return "220 " + std::string(bytes - 6, 'x') + "\r\n";
    };
    ASSERT_EQ(line(4096).size(), 4096U);
    expect_upgrade(with(good, 0, line(4096)), "4096 bytes");
    expect_failure(with(good, 0, line(4097)), Errc::limit_exceeded, 0, "greeting", "4096 bytes",
                   "4097 bytes");
}

TEST(SmtpDialogue, TotalLimit) {
    // The EHLO reply is filled up so that the go-ahead ends with byte 65536, or one later.
    const auto turns_of = [](std::size_t total) {
        std::size_t rest = total - good[0].size() - good[2].size() - good[1].size();
        std::string filler;
        while (rest > 0) {
            const std::size_t size = rest >= 2000 ? 1000 : rest;
            filler += "250-" + std::string(size - 6, 'x') + "\r\n";
            rest -= size;
        }
        std::string reply = good[1];
        return with(good, 1, reply.insert(reply.find("250-SIZE"), filler));
    };
    const Turns fits = turns_of(65536);
    ASSERT_EQ(fits[0].size() + fits[1].size() + fits[2].size(), 65536U);
    expect_upgrade(fits, "65536 bytes");
    expect_failure(turns_of(65537), Errc::limit_exceeded, 2, "STARTTLS", "65536", "65537 bytes");
}

TEST(SmtpDialogue, EndlessRepliesAreCutOff) {
    auto dialogue = make();
    const std::string line = "220-again and again\r\n";
    std::size_t taken = 0;
    Step step;
    while (!step.error && taken < 1'000'000) {
        Input in{as_bytes(line), false};
        step = dialogue->step(in);
        taken += line.size() - in.bytes.size();
    }
    EXPECT_EQ(step.error, Errc::limit_exceeded);
    EXPECT_EQ(taken, 65537U);
}

TEST(SmtpDialogue, KeywordIsExact) {
    const auto reply = [](const std::string& keyword) {
        return with(good, 1, "250-mail\r\n250-" + keyword + "\r\n250 HELP\r\n");
    };
    for (const std::string keyword : {"STARTTLS", "starttls", "StartTls", "STARTTLS REQUIRED"}) {
        expect_upgrade(reply(keyword), keyword.c_str());
    }
    for (const std::string keyword : {"STARTTLSX", "XSTARTTLS", "START TLS", "STARTTL",
                                      "AUTH STARTTLS", " STARTTLS", "STARTTLS=1"}) {
        expect_failure(reply(keyword), Errc::starttls_not_offered, 1, "EHLO",
                       "expected the STARTTLS keyword, server offers", keyword.c_str());
    }
}

TEST(SmtpDialogue, FirstLineOfEhloIsAName) {
    expect_upgrade(with(good, 1, "250-STARTTLS\r\n250 STARTTLS\r\n"), "twin: it is offered below");
    expect_failure(with(good, 1, "250-STARTTLS\r\n250 HELP\r\n"), Errc::starttls_not_offered, 1,
                   "EHLO", "server offers \"HELP\"", "name");
    expect_failure(with(good, 1, "250 STARTTLS\r\n"), Errc::starttls_not_offered, 1, "EHLO",
                   "server offers no extensions", "one line");
}

TEST(SmtpDialogue, NotOfferedAsThePolicySays) {
    const Turns turns = with(good, 1, "250-mail\r\n250 HELP\r\n");
    const Outcome required = run(turns, Offer::required);
    EXPECT_EQ(required.error, Errc::starttls_not_offered);
    const Outcome plain = run(turns, Offer::if_offered);
    EXPECT_TRUE(plain.done);
    EXPECT_FALSE(plain.upgraded);
    EXPECT_EQ(plain.sent, "EHLO client.example.org\r\n") << "no STARTTLS without offer";
    const Outcome upgraded = run(good, Offer::if_offered);
    EXPECT_TRUE(upgraded.done && upgraded.upgraded);
    // Offered and then refused is no case for plain text.
    const Outcome refused = run(with(good, 2, "454 no\r\n"), Offer::if_offered);
    EXPECT_EQ(refused.error, Errc::starttls_refused);
}

TEST(SmtpDialogue, ServerWithoutEhlo) {
    for (const std::string code : {"500", "502"}) {
        const Turns turns = with(good, 1, code + " what?\r\n");
        expect_failure(turns, Errc::starttls_not_offered, 1, "EHLO", code + " what?", code.c_str());
        const Outcome plain = run(turns, Offer::if_offered);
        EXPECT_TRUE(plain.done && !plain.upgraded) << plain;
    }
}

TEST(SmtpDialogue, AnswersBeforeTheQuestion) {
    expect_upgrade(good, "twin: the same replies, each after its command");
    struct Case {
        Turns turns;
        std::size_t turn;
        const char* name;
    };
    const Case cases[] = {
        {{good[0] + good[1], good[2]}, 0, "EHLO reply with the greeting"},
        {{good[0], good[1] + good[2]}, 1, "go-ahead with the EHLO reply"},
        {{good[0] + good[1] + good[2]}, 0, "everything at once"},
        {{good[0] + "2", good[1].substr(1), good[2]}, 0, "one byte early"},
        {{good[0] + good[0], good[1], good[2]}, 0, "second greeting"},
    };
    for (const Case& one : cases) {
        expect_failure(one.turns, Errc::starttls_protocol, one.turn,
                       one.turn == 0 ? "EHLO" : "STARTTLS", "before it was asked", one.name);
    }
    // A second greeting that comes later is taken for the answer to EHLO, which it is not.
    expect_failure({good[0], good[0], good[1], good[2]}, Errc::starttls_protocol, 1, "EHLO",
                   "expected 250 to EHLO", "second greeting, later");
}

TEST(SmtpDialogue, HalfSentCommandIsNotAsked) {
    for (const bool all : {true, false}) {
        auto dialogue = make();
        Input in{as_bytes(good[0]), false};
        ASSERT_EQ(dialogue->step(in).want, Want::input);
        dialogue->consume_output(dialogue->output().size() - (all ? 0 : 1));
        in.bytes = as_bytes(good[1]);
        const Step step = dialogue->step(in);
        EXPECT_EQ(step.error, all ? std::error_code() : make_error_code(Errc::starttls_protocol));
        EXPECT_EQ(dialogue->step_name(), all ? "STARTTLS" : "EHLO");
    }
}

TEST(SmtpDialogue, ConnectionEndsAnywhere) {
    const std::string_view steps[] = {"greeting", "EHLO", "STARTTLS"};
    const std::string_view expected[] = {"220 greeting", "250 to EHLO", "220 to STARTTLS"};
    for (std::size_t turn = 0; turn < 3; ++turn) {
        for (std::size_t bytes = 0; bytes < good[turn].size(); ++bytes) {
            Turns turns(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(turn));
            turns.push_back(good[turn].substr(0, bytes));
            const Outcome waiting = run(turns);
            EXPECT_FALSE(waiting.done || waiting.error) << "without the end it waits";
            const Outcome outcome = run(turns, Offer::required, whole(), true);
            EXPECT_EQ(outcome.error, Errc::truncated);
            EXPECT_EQ(outcome.step, steps[turn]);
            const std::string end =
                bytes == 0 ? "connection ended before anything came"
                           : "connection ended after \"" + escape_untrusted(turns.back()) + "\"";
            EXPECT_EQ(outcome.what,
                      "STARTTLS (smtp): expected " + std::string(expected[turn]) + ", " + end);
        }
    }
    const Outcome whole_transcript = run(good, Offer::required, whole(), true);
    EXPECT_TRUE(whole_transcript.upgraded) << "an end behind the go-ahead is TLS's business";
}

TEST(SmtpDialogue, EndWithTheLastBytes) {
    auto dialogue = make();
    Input in{as_bytes(good[0]), true};
    EXPECT_EQ(dialogue->step(in).error, Errc::truncated);
    EXPECT_EQ(dialogue->step_name(), "EHLO") << "the greeting itself was read";
}

TEST(SmtpDialogue, ClientName) {
    for (const std::string name :
         {"localhost", "a.example.org", "xn--nxasmq6b.example", "1.example", "[192.0.2.1]",
          "[IPv6:2001:db8::1]", "[ipv6:::1]"}) {
        EXPECT_TRUE(starttls::smtp_client(name)) << name;
    }
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string("a\r\nRCPT TO:<x>"), std::string("a..b"),
          std::string("-a.example"), std::string("a-.example"), std::string("a."),
          std::string("ä.example"), std::string("a\0b", 3), std::string("[]"),
          std::string("[2001:db8::1]"), std::string("[IPv6:192.0.2.1]"), std::string("[192.0.2.1"),
          std::string("[1.2.3.4]\r\n"), std::string(64, 'a'), std::string("[IPv6:]")}) {
        const auto made = starttls::smtp_client(name);
        ASSERT_FALSE(made) << name;
        EXPECT_EQ(made.error().code, Errc::bad_input);
        EXPECT_NE(made.error().what.find(escape_untrusted(name)), std::string::npos);
        EXPECT_EQ(made.error().what.find('\n'), std::string::npos);
    }
    std::string longest;
    while (longest.size() < 250) longest += "abcd.";
    EXPECT_TRUE(starttls::smtp_client(longest + "abcde"));
    EXPECT_FALSE(starttls::smtp_client(longest + "abcdef"));
}

}  // namespace
}  // namespace omnitls::test
