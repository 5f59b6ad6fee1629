// SPDX-License-Identifier: BSL-1.0
// `Composite`: one question while it is answered by asking others. What makes it safe against every order of events:
//
// * whoever is first to end it withdraws the rest and answers, and nobody else waits for anything: no two threads wait for each other;
// * an inquiry that was answered is never withdrawn by another thread, so what follows from an answer may take its time;
// * nothing of other people's is called under the lock.
//
// It lives as long as a question to a member does, which keeps it, and that is at most as long as somebody waits for the answer.
#pragma once

#include <omnitls/inquiry.hpp>
#include <omnitls/result.hpp>
#include <omnitls/verifier.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0::verifiers {

using Members = std::vector<std::shared_ptr<CertificateVerifier>>;

class Composite : public std::enable_shared_from_this<Composite> {
public:
    Composite(Question question, Members members);
    Composite(const Composite&) = delete;
    Composite& operator=(const Composite&) = delete;
    virtual ~Composite() = default;

    /// To be called once, when there is a shared_ptr to it: from here on it ends when nobody waits any more; then asks, by `begin`.
    void start() noexcept;

protected:
    /// Asks the first. May throw, which is a rejection.
    virtual void begin() = 0;
    /// The verdict of a member, once for each that was asked, unless it is over. On any thread. May throw, which is a rejection.
    virtual void heard(std::size_t member, Verdict verdict) = 0;

    void ask(std::size_t member);
    /// The first call withdraws every member that has not answered, and answers.
    void finish(Verdict verdict) noexcept;
    bool over() const;
    const VerifyRequest& request() const noexcept { return *request_; }
    std::size_t size() const noexcept { return members_.size(); }

    mutable std::mutex mutex_;

private:
    void hear(std::size_t member, Verdict verdict) noexcept;

    const Members members_;
    const std::shared_ptr<const VerifyRequest> request_;
    bool over_ = false;
    std::optional<Question> question_;
    std::vector<bool> answered_;
    std::vector<std::optional<Inquiry>> inquiries_;
    std::vector<std::optional<Inquiry>> withdrawn_;  ///< Of whoever ends it alone.
    std::optional<std::stop_callback<std::function<void()>>> stop_;
};

/// Errc::bad_config for no members or a null one.
std::optional<ErrorDetail> members_fault(std::string_view what, const Members& members);
/// Made of the members' ids, so that no two lists have the same; empty if one of them is.
std::string joint_policy_id(std::string_view what, const Members& members);

}  // namespace omnitls::inline v0::verifiers
