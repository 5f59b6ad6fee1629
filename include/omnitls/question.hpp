// SPDX-License-Identifier: BSL-1.0
// `BasicQuestion`: what an engine asks the program, to be answered once, now or later, from any thread. `Question`
// (verifier.hpp) and `ClientHelloQuestion` (server_choice.hpp) are the two kinds.
#pragma once

#include <omnitls/export.hpp>

#include <memory>
#include <stop_token>
#include <utility>

namespace omnitls::inline v0 {

namespace detail {
template <class Request, class Answer>
class QuestionState;
struct QuestionAccess;
}  // namespace detail

/// One question, to be answered once. Move-only. Destroyed unanswered it is answered with a default `Answer`, which is a
/// refusal, so throwing or forgetting is safe.
template <class Request, class Answer>
class BasicQuestion {
public:
    using State = detail::QuestionState<Request, Answer>;

    BasicQuestion(BasicQuestion&&) noexcept;
    BasicQuestion& operator=(BasicQuestion&&) noexcept;
    ~BasicQuestion();

    /// What it is about; kept alive by the question, and by any copy of the pointer.
    const Request& request() const noexcept;
    std::shared_ptr<const Request> shared_request() const noexcept;
    /// Gives the answer. Any thread, any time; the first one wins (a deadline may have been faster). Never blocks.
    void answer(Answer answer) &&;
    /// Stops when nobody waits for the answer any more: the connection is gone or its deadline has passed.
    std::stop_token stop_token() const noexcept;

    /// For engines: a question about `request`, and the engine's side of it.
    static std::pair<BasicQuestion, std::shared_ptr<State>> make(
        std::shared_ptr<const Request> request);

private:
    friend struct detail::QuestionAccess;
    explicit BasicQuestion(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_;
};

}  // namespace omnitls::inline v0
