// SPDX-License-Identifier: BSL-1.0
// The life of a question: answered or dropped once on the program's side, taken or withdrawn on the engine's.
#include "core/question.hpp"

#include <utility>

namespace omnitls::inline v0 {
namespace detail {

template <class Request, class Answer>
std::optional<Answer> QuestionState<Request, Answer>::take_answer() {
    const std::lock_guard lock(mutex_);
    return std::exchange(answer_, std::nullopt);
}

template <class Request, class Answer>
bool QuestionState<Request, Answer>::answered() const {
    const std::lock_guard lock(mutex_);
    return answered_;
}

template <class Request, class Answer>
void QuestionState<Request, Answer>::on_answered(std::function<void()> callback) {
    std::unique_lock lock(mutex_);
    if (callback_set_ || withdrawn_) return;
    callback_set_ = true;
    callback_ = std::move(callback);
    if (answered_) run_callback(lock);
}

template <class Request, class Answer>
void QuestionState<Request, Answer>::withdraw() noexcept {
    std::function<void()> dropped;
    // A copy: a stop callback may let go of the last reference to this object.
    std::stop_source stop = stop_;
    {
        std::unique_lock lock(mutex_);
        withdrawn_ = true;
        answer_.reset();
        dropped.swap(callback_);
        callback_done_.wait(lock, [this] {
            return running_on_ == std::thread::id{} || running_on_ == std::this_thread::get_id();
        });
    }
    // Outside the lock: stop callbacks and the destructors of captured objects are other people's code, and may answer.
    dropped = nullptr;
    stop.request_stop();
}

template <class Request, class Answer>
void QuestionState<Request, Answer>::answer(Answer answer) noexcept {
    std::unique_lock lock(mutex_);
    if (answered_ || withdrawn_) return;
    answered_ = true;
    answer_ = std::move(answer);
    run_callback(lock);
}

template <class Request, class Answer>
void QuestionState<Request, Answer>::run_callback(std::unique_lock<std::mutex>& lock) noexcept {
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

template <class Request, class Answer>
BasicQuestion<Request, Answer>::BasicQuestion(std::shared_ptr<State> state) noexcept
    : state_(std::move(state)) {}

template <class Request, class Answer>
BasicQuestion<Request, Answer>::BasicQuestion(BasicQuestion&&) noexcept = default;

template <class Request, class Answer>
BasicQuestion<Request, Answer>& BasicQuestion<Request, Answer>::operator=(
    BasicQuestion&& other) noexcept {
    const auto old = std::exchange(state_, std::exchange(other.state_, nullptr));
    if (old) old->answer(Answer{});
    return *this;
}

template <class Request, class Answer>
BasicQuestion<Request, Answer>::~BasicQuestion() {
    if (state_) state_->answer(Answer{});
}

template <class Request, class Answer>
const Request& BasicQuestion<Request, Answer>::request() const noexcept {
    return *state_->request();
}

template <class Request, class Answer>
std::shared_ptr<const Request> BasicQuestion<Request, Answer>::shared_request() const noexcept {
    return state_ ? state_->request() : nullptr;
}

template <class Request, class Answer>
void BasicQuestion<Request, Answer>::answer(Answer answer) && {
    // Taken out first: whatever happens now, the destructor does not answer again.
    if (const auto state = std::exchange(state_, nullptr)) state->answer(std::move(answer));
}

template <class Request, class Answer>
std::stop_token BasicQuestion<Request, Answer>::stop_token() const noexcept {
    return state_ ? state_->stop_token() : std::stop_token{};
}

template <class Request, class Answer>
auto BasicQuestion<Request, Answer>::make(std::shared_ptr<const Request> request)
    -> std::pair<BasicQuestion, std::shared_ptr<State>> {
    auto state = std::make_shared<State>(std::move(request));
    return {BasicQuestion(state), state};
}

template class detail::QuestionState<VerifyRequest, Verdict>;
template class detail::QuestionState<ClientHello, ServerChoice>;
template class BasicQuestion<VerifyRequest, Verdict>;
template class BasicQuestion<ClientHello, ServerChoice>;

}  // namespace omnitls::inline v0
