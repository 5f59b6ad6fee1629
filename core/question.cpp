// SPDX-License-Identifier: BSL-1.0
// The life of a question: answered or dropped once on the verifier's side, taken or withdrawn on the engine's.
#include "core/question.hpp"

#include <utility>

namespace omnitls::inline v0 {
namespace detail {

std::optional<Verdict> QuestionState::take_answer() {
    const std::lock_guard lock(mutex_);
    return std::exchange(verdict_, std::nullopt);
}

bool QuestionState::answered() const {
    const std::lock_guard lock(mutex_);
    return answered_;
}

void QuestionState::on_answered(std::function<void()> callback) {
    std::unique_lock lock(mutex_);
    if (callback_set_ || withdrawn_) return;
    callback_set_ = true;
    callback_ = std::move(callback);
    if (answered_) run_callback(lock);
}

void QuestionState::withdraw() noexcept {
    std::function<void()> dropped;
    // A copy: a stop callback may let go of the last reference to this object.
    std::stop_source stop = stop_;
    {
        std::unique_lock lock(mutex_);
        withdrawn_ = true;
        verdict_.reset();
        dropped.swap(callback_);
        callback_done_.wait(lock, [this] {
            return running_on_ == std::thread::id{} || running_on_ == std::this_thread::get_id();
        });
    }
    // Outside the lock: stop callbacks and the destructors of captured objects are other people's code, and may answer.
    dropped = nullptr;
    stop.request_stop();
}

void QuestionState::answer(Verdict verdict) noexcept {
    std::unique_lock lock(mutex_);
    if (answered_ || withdrawn_) return;
    answered_ = true;
    verdict_ = std::move(verdict);
    run_callback(lock);
}

void QuestionState::run_callback(std::unique_lock<std::mutex>& lock) noexcept {
    if (!callback_) return;
    std::function<void()> callback;
    callback.swap(callback_);
    running_on_ = std::this_thread::get_id();
    lock.unlock();
    callback();
    callback = nullptr;  // what it captured goes before `withdraw` may return
    lock.lock();
    running_on_ = {};
    callback_done_.notify_all();
}

}  // namespace detail

Question::Question(std::shared_ptr<detail::QuestionState> state) noexcept
    : state_(std::move(state)) {}

Question::Question(Question&&) noexcept = default;

Question& Question::operator=(Question&& other) noexcept {
    const auto old = std::exchange(state_, std::exchange(other.state_, nullptr));
    if (old) old->answer(Verdict{});
    return *this;
}

Question::~Question() {
    if (state_) state_->answer(Verdict{});
}

const VerifyRequest& Question::request() const noexcept { return *state_->request(); }

std::shared_ptr<const VerifyRequest> Question::shared_request() const noexcept {
    return state_ ? state_->request() : nullptr;
}

void Question::answer(Verdict verdict) && {
    // Taken out first: whatever happens now, the destructor does not answer again.
    if (const auto state = std::exchange(state_, nullptr)) state->answer(std::move(verdict));
}

std::stop_token Question::stop_token() const noexcept {
    return state_ ? state_->stop_token() : std::stop_token{};
}

std::pair<Question, std::shared_ptr<detail::QuestionState>> Question::make(
    std::shared_ptr<const VerifyRequest> request) {
    auto state = std::make_shared<detail::QuestionState>(std::move(request));
    return {Question(state), state};
}

}  // namespace omnitls::inline v0
