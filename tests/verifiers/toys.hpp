// SPDX-License-Identifier: BSL-1.0
// Requests made by hand, somebody who asks, and a timer that rings when a test says so.
#pragma once

#include "tests/support/certificate_builder.hpp"
#include <omnitls/inquiry.hpp>
#include <omnitls/judge.hpp>
#include <omnitls/verifier.hpp>
#include <omnitls/verifiers/timer.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace omnitls::test {

using VerifierPtr = std::shared_ptr<CertificateVerifier>;

inline Finding finding(FindingCategory category, std::size_t depth = 0) {
    return {category, depth, "CN=x", "text of " + std::string(finding_name(category))};
}

/// Digests, and a second judgement that is scripted.
class FakeJudge final : public Judge {
public:
    const spi::Crypto& crypto() const noexcept override { return crypto_; }
    Result<std::shared_ptr<const VerifyRequest>> judge_again(const VerifyRequest&,
                                                             const JudgeAs&) const override {
        return make_error(Errc::wrong_state, "a fake judges once");
    }

private:
    FakeCrypto crypto_;
};

inline std::shared_ptr<const Judge> fake_judge() {
    static const auto judge = std::make_shared<FakeJudge>();
    return judge;
}

/// A client's request about `leaf` for `host`; its name matches, and nothing is wrong but `findings`.
inline VerifyRequest request_about(const Certificate& leaf, std::vector<Finding> findings = {},
                                   const std::string& host = "example.org") {
    VerifyRequest request;
    request.peer.chain.push_back({leaf.der(), leaf, {}});
    request.path = {leaf};
    request.findings = std::move(findings);
    request.name.checked = request.name.matched = true;
    request.reference_identities = {ReferenceIdentity::host(host).value()};
    request.dial_address = host;
    request.dial_port = 443;
    request.time = judged_at;
    request.judge = fake_judge();
    return request;
}

/// A leaf whose key and certificate are its own.
inline Certificate leaf_with_key(const std::string& key) {
    CertificateSpec spec;
    spec.key = key;
    return build(spec);
}

inline VerifyRequest request_with(std::vector<Finding> findings) {
    return request_about(leaf_with_key("leaf-key"), std::move(findings));
}

/// Asks like an engine does, and collects what it is told.
struct Asked {
    std::vector<Verdict> verdicts{};
    std::shared_ptr<const VerifyRequest> request;
    std::optional<Inquiry> inquiry{};

    Asked(CertificateVerifier& verifier, VerifyRequest about)
        : request(std::make_shared<VerifyRequest>(std::move(about))) {
        inquiry.emplace(verifier, request,
                        [this](Verdict verdict) { verdicts.push_back(std::move(verdict)); });
    }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;

    /// What the engine would make of the one verdict; throws if there is none, or another.
    Judgement judgement() const { return judge_verdict(only(), *request); }
    const Verdict& only() const {
        if (verdicts.size() != 1) {
            throw std::logic_error(std::to_string(verdicts.size()) + " verdicts, not one");
        }
        return verdicts.front();
    }
    /// As an engine does when the handshake is complete.
    void open() const {
        if (only().remember()) only().remember()();
    }
};

inline bool accepts(CertificateVerifier& verifier, VerifyRequest request) {
    return Asked(verifier, std::move(request)).judgement().accepted;
}

/// A verifier that always says this.
inline VerifierPtr saying(Verdict verdict) {
    return make_verifier([verdict](const VerifyRequest&) { return verdict; });
}

/// Keeps what it is asked.
struct Keeper {
    std::vector<Question> kept{};
    VerifierPtr verifier =
        make_async_verifier([this](Question question) { kept.push_back(std::move(question)); });

    void answer(std::size_t which, Verdict verdict) {
        std::move(kept.at(which)).answer(std::move(verdict));
    }
};

/// Time stands still until `advance`.
class ManualTimer final : public Timer {
public:
    std::unique_ptr<Alarm> after(std::chrono::milliseconds delay,
                                 std::function<void()> then) override {
        alarms_->push_back({++last_, now_ + delay, std::move(then)});
        return std::make_unique<Handle>(alarms_, last_);
    }
    void advance(std::chrono::milliseconds by) {
        now_ += by;
        for (;;) {
            const auto due = std::find_if(alarms_->begin(), alarms_->end(),
                                          [this](const Entry& entry) { return entry.due <= now_; });
            if (due == alarms_->end()) return;
            const auto then = std::move(due->then);
            alarms_->erase(due);
            then();
        }
    }
    std::size_t pending() const { return alarms_->size(); }

private:
    struct Entry {
        std::uint64_t id;
        std::chrono::milliseconds due;
        std::function<void()> then;
    };
    using Entries = std::vector<Entry>;
    struct Handle final : Alarm {
        Handle(std::shared_ptr<Entries> entries, std::uint64_t number)
            : alarms(std::move(entries)), id(number) {}
        Handle(const Handle&) = delete;
        Handle& operator=(const Handle&) = delete;
        ~Handle() override {
            std::erase_if(*alarms, [this](const Entry& entry) { return entry.id == id; });
        }
        const std::shared_ptr<Entries> alarms;
        const std::uint64_t id;
    };

    std::shared_ptr<Entries> alarms_ = std::make_shared<Entries>();
    std::chrono::milliseconds now_{0};
    std::uint64_t last_ = 0;
};

}  // namespace omnitls::test
