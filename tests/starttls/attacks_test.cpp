// SPDX-License-Identifier: BSL-1.0
// What an attacker on the path makes of a transcript, generated for every dialogue: injection, early answers, cuts, tampering, floods. The
// harmless transcript, from which each differs in one thing, succeeds in the same test.
#include "tests/starttls/play.hpp"
#include "tests/starttls/transcripts.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using starttls::Offer;
using Turns = std::vector<std::string>;

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

class Attacks : public testing::TestWithParam<Transcript> {
protected:
    void SetUp() override {
        const Outcome outcome = run(transcript_.turns);
        ASSERT_TRUE(outcome.done && outcome.upgraded) << outcome;
        ASSERT_EQ(outcome.sent, transcript_.sent);
        ASSERT_EQ(outcome.leftover, "");
        ASSERT_EQ(outcome.turn, transcript_.turns.size() - 1);
    }
    void TearDown() override {
        EXPECT_GT(cases_, 0U);
        cases()[transcript_.name] += cases_;
    }

public:
    /// Of each dialogue, in all.
    static std::map<std::string, std::size_t>& cases() {
        static std::map<std::string, std::size_t> sums;
        return sums;
    }

protected:
    /// Plays; what holds of every outcome is checked here.
    Outcome run(const Turns& turns, const Chunking& chunking = whole(), bool eof = false,
                Offer offer = Offer::required) {
        ++cases_;
        const auto dialogue = transcript_.make(offer);
        const Outcome outcome = play(*dialogue, turns, chunking, eof);
        EXPECT_FALSE(outcome.upgraded && outcome.error) << outcome;
        EXPECT_TRUE(is_printable(outcome.what) && is_printable(outcome.offer)) << outcome;
        EXPECT_LT(outcome.what.size(), 2048U);
        EXPECT_EQ(outcome.error && outcome.what.empty(), false);
        if (outcome.error) {
            EXPECT_TRUE(outcome.what.starts_with("STARTTLS ("));
        }
        return outcome;
    }
    Turns with(std::size_t turn, std::string text) const {
        Turns turns = transcript_.turns;
        turns[turn] = std::move(text);
        return turns;
    }

    const Transcript& transcript_ = GetParam();
    std::size_t cases_ = 0;
};

/// Prints what was run.
class Sums : public testing::Environment {
    void TearDown() override {
        for (const auto& [name, cases] : Attacks::cases())
            std::printf("attacks: %s: %zu cases\n", name.c_str(), cases);
    }
};
const testing::Environment* const sums = testing::AddGlobalTestEnvironment(new Sums);

std::string name_of(const testing::TestParamInfo<Transcript>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Every, Attacks, testing::ValuesIn(transcripts()), name_of);

TEST_P(Attacks, CutAnywhereItIsTheSame) {
    const Outcome reference = run(transcript_.turns);
    EXPECT_EQ(run(transcript_.turns, pieces_of(1)), reference);
    std::size_t longest = 0;
    for (const std::string& turn : transcript_.turns) longest = std::max(longest, turn.size());
    for (std::size_t at = 1; at < longest; ++at)
        EXPECT_EQ(run(transcript_.turns, cut_at(at)), reference);
}

