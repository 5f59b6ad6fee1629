// SPDX-License-Identifier: BSL-1.0
// Trust on first use: who shows a key first is remembered by it, and another key is noticed. As SSH does with hosts.
#pragma once

#include <omnitls/export.hpp>
#include <omnitls/result.hpp>
#include <omnitls/verifier.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace omnitls::inline v0 {

/// Whom a key is remembered for.
struct TrustKey {
    std::string protocol;    ///< As the program calls it: `TrustOptions::protocol`.
    std::uint16_t port = 0;  ///< `VerifyRequest::dial_port`; 0 if the program did not say it.
    std::string identity;    ///< The first reference identity, printed: "DNS:example.org".

    /// "xmpp-client 5222 DNS:example.org".
    OMNITLS_API std::string to_string() const;
    friend auto operator<=>(const TrustKey&, const TrustKey&) = default;
};
/// What is remembered: the SHA-256 of the SubjectPublicKeyInfo.
using TrustedKey = std::array<std::uint8_t, 32>;

/// Remembers keys. Usable from any thread. Blocks as long as its storage does, on the thread that drives the connection.
class OMNITLS_API TrustStore {
public:
    TrustStore() = default;
    TrustStore(const TrustStore&) = delete;
    TrustStore& operator=(const TrustStore&) = delete;
    virtual ~TrustStore() = default;
    /// What is remembered; nullopt if nothing is. An error rejects the peer: it is not "nothing".
    virtual Result<std::optional<TrustedKey>> find(const TrustKey& key) const = 0;
    /// Remembers `now` if what is remembered still is `before`, or is `now` already; else Errc::wrong_state and nothing changes, so
    /// that of two first uses that cross each other the second does not replace the first. False if it was remembered already. An
    /// error ends the connection that was to be remembered.
    virtual Result<bool> put(const TrustKey& key, const TrustedKey& now,
                             const std::optional<TrustedKey>& before) = 0;
    /// Forgets. False if nothing was remembered.
    virtual Result<bool> remove(const TrustKey& key) = 0;
};

/// Remembers as long as it lives.
OMNITLS_API std::shared_ptr<TrustStore> memory_trust_store();

/// Remembers in a file, JSON, that is written anew for each change: to a file beside it that then takes its place, so that there is
/// always a whole one. It belongs to its owner alone (mode 0600). No file is an empty store; one that cannot be read or understood is
/// Errc::bad_input, now and not when it matters. At most 1 MiB and 10,000 keys, then `put` is Errc::limit_exceeded. One store for one
/// file: a second one, or a second process, would overwrite what the first has written.
OMNITLS_API Result<std::shared_ptr<TrustStore>> file_trust_store(const std::string& path);

/// What a peer's key is, against what is remembered.
enum class TrustEvent : std::uint8_t {
    known,      ///< The one that is remembered. Accepted; nobody is asked.
    first_use,  ///< Nothing is remembered.
    changed,    ///< Another one is remembered.
};

/// A question to the program: is this key to be trusted from now on? Move-only. To be answered once, now or later, from any thread.
/// Destroyed unanswered it is a refusal.
class OMNITLS_API TrustQuestion {
public:
    class State;
    explicit TrustQuestion(std::shared_ptr<State> state) noexcept;
    TrustQuestion(TrustQuestion&& other) noexcept;
    TrustQuestion& operator=(TrustQuestion&& other) noexcept;
    ~TrustQuestion();

    TrustEvent event() const noexcept;  ///< `first_use` or `changed`.
    const TrustKey& key() const noexcept;
    const TrustedKey& shown() const noexcept;                      ///< The peer's key.
    const std::optional<TrustedKey>& remembered() const noexcept;  ///< With `changed`.
    /// The evidence, of the first of all connections that wait for this answer.
    const VerifyRequest& request() const noexcept;
    /// Stops when no connection waits any more.
    std::stop_token stop_token() const noexcept;

    void accept() &&;
    /// `text` for people; empty: what is said without a program.
    void refuse(const std::string& text = {}) &&;

private:
    std::shared_ptr<State> state_;
};

struct TrustOptions {
    /// Whose keys: a peer may have another one for each protocol. 1 to 64 of a-z, 0-9, ".", "_", "-".
    std::string protocol;
    /// Decides about `first_use` and `changed`. It may keep the question; do not block. Null: a first use is accepted, a change is
    /// refused. One that throws refuses.
    std::function<void(TrustQuestion)> decide{};
    /// What a known or accepted key excuses, at any depth, besides `unknown_authority` and `self_signed`. For example `name_mismatch`.
    std::vector<FindingCategory> excuse{};
    /// What becomes of peers that pass the baseline.
    enum class GoodPeers : std::uint8_t {
        /// A first use is accepted without asking, and remembered. So a peer that once had an authority behind it is not a stranger
        /// when it comes without: that is a change. But so is a new key under the same authority: `decide` can look at
        /// `request().baseline_passed()`.
        bind,
        /// Accepted and not remembered. Where keys change with every renewal. What is remembered already binds all the same.
        pass,
    };
    GoodPeers good_peers = GoodPeers::bind;
};

/// Accepts whose key is remembered in `store`, and asks about others. What a key does not excuse rejects, and nobody is asked then.
/// A key is remembered when the handshake is complete (`Verdict::when_open`): a failed one leaves nothing. A change that nobody accepts
/// is Errc::certificate_rejected with both keys in its text.
///
/// Connections that come with the same key for the same peer, and the same failures, while the program is deciding wait for that
/// answer; each can go on its own. Before a session is offered (`VerifyRequest::resumed`) nobody is asked: an unknown key is a full
/// handshake. Evidence without a judge or a reference identity is a rejection, so this is not for judging clients.
/// Errc::bad_config for a null store or a protocol of another form.
OMNITLS_API Result<std::shared_ptr<CertificateVerifier>> trust_on_first_use(
    std::shared_ptr<TrustStore> store, TrustOptions options);

}  // namespace omnitls::inline v0
