// SPDX-License-Identifier: BSL-1.0
#include "verifiers/composite.hpp"

#include <algorithm>
#include <utility>

namespace omnitls::inline v0::verifiers {

Composite::Composite(Question question, Members members)
    : members_(std::move(members)),
      request_(question.shared_request()),
      question_(std::move(question)),
      answered_(members_.size()),
      inquiries_(members_.size()),
      withdrawn_(members_.size()) {}

void Composite::start() noexcept {
    try {
        std::stop_token token = question_->stop_token();
        stop_.emplace(std::move(token), [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->finish({});
        });
        begin();
    } catch (...) {
        finish({});
    }
}

void Composite::ask(std::size_t member) {
    Inquiry inquiry(*members_[member], request_,
                    [self = shared_from_this(), member](Verdict verdict) {
                        self->hear(member, std::move(verdict));
                    });
    const std::lock_guard lock(mutex_);
    // When it is over and this one has not answered, it goes here: after the lock, which was taken later.
    if (!over_ || answered_[member]) inquiries_[member] = std::move(inquiry);
}

void Composite::hear(std::size_t member, Verdict verdict) noexcept {
    {
        const std::lock_guard lock(mutex_);
        answered_[member] = true;
        if (over_) return;
    }
    try {
        heard(member, std::move(verdict));
    } catch (...) {
        finish({});
    }
}

void Composite::finish(Verdict verdict) noexcept {
    std::optional<Question> question;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(over_, true)) return;
        question.swap(question_);
        // Answered ones stay: the thread that answers may be in the middle of it, and this one would wait for it.
        for (std::size_t i = 0; i < inquiries_.size(); ++i) {
            if (!answered_[i]) withdrawn_[i].swap(inquiries_[i]);
        }
    }
    withdrawn_.clear();
    if (question) std::move(*question).answer(std::move(verdict));
}

bool Composite::over() const {
    const std::lock_guard lock(mutex_);
    return over_;
}

std::optional<ErrorDetail> members_fault(std::string_view what, const Members& members) {
    const std::string name(what);
    if (members.empty()) {
        return make_error(Errc::bad_config, name + " of no verifiers at all",
                          "name at least one, for example baseline_verifier()");
    }
    const auto null = std::find(members.begin(), members.end(), nullptr);
    if (null == members.end()) return std::nullopt;
    return make_error(Errc::bad_config, name + ": member " +
                                            std::to_string(null - members.begin() + 1) + " of " +
                                            std::to_string(members.size()) + " is null");
}

std::string joint_policy_id(std::string_view what, const Members& members) {
    std::string id(what);
    for (const auto& member : members) {
        const std::string own = member->policy_id();
        if (own.empty()) return {};
        id += ' ' + std::to_string(own.size()) + ':' + own;
    }
    return id;
}

}  // namespace omnitls::inline v0::verifiers
