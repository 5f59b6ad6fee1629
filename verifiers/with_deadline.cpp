// SPDX-License-Identifier: BSL-1.0
#include "verifiers/composite.hpp"
#include <omnitls/verifiers/compose.hpp>

#include <utility>

namespace omnitls::inline v0 {
namespace {

using verifiers::Composite;
using verifiers::Members;

struct Deadline {
    std::chrono::milliseconds limit;
    std::string who;
    std::shared_ptr<Timer> timer;
};

class DeadlineRound final : public Composite {
public:
    DeadlineRound(Question question, Members members, Deadline deadline)
        : Composite(std::move(question), std::move(members)), deadline_(std::move(deadline)) {}

private:
    void begin() override {
        ask(0);
        if (over()) return;
        // The alarm goes with this object, and that goes when it is over.
        const std::weak_ptr<Composite> weak = weak_from_this();
        auto alarm = deadline_.timer->after(deadline_.limit, [weak] {
            if (const auto self = weak.lock()) static_cast<DeadlineRound&>(*self).too_late();
        });
        const std::lock_guard lock(mutex_);
        alarm_.swap(alarm);
    }
    void heard(std::size_t, Verdict verdict) override { finish(std::move(verdict)); }
    void too_late() noexcept {
        Verdict verdict;
        try {
            verdict = Verdict::rejected(Errc::verdict_timeout, Alert::certificate_unknown,
                                        deadline_.who + " did not answer within " +
                                            std::to_string(deadline_.limit.count()) + " ms");
        } catch (...) {  // NOLINT(bugprone-empty-catch): without memory a rejection without words
        }
        finish(std::move(verdict));
    }

    const Deadline deadline_;
    std::unique_ptr<Alarm> alarm_;
};

class WithDeadline final : public CertificateVerifier {
public:
    WithDeadline(std::shared_ptr<CertificateVerifier> verifier, Deadline deadline)
        : members_{std::move(verifier)}, deadline_(std::move(deadline)) {}
    void verify(Question question) override {
        std::make_shared<DeadlineRound>(std::move(question), members_, deadline_)->start();
    }
    std::string policy_id() const override { return members_.front()->policy_id(); }

private:
    const Members members_;
    const Deadline deadline_;
};

}  // namespace

Result<std::shared_ptr<CertificateVerifier>> with_deadline(
    std::shared_ptr<CertificateVerifier> verifier, std::chrono::milliseconds limit, std::string who,
    std::shared_ptr<Timer> timer) {
    if (!verifier) return make_error(Errc::bad_config, "with_deadline: the verifier is null");
    if (!timer) return make_error(Errc::bad_config, "with_deadline: the timer is null");
    if (limit <= std::chrono::milliseconds::zero()) {
        return make_error(Errc::bad_config, "with_deadline: a limit of " +
                                                std::to_string(limit.count()) +
                                                " ms leaves no time to answer");
    }
    return std::make_shared<WithDeadline>(std::move(verifier),
                                          Deadline{limit, std::move(who), std::move(timer)});
}

}  // namespace omnitls::inline v0
