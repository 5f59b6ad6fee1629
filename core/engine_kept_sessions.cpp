// SPDX-License-Identifier: BSL-1.0
// EngineShell, servers that ask for client certificates: a session is kept only if the verdict on the client said how long it may
// be resumed, and is granted by what was kept, before the TLS library sees the ClientHello that asks for it.
#include "core/engine_shell.hpp"
#include "core/evidence.hpp"

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

constexpr std::size_t kMostAskedFor = 8;  // of one ClientHello, which has room for thousands
constexpr int kTicketsPerHandshake = 2;   // so that a client may come back with two connections

}  // namespace

void EngineShell::grant_kept_session() {
    if (!setup_->kept_sessions) return;
    std::vector<ConstBytes> asked(hello_->psk_identities.begin(), hello_->psk_identities.end());
    if (asked.size() > kMostAskedFor) asked.resize(kMostAskedFor);
    asked.emplace_back(hello_->session_id);
    for (const ConstBytes id : asked) {
        auto kept = setup_->kept_sessions->take(id);
        if (!kept || !may_be_resumed(*kept)) continue;
        if (!session_->resume(kept->resumable)) continue;
        granted_ = std::move(kept);
        return;
    }
}

// The verdict of then on the evidence of now: a certificate that has expired since was not what it accepted.
bool EngineShell::may_be_resumed(const KeptSession& kept) {
    const bool bound =
        kept.version == ProtocolVersion::tls13 || hello_->extended_master_secret;  // RFC 7627 §5.3
    if (!bound || kept.sni != info_.sni || kept.policy != setup_->verifier->policy_id() ||
        kept.expires <= setup_->clock())
        return false;
    granted_evidence_.reset();
    if (kept.chain.empty()) return true;
    const auto chain = borrow(kept.chain);
    EvidenceInput input = evidence_input(*setup_, info_.role, chain, nullptr);
    input.sni = info_.sni;
    input.version = kept.version;
    input.resumed = true;
    granted_evidence_ = make_evidence(input);
    return judge_verdict(kept.verdict, *granted_evidence_).accepted;
}

// What the library made of the grant. A session that core did not grant may be anybody's.
std::optional<Step> EngineShell::check_grant() {
    if (!info_.resumed) granted_.reset();
    if (!setup_->kept_sessions || !info_.resumed) return std::nullopt;
    if (granted_ && !certificate_seen_) {
        evidence_ = std::move(granted_evidence_);
        return std::nullopt;
    }
    reject({.code = Errc::internal,
            .alert = Alert::internal_error,
            .text = info_.backend + " has resumed a session that it was not given"});
    return current_error();
}

UtcTime EngineShell::sessions_expire() const {
    if (granted_) return granted_->expires;  // Coming back again and again proves nothing anew.
    const auto lifetime = evidence_ ? std::min(verdict_.resumable(), setup_->session_lifetime)
                                    : setup_->session_lifetime;
    return setup_->clock() + lifetime;
}

void EngineShell::remember_client() {
    if (!setup_->kept_sessions) return;
    if (!evidence_) policy_ = setup_->verifier->policy_id();
    const UtcTime expires = sessions_expire();
    const auto lifetime = expires - setup_->clock();
    if (lifetime.count() <= 0) return;
    if (info_.version == ProtocolVersion::tls13) {
        const int tickets = granted_ ? 1 : kTicketsPerHandshake;
        for (int i = 0; i < tickets && session_->send_ticket(lifetime, sink_); ++i) continue;
    } else if (granted_ || !session_->facts().extended_master_secret) {
        return;
    }
    for (spi::ResumableState& fresh : session_->take_resumable()) {
        KeptSession kept;
        kept.version = *info_.version;
        kept.expires = expires;
        kept.sni = info_.sni;
        kept.policy = granted_ ? granted_->policy : policy_;
        kept.verdict = granted_ ? granted_->verdict : verdict_;
        kept.resumable = std::move(fresh);
        if (evidence_) {
            for (const PeerCertificate& certificate : evidence_->peer.chain)
                kept.chain.push_back(certificate.der);
        }
        setup_->kept_sessions->put(std::move(kept));
    }
}

}  // namespace omnitls::inline v0::core
