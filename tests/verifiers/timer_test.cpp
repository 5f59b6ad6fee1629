// SPDX-License-Identifier: BSL-1.0
// The system's timer: rings in order, not after it was taken back, and goes cleanly from any thread.
#include <omnitls/verifiers/timer.hpp>

#include <future>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using namespace std::chrono_literals;

TEST(SystemTimer, RingsInOrderAndNotWhenTakenBack) {
    const auto timer = system_timer();
    std::vector<int> rung;
    std::promise<void> go;
    std::promise<void> last;
    // Holds the thread up until all is said.
    const auto first = timer->after(0ms, [&] { go.get_future().wait(); });
    auto gone = timer->after(1ms, [&] { rung.push_back(1); });
    const auto third = timer->after(3ms, [&] {
        rung.push_back(3);
        last.set_value();
    });
    const auto second = timer->after(2ms, [&] { rung.push_back(2); });
    gone.reset();
    go.set_value();
    last.get_future().wait();
    EXPECT_EQ(rung, (std::vector<int>{2, 3}));
}

TEST(SystemTimer, IsOneForAllAndOutlivedByItsAlarms) {
    std::unique_ptr<Alarm> alarm;
    bool rung = false;
    {
        const auto timer = system_timer();
        EXPECT_EQ(timer, system_timer());
        alarm = timer->after(std::chrono::milliseconds::max(), [&] { rung = true; });
    }
    alarm.reset();
    EXPECT_FALSE(rung);
}

TEST(SystemTimer, MayGoOnItsOwnThread) {
    std::promise<void> done;
    std::promise<void> go;
    auto timer = system_timer();
    std::shared_ptr<Timer>* const last = new std::shared_ptr<Timer>(timer);
    const auto alarm = timer->after(0ms, [&, last] {
        go.get_future().wait();
        delete last;
        done.set_value();
    });
    timer.reset();
    go.set_value();
    done.get_future().wait();
}

}  // namespace
}  // namespace omnitls
