// SPDX-License-Identifier: BSL-1.0
// Whatever somebody who is asked does, and whenever the others go: one outcome, or none if nobody waits.
#include "tests/verifiers/misbehaviour.hpp"

#include "tests/support/certs.hpp"
#include "tests/verifiers/tlsa_toys.hpp"
#include <omnitls/verifiers/compose.hpp>
#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <thread>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using namespace std::chrono_literals;
using test::Asked;
using test::behaving;
using test::Behaviour;
using test::Form;
using test::must;
using test::Pending;
using test::Pile;
using test::request_with;
using test::saying;
using test::VerifierPtr;

/// A program that decides so about every key.
VerifierPtr deciding(Behaviour behaviour) {
    TrustOptions options;
    options.protocol = "test";
    options.decide = [behaviour = std::move(behaviour)](TrustQuestion question) {
        auto kept = std::make_shared<std::optional<TrustQuestion>>(std::move(question));
        const std::stop_token stop = (*kept)->stop_token();
        behaviour({[kept](bool yes) {
                       if (yes) {
                           std::move(**kept).accept();
                       } else {
                           std::move(**kept).refuse();
                       }
                   },
                   stop});
    };
    return must(trust_on_first_use(memory_trust_store(), std::move(options)));
}

std::vector<Form> forms() {
    const auto yes = saying(Verdict::trusted());
    const auto no = saying(Verdict::rejected());
    const auto records = [](Behaviour b) {
        return dane(std::make_shared<test::BehavingSource>(std::move(b)));
    };
    return {
        {"all_of",
         [=](Behaviour b) {
             return must(all_of({yes, behaving(std::move(b)), yes}));
         },
         request_with({})},
        {"any_of",
         [=](Behaviour b) {
             return must(any_of({no, behaving(std::move(b)), no}));
         },
         request_with({})},
        {"with_deadline",
         [](Behaviour b) {
             return must(with_deadline(behaving(std::move(b)), 1h, "member",
                                       std::make_shared<test::ManualTimer>()));
         },
         request_with({})},
        {"nested",
         [=](Behaviour b) {
             const auto inner = must(any_of({no, behaving(std::move(b))}));
             return must(all_of({yes, must(with_deadline(inner, 1h, "inner",
                                                         std::make_shared<test::ManualTimer>()))}));
         },
         request_with({})},
        {"dane", records, request_with({test::finding(FindingCategory::self_signed)})},
        {"trust_on_first_use", deciding,
         request_with({test::finding(FindingCategory::self_signed)})},
        {"dane_nested",
         [=](Behaviour b) {
             return must(any_of({no, must(all_of({yes, records(std::move(b))}))}));
         },
         request_with({})},
    };
}

class Misbehaviour : public testing::TestWithParam<Form> {
protected:
    VerifierPtr make(Behaviour behaviour) const { return GetParam().make(std::move(behaviour)); }
    static VerifyRequest request() { return GetParam().request; }
    /// One outcome of somebody who behaves so.
    bool accepted(Behaviour behaviour) const {
        const VerifierPtr verifier = make(std::move(behaviour));
        return Asked(*verifier, request()).judgement().accepted;
    }
};

TEST_P(Misbehaviour, AnswersAtOnce) {
    EXPECT_TRUE(accepted([](const Pending& asked) { asked.answer(true); }));
    EXPECT_FALSE(accepted([](const Pending& asked) { asked.answer(false); }));
}

TEST_P(Misbehaviour, AnswersLate) {
    for (const bool yes : {true, false}) {
        Pile pile;
        const VerifierPtr verifier = make(pile.behaviour());
        const Asked asked(*verifier, request());
        ASSERT_EQ(pile.pending.size(), 1U);
        EXPECT_TRUE(asked.verdicts.empty());
        pile.pending[0].answer(yes);
        EXPECT_EQ(asked.judgement().accepted, yes);
    }
}

TEST_P(Misbehaviour, AnswersFromAnotherThread) {
    for (const bool yes : {true, false}) {
        Pile pile;
        const VerifierPtr verifier = make(pile.behaviour());
        const Asked asked(*verifier, request());
        std::thread([&] { pile.pending[0].answer(yes); }).join();
        EXPECT_EQ(asked.judgement().accepted, yes);
    }
}

TEST_P(Misbehaviour, AnswersTwice) {
    for (const bool first : {true, false}) {
        EXPECT_EQ(accepted([&](const Pending& asked) {
                      asked.answer(first);
                      asked.answer(!first);
                  }),
                  first);
    }
}

TEST_P(Misbehaviour, NeverAnswers) {
    Pile pile;
    const VerifierPtr verifier = make(pile.behaviour());
    Asked asked(*verifier, request());
    EXPECT_TRUE(asked.verdicts.empty());
    EXPECT_FALSE(pile.pending[0].stop.stop_requested());
    asked.inquiry.reset();
    EXPECT_TRUE(asked.verdicts.empty());
    EXPECT_TRUE(pile.pending[0].stop.stop_requested());
}

TEST_P(Misbehaviour, Throws) {
    EXPECT_FALSE(accepted([](const Pending&) { throw std::runtime_error("no"); }));
    EXPECT_TRUE(accepted([](const Pending& asked) {
        asked.answer(true);
        throw std::runtime_error("too late");
    }));
}