// What comes behind the go-ahead is given back, whole and byte exact, wherever it is cut: the stream refuses it (LeftoverPolicy::reject).
TEST_P(Attacks, NothingBehindTheGoAheadIsTaken) {
    const std::string& last = transcript_.turns.back();
    const std::string injected[] = {"x",
                                    "\r\n",
                                    "EHLO a\r\nQUIT\r\n",
                                    std::string(1, '\0'),
                                    std::string("\x16\x03\x01\x02\x00\x01", 6),
                                    transcript_.turns.front(),
                                    last,
                                    std::string(70'000, 'a')};
    for (const std::string& more : injected) {
        const Turns turns = with(transcript_.turns.size() - 1, last + more);
        for (const std::size_t piece :
             {std::string::npos, std::size_t{1}, std::size_t{7}, last.size()}) {
            const Outcome outcome = run(turns, pieces_of(piece));
            EXPECT_TRUE(outcome.upgraded) << outcome.what;
            EXPECT_EQ(outcome.leftover, more);
            EXPECT_EQ(outcome.sent, transcript_.sent);
        }
    }
}

// An answer that comes with the one before it was there before its question. A server takes commands in groups, up to that for TLS.
TEST_P(Attacks, AnswersBeforeTheirQuestionAreRefused) {
    for (std::size_t turn = 0; turn + 1 < transcript_.turns.size(); ++turn) {
        Turns turns = with(turn, transcript_.turns[turn] + transcript_.turns[turn + 1]);
        turns.erase(turns.begin() + static_cast<std::ptrdiff_t>(turn) + 1);
        for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
            const Outcome outcome = run(turns, pieces_of(piece));
            EXPECT_EQ(outcome.upgraded, transcript_.takes_groups) << outcome;
            if (transcript_.takes_groups) continue;
            EXPECT_EQ(outcome.error, Errc::starttls_protocol) << outcome;
            EXPECT_EQ(outcome.turn, turn);
            EXPECT_NE(outcome.what.find("before it was asked"), std::string::npos) << outcome.what;
        }
    }
}

TEST_P(Attacks, AnEndAnywhereIsTruncated) {
    for (std::size_t turn = 0; turn < transcript_.turns.size(); ++turn) {
        for (std::size_t size = 0; size < transcript_.turns[turn].size(); ++size) {
            Turns turns = with(turn, transcript_.turns[turn].substr(0, size));
            turns.resize(turn + 1);
            const Outcome outcome = run(turns, whole(), true);
            EXPECT_EQ(outcome.error, Errc::truncated) << outcome;
            EXPECT_NE(outcome.what.find("connection ended"), std::string::npos) << outcome.what;
        }
    }
}

// Stripped (or blanked) offers are an error of their own where TLS is required, and a plain end where the program said so.
TEST_P(Attacks, WithoutAnOfferThereIsNoUpgrade) {
    for (const auto& [turn, text] : transcript_.without_offer) {
        const Turns turns = with(turn, text);
        const Outcome required = run(turns);
        EXPECT_EQ(required.error, Errc::starttls_not_offered) << required;
        EXPECT_EQ(required.turn, turn);
        EXPECT_EQ(run(turns, pieces_of(1)), required);
        const Outcome optional = run(turns, whole(), false, Offer::if_offered);
        EXPECT_TRUE(optional.done && !optional.upgraded && !optional.error) << optional;
        EXPECT_EQ(optional.leftover, "");
    }
    const bool client = transcript_.name.ends_with("_client");
    EXPECT_EQ(transcript_.without_offer.empty(), !client);
    // With an offer "if offered" upgrades, too.
    EXPECT_TRUE(run(transcript_.turns, whole(), false, Offer::if_offered).upgraded);
}

TEST_P(Attacks, ARefusalIsAnErrorWhateverIsWanted) {
    for (const auto& [turn, text] : transcript_.refusals) {
        for (const Offer offer : {Offer::required, Offer::if_offered}) {
            const Outcome outcome = run(with(turn, text), whole(), false, offer);
            EXPECT_EQ(outcome.error, Errc::starttls_refused) << outcome;
            EXPECT_EQ(outcome.turn, turn);
        }
    }
}

// A greeting that says so may be anybody's, and there is no TLS behind it.
TEST_P(Attacks, PreauthenticationIsAnErrorWhateverIsWanted) {
    for (const auto& [turn, text] : transcript_.preauthenticated) {
        for (const Offer offer : {Offer::required, Offer::if_offered}) {
            const Outcome outcome = run(with(turn, text), whole(), false, offer);
            EXPECT_EQ(outcome.error, Errc::starttls_not_offered) << outcome;
            EXPECT_EQ(outcome.turn, turn);
        }
    }
    const bool imap = transcript_.name == "imap_client";
    EXPECT_EQ(transcript_.preauthenticated.empty(), !imap) << "only there (RFC 9051 §7.1.4)";
}

// No other protocol is taken for this one's go-ahead.
TEST_P(Attacks, AnotherProtocolIsNeverAGoAhead) {
    const std::string others[] = {"HTTP/1.1 400 Bad Request\r\n\r\n",
                                  "SSH-2.0-x\r\n",
                                  std::string("\x15\x03\x03\x00\x02\x02\x28", 7),
                                  "\r\n",
                                  "<x/>",
                                  std::string(64, '\0'),
                                  std::string(64, '\xff')};
    for (std::size_t turn = 0; turn < transcript_.turns.size(); ++turn) {
        for (const std::string& other : others) {
            const Outcome outcome = run(with(turn, other));
            // A go-ahead of one byte may be the first of anything; the rest is left, which the stream refuses.
            EXPECT_FALSE(outcome.upgraded && outcome.turn == turn && outcome.leftover.empty())
                << other << outcome;
            Turns alone = with(turn, other);
            alone.resize(turn + 1);
            const Outcome ended = run(alone, whole(), true);
            EXPECT_TRUE(ended.error || !ended.leftover.empty());
        }
    }
}

TEST_P(Attacks, ANulIsRefusedInText) {
    if (!transcript_.text) GTEST_SKIP() << "NUL is a part of it";
    for (std::size_t turn = 0; turn < transcript_.turns.size(); ++turn) {
        for (std::size_t at = 0; at < transcript_.turns[turn].size(); ++at) {
            std::string text = transcript_.turns[turn];
            text.insert(at, 1, '\0');
            const Outcome outcome = run(with(turn, text));
            EXPECT_EQ(outcome.error, Errc::starttls_protocol) << at << outcome;
            EXPECT_EQ(outcome.turn, turn);
        }
    }
}

// Whatever single byte is another one: a decision, the same in every cut, and never more than what came is taken.
TEST_P(Attacks, EveryByteDamaged) {
    std::mt19937 random(20261127);
    for (std::size_t turn = 0; turn < transcript_.turns.size(); ++turn) {
        for (std::size_t at = 0; at < transcript_.turns[turn].size(); ++at) {
            for (const char to : {'\0', '\r', '\n', '\x80', '\xff', static_cast<char>(random())}) {
                std::string text = transcript_.turns[turn];
                text[at] = to;
                const Turns turns = with(turn, text);
                const Outcome outcome = run(turns, whole(), true);
                EXPECT_TRUE(outcome.done || outcome.error);
                EXPECT_EQ(run(turns, pieces_of(1), true), outcome) << at << ' ' << int{to};
            }
        }
    }
}

// 100 MB of an answer: the end comes with the limit, however the bytes look.
TEST_P(Attacks, AFloodEndsAtTheLimit) {
    const std::string floods[] = {std::string(1024, 'a'),
                                  "a\r\n",
                                  "250-a\r\n",
                                  "* OK a\r\n",
                                  "220-a\r\n",
                                  "\"A\"\r\n",
                                  " ",
                                  "<a/>",
                                  "120 wait\r\n",
                                  "NOOP\r\n",
                                  "a NOOP\r\n"};
    for (std::size_t turn = 0; turn < transcript_.turns.size(); ++turn) {
        for (const std::string& flood : floods) {
            for (const bool inside : {false, true}) {
                ++cases_;
                const auto dialogue = transcript_.make(Offer::required);
                for (std::size_t i = 0; i < turn; ++i) {
                    dialogue->consume_output(dialogue->output().size());
                    Input in{as_bytes(transcript_.turns[i]), false};
                    ASSERT_FALSE(dialogue->step(in).error);
                }
                std::string start = inside ? transcript_.turns[turn] : "";
                if (inside) start.pop_back();
                std::size_t given = 0;
                std::size_t unsent = 0;
                bool ended = false;
                const auto feed = [&](const std::string& text) {
                    unsent = std::max(unsent, dialogue->output().size());
                    dialogue->consume_output(dialogue->output().size());
                    Input in{as_bytes(text), false};
                    const Step step = dialogue->step(in);
                    given += text.size() - in.bytes.size();
                    ended = step.done() || step.error;
                };
                feed(start);
                while (!ended && given < 100'000'000) feed(flood);
                EXPECT_TRUE(ended) << flood;
                EXPECT_LE(given, std::size_t{64} * 1024 + 1) << flood;
                EXPECT_LE(unsent, 4096U) << flood;
            }
        }
    }
}

// Any two cuts, and an injection behind the go-ahead: what was before the boundary is never behind it, nor the other way round.
TEST_P(Attacks, TheBoundaryIsWhereItIs) {
    std::mt19937 random(20261127);
    const std::string more = transcript_.turns.front() + "SECRET";
    for (int round = 0; round < 200; ++round) {
        Turns turns = with(transcript_.turns.size() - 1, transcript_.turns.back() + more);
        const Chunking anyhow = [&](std::string_view text) {
            std::vector<std::string_view> pieces;
            while (!text.empty()) {
                const std::size_t size = std::min<std::size_t>(1 + random() % 9, text.size());
                pieces.push_back(text.substr(0, size));
                text.remove_prefix(size);
            }
            return pieces;
        };
        const Outcome outcome = run(turns, anyhow);
        EXPECT_TRUE(outcome.upgraded) << outcome;
        EXPECT_EQ(outcome.leftover, more);
    }
}

}  // namespace
}  // namespace omnitls::test
