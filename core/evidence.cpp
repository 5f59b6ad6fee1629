// SPDX-License-Identifier: BSL-1.0
// The evidence: core chooses the path, the backend vetoes it. A path is good only if our checks and the library accept *the same*
// path; findings are those of the accepted path (none), else of the first candidate, else of the longest piece of one.
#include "core/evidence.hpp"

#include "core/name_match.hpp"
#include "core/path_builder.hpp"
#include "core/path_checks.hpp"
#include "core/shell_setup.hpp"

#include <algorithm>
#include <utility>

namespace omnitls::inline v0::core {
namespace {

spi::Purpose purpose_of(Role role) noexcept {
    return role == Role::client ? spi::Purpose::server_auth : spi::Purpose::client_auth;
}

std::string counted(std::size_t n, std::string_view noun) {
    return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

/// The request under construction, and what was found out about the whole chain.
struct Draft {
    const EvidenceInput& input;
    VerifyRequest& request;
    std::vector<spi::PathElement>
        sent{};  ///< The certificates that could be read; elements point into `request`.
    std::vector<Finding> chain_findings{};  ///< Of the chain as sent, whatever path is taken.
};

void add_limit(std::vector<Finding>& findings, std::string text) {
    findings.push_back({FindingCategory::limit_exceeded, 0, {}, std::move(text)});
}

// Copies and parses what the limits allow; beyond them only the counts are of interest.
void read_chain(Draft& draft) {
    const Limits& limits = draft.input.limits;
    const auto& chain = draft.input.chain;
    std::size_t bytes = 0;
    for (const auto& certificate : chain) bytes += certificate.der.size();
    if (chain.size() > limits.chain_certificates) {
        add_limit(draft.chain_findings,
                  "chain_certificates: the peer sent " + counted(chain.size(), "certificate") +
                      ", at most " + std::to_string(limits.chain_certificates) + " are read");
    }
    if (bytes > limits.chain_bytes) {
        add_limit(draft.chain_findings, "chain_bytes: the peer sent " + counted(bytes, "byte") +
                                            " of certificates, at most " +
                                            std::to_string(limits.chain_bytes) + " are read");
    }
    PeerInfo& peer = draft.request.peer;
    std::size_t left = limits.chain_bytes;
    for (const auto& certificate : chain) {
        if (peer.chain.size() == limits.chain_certificates || certificate.der.size() > left) break;
        left -= certificate.der.size();
        Bytes der(certificate.der.begin(), certificate.der.end());
        std::optional<Certificate> known;
        if (draft.input.memory) known = draft.input.memory->certificates.find(der);
        peer.chain.push_back(known ? PeerCertificate{std::move(der), std::move(known), {}}
                                   : PeerCertificate::from_der(std::move(der)));
    }
}

// What cannot be read is a finding even if the path does without it: the depth is then its place in the chain.
void sort_chain(Draft& draft) {
    const auto& chain = draft.request.peer.chain;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        const PeerCertificate& certificate = chain[i];
        if (certificate.parsed) {
            draft.sent.push_back({&*certificate.parsed, draft.input.chain[i].native});
        } else {
            draft.chain_findings.push_back(
                {FindingCategory::malformed,
                 i,
                 {},
                 "certificate " + std::to_string(i + 1) + " of " + std::to_string(chain.size()) +
                     " cannot be read: " + escape_untrusted(certificate.parse_error)});
        }
    }
}

void keep_path(VerifyRequest& request, const Path& path, std::vector<Finding> findings) {
    request.path.clear();
    for (const auto& element : path) request.path.push_back(*element.certificate);
    request.findings = std::move(findings);
}

Finding refusal(const Path& path, const spi::PathVeto& veto) {
    return {FindingCategory::backend_refused, 0, path.front().certificate->describe(),
            "the TLS library refused the path: " + escape_untrusted(veto.native_text) + " (" +
                std::to_string(veto.native_code) + ")"};
}

// verify_path does not look at dates, so a refusal next to nothing but date findings is news; next to others it is an echo, which
// would only make the same chain look different on different backends.
bool only_dates(const std::vector<Finding>& findings) {
    return std::all_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.category == FindingCategory::expired ||
               finding.category == FindingCategory::not_yet_valid;
    });
}

void remember_certificates(const Draft& draft, const Path& path) {
    for (const spi::PathElement& element : path)
        draft.input.memory->certificates.remember(draft.input.crypto, *element.certificate);
}

std::vector<Finding> judge_path(const Draft& draft, PathChecker& checker, const Path& path,
                                PathChecker::Extent extent) {
    const spi::Purpose purpose = purpose_of(draft.input.role);
    PeerMemory* const memory = draft.input.memory;
    const auto key =
        memory ? path_key(draft.input.crypto, memory->certificates, path, purpose) : std::nullopt;
    const bool known = key && memory->paths.has(*key);
    std::vector<Finding> findings = checker.check(path, true, extent, known);
    const bool of_use =
        extent == PathChecker::Extent::all ? only_dates(findings) : findings.empty();
    if (known) remember_certificates(draft, path);
    if (known || !of_use) return findings;
    const spi::PathVeto veto = draft.input.context.verify_path(path, purpose);
    if (!veto.accepted) findings.push_back(refusal(path, veto));
    // Every signature was checked then: one that is bad, or that a limit left out, is a finding.
    if (veto.accepted && key) {
        memory->paths.add(*key);
        remember_certificates(draft, path);
    }
    return findings;
}

