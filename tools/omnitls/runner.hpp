// SPDX-License-Identifier: BSL-1.0
// `Runner`: asynchronous operations one after the other, each waited for in its turn, under one deadline. Reads like blocking
// code, while timers and a verifier's answer still get their turns of the same event loop.
#pragma once

#include <omnitls/error.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <system_error>

namespace omnitls::tool {

class Runner {
public:
    using Clock = std::chrono::steady_clock;

    explicit Runner(Clock::duration timeout) : deadline_(Clock::now() + timeout) {}

    asio::io_context& context() noexcept { return io_; }
    /// What is left until the deadline; never negative.
    std::chrono::milliseconds left() const {
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
        return rest.count() > 0 ? rest : std::chrono::milliseconds(0);
    }

    /// Another deadline, from now on.
    void extend(Clock::duration timeout) { deadline_ = Clock::now() + timeout; }

    /// Calls `start(done)` and runs the loop until `done(error, ...)` was called. At the deadline it calls `cancel()`, which must
    /// make the operation end, and the result is asio::error::timed_out.
    template <class Start, class Cancel>
    std::error_code wait(const Start& start, const Cancel& cancel) {
        const auto state = std::make_shared<State>();
        start(Done{state});
        bool cancelled = false;
        while (!state->done) {
            if (io_.stopped()) io_.restart();
            const bool ran = cancelled ? io_.run_one() > 0 : io_.run_one_until(deadline_) > 0;
            if (state->done || ran) continue;
            // Nothing left to run and nothing done: the operation was lost.
            if (cancelled) return make_error_code(Errc::internal);
            if (Clock::now() < deadline_) return make_error_code(Errc::internal);
            cancelled = true;
            cancel();
        }
        return cancelled ? std::error_code(asio::error::timed_out) : state->error;
    }

private:
    struct State {
        bool done = false;
        std::error_code error;
    };
    struct Done {
        std::shared_ptr<State> state;
        template <class... Results>
        void operator()(std::error_code error, const Results&...) const {
            state->done = true;
            state->error = error;
        }
    };

    asio::io_context io_;
    Clock::time_point deadline_;
};

}  // namespace omnitls::tool
