// SPDX-License-Identifier: BSL-1.0
// How the news of a verdict comes from whatever thread answered to the thread that drives the stream: by a posted wake-up
// (asynchronous) or a condition variable (synchronous). Both outlive whoever waits.
#pragma once

#include <asio/post.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace omnitls::inline v0::detail {

/// Posts `Op::answered` to an executor, if the operation still waits. The executor is only touched while the gate is open, and
/// the operation closes it before it ends, so an answer may come when the stream and its execution context are long gone.
template <class Op, class Ex>
class AnswerGate {
public:
    AnswerGate(std::weak_ptr<Op> op, const Ex& ex) : op_(std::move(op)), ex_(ex) {}

    /// The answer is in. Any thread.
    void fire() noexcept {
        const std::lock_guard lock(mutex_);
        fired_ = true;
        if (!waiting_ || !ex_) return;
        try {
            asio::post(*ex_, Wake{op_, *ex_});
        } catch (...) {
            // No memory to wake anybody with: the verdict's deadline does.
        }
    }
    /// True if the answer is in already. Else the operation waits from now on.
    bool fired_or_wait() noexcept {
        const std::lock_guard lock(mutex_);
        waiting_ = !fired_;
        return fired_;
    }
    void close() noexcept {
        const std::lock_guard lock(mutex_);
        ex_.reset();
    }

private:
    struct Wake {
        using executor_type = Ex;
        executor_type get_executor() const noexcept { return ex; }
        void operator()() {
            if (const auto waiting = op.lock()) waiting->answered();
        }
        std::weak_ptr<Op> op;
        Ex ex;
    };

    std::mutex mutex_;
    std::weak_ptr<Op> op_;
    std::optional<Ex> ex_;
    bool fired_ = false;
    bool waiting_ = false;
};

/// For the synchronous driver: one thread waits for one answer.
class AnswerLatch {
public:
    void fire() noexcept {
        {
            const std::lock_guard lock(mutex_);
            answered_ = true;
        }
        changed_.notify_all();
    }
    /// False: not answered in time.
    bool wait(std::chrono::steady_clock::duration deadline) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, deadline, [this] { return answered_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool answered_ = false;
};

}  // namespace omnitls::inline v0::detail
