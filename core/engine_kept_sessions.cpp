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
    const ProtocolVersion version = agreed_version(*until_open_->hello, setup_->versions);
    ConstBytes id = until_open_->hello->session_id;
    if (version == ProtocolVersion::tls13)
        id = until_open_->hello->psk_identities.empty()
                 ? ConstBytes()
                 : until_open_->hello->psk_identities.front();
    auto kept = setup_->kept_sessions->known.take(version, id);
    if (!kept) kept = setup_->kept_sessions->anonymous.take(version, id);
    if (kept && may_be_resumed(*kept) && session_->resume(kept->resumable))
        until_open_->granted = std::move(kept);
}

// The verdict of then on the evidence of now: a certificate that has expired since was not what it accepted.
bool EngineShell::may_be_resumed(const KeptSession& kept) {
    const bool bound = kept.version == ProtocolVersion::tls13 ||
                       until_open_->hello->extended_master_secret;  // RFC 7627 §5.3
    const bool offered = std::ranges::find(until_open_->hello->cipher_suites, kept.cipher_suite) !=
                         until_open_->hello->cipher_suites.end();
    if (!bound || !offered || kept.sni != info_.sni ||
        kept.alpn != agreed_protocol(*until_open_->hello, setup_->alpn) ||
        kept.policy != setup_->verifier->policy_id() || kept.expires <= setup_->clock())
        return false;
    if (!kept.chain) return true;
    const auto chain = borrow(*kept.chain);
    EvidenceInput input = evidence_input(*setup_, info_.role, chain, nullptr);
    input.sni = info_.sni;
    input.alpn = kept.alpn;
    input.version = kept.version;
    input.resumed = true;
    until_open_->granted_evidence = make_evidence(input);
    return judge_verdict(kept.verdict, *until_open_->granted_evidence).accepted;
}

// What the library made of the grant. A session that core did not grant may be anybody's.
std::optional<Step> EngineShell::check_grant() {
    if (!info_.resumed) until_open_->granted.reset();
    if (setup_->client_auth == ClientAuth::none || !info_.resumed) return std::nullopt;
    if (until_open_->granted && until_open_->granted->version == info_.version &&
        until_open_->granted->alpn == info_.alpn) {
        evidence_ = std::move(until_open_->granted_evidence);
        return std::nullopt;
    }
    reject({.code = Errc::internal,
            .alert = Alert::internal_error,
            .text = info_.backend + " has resumed a session that it was not given"});
    return current_error();
}

UtcTime EngineShell::sessions_expire() const {
    if (until_open_->granted)
        return until_open_->granted->expires;  // Coming back again and again proves nothing anew.
    const auto lifetime = evidence_
                              ? std::min(until_open_->verdict.resumable(), setup_->session_lifetime)
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
    if (until_open_->granted) {
        kept.policy = until_open_->granted->policy;
        kept.chain = until_open_->granted->chain;
        kept.verdict = until_open_->granted->verdict;
        return kept;
    }
    kept.policy = evidence_ ? until_open_->policy : setup_->verifier->policy_id();
    if (!evidence_) return kept;
    kept.verdict = until_open_->verdict;
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
        const int tickets = until_open_->granted ? 1 : kTicketsPerHandshake;
        for (int i = 0; i < tickets && session_->send_ticket(lifetime, sink_); ++i) continue;
    } else if (until_open_->granted || !session_->facts().extended_master_secret) {
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