std::string_view limit_text(std::string_view limit) {
    return limit == "path_depth" ? "every path to an anchor is longer than the limit allows"
                                 : "gave up before all paths were tried";
}

bool mentions(const std::vector<Finding>& findings, std::string_view limit) {
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
        return finding.category == FindingCategory::limit_exceeded &&
               finding.text.starts_with(limit);
    });
}

// Says what is missing above `last`, the end of the longest piece of a path.
Finding no_anchor(const Draft& draft, const Path& piece) {
    const Certificate& last = *piece.back().certificate;
    const std::size_t depth = piece.size() - 1;
    const std::string none =
        draft.input.trust->empty() ? "; no trust anchor is configured" : std::string{};
    if (last.self_issued()) {
        return {FindingCategory::self_signed, depth, last.describe(),
                "\"" + last.fields().subject.to_string() +
                    "\" is self-signed and not a configured anchor" + none};
    }
    return {FindingCategory::unknown_authority, depth, last.describe(),
            "no issuer for \"" + last.fields().subject.to_string() + "\": the peer sent " +
                counted(draft.input.chain.size(), "certificate") + " and not \"" +
                last.fields().issuer.to_string() + "\", which is not a configured anchor either" +
                none};
}

void report_piece(Draft& draft, PathBuilder& builder, PathChecker& checker) {
    const Path piece = builder.partial();
    std::vector<Finding> findings = checker.check(piece, false, PathChecker::Extent::all);
    if (builder.exceeded().empty()) findings.insert(findings.begin(), no_anchor(draft, piece));
    keep_path(draft.request, piece, std::move(findings));
}

// Walks the candidates until one is accepted. Leaves path and findings in the request.
void find_path(Draft& draft) {
    const EvidenceInput& input = draft.input;
    const PathSources sources{draft.sent, input.intermediates, input.trust->certificates()};
    PathBuilder builder(sources, input.limits);
    PathChecker checker(input.crypto, input.limits, input.time, purpose_of(input.role),
                        input.policy);
    bool first = true;
    while (const Path* const path = builder.next()) {
        auto findings = judge_path(draft, checker, *path,
                                   first ? PathChecker::Extent::all : PathChecker::Extent::first);
        const bool accepted = findings.empty();
        if (accepted || first) keep_path(draft.request, *path, std::move(findings));
        if (accepted) return;
        first = false;
        if (!checker.exceeded().empty()) break;
    }
    if (first) report_piece(draft, builder, checker);
    for (const std::string_view limit : {builder.exceeded(), checker.exceeded()}) {
        if (limit.empty() || mentions(draft.request.findings, limit)) continue;
        add_limit(draft.request.findings,
                  std::string(limit) + ": " + std::string(limit_text(limit)));
    }
}

void check_names(Draft& draft) {
    static const std::vector<ReferenceIdentity> nobody;
    const ClientTarget* const target = draft.input.target;
    VerifyRequest& request = draft.request;
    if (target) {
        request.reference_identities = target->names;
        request.dial_address = target->dial_address;
        request.dial_port = target->dial_port;
    }
    const bool wanted = target && !target->danger_any_name;
    request.name = match_names(request.peer.leaf(), wanted ? target->names : nobody);
    request.name.checked =
        wanted;  // the names that are present are evidence even if none is wanted
}

}  // namespace

std::vector<spi::NativeCertificate> borrow(const std::vector<Bytes>& chain) {
    std::vector<spi::NativeCertificate> borrowed;
    borrowed.reserve(chain.size());
    for (const Bytes& der : chain) borrowed.push_back({der, nullptr});
    return borrowed;
}

EvidenceInput evidence_input(const ShellSetup& setup, Role role,
                             const std::vector<spi::NativeCertificate>& chain,
                             const ClientTarget* target) {
    return {.role = role,
            .chain = chain,
            .target = role == Role::client ? target : nullptr,
            .trust = &setup.trust,
            .intermediates = setup.intermediates,
            .limits = setup.limits,
            .time = setup.clock(),
            .context = *setup.native,
            .crypto = *setup.crypto,
            .memory = &setup.memory,
            .judge = setup.judge,
            .policy = {setup.strength, setup.revocation.lists ? &setup.revocation : nullptr}};
}

std::shared_ptr<const VerifyRequest> make_evidence(const EvidenceInput& input) {
    auto request = std::make_shared<VerifyRequest>();
    request->role = input.role;
    request->sni = input.sni;
    request->time = input.time;
    request->ocsp_response = input.ocsp_response;
    request->alpn = input.alpn;
    request->version = input.version;
    request->resumed = input.resumed;
    request->judge = input.judge;
    Draft draft{input, *request};
    read_chain(draft);
    sort_chain(draft);
    // Beyond its limits a chain is not worth a signature check; without a leaf there is nothing to build on.
    const bool within = std::none_of(
        draft.chain_findings.begin(), draft.chain_findings.end(),
        [](const Finding& f) { return f.category == FindingCategory::limit_exceeded; });
    if (within && request->peer.leaf()) find_path(draft);
    request->findings.insert(request->findings.begin(), draft.chain_findings.begin(),
                             draft.chain_findings.end());
    if (!request->peer.leaf() && request->findings.empty()) {
        request->findings.push_back(
            {FindingCategory::malformed, 0, {}, "the peer sent no certificate"});
    }
    check_names(draft);
    return request;
}

}  // namespace omnitls::inline v0::core
