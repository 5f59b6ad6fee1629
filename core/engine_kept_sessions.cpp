// SPDX-License-Identifier: BSL-1.0
// EngineShell, servers that ask for client certificates: a session is kept only if the verdict on the client said how long it may
// be resumed, and is granted by what was kept, before the TLS library sees the ClientHello that asks for it.
#include "core/engine_shell.hpp"
#include "core/evidence.hpp"

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

constexpr int kTicketsPerHandshake = 2;  // so that a client may come back with two connections

// What will be agreed on: the newest version that both have. A library that goes by the client's order finds nothing to resume.
ProtocolVersion agreed_version(const ClientHello& hello, const VersionRange& allowed) {
    const bool tls13 =
        allowed.max == ProtocolVersion::tls13 &&
        std::ranges::find(hello.supported_versions, 0x0304) != hello.supported_versions.end();
    return tls13 ? ProtocolVersion::tls13 : ProtocolVersion::tls12;
}

// RFC 7301 §3.2: the server's preference.
std::string agreed_protocol(const ClientHello& hello, const std::vector<std::string>& accepted) {
    const auto chosen = std::ranges::find_if(accepted, [&hello](const std::string& protocol) {
        return std::ranges::find(hello.alpn, protocol) != hello.alpn.end();
    });
    return chosen != accepted.end() ? *chosen : std::string();
}

}  // namespace

// Of several tickets the first is the one: whoever has more of them has no need of them at once.
void EngineShell::grant_kept_session() {
    if (!setup_->kept_sessions) return;
    const ProtocolVersion version = agreed_version(*hello_, setup_->versions);
    ConstBytes id = hello_->session_id;
    if (version == ProtocolVersion::tls13)
        id = hello_->psk_identities.empty() ? ConstBytes() : hello_->psk_identities.front();
    auto kept = setup_->kept_sessions->known.take(version, id);
    if (!kept) kept = setup_->kept_sessions->anonymous.take(version, id);
    if (kept && may_be_resumed(*kept) && session_->resume(kept->resumable))
        granted_ = std::move(kept);
}

// The verdict of then on the evidence of now: a certificate that has expired since was not what it accepted.
bool EngineShell::may_be_resumed(const KeptSession& kept) {
    const bool bound =
        kept.version == ProtocolVersion::tls13 || hello_->extended_master_secret;  // RFC 7627 §5.3
    const bool offered =
        std::ranges::find(hello_->cipher_suites, kept.cipher_suite) != hello_->cipher_suites.end();
    if (!bound || !offered || kept.sni != info_.sni ||
        kept.alpn != agreed_protocol(*hello_, setup_->alpn) ||
        kept.policy != setup_->verifier->policy_id() || kept.expires <= setup_->clock())
        return false;
    if (!kept.chain) return true;
    const auto chain = borrow(*kept.chain);
    EvidenceInput input = evidence_input(*setup_, info_.role, chain, nullptr);
    input.sni = info_.sni;
    input.alpn = kept.alpn;
    input.version = kept.version;
    input.resumed = true;
    granted_evidence_ = make_evidence(input);
    return judge_verdict(kept.verdict, *granted_evidence_).accepted;
}

// What the library made of the grant. A session that core did not grant may be anybody's.
std::optional<Step> EngineShell::check_grant() {
    if (!info_.resumed) granted_.reset();
    if (setup_->client_auth == ClientAuth::none || !info_.resumed) return std::nullopt;
    if (granted_ && granted_->version == info_.version && granted_->alpn == info_.alpn) {
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

// The same for every session of this connection.
KeptSession EngineShell::session_to_keep(UtcTime expires) const {
    KeptSession kept;
    kept.version = *info_.version;
    kept.expires = expires;
    kept.cipher_suite = info_.cipher_suite;
    kept.sni = info_.sni;
    kept.alpn = info_.alpn;
    if (granted_) {
        kept.policy = granted_->policy;
        kept.chain = granted_->chain;
        kept.verdict = granted_->verdict;
        return kept;
    }
    kept.policy = evidence_ ? policy_ : setup_->verifier->policy_id();
    if (!evidence_) return kept;
    kept.verdict = verdict_;
    auto chain = std::make_shared<std::vector<Bytes>>();
    for (const PeerCertificate& certificate : evidence_->peer.chain)
        chain->push_back(certificate.der);
    kept.chain = std::move(chain);
    return kept;
}

void EngineShell::remember_client() {
    if (!setup_->kept_sessions) return;
    const UtcTime now = setup_->clock();
    const UtcTime expires = sessions_expire();
    const auto lifetime = expires - now;
    if (lifetime.count() <= 0) return;
    if (info_.version == ProtocolVersion::tls13) {
        const int tickets = granted_ ? 1 : kTicketsPerHandshake;
        for (int i = 0; i < tickets && session_->send_ticket(lifetime, sink_); ++i) continue;
    } else if (granted_ || !session_->facts().extended_master_secret) {
        return;
    }
    const KeptSession common = session_to_keep(expires);
    KeptSessions& sessions =
        common.chain ? setup_->kept_sessions->known : setup_->kept_sessions->anonymous;
    for (spi::ResumableState& fresh : session_->take_resumable()) {
        KeptSession kept = common;
        kept.resumable = std::move(fresh);
        sessions.put(std::move(kept), now);
    }
}

}  // namespace omnitls::inline v0::core