// Whoever kept the question before it threw has nothing to say any more.
TEST_P(Misbehaviour, KeepsTheQuestionAndThrows) {
    for (const bool throws : {true, false}) {
        Pile pile;
        const VerifierPtr verifier = make([&](Pending asked) {
            pile.pending.push_back(std::move(asked));
            if (throws) throw std::runtime_error("no");
        });
        const Asked asked(*verifier, request());
        pile.pending.at(0).answer(true);
        EXPECT_EQ(asked.judgement().accepted, !throws);
    }
}

TEST_P(Misbehaviour, Forgets) {
    EXPECT_FALSE(accepted([](const Pending&) {}));
    Pile pile;
    const VerifierPtr verifier = make(pile.behaviour());
    const Asked asked(*verifier, request());
    pile.pending.clear();
    EXPECT_FALSE(asked.judgement().accepted);
}

TEST_P(Misbehaviour, DestroysTheVerifierThatAsks) {
    for (const bool yes : {true, false}) {
        VerifierPtr verifier;
        verifier = make([&](const Pending& asked) {
            verifier.reset();
            asked.answer(yes);
        });
        CertificateVerifier& alone = *verifier;
        EXPECT_EQ(Asked(alone, request()).judgement().accepted, yes);
        EXPECT_FALSE(verifier);
    }
}

TEST_P(Misbehaviour, AnswersWhatIsCancelled) {
    Pile pile;
    const VerifierPtr verifier = make(pile.behaviour());
    Asked asked(*verifier, request());
    asked.inquiry.reset();
    pile.pending[0].answer(true);
    EXPECT_TRUE(asked.verdicts.empty());
}

TEST_P(Misbehaviour, IsCancelledAfterTheAnswer) {
    Pile pile;
    const VerifierPtr verifier = make(pile.behaviour());
    Asked asked(*verifier, request());
    pile.pending[0].answer(true);
    asked.inquiry.reset();
    EXPECT_TRUE(asked.judgement().accepted);
}

TEST_P(Misbehaviour, IsTooSlow) {
    const auto timer = std::make_shared<test::ManualTimer>();
    for (const bool in_time : {true, false}) {
        Pile pile;
        const auto verifier = must(with_deadline(make(pile.behaviour()), 1s, "it", timer));
        const Asked asked(*verifier, request());
        if (in_time) pile.pending[0].answer(true);
        timer->advance(1s);
        EXPECT_EQ(asked.judgement().accepted, in_time);
        if (in_time) continue;
        EXPECT_EQ(asked.judgement().code, Errc::verdict_timeout);
        EXPECT_TRUE(pile.pending[0].stop.stop_requested());
        pile.pending[0].answer(true);
        EXPECT_EQ(asked.verdicts.size(), 1U);
    }
}

TEST_P(Misbehaviour, AnswersWhenAllIsGone) {
    Pile pile;
    {
        const VerifierPtr verifier = make(pile.behaviour());
        const Asked asked(*verifier, request());
    }
    pile.pending[0].answer(true);
    pile.pending.clear();
}

TEST_P(Misbehaviour, TheVerifierIsGoneBeforeTheAnswer) {
    Pile pile;
    VerifierPtr verifier = make(pile.behaviour());
    const Asked asked(*verifier, request());
    verifier.reset();
    pile.pending[0].answer(true);
    EXPECT_TRUE(asked.judgement().accepted);
}

// Both at once, many times: whichever is first, there is at most one outcome, nothing hangs, and the sanitizers see all of it.
TEST_P(Misbehaviour, AnswersWhileItIsCancelled) {
    for (int round = 0; round < 300; ++round) {
        Pile pile;
        const VerifierPtr verifier = make(pile.behaviour());
        Asked asked(*verifier, request());
        std::thread other([pending = std::move(pile.pending[0])] { pending.answer(true); });
        asked.inquiry.reset();
        EXPECT_LE(asked.verdicts.size(), 1U);
        other.join();
    }
}

INSTANTIATE_TEST_SUITE_P(Of, Misbehaviour, testing::ValuesIn(forms()),
                         [](const auto& form) { return std::string(form.param.name); });

// Members that answer all at once, while the question goes away.
TEST(AllOfThreads, AnswersCrossEachOtherAndTheEnd) {
    for (int round = 0; round < 300; ++round) {
        Pile pile;
        const auto verifier = must(all_of(
            {behaving(pile.behaviour()), behaving(pile.behaviour()), behaving(pile.behaviour())}));
        Asked asked(*verifier, request_with({}));
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < 3; ++i) {
            threads.emplace_back([&, i] { pile.pending[i].answer((round + 1) % 4 != int(i)); });
        }
        if (round % 3 == 0) asked.inquiry.reset();
        for (auto& thread : threads) thread.join();
        EXPECT_LE(asked.verdicts.size(), 1U);
        if (round % 3 == 0) continue;
        EXPECT_EQ(asked.judgement().accepted, (round + 1) % 4 == 3);
    }
}

}  // namespace
}  // namespace omnitls
