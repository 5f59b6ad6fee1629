// SPDX-License-Identifier: BSL-1.0
// Trust on first use from the inside: `Trust` judges, and keeps one question to the program for all that wait for the same answer.
#pragma once

#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace omnitls::inline v0::verifiers {

/// A peer and what is known of it. Connections whose peers are equal may share an answer.
struct Peer {
    TrustKey key;
    TrustedKey shown{};
    std::optional<TrustedKey> remembered{};
    std::vector<std::pair<FindingCategory, std::size_t>> failing{};  // sorted

    friend auto operator<=>(const Peer&, const Peer&) = default;
};

class Trust : public std::enable_shared_from_this<Trust> {
public:
    Trust(std::shared_ptr<TrustStore> store, TrustOptions options)
        : store_(std::move(store)), options_(std::move(options)) {}

    void verify(Question question);
    Verdict accepted(const VerifyRequest& request, const Peer& peer) const;
    static Verdict refused(const Peer& peer, std::string text);

private:
    friend class TrustQuestion::State;

    std::vector<Finding> excused(const VerifyRequest& request) const;
    Result<Peer> peer_of(const VerifyRequest& request) const;
    std::optional<Verdict> at_once(const VerifyRequest& request, const Peer& peer) const;
    void wait(Question question, const Peer& peer);

    const std::shared_ptr<TrustStore> store_;
    const TrustOptions options_;
    std::mutex mutex_;
    std::map<Peer, std::shared_ptr<TrustQuestion::State>> asked_;  ///< Not answered yet.
};

}  // namespace omnitls::inline v0::verifiers
