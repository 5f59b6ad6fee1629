// SPDX-License-Identifier: BSL-1.0
// All that somebody who is asked can do wrong, as one thing that fits whoever is asked: a member, a source of records, a program
// that decides about a new key.
#pragma once

#include "tests/verifiers/toys.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

namespace omnitls::test {

/// What is to be answered: yes or no, any number of times. Dropped with the last copy of `answer`.
struct Pending {
    std::function<void(bool yes)> answer;
    std::stop_token stop;
};
/// How somebody behaves when asked.
using Behaviour = std::function<void(Pending)>;

/// A kind of verifier that asks somebody; `request` is one that it accepts if the answer is yes, and only then.
struct Form {
    const char* name;
    std::function<VerifierPtr(Behaviour)> make;
    VerifyRequest request;
};

/// Somebody who keeps what is to be answered.
struct Pile {
    std::vector<Pending> pending{};
    Behaviour behaviour() {
        return [this](Pending asked) { pending.push_back(std::move(asked)); };
    }
};

/// A member that behaves so.
inline VerifierPtr behaving(Behaviour behaviour) {
    return make_async_verifier([behaviour = std::move(behaviour)](Question question) {
        auto kept = std::make_shared<std::optional<Question>>(std::move(question));
        const std::stop_token stop = (*kept)->stop_token();
        behaviour({[kept](bool yes) {
                       std::move(**kept).answer(yes ? Verdict::trusted() : Verdict::rejected());
                   },
                   stop});
    });
}

}  // namespace omnitls::test
