// SPDX-License-Identifier: BSL-1.0
// One thread per question.
#include "tests/interop/late_verifier.hpp"

#include <asio/post.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace omnitls::test {

LateVerifier::LateVerifier(asio::io_context& io, Decide decide, std::function<void()> on_turn)
    : io_(io), decide_(std::move(decide)), on_turn_(std::move(on_turn)) {}

LateVerifier::~LateVerifier() {
    for (std::thread& thread : threads_) thread.join();
}

void LateVerifier::verify(Question question) {
    const std::lock_guard lock(mutex_);
    ++facts_.questions;
    facts_.asked_on = std::this_thread::get_id();
    threads_.emplace_back(
        [this, question = std::move(question)]() mutable { decide_later(std::move(question)); });
}

void LateVerifier::decide_later(Question question) {
    // Shared: a loop that never turns again may drop the handler after this has given up.
    const auto turned = std::make_shared<std::promise<void>>();
    auto turn = turned->get_future();
    asio::post(io_, [this, turned] {
        if (on_turn_) on_turn_();
        turned->set_value();
    });
    // Dropping the question is a rejection.
    if (turn.wait_for(std::chrono::seconds(60)) != std::future_status::ready) return;
    Verdict verdict = decide_(question.request());
    {
        const std::lock_guard lock(mutex_);
        facts_.decided_on = std::this_thread::get_id();
    }
    std::move(question).answer(std::move(verdict));
}

LateVerifier::Facts LateVerifier::facts() const {
    const std::lock_guard lock(mutex_);
    return facts_;
}

}  // namespace omnitls::test
