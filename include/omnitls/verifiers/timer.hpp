// SPDX-License-Identifier: BSL-1.0
// `Timer`: where verifiers that wait get their time from. A program with an event loop gives its own; tests give one they move.
#pragma once

#include <omnitls/export.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace omnitls::inline v0 {

/// What was asked of a `Timer`. Destroying it is taking it back: what has not begun then does not begin. Does not wait for what runs.
class OMNITLS_API Alarm {
public:
    Alarm() = default;
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    virtual ~Alarm() = default;
};

/// Calls back later. Every method from any thread.
class OMNITLS_API Timer {
public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    virtual ~Timer() = default;
    /// Calls `then` once, on any thread, when `delay` has passed and the alarm is still there. An alarm may outlive its timer; it
    /// does not ring then. `then` does not throw and does not block.
    virtual std::unique_ptr<Alarm> after(std::chrono::milliseconds delay,
                                         std::function<void()> then) = 0;
};

/// The system's steady clock, and one thread for all that is asked of it: started by the first alarm, ended with the last pointer to
/// this timer. Calls back on that thread.
OMNITLS_API std::shared_ptr<Timer> system_timer();

}  // namespace omnitls::inline v0
