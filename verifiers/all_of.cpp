// SPDX-License-Identifier: BSL-1.0
#include "verifiers/composite.hpp"
#include <omnitls/verifiers/compose.hpp>

#include <algorithm>
#include <utility>

namespace omnitls::inline v0 {
namespace {

using verifiers::Composite;
using verifiers::Members;

/// What both name.
std::vector<Finding> named_by_both(std::vector<Finding> findings, const Verdict& other) {
    const std::vector<Finding>& named = other.accepted_findings();  // none for trusted()
    std::erase_if(findings, [&](const Finding& finding) {
        return std::none_of(named.begin(), named.end(),
                            [&](const Finding& name) { return name.same_as(finding); });
    });
    return findings;
}

/// Of verdicts that all accept.
Verdict joint(std::vector<Verdict> verdicts) {
    std::vector<Finding> named = verdicts.front().accepted_findings();
    std::chrono::seconds resumable = verdicts.front().resumable();
    std::vector<std::function<void()>> remember;
    bool trusted = true;
    for (const Verdict& verdict : verdicts) {
        named = named_by_both(std::move(named), verdict);
        resumable = std::min(resumable, verdict.resumable());
        trusted = trusted && verdict.kind() == Verdict::Kind::trusted;
        if (verdict.remember()) remember.push_back(verdict.remember());
    }
    Verdict verdict = (trusted ? Verdict::trusted() : Verdict::trusted_despite(std::move(named)))
                          .resumable_for(resumable);
    if (remember.empty()) return verdict;
    return std::move(verdict).when_open([remember = std::move(remember)] {
        for (const auto& each : remember) each();
    });
}

class AllRound final : public Composite {
public:
    AllRound(Question question, Members members)
        : Composite(std::move(question), std::move(members)), verdicts_(size()), missing_(size()) {}

private:
    void begin() override {
        for (std::size_t i = 0; i < size() && !over(); ++i) ask(i);
    }
    void heard(std::size_t member, Verdict verdict) override {
        if (!judge_verdict(verdict, request()).accepted) return finish(std::move(verdict));
        {
            const std::lock_guard lock(mutex_);
            verdicts_[member] = std::move(verdict);
            if (--missing_ > 0) return;
        }
        finish(joint(std::move(verdicts_)));
    }

    std::vector<Verdict> verdicts_;
    std::size_t missing_;
};

class AllOf final : public CertificateVerifier {
public:
    explicit AllOf(Members members) : members_(std::move(members)) {}
    void verify(Question question) override {
        std::make_shared<AllRound>(std::move(question), members_)->start();
    }
    std::string policy_id() const override {
        return verifiers::joint_policy_id("omnitls.all_of", members_);
    }

private:
    const Members members_;
};

}  // namespace

Result<std::shared_ptr<CertificateVerifier>> all_of(Members members) {
    if (auto fault = verifiers::members_fault("all_of", members)) return *std::move(fault);
    return std::make_shared<AllOf>(std::move(members));
}

}  // namespace omnitls::inline v0
