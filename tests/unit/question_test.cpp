// SPDX-License-Identifier: BSL-1.0
// The life of a question: one answer, whoever is first; a drop is a rejection; nothing runs after the engine withdrew.
#include "core/question.hpp"

#include <atomic>
#include <barrier>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using detail::VerdictState;

std::shared_ptr<const VerifyRequest> request_with_sni(std::string sni) {
    auto request = std::make_shared<VerifyRequest>();
    request->sni = std::move(sni);
    return request;
}

TEST(Question, CarriesTheEvidence) {
    auto [question, state] = Question::make(request_with_sni("a.example"));
    EXPECT_EQ(question.request().sni, "a.example");
    EXPECT_EQ(question.shared_request().get(), &question.request());
    EXPECT_FALSE(question.stop_token().stop_requested());
    EXPECT_TRUE(question.stop_token().stop_possible());
}

TEST(Question, IsMoveOnly) {
    static_assert(!std::is_copy_constructible_v<Question>);
    static_assert(!std::is_copy_assignable_v<Question>);
    static_assert(std::is_nothrow_move_constructible_v<Question>);
    static_assert(std::is_nothrow_move_assignable_v<Question>);
}

TEST(Question, AnswerIsTakenOnce) {
    auto [question, state] = Question::make(request_with_sni(""));
    EXPECT_FALSE(state->answered());
    EXPECT_FALSE(state->take_answer());
    std::move(question).answer(Verdict::trusted());
    EXPECT_TRUE(state->answered());
    const auto verdict = state->take_answer();
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->kind(), Verdict::Kind::trusted);
    EXPECT_FALSE(state->take_answer());
    EXPECT_TRUE(state->answered());
}

TEST(Question, DropIsARejectionAndAnswerIsNot) {
    auto make = [] { return Question::make(request_with_sni("")); };
    auto [answered, answered_state] = make();
    std::move(answered).answer(Verdict::trusted());
    auto [dropped, dropped_state] = make();
    { const Question gone = std::move(dropped); }

    EXPECT_EQ(answered_state->take_answer()->kind(), Verdict::Kind::trusted);
    const auto verdict = dropped_state->take_answer();
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->kind(), Verdict::Kind::rejected);
    EXPECT_EQ(verdict->code(), Errc::verifier_failed);
    EXPECT_EQ(verdict->alert(), Alert::certificate_unknown);
}

TEST(Question, ThrowingVerifierRejects) {
    auto [question, state] = Question::make(request_with_sni(""));
    auto verify = [](Question) { throw std::runtime_error("database is down"); };
    EXPECT_THROW(verify(std::move(question)), std::runtime_error);
    const auto verdict = state->take_answer();
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->code(), Errc::verifier_failed);
}

TEST(Question, MovedFromDoesNotAnswer) {
    auto [question, state] = Question::make(request_with_sni(""));
    {
        Question other = std::move(question);
        { const Question dead = std::move(question); }  // moved from: nothing to drop
        EXPECT_FALSE(state->answered());
        Question& alias = other;
        other = std::move(alias);  // self-move keeps the question
        EXPECT_FALSE(state->answered());
    }
    EXPECT_TRUE(state->answered());
}

TEST(Question, AssignmentDropsTheOldQuestion) {
    auto [first, first_state] = Question::make(request_with_sni("1"));
    auto [second, second_state] = Question::make(request_with_sni("2"));
    first = std::move(second);
    EXPECT_TRUE(first_state->answered());
    EXPECT_EQ(first_state->take_answer()->kind(), Verdict::Kind::rejected);
    EXPECT_FALSE(second_state->answered());
    EXPECT_EQ(first.request().sni, "2");
    std::move(first).answer(Verdict::trusted());
    EXPECT_EQ(second_state->take_answer()->kind(), Verdict::Kind::trusted);
}

TEST(Question, RequestOutlivesQuestionAndEngine) {
    std::shared_ptr<const VerifyRequest> kept;
    {
        auto [question, state] = Question::make(request_with_sni("kept"));
        kept = question.shared_request();
        std::move(question).answer(Verdict::trusted());
    }
    EXPECT_EQ(kept->sni, "kept");
    EXPECT_EQ(kept.use_count(), 1);
}

TEST(QuestionState, CallbackRunsOnceAfterTheVerdictIsThere) {
    auto [question, state] = Question::make(request_with_sni(""));
    int runs = 0;
    bool there = false;
    state->on_answered([&, s = state.get()] {
        ++runs;
        there = s->answered() && s->take_answer().has_value();
    });
    EXPECT_EQ(runs, 0);
    std::move(question).answer(Verdict::trusted());
    EXPECT_EQ(runs, 1);
    EXPECT_TRUE(there);
    state->answer(Verdict::trusted());
    EXPECT_EQ(runs, 1);
    EXPECT_FALSE(state->take_answer());
}

TEST(QuestionState, CallbackRunsOnDropToo) {
    auto [question, state] = Question::make(request_with_sni(""));
    int runs = 0;
    state->on_answered([&] { ++runs; });
    { const Question gone = std::move(question); }
    EXPECT_EQ(runs, 1);
}

TEST(QuestionState, LateCallbackRunsAtOnceAndOnlyTheFirstCounts) {
    auto [question, state] = Question::make(request_with_sni(""));
    std::move(question).answer(Verdict::trusted());
    int first = 0;
    int second = 0;
    state->on_answered([&] { ++first; });
    EXPECT_EQ(first, 1);
    state->on_answered([&] { ++second; });
    EXPECT_EQ(second, 0);
}

