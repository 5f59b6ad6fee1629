// SPDX-License-Identifier: BSL-1.0
#include "verifiers/composite.hpp"
#include <omnitls/verifiers/compose.hpp>

#include <utility>

namespace omnitls::inline v0 {
namespace {

using verifiers::Composite;
using verifiers::Members;

Verdict none_accepts(const std::vector<Judgement>& refusals) {
    std::string text = "none of " + std::to_string(refusals.size()) + " verifiers accepts the peer";
    const char* between = ": ";
    for (const Judgement& refusal : refusals) {
        text += between + refusal.text;
        between = "; ";
    }
    return Verdict::rejected(refusals.front().code, refusals.front().alert, std::move(text));
}

class AnyRound final : public Composite {
public:
    using Composite::Composite;

private:
    void begin() override {
        if (!over()) ask(0);
    }
    // One member at a time, and what follows sees what went before: `refusals_` needs no lock.
    void heard(std::size_t member, Verdict verdict) override {
        Judgement judgement = judge_verdict(verdict, request());
        if (judgement.accepted || size() == 1) return finish(std::move(verdict));
        refusals_.push_back(std::move(judgement));
        if (member + 1 == size()) return finish(none_accepts(refusals_));
        if (!over()) ask(member + 1);
    }

    std::vector<Judgement> refusals_;
};

class AnyOf final : public CertificateVerifier {
public:
    explicit AnyOf(Members members) : members_(std::move(members)) {}
    void verify(Question question) override {
        std::make_shared<AnyRound>(std::move(question), members_)->start();
    }
    std::string policy_id() const override {
        return verifiers::joint_policy_id("omnitls.any_of", members_);
    }

private:
    const Members members_;
};

}  // namespace

Result<std::shared_ptr<CertificateVerifier>> any_of(Members members) {
    if (auto fault = verifiers::members_fault("any_of", members)) return *std::move(fault);
    return std::make_shared<AnyOf>(std::move(members));
}

}  // namespace omnitls::inline v0
