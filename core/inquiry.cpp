// SPDX-License-Identifier: BSL-1.0
#include "core/question.hpp"
#include <omnitls/inquiry.hpp>

#include <utility>

namespace omnitls::inline v0 {

Inquiry::Inquiry(CertificateVerifier& verifier, std::shared_ptr<const VerifyRequest> request,
                 std::function<void(Verdict)> done) {
    auto [question, state] = Question::make(std::move(request));
    state_ = state;
    // Whoever answers holds the state.
    state->on_answered([state = state.get(), done = std::move(done)] {
        done(state->take_answer().value_or(Verdict{}));
    });
    try {
        verifier.verify(std::move(question));
    } catch (...) {
        // Who throws has refused, even if somebody still has the question.
        state->answer(Verdict{});
    }
}

Inquiry& Inquiry::operator=(Inquiry&& other) noexcept {
    const auto old = std::exchange(state_, std::exchange(other.state_, nullptr));
    if (old) old->withdraw();
    return *this;
}

Inquiry::~Inquiry() {
    if (state_) state_->withdraw();
}

}  // namespace omnitls::inline v0