TEST(QuestionState, WithdrawStopsAndSilences) {
    // Twins: one engine gives up, the other waits.
    for (const bool gives_up : {false, true}) {
        auto [question, state] = Question::make(request_with_sni(""));
        int runs = 0;
        auto captured = std::make_shared<int>(0);
        state->on_answered([&runs, captured] { ++runs; });
        const std::stop_token token = question.stop_token();
        if (gives_up) state->withdraw();
        EXPECT_EQ(token.stop_requested(), gives_up);
        EXPECT_EQ(captured.use_count(), gives_up ? 1 : 2);
        std::move(question).answer(Verdict::trusted());
        EXPECT_EQ(runs, gives_up ? 0 : 1);
        EXPECT_EQ(state->answered(), !gives_up);
        EXPECT_EQ(state->take_answer().has_value(), !gives_up);
        state->withdraw();
        state->withdraw();
        EXPECT_TRUE(token.stop_requested());
    }
}

TEST(QuestionState, WithdrawDropsAnAnswerNobodyTook) {
    auto [question, state] = Question::make(request_with_sni(""));
    std::move(question).answer(Verdict::trusted());
    state->withdraw();
    EXPECT_FALSE(state->take_answer());
}

TEST(QuestionState, CallbackSetAfterWithdrawNeverRuns) {
    auto [question, state] = Question::make(request_with_sni(""));
    state->withdraw();
    int runs = 0;
    state->on_answered([&] { ++runs; });
    std::move(question).answer(Verdict::trusted());
    EXPECT_EQ(runs, 0);
}

TEST(QuestionState, StopCallbackMayAnswerAndDestroy) {
    auto made = Question::make(request_with_sni(""));
    std::shared_ptr<VerdictState> engines = std::move(made.second);
    auto held = std::make_unique<Question>(std::move(made.first));
    int stops = 0;
    const std::stop_callback on_stop(held->stop_token(), [&] {
        ++stops;
        engines.reset();  // the question's reference is the last one
        std::move(*held).answer(Verdict::trusted());
        held.reset();
    });
    VerdictState* const raw = engines.get();
    raw->withdraw();
    EXPECT_EQ(stops, 1);
    EXPECT_FALSE(held);
}

TEST(QuestionState, CallbackMayWithdraw) {
    auto [question, state] = Question::make(request_with_sni(""));
    int runs = 0;
    state->on_answered([&, s = state] {
        ++runs;
        s->withdraw();  // the same thread: must not wait for itself
    });
    std::move(question).answer(Verdict::trusted());
    EXPECT_EQ(runs, 1);
}

TEST(QuestionThreads, FirstOfManyAnswersWins) {
    constexpr int rounds = 200;
    constexpr int threads = 4;
    for (int round = 0; round < rounds; ++round) {
        auto [question, state] = Question::make(request_with_sni(""));
        std::atomic<int> runs{0};
        state->on_answered([&] { runs.fetch_add(1); });
        std::barrier start(threads);
        std::vector<std::thread> pool;
        for (int i = 0; i < threads; ++i) {
            pool.emplace_back([&, i, s = state] {
                start.arrive_and_wait();
                s->answer(Verdict::rejected(Errc::certificate_rejected, Alert::access_denied,
                                            std::to_string(i)));
            });
        }
        for (auto& thread : pool) thread.join();
        EXPECT_EQ(runs.load(), 1);
        EXPECT_TRUE(state->take_answer());
        EXPECT_FALSE(state->take_answer());
        std::move(question).answer(Verdict::trusted());
        EXPECT_FALSE(state->take_answer());
    }
}

TEST(QuestionThreads, CallbackNeverRunsOnADeadEngine) {
    // The engine's data dies right after withdraw(); the callback touches it. TSan and ASan see any overlap.
    constexpr int rounds = 500;
    int ran = 0;
    for (int round = 0; round < rounds; ++round) {
        auto engine = std::make_unique<int>(0);
        auto made = Question::make(request_with_sni(""));
        const auto state = made.second;
        state->on_answered([raw = engine.get()] { ++*raw; });
        std::barrier start(2);
        std::thread answering([&start, q = std::move(made.first)]() mutable {
            start.arrive_and_wait();
            std::move(q).answer(Verdict::trusted());
        });
        start.arrive_and_wait();
        if (round % 2 == 0) std::this_thread::yield();
        state->withdraw();
        ran += *engine;
        engine.reset();
        answering.join();
        EXPECT_FALSE(state->take_answer());
    }
    EXPECT_LE(ran, rounds);
}

TEST(QuestionThreads, WithdrawWaitsForARunningCallback) {
    auto made = Question::make(request_with_sni(""));
    const auto state = made.second;
    std::barrier inside(2);
    std::atomic<bool> finished{false};
    state->on_answered([&] {
        inside.arrive_and_wait();  // the engine's thread is about to withdraw
        std::this_thread::yield();
        finished = true;
    });
    std::thread answering(
        [q = std::move(made.first)]() mutable { std::move(q).answer(Verdict::trusted()); });
    inside.arrive_and_wait();
    state->withdraw();
    EXPECT_TRUE(finished.load());
    answering.join();
}

TEST(QuestionThreads, PollingSeesTheAnswer) {
    auto made = Question::make(request_with_sni(""));
    std::thread answering([q = std::move(made.first)]() mutable {
        std::move(q).answer(Verdict::trusted().resumable_for(std::chrono::seconds(5)));
    });
    std::optional<Verdict> verdict;
    while (!verdict) {
        verdict = made.second->take_answer();
        std::this_thread::yield();
    }
    EXPECT_EQ(verdict->resumable(), std::chrono::seconds(5));
    answering.join();
}

}  // namespace
}  // namespace omnitls
