// SPDX-License-Identifier: BSL-1.0
// EngineShell, clients: a stored session is offered only after the verifier was asked with its chain, and one is kept only of a
// connection whose verdict was accept.
#include "core/engine_shell.hpp"
#include "core/evidence.hpp"

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

constexpr std::uint32_t kMostKept = 8;  // of one connection, however many tickets the peer sends
constexpr std::chrono::seconds kUnsaid = std::chrono::hours(2);  // RFC 5077 §3.3 leaves it open
constexpr std::chrono::seconds kLongest = std::chrono::days(7);  // RFC 8446 §4.6.1

}  // namespace

// Before the first byte. A step: the question is open.
std::optional<Step> EngineShell::consider_stored_session() {
    if (!setup_->sessions || !session_key_.empty()) return std::nullopt;
    session_key_ = session_key(*setup_->crypto, setup_->session_scope,
                               setup_->verifier->policy_id(), until_open_->target);
    if (!session_key_.empty()) until_open_->offered = take_stored_session();
    if (!until_open_->offered) return std::nullopt;
    const auto chain = borrow(until_open_->offered->chain);
    EvidenceInput input = evidence_input(*setup_, info_.role, chain, &until_open_->target);
    input.sni = info_.sni;
    input.version = until_open_->offered->version;
    input.resumed = true;
    evidence_ = make_evidence(input);
    proved_ = until_open_->offered->proved;
    if (!open_question()) {
        decide_to_offer({});
        return std::nullopt;
    }
    return Step{0, Want::verdict, {}};
}

// Whatever is wrong with it, a session that cannot be used is none.
std::optional<SessionRecord> EngineShell::take_stored_session() {
    std::optional<StoredSession> stored;
    try {
        stored = setup_->sessions->take(session_key_);
    } catch (...) {  // A program's own store must not end the connection.
        return std::nullopt;
    }
    if (!stored) return std::nullopt;
    auto record = unpack_session(*setup_->crypto, session_key_, stored->record.bytes());
    if (!record || record->expires <= setup_->clock()) return std::nullopt;
    return record;
}

void EngineShell::decide_to_offer(const Judgement& judgement) {
    state_ = State::handshake;
    may_resume_ = judgement.accepted && session_->resume({std::move(until_open_->offered->state)});
    // Of a full handshake there will be other evidence.
    if (!may_resume_) evidence_.reset();
    until_open_->offered.reset();
}

// A server is known by the certificate that was judged, or by a session that was offered. There is no third way.
std::optional<Step> EngineShell::check_resumption() {
    if (info_.role != Role::client || certificate_seen_) return std::nullopt;
    const char* wrong = nullptr;
    if (!info_.resumed || !may_resume_) {
        wrong = "the server showed no certificate, and resumes no session that was offered";
    } else if (info_.version == ProtocolVersion::tls12 &&
               !session_->facts().extended_master_secret) {
        // Not every library looks, and no session is kept without it.
        wrong =
            "the server resumes a session without the extended master secret that it has (RFC "
            "7627 §5.3)";
    }
    if (wrong == nullptr) return std::nullopt;
    reject({.code = Errc::protocol_violation, .alert = Alert::handshake_failure, .text = wrong});
    return current_error();
}

void EngineShell::keep_sessions() {
    if (!setup_->sessions || session_key_.empty()) return;
    std::vector<spi::ResumableState> fresh = session_->take_resumable();
    const bool tls13 = info_.version == ProtocolVersion::tls13;
    // Without the extended master secret a session is not bound to its handshake (RFC 7627 §1).
    if (fresh.empty() || (!tls13 && !session_->facts().extended_master_secret)) return;
    const UtcTime now = setup_->clock();
    SessionRecord record;
    record.version = info_.version.value_or(ProtocolVersion::tls12);
    // Coming back again and again proves nothing anew: a week after the proof it is over.
    record.proved = info_.resumed ? proved_ : now;
    for (const PeerCertificate& certificate : evidence_->peer.chain)
        record.chain.push_back(certificate.der);
    for (spi::ResumableState& one : fresh) {
        if (sessions_kept_ == kMostKept) return;
        const bool unsaid = !tls13 && one.lifetime.count() == 0;
        const auto lifetime = std::min(unsaid ? kUnsaid : one.lifetime, kLongest);
        record.expires = std::min(now + lifetime, record.proved + kLongest);
        if (record.expires <= now) continue;
        record.state = std::move(one.state);
        auto packed = pack_session(*setup_->crypto, session_key_, record);
        if (!packed) continue;
        ++sessions_kept_;
        try {
            setup_->sessions->put(session_key_, {*std::move(packed), record.expires, tls13});
        } catch (...) {  // NOLINT(bugprone-empty-catch): there is one session less
        }
    }
}

}  // namespace omnitls::inline v0::core
