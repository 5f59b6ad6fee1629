// SPDX-License-Identifier: BSL-1.0
// The system's timer: one thread that sleeps until the next alarm.
#include <omnitls/verifiers/timer.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace omnitls::inline v0 {
namespace {

using SteadyClock = std::chrono::steady_clock;
// Adding more to the time of day may overflow.
constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365);

/// What the timer, its thread and its alarms share.
class Schedule {
public:
    using Key = std::pair<SteadyClock::time_point, std::uint64_t>;

    Key add(std::chrono::milliseconds delay, std::function<void()> then) {
        const auto due = SteadyClock::now() + std::clamp(delay, {}, kLongest);
        const std::lock_guard lock(mutex_);
        const Key key{due, next_++};
        calls_.emplace(key, std::move(then));
        changed_.notify_one();
        return key;
    }
    void remove(const Key& key) noexcept {
        std::map<Key, std::function<void()>>::node_type gone;  // destroyed after the lock
        const std::lock_guard lock(mutex_);
        gone = calls_.extract(key);
    }
    void stop() noexcept {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_one();
    }
    void run() {
        std::unique_lock lock(mutex_);
        while (!stopped_) {
            if (calls_.empty()) {
                changed_.wait(lock);
            } else if (const auto due = calls_.begin()->first.first; SteadyClock::now() < due) {
                changed_.wait_until(lock, due);
            } else {
                auto call = calls_.extract(calls_.begin());
                lock.unlock();
                call.mapped()();
                call = {};
                lock.lock();
            }
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<Key, std::function<void()>> calls_;
    std::uint64_t next_ = 0;
    bool stopped_ = false;
};

class SystemAlarm final : public Alarm {
public:
    SystemAlarm(std::weak_ptr<Schedule> schedule, Schedule::Key key) noexcept
        : schedule_(std::move(schedule)), key_(key) {}
    SystemAlarm(const SystemAlarm&) = delete;
    SystemAlarm& operator=(const SystemAlarm&) = delete;
    ~SystemAlarm() override {
        if (const auto schedule = schedule_.lock()) schedule->remove(key_);
    }

private:
    const std::weak_ptr<Schedule> schedule_;
    const Schedule::Key key_;
};

class SystemTimer final : public Timer {
public:
    SystemTimer() = default;
    SystemTimer(const SystemTimer&) = delete;
    SystemTimer& operator=(const SystemTimer&) = delete;
    ~SystemTimer() override {
        schedule_->stop();
        if (!thread_.joinable()) return;
        // The last pointer may have been in what an alarm called: a thread cannot wait for itself, and needs nothing of this object.
        if (thread_.get_id() == std::this_thread::get_id()) {
            thread_.detach();
        } else {
            thread_.join();
        }
    }
    std::unique_ptr<Alarm> after(std::chrono::milliseconds delay,
                                 std::function<void()> then) override {
        auto alarm =
            std::make_unique<SystemAlarm>(schedule_, schedule_->add(delay, std::move(then)));
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) thread_ = std::thread([schedule = schedule_] { schedule->run(); });
        return alarm;
    }

private:
    const std::shared_ptr<Schedule> schedule_ = std::make_shared<Schedule>();
    std::mutex mutex_;
    std::thread thread_;
};

}  // namespace

std::shared_ptr<Timer> system_timer() {
    static std::mutex mutex;
    static std::weak_ptr<SystemTimer> only;
    const std::lock_guard lock(mutex);
    auto timer = only.lock();
    if (!timer) only = timer = std::make_shared<SystemTimer>();
    return timer;
}

}  // namespace omnitls::inline v0
