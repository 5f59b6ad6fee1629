// SPDX-License-Identifier: BSL-1.0
// `ManualTimer`: a timer for `Stream`'s second template parameter whose clock moves only when a test says so.
#pragma once

#include "tests/support/erased_handler.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

namespace omnitls::test {

class ManualTimer;

/// One clock for the program; for single-threaded tests.
struct ManualClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<ManualClock>;
    static constexpr bool is_steady = true;

    static time_point now() noexcept { return state().now; }
    /// Moves on and fires what is due.
    static void advance(duration by);
    /// Timers that are being waited for.
    static std::size_t pending();
    /// Destroys all waits uncalled, as the end of an execution context would.
    static void drop_all();

private:
    friend class ManualTimer;
    struct State {
        time_point now{};
        std::vector<ManualTimer*> timers;
    };
    static State& state() noexcept {
        static State only;
        return only;
    }
};

class ManualTimer {
public:
    using clock_type = ManualClock;

    template <class Ex>
    explicit ManualTimer(const Ex& ex) : ex_(ex) {
        ManualClock::state().timers.push_back(this);
    }
    ManualTimer(const ManualTimer&) = delete;
    ManualTimer& operator=(const ManualTimer&) = delete;
    ~ManualTimer() { std::erase(ManualClock::state().timers, this); }

    void expires_after(ManualClock::duration after) {
        cancel();
        due_ = ManualClock::now() + after;
    }
    template <class Handler>
    void async_wait(Handler&& handler) {
        wait_ = ErasedHandler<std::error_code>(std::forward<Handler>(handler), ex_);
        fire();
    }
    void cancel() { wait_.post(asio::error::operation_aborted); }

private:
    friend struct ManualClock;
    void fire() {
        if (wait_ && due_ <= ManualClock::now()) wait_.post({});
    }

    asio::any_io_executor ex_;
    ManualClock::time_point due_{};
    ErasedHandler<std::error_code> wait_;
};

inline void ManualClock::advance(duration by) {
    state().now += by;
    const auto timers = state().timers;
    for (ManualTimer* timer : timers) timer->fire();
}

inline std::size_t ManualClock::pending() {
    const auto& timers = state().timers;
    return static_cast<std::size_t>(std::count_if(
        timers.begin(), timers.end(), [](const ManualTimer* t) { return bool(t->wait_); }));
}

inline void ManualClock::drop_all() {
    std::vector<ErasedHandler<std::error_code>> waits;
    for (ManualTimer* timer : state().timers) waits.push_back(std::move(timer->wait_));
}

}  // namespace omnitls::test
