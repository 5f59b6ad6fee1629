// SPDX-License-Identifier: BSL-1.0
// `QuestionState`: what a question and the engine that asked it share. The program's side answers once, from any thread;
// the engine's side polls, is woken, or gives up. Every method is thread-safe unless it says otherwise.
#pragma once

#include <omnitls/server_choice.hpp>
#include <omnitls/verifier.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace omnitls::inline v0::detail {

template <class Request, class Answer>
class QuestionState {
public:
    explicit QuestionState(std::shared_ptr<const Request> request) noexcept
        : request_(std::move(request)) {}
    QuestionState(const QuestionState&) = delete;
    QuestionState& operator=(const QuestionState&) = delete;

    // The engine's side.

    /// The answer, once; empty before the answer, after the first successful call, and after `withdraw`. Never blocks for long.
    std::optional<Answer> take_answer();
    /// An answer was given (or the question was dropped) before any `withdraw`.
    bool answered() const;
    /// `callback` runs exactly once, on the answering thread, after the first answer or drop; at once, on this thread, if that
    /// has already happened; never after `withdraw`. It must not throw. Only the first call counts.
    void on_answered(std::function<void()> callback);
    /// Nobody waits any more: requests stop, later answers do nothing, the callback is destroyed and never runs after this
    /// returns. Waits for a callback that is running on another thread, so do not hold a lock that it needs. Any number of calls.
    void withdraw() noexcept;

    // The program's side, through `BasicQuestion`.

    /// The first one wins; later ones, and those after `withdraw`, do nothing.
    void answer(Answer answer) noexcept;
    const std::shared_ptr<const Request>& request() const noexcept { return request_; }
    std::stop_token stop_token() const noexcept { return stop_.get_token(); }

private:
    void run_callback(std::unique_lock<std::mutex>& lock) noexcept;

    const std::shared_ptr<const Request> request_;
    std::stop_source stop_;
    mutable std::mutex mutex_;
    std::condition_variable callback_done_;
    std::optional<Answer> answer_;
    std::function<void()> callback_;
    std::thread::id running_on_;  ///< The thread inside the callback; none = not running.
    bool callback_set_ = false;
    bool answered_ = false;
    bool withdrawn_ = false;
};

/// For those who ask: the engine's side of a question that they hand on.
struct QuestionAccess {
    template <class Request, class Answer>
    static const std::shared_ptr<QuestionState<Request, Answer>>& state_of(
        const BasicQuestion<Request, Answer>& question) noexcept {
        return question.state_;
    }
};

using VerdictState = QuestionState<VerifyRequest, Verdict>;
using ChoiceState = QuestionState<ClientHello, ServerChoice>;

}  // namespace omnitls::inline v0::detail
