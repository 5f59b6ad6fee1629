// SPDX-License-Identifier: BSL-1.0
// A verifier that is a coroutine: one verdict, whatever it waits for, and an end when nobody waits for it.
#include <omnitls/inquiry.hpp>
#include <omnitls/transport/awaitable_verifier.hpp>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <optional>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using Evidence = std::shared_ptr<const VerifyRequest>;

/// A gate that a coroutine waits at.
class Gate {
public:
    explicit Gate(asio::io_context& io) : timer_(io, asio::steady_timer::time_point::max()) {}
    asio::awaitable<void> wait() { co_await timer_.async_wait(asio::use_awaitable); }
    void open() { timer_.expires_at(asio::steady_timer::time_point::min()); }

private:
    asio::steady_timer timer_;
};

class AwaitableVerifier : public testing::Test {
protected:
    /// Asks and runs what can run; the verdicts so far.
    void ask(AwaitableDecision decide) {
        // The verifier itself goes at once: a question does not need it.
        const auto verifier = make_awaitable_verifier(io_.get_executor(), std::move(decide));
        inquiry_.emplace(*verifier, std::make_shared<VerifyRequest>(),
                         [this](Verdict verdict) { verdicts_.push_back(std::move(verdict)); });
        run();
    }
    void run() {
        io_.restart();
        io_.poll();
    }

    asio::io_context io_;
    std::vector<Verdict> verdicts_;
    std::optional<Inquiry> inquiry_;
};

TEST_F(AwaitableVerifier, AnswersAtOnceOrWhenItHasWaited) {
    ask([](Evidence) -> asio::awaitable<Verdict> { co_return Verdict::trusted(); });
    ASSERT_EQ(verdicts_.size(), 1U);
    EXPECT_EQ(verdicts_[0].kind(), Verdict::Kind::trusted);
    Gate gate(io_);
    // The captures of the coroutine live as long as it runs.
    ask([&gate, words = std::string("a text that is too long to be in the object itself")](
            Evidence evidence) -> asio::awaitable<Verdict> {
        try {
            co_await gate.wait();
        } catch (const std::system_error&) {  // how a timer says that it was moved
        }
        EXPECT_NE(evidence, nullptr);
        co_return Verdict::rejected(Errc::certificate_rejected, Alert::access_denied, words);
    });
    EXPECT_EQ(verdicts_.size(), 1U) << "it waits";
    gate.open();
    run();
    ASSERT_EQ(verdicts_.size(), 2U);
    EXPECT_EQ(verdicts_[1].text(), "a text that is too long to be in the object itself");
}

TEST_F(AwaitableVerifier, ThatThrowsHasRejectedWithItsWords) {
    for (const bool throws : {false, true}) {
        verdicts_.clear();
        ask([throws](Evidence) -> asio::awaitable<Verdict> {
            if (throws) throw std::runtime_error("no database");
            co_return Verdict::trusted();
        });
        ASSERT_EQ(verdicts_.size(), 1U);
        EXPECT_EQ(verdicts_[0].kind(), throws ? Verdict::Kind::rejected : Verdict::Kind::trusted);
        EXPECT_EQ(verdicts_[0].text(), throws ? "the verifier threw: no database" : "");
    }
}

TEST_F(AwaitableVerifier, IsCancelledWhenNobodyWaitsAnyMore) {
    Gate gate(io_);
    std::optional<std::error_code> ended;
    ask([&](Evidence) -> asio::awaitable<Verdict> {
        try {
            co_await gate.wait();
        } catch (const std::system_error& error) {
            ended = error.code();
            throw;
        }
        co_return Verdict::trusted();
    });
    EXPECT_FALSE(ended);
    inquiry_.reset();
    run();
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended, asio::error::operation_aborted);
    EXPECT_TRUE(verdicts_.empty());
}

TEST_F(AwaitableVerifier, ThatIsStoppedBeforeItBeganDoesNotRunOn) {
    Gate gate(io_);
    bool ended = false;
    const auto verifier =
        make_awaitable_verifier(io_.get_executor(), [&](Evidence) -> asio::awaitable<Verdict> {
            try {
                co_await gate.wait();
            } catch (const std::system_error&) {
                ended = true;
            }
            co_return Verdict::trusted();
        });
    inquiry_.emplace(*verifier, std::make_shared<VerifyRequest>(),
                     [this](Verdict verdict) { verdicts_.push_back(std::move(verdict)); });
    inquiry_.reset();
    run();
    EXPECT_TRUE(ended);
    EXPECT_TRUE(verdicts_.empty());
}

TEST_F(AwaitableVerifier, WhoseExecutorGoesAwayHasRejected) {
    for (const bool begun : {false, true}) {
        SCOPED_TRACE(begun);
        verdicts_.clear();
        auto io = std::make_unique<asio::io_context>();
        const auto verifier =
            make_awaitable_verifier(io->get_executor(), [](Evidence) -> asio::awaitable<Verdict> {
                asio::steady_timer never(co_await asio::this_coro::executor,
                                         asio::steady_timer::time_point::max());
                co_await never.async_wait(asio::use_awaitable);
                co_return Verdict::trusted();
            });
        inquiry_.emplace(*verifier, std::make_shared<VerifyRequest>(),
                         [this](Verdict verdict) { verdicts_.push_back(std::move(verdict)); });
        if (begun) io->poll();
        EXPECT_TRUE(verdicts_.empty());
        io.reset();
        ASSERT_EQ(verdicts_.size(), 1U);
        EXPECT_EQ(verdicts_[0].kind(), Verdict::Kind::rejected);
    }
}

}  // namespace
}  // namespace omnitls::test
