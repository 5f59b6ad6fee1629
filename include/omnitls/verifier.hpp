// SPDX-License-Identifier: BSL-1.0
// Trust: the question (`VerifyRequest`), whoever answers it (`CertificateVerifier`), and the answer (`Verdict`).
// The engine stops with Want::verdict until an answer is in: now, or in an hour, from any thread. See docs/verifiers.md.
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/error.hpp>
#include <omnitls/export.hpp>
#include <omnitls/iana.hpp>
#include <omnitls/identity.hpp>
#include <omnitls/question.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace omnitls::inline v0 {

class Judge;

/// Which end of the connection this side is.
enum class Role : std::uint8_t { client, server };

/// What can be wrong with a path or a name. Each has one `Errc` and one default `Alert` (`errc_for`, `alert_for`).
enum class FindingCategory : std::uint8_t {
    unknown_authority,  ///< No issuer leads to a configured anchor.
    self_signed,        ///< The last certificate is self-issued and no anchor.
    bad_signature,      ///< A signature does not verify with the issuer's key.
    expired,            ///< notAfter has passed.
    not_yet_valid,      ///< notBefore has not come.
    not_a_ca,           ///< An issuer without basicConstraints CA:TRUE (RFC 5280 §6.1.4 k).
    path_length,        ///< Too many intermediates below a pathLenConstraint (§6.1.4 l, m).
    key_usage,  ///< keyCertSign missing on an issuer, or digitalSignature on the leaf (§6.1.4 n).
    extended_key_usage,  ///< Not for this purpose (§4.2.1.12).
    name_constraints,    ///< A name outside permitted or inside excluded subtrees (§6.1.3 b, c).
    unknown_critical_extension,  ///< A critical extension that is not processed (§4.2).
    weak_key,                    ///< RSA under 2048 bits, EC under 256 bits, or DSA.
    weak_signature,              ///< Signed with MD5 or SHA-1.
    revoked,                     ///< Listed in a revocation list.
    revocation_unknown,          ///< `Revocation::required`, and no current list is about it.
    malformed,                   ///< Not a certificate that the strict reader accepts.
    name_mismatch,               ///< For none of the reference identities (RFC 9525 §6).
    limit_exceeded,              ///< Path building ran into a limit; the text names it.
    backend_refused,             ///< The TLS library vetoed the path; the text quotes it.
};
OMNITLS_API std::string_view finding_name(FindingCategory category) noexcept;
OMNITLS_API Errc errc_for(FindingCategory category) noexcept;
/// The alert a rejection for this reason sends by default (RFC 8446 §6.2).
OMNITLS_API Alert alert_for(FindingCategory category) noexcept;

/// One thing that is wrong. Findings are data: the verdict names those it accepts nevertheless.
struct Finding {
    FindingCategory category{};
    std::size_t depth = 0;  ///< Place in the path: 0 = leaf.
    std::string subject;    ///< The certificate at fault, printed; may be empty.
    std::string text;  ///< What was wanted and what was found, with dates or names. Safe to print.

    /// Same category at the same depth: what "naming a finding" means.
    bool same_as(const Finding& other) const noexcept {
        return category == other.category && depth == other.depth;
    }
};

/// The name check on its own (RFC 9525), apart from the path.
struct NameResult {
    bool checked = false;  ///< False only for a server judging clients, or with danger::any_name().
    bool matched = false;
    std::string matched_by;  ///< The presented name that matched, e.g. "DNS:*.example.org".
    std::vector<std::string> wanted;   ///< The reference identities, printed.
    std::vector<std::string> present;  ///< The presented names, printed and escaped; at most 32.
};

/// The evidence: everything a verifier may judge by, field by field the same on every backend (design: "Evidence").
/// Immutable and shared: keep it as long as you like, read it from any thread.
struct VerifyRequest {
    Role role = Role::client;  ///< This side's role; the peer is the other.
    PeerInfo peer;             ///< The chain as sent, leaf first.
    std::vector<ReferenceIdentity> reference_identities;
    std::string sni;  ///< Server name indication sent (client) or received (server); may be empty.
    std::string
        dial_address;  ///< What the transport connected to, as the program said it; may be empty.
    std::uint16_t dial_port = 0;  ///< As the program said it; 0 if it did not.
    UtcTime time{};               ///< The time all dates are judged at.
    Bytes ocsp_response;          ///< The stapled OCSP response, raw; empty if none came.
    std::string alpn;             ///< Negotiated protocol; empty if none, or not yet known.
    ProtocolVersion version = ProtocolVersion::tls13;
    bool resumed =
        false;  ///< The chain is the stored one. Clients: of a session that would be offered; a rejection is a full handshake.
    std::vector<Finding>
        findings;  ///< The baseline's findings on the path; empty = the path is good.
    std::vector<Certificate>
        path;  ///< The path used: leaf, intermediates, anchor. Shorter if none reached an anchor.
    NameResult name;
    /// Of the context: for digests, and for the same chain under other anchors (judge.hpp). Null in evidence made by hand.
    std::shared_ptr<const Judge> judge;

