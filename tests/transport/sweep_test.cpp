// SPDX-License-Identifier: BSL-1.0
// A whole conversation, disturbed at every step in turn: a failing read or write, a cancelled operation, a destroyed or moved
// stream. Whatever happens, every operation completes exactly once, and nothing is delivered that should not be.
#include "tests/transport/scenario.hpp"

#include <cstdio>
#include <set>

namespace omnitls::test {
namespace {

// The number of reads and writes of an undisturbed conversation.
std::size_t count_io() {
    const auto plan = std::make_shared<FaultPlan>();
    Conversation c(plan);
    c.start();
    c.finish();
    EXPECT_TRUE(c.client.done && c.server.done);
    EXPECT_EQ(c.client.got, "ping");
    return plan->steps;
}

// The number of handlers it runs.
std::size_t count_handlers() {
    Conversation c;
    c.start();
    std::size_t n = 0;
    while (c.step()) ++n;
    EXPECT_TRUE(c.client.done && c.server.done);
    return n;
}

void expect_sound(const Conversation& c) {
    EXPECT_TRUE(c.client.settled());
    EXPECT_TRUE(c.server.settled());
    EXPECT_EQ(c.client.trace->output_while_pending, 0U);
    EXPECT_TRUE(c.client.got.empty() || c.client.got == "ping") << c.client.got;
    EXPECT_TRUE(c.client.trace->plaintext_out == 0 || c.client.trace->reached("accepted"));
    EXPECT_EQ(ManualClock::pending(), 0U) << "no timer left behind";
}

class ErrorSweep : public testing::TestWithParam<Fault> {};

TEST_P(ErrorSweep, EveryReadAndWriteFails) {
    const std::size_t n = count_io();
    std::printf("[ error sweep ] N = %zu steps\n", n);
    ASSERT_GE(n, 12U);
    std::set<std::string> results;
    for (std::size_t k = 1; k <= n; ++k) {
        SCOPED_TRACE("step " + std::to_string(k) + " of " + std::to_string(n));
        const auto plan = std::make_shared<FaultPlan>();
        plan->fail_at = k;
        plan->fault = GetParam();
        Conversation c(plan);
        c.start();
        c.finish();
        EXPECT_TRUE(plan->hit);
        expect_sound(c);
        // Somebody noticed, unless it was a read that merely watched while a verdict was out or a fault after the end.
        const bool both_done = c.client.done && c.server.done;
        for (const auto* side : {&c.client, &c.server}) {
            if (side->last()) results.insert(side->last().message());
        }
        if (!both_done) {
            EXPECT_TRUE(c.client.last() || c.server.last());
        }
    }
    EXPECT_FALSE(results.empty());
    for (const std::string& result : results) std::printf("[ error sweep ]   %s\n", result.c_str());
}

INSTANTIATE_TEST_SUITE_P(All, ErrorSweep, testing::Values(Fault::eof, Fault::reset, Fault::cancel),
                         [](const auto& p) {
                             return p.param == Fault::eof     ? "eof"
                                    : p.param == Fault::reset ? "reset"
                                                              : "cancel";
                         });

// Runs `disturb` after k handlers, for every k, on either side.
template <class Disturb>
void at_every_step(Disturb disturb) {
    const std::size_t n = count_handlers();
    ASSERT_GE(n, 12U);
    for (const bool client : {true, false}) {
        for (std::size_t k = 0; k <= n; ++k) {
            SCOPED_TRACE(std::string(client ? "client" : "server") + " after " + std::to_string(k));
            Conversation c;
            c.start();
            for (std::size_t i = 0; i < k; ++i) ASSERT_TRUE(c.step());
            disturb(c, client ? c.client : c.server, client ? c.server : c.client);
        }
    }
}

TEST(Lifetime, DestroyedAtEveryStep) {
    at_every_step([](Conversation& c, Conversation::Side& side, Conversation::Side&) {
        const bool outstanding = !side.settled();
        side.stream.reset();
        c.finish();
        expect_sound(c);
        if (outstanding) {
            EXPECT_EQ(side.last(), asio::error::operation_aborted);
        }
    });
}

TEST(Lifetime, MovedAtEveryStep) {
    at_every_step([](Conversation& c, Conversation::Side& side, Conversation::Side&) {
        FaultyStream elsewhere = std::move(*side.stream);
        side.stream.reset();
        side.stream.emplace(std::move(elsewhere));
        c.finish();
        expect_sound(c);
        EXPECT_TRUE(c.client.done && c.server.done);
    });
}

TEST(Lifetime, AssignedOverAtEveryStep) {
    at_every_step([](Conversation& c, Conversation::Side& side, Conversation::Side&) {
        const bool outstanding = !side.settled();
        auto ends = PipeStream::make(c.ctx.get_executor());
        *side.stream = FaultyStream(
            FaultStream(std::move(ends.first), std::make_shared<FaultPlan>()), nullptr);
        c.finish();
        expect_sound(c);
        if (outstanding) {
            EXPECT_EQ(side.last(), asio::error::operation_aborted);
        }
    });
}

TEST(Lifetime, ContextDestroyedAtEveryStep) {
    // Handlers are destroyed uncalled then, as Asio does; what they hold must go with them (leak and address checkers watch).
    const std::size_t n = count_handlers();
    for (std::size_t k = 0; k <= n; ++k) {
        auto ctx = std::make_unique<asio::io_context>();
        auto held = std::make_shared<int>(0);
        const auto verifier = std::make_shared<PatientVerifier>();
        {
            FakeScript script = client_script();
            script.verifier = verifier;
            auto ends = PipeStream::make(ctx->get_executor());
            auto client = std::make_shared<TestStream>(std::move(ends.first),
                                                       std::make_unique<FakeEngine>(script));
            auto server = std::make_shared<TestStream>(
                std::move(ends.second), std::make_unique<FakeEngine>(server_script()));
            // As sessions do, the handlers keep their streams.
            client->async_handshake([client, held](std::error_code) {});
            server->async_handshake([server, held](std::error_code) {});
            for (std::size_t i = 0; i < k; ++i) ctx->poll_one();
        }
        ManualClock::drop_all();
        ctx->poll();  // the pipe's operations, which nobody's context owns
        ctx.reset();
        verifier->questions.clear();
        EXPECT_EQ(held.use_count(), 1) << k;
    }
}

TEST(Cancellation, TerminalAtEveryStep) {
    at_every_step([](Conversation& c, Conversation::Side& side, Conversation::Side& other) {
        const bool outstanding = !side.settled();
        const std::size_t started = side.outcomes.size();
        side.cancel.emit(asio::cancellation_type::terminal);
        c.finish();
        expect_sound(c);
        // Either the operation was over already (only its handler had not run), or it was cancelled; never anything else.
        if (side.last()) {
            EXPECT_EQ(side.last(), asio::error::operation_aborted);
            EXPECT_EQ(side.outcomes.size(), started);
            EXPECT_TRUE(outstanding);
        } else {
            EXPECT_TRUE(side.done || other.last());
        }
    });
}

}  // namespace
}  // namespace omnitls::test