    /// All that is wrong: `findings`, and the name mismatch as a finding of its own.
    OMNITLS_API std::vector<Finding> failures() const;
    /// No failures: `Verdict::trusted()` would be accepted.
    OMNITLS_API bool baseline_passed() const noexcept;
};

/// An answer. The default is a rejection; there is no way to make an accepting one by accident.
class OMNITLS_API Verdict {
public:
    /// Rejection with Errc::verifier_failed and alert certificate_unknown.
    Verdict() = default;
    /// Accept if the baseline and the name check passed; with any failure this is a rejection for that failure.
    static Verdict trusted() noexcept;
    /// Accept although exactly these findings failed. A failure that is not named rejects.
    static Verdict trusted_despite(std::vector<Finding> findings);
    /// Refuse. `code` should be a certificate cause; `alert` is sent to the peer, any value; `text` is for people.
    static Verdict rejected(Errc code = Errc::certificate_rejected,
                            Alert alert = Alert::certificate_unknown, std::string text = {});

    /// On a server: the client may come back for this long without a new question, bounded by ServerConfig::session_lifetime
    /// (which is 0 unless set). Then this verdict is applied to the same chain as it is judged at that time. The default is never.
    /// Not for clients: they are asked each time before a session is offered.
    Verdict&& resumable_for(std::chrono::seconds duration) &&;

    /// `remember` is called if this verdict accepts and the handshake is then complete: once, on the thread that drives the
    /// connection, before any data. For what must not be kept of a peer that only said who it is. If it throws, the connection fails
    /// with Errc::verifier_failed. Copies of a verdict share it.
    Verdict&& when_open(std::function<void()> remember) &&;

    enum class Kind : std::uint8_t { rejected, trusted, trusted_despite };
    Kind kind() const noexcept { return kind_; }
    const std::vector<Finding>& accepted_findings() const noexcept { return findings_; }
    Errc code() const noexcept { return code_; }
    Alert alert() const noexcept { return alert_; }
    const std::string& text() const noexcept { return text_; }
    std::chrono::seconds resumable() const noexcept { return resumable_; }
    const std::function<void()>& remember() const noexcept { return remember_; }

private:
    Kind kind_ = Kind::rejected;
    Errc code_ = Errc::verifier_failed;
    Alert alert_ = Alert::certificate_unknown;
    std::chrono::seconds resumable_{0};
    std::vector<Finding> findings_;
    std::string text_;
    std::function<void()> remember_;
};

/// A question about a peer's certificate. Unanswered it is a rejection.
using Question = BasicQuestion<VerifyRequest, Verdict>;
extern template class OMNITLS_API BasicQuestion<VerifyRequest, Verdict>;

/// Decides whom to trust. Implementations must be usable from several connections at once.
class OMNITLS_API CertificateVerifier {
public:
    virtual ~CertificateVerifier() = default;
    /// Called once per full handshake in which the peer showed a certificate *and proved possession of its key*, and once
    /// more before a stored session is offered. Called on the thread that drives the connection: do not block it; keep the
    /// question and answer later. Throwing or dropping the question rejects.
    virtual void verify(Question question) = 0;
    /// Names the policy. Sessions resume only under an equal, non-empty id; empty (the default) = unique to this object.
    virtual std::string policy_id() const { return {}; }
};

/// The default verifier: answers `Verdict::trusted()`, so the baseline and the name check decide.
OMNITLS_API std::shared_ptr<CertificateVerifier> baseline_verifier();

/// A verifier from a function `Verdict(const VerifyRequest&)`, answered at once.
OMNITLS_API std::shared_ptr<CertificateVerifier> make_verifier(
    std::function<Verdict(const VerifyRequest&)> decide);
/// A verifier from a function `void(Question)`, which may keep the question.
OMNITLS_API std::shared_ptr<CertificateVerifier> make_async_verifier(
    std::function<void(Question)> ask);

/// What core makes of a verdict on the evidence: accepted, or the first unaccepted failure.
struct Judgement {
    bool accepted = false;
    Errc code = Errc::verifier_failed;
    Alert alert = Alert::certificate_unknown;
    std::string text{};                        ///< For `ErrorDetail::what`.
    std::optional<std::size_t> certificate{};  ///< Path depth at fault.
};
/// Applies the rules of "what accept means": a rejection stands; an unnamed failure rejects.
OMNITLS_API Judgement judge_verdict(const Verdict& verdict, const VerifyRequest& request);

}  // namespace omnitls::inline v0
