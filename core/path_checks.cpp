// SPDX-License-Identifier: BSL-1.0
// The checks, one function each. Depth 0 is the leaf. "Issuer" is every certificate above the leaf, the anchor included.
//
// The anchor: RFC 5280 §6.1.1 (d) takes only its name, key and algorithm from it, and leaves the rest to policy. Ours is the stricter
// one: its dates, basic constraints, path length, usages, name constraints, extensions and key count, since programs expect an
// expired or restricted authority to be just that. Its own signature does not count: nobody vouches for an anchor but us.
#include "core/path_checks.hpp"

#include "core/name_constraints.hpp"
#include "core/strength.hpp"

#include <algorithm>
#include <array>

namespace omnitls::inline v0::core {
namespace {

// Above this one signature costs milliseconds, and a peer may send many (the same bound as others chose for CVE-2023-29409).
constexpr std::uint32_t max_rsa_bits = 8192;
constexpr std::size_t max_comparisons = 250'000;

constexpr std::string_view server_auth = "1.3.6.1.5.5.7.3.1";
constexpr std::string_view client_auth = "1.3.6.1.5.5.7.3.2";
constexpr std::string_view any_usage = "2.5.29.37.0";

// An authority that cannot be believed makes everything else hearsay, so it comes first and decides the error code.
bool fundamental(const Finding& finding) noexcept {
    constexpr std::array categories{FindingCategory::unknown_authority,
                                    FindingCategory::self_signed, FindingCategory::bad_signature,
                                    FindingCategory::malformed};
    return std::find(categories.begin(), categories.end(), finding.category) != categories.end();
}

// The fundamental ones, then the others; each from the leaf up, and in the order of the checks at one depth.
std::vector<Finding> ordered(const std::vector<Finding>& findings, std::size_t depths) {
    std::vector<Finding> result;
    result.reserve(findings.size());
    for (const bool first : {true, false}) {
        for (std::size_t depth = 0; depth < depths; ++depth) {
            for (const Finding& finding : findings) {
                if (finding.depth == depth && fundamental(finding) == first) {
                    result.push_back(finding);
                }
            }
        }
    }
    return result;
}

std::string list_oids(const std::vector<std::string>& oids) {
    constexpr std::size_t shown = 8;
    std::string text;
    for (std::size_t i = 0; i < oids.size() && i < shown; ++i) {
        if (i != 0) text += ", ";
        text += oids[i];
    }
    if (oids.size() > shown) text += ", ...";
    return text.empty() ? "nothing" : escape_untrusted(text);
}

bool rsa(const CertificateFields& fields) noexcept {
    return fields.key_algorithm == KeyAlgorithm::rsa ||
           fields.key_algorithm == KeyAlgorithm::rsa_pss;
}

bool key_too_large(const CertificateFields& fields) noexcept {
    return rsa(fields) && fields.key_bits > max_rsa_bits;
}

}  // namespace

/// One path on its way through the checks.
struct PathChecker::Walk {
    const Path& path;
    const bool anchored;
    std::vector<Finding> findings;

    const Certificate& at(std::size_t depth) const { return *path[depth].certificate; }
    const CertificateFields& fields(std::size_t depth) const { return at(depth).fields(); }
    bool is_anchor(std::size_t depth) const { return anchored && depth + 1 == path.size(); }
    void add(FindingCategory category, std::size_t depth, std::string text) {
        findings.push_back({category, depth, at(depth).describe(), std::move(text)});
    }
};

PathChecker::PathChecker(const spi::Crypto& crypto, const Limits& limits, UtcTime time,
                         spi::Purpose purpose, const PathPolicy& policy) noexcept
    : crypto_(crypto),
      signature_limit_(limits.path_signatures),
      time_(time),
      purpose_(purpose),
      policy_(policy),
      comparisons_left_(max_comparisons) {}

std::vector<Finding> PathChecker::check(const Path& path, bool anchored, Extent extent,
                                        bool signatures_known) {
    Walk walk{path, anchored, {}};
    const auto enough = [&] { return extent == Extent::first && !walk.findings.empty(); };
    for (std::size_t depth = 0; depth < path.size() && !enough(); ++depth) check_one(walk, depth);
    // The dear ones last. The last element is an anchor, or has no issuer.
    for (std::size_t depth = 0; !signatures_known && depth + 1 < path.size() && !enough();
         ++depth) {
        check_signature(walk, depth);
    }
    for (std::size_t depth = 0; policy_.revocation && depth + 1 < path.size() && !enough(); ++depth)
        check_revoked(walk, depth);
    return ordered(walk.findings, path.size());
}

void PathChecker::check_one(Walk& walk, std::size_t depth) {
    check_dates(walk, depth);
    if (depth == 0) {
        check_leaf(walk);
    } else {
        check_issuer(walk, depth);
        check_constraints(walk, depth);
    }
    check_purpose(walk, depth);
    const auto& unknown = walk.fields(depth).unknown_critical_extensions;
    if (!unknown.empty()) {
        walk.add(FindingCategory::unknown_critical_extension, depth,
                 "critical extension that is not processed: " + list_oids(unknown));
    }
    check_strength(walk, depth);
}

// RFC 5280 §4.1.2.5: both dates are inside the period.
void PathChecker::check_dates(Walk& walk, std::size_t depth) const {
    const CertificateFields& fields = walk.fields(depth);
    const auto add = [&](FindingCategory category, const char* what, UtcTime limit) {
        walk.add(category, depth, what + to_rfc3339(limit) + ", judged at " + to_rfc3339(time_));
    };
    if (time_ > fields.not_after)
        add(FindingCategory::expired, "certificate expired ", fields.not_after);
    if (time_ < fields.not_before)
        add(FindingCategory::not_yet_valid, "certificate is not valid before ", fields.not_before);
}

// TLS 1.3, and every key exchange of TLS 1.2 but static RSA, sign with the leaf's key (RFC 8446 §4.4.2.2).
void PathChecker::check_leaf(Walk& walk) const {
    if (!walk.at(0).has_key_usage(KeyUsage::digital_signature)) {
        walk.add(FindingCategory::key_usage, 0,
                 "key usage digitalSignature wanted, the certificate does not have it");
    }
}

void PathChecker::check_issuer(Walk& walk, std::size_t depth) const {
    const CertificateFields& fields = walk.fields(depth);
    const auto& constraints = fields.basic_constraints;
    // RFC 5280 §6.1.4 (k): a certificate before version 3 cannot say that it is an authority, so somebody else must have: for an
    // anchor that was the program. Old roots are such.
    const bool old_root =
        walk.is_anchor(depth) && fields.version < 3 && walk.at(depth).self_issued();
    if (!(constraints && constraints->ca) && !old_root) {
        walk.add(FindingCategory::not_a_ca, depth,
                 constraints ? "issued a certificate but is no authority (CA:FALSE)"
                             : "issued a certificate but is no authority (no basic constraints)");
    }
    if (constraints && constraints->ca && constraints->path_length) {
        std::size_t below = 0;  // RFC 5280 §6.1.4 (l): the leaf and self-issued ones do not count
        for (std::size_t i = 1; i < depth; ++i) below += walk.at(i).self_issued() ? 0U : 1U;
        if (below > *constraints->path_length) {
            walk.add(FindingCategory::path_length, depth,
                     "allows " + std::to_string(*constraints->path_length) +
                         " intermediates below it, the path has " + std::to_string(below));
        }
    }
    if (!walk.at(depth).has_key_usage(KeyUsage::key_cert_sign)) {
        walk.add(FindingCategory::key_usage, depth,
                 "key usage keyCertSign wanted, the certificate does not have it");
    }
}

// RFC 5280 §4.2.1.12, and for issuers as everybody does it: a usage that an issuer has not cannot be had below it.
// anyExtendedKeyUsage does not count: OpenSSL does not take it either, and a path has to be good for both of us.
void PathChecker::check_purpose(Walk& walk, std::size_t depth) const {
    const auto& usages = walk.fields(depth).extended_key_usage;
    const bool server = purpose_ == spi::Purpose::server_auth;
    const std::string_view wanted = server ? server_auth : client_auth;
    if (!usages || std::find(usages->begin(), usages->end(), wanted) != usages->end()) return;
    std::string text = "extended key usage ";
    text += server ? "serverAuth" : "clientAuth";
    text += " wanted, the certificate has " + list_oids(*usages);
    if (std::find(usages->begin(), usages->end(), any_usage) != usages->end()) {
        text += " (anyExtendedKeyUsage does not count)";
    }
    walk.add(FindingCategory::extended_key_usage, depth, std::move(text));
}

void PathChecker::check_strength(Walk& walk, std::size_t depth) const {
    const CertificateFields& fields = walk.fields(depth);
    if (std::string weak = key_weakness(fields, policy_.strength); !weak.empty()) {
        walk.add(FindingCategory::weak_key, depth, std::move(weak));
    }
    if (key_too_large(fields)) {
        walk.add(FindingCategory::limit_exceeded, depth,
                 "RSA key of " + std::to_string(fields.key_bits) + " bits, at most " +
                     std::to_string(max_rsa_bits) + " are processed");
    }
    if (walk.is_anchor(depth)) return;
    if (std::string weak = signature_weakness(
            {fields.signature_hash, fields.signature_algorithm_oid}, policy_.strength);
        !weak.empty()) {
        walk.add(FindingCategory::weak_signature, depth, std::move(weak));
    }
}

// The constraints of the certificate at `depth` bind all below it, but for self-issued ones that are not the leaf
// (RFC 5280 §6.1.3 b, c).
void PathChecker::check_constraints(Walk& walk, std::size_t depth) {
    const auto& constraints = walk.fields(depth).name_constraints;
    if (!constraints) return;
    for (std::size_t below = 0; below < depth; ++below) {
        if (below != 0 && walk.at(below).self_issued()) continue;
        std::string why;
        switch (check_name_constraints(*constraints, walk.fields(below), comparisons_left_, why)) {
            case ConstraintResult::allowed:
                break;
            case ConstraintResult::violated:
                walk.add(FindingCategory::name_constraints, below,
                         why + " by " + walk.at(depth).describe());
                break;
            case ConstraintResult::over_budget:
                exceeded_ = "name constraint comparisons";
                walk.add(
                    FindingCategory::limit_exceeded, below,
                    "name constraint comparisons: more than " + std::to_string(max_comparisons));
                return;
        }
    }
}

void PathChecker::check_signature(Walk& walk, std::size_t depth) {
    const Certificate& subject = walk.at(depth);
    const Certificate& issuer = walk.at(depth + 1);
    const auto key = std::pair(&subject, &issuer);
    const bool known = verified_.contains(key);
    if (!known && key_too_large(issuer.fields())) return;  // already a finding of its own
    if (!known && signatures_ >= signature_limit_) {
        exceeded_ = "path_signatures";
        walk.add(FindingCategory::limit_exceeded, depth,
                 "path_signatures: " + std::to_string(signature_limit_) +
                     " signatures were checked before this one");
        return;
    }
    switch (verify(subject, issuer)) {
        case spi::SignatureCheck::valid:
            break;
        case spi::SignatureCheck::invalid:
            walk.add(FindingCategory::bad_signature, depth,
                     "the signature does not verify with the key of " + issuer.describe());
            break;
        case spi::SignatureCheck::unsupported:
            walk.add(FindingCategory::bad_signature, depth,
                     "the signature cannot be checked: algorithm " +
                         escape_untrusted(subject.fields().signature_algorithm_oid) +
                         " is not supported by the TLS library");
            break;
    }
}

void PathChecker::check_revoked(Walk& walk, std::size_t depth) {
    auto problem =
        check_revocation(*policy_.revocation, walk.at(depth), walk.at(depth + 1), time_, *this);
    if (problem) walk.add(problem->category, depth, std::move(problem->text));
}

// One list is asked about many certificates, and its signature is checked once.
std::string PathChecker::problem(const RevocationList& list, const Certificate& issuer) {
    const auto [place, added] = lists_.try_emplace(std::pair(&list.fields(), &issuer));
    if (added) place->second = signature_problem(list, issuer);
    return place->second;
}

// RFC 5280 §6.3.3 (f), (g).
std::string PathChecker::signature_problem(const RevocationList& list, const Certificate& issuer) {
    const RevocationListFields& fields = list.fields();
    if (!issuer.has_key_usage(KeyUsage::crl_sign))
        return issuer.describe() + " may not sign lists (key usage cRLSign)";
    if (const std::string weak = signature_weakness(
            {fields.signature_hash, fields.signature_algorithm_oid}, policy_.strength);
        !weak.empty())
        return list.describe() + " is " + weak;
    if (key_too_large(issuer.fields())) return issuer.describe() + " has too large a key";
    RevocationMemory* const memory = policy_.revocation->memory;
    const auto key = memory ? issuer.spki_pin(crypto_) : std::nullopt;
    if (key && memory->has(list, *key)) return {};
    if (signatures_ >= signature_limit_) {
        exceeded_ = "path_signatures";
        return "path_signatures: " + std::to_string(signature_limit_) +
               " signatures were checked before that of " + list.describe();
    }
    ++signatures_;
    if (crypto_.verify_signature(issuer.fields().spki, fields.signature_algorithm, fields.tbs,
                                 fields.signature) != spi::SignatureCheck::valid)
        return list.describe() + " does not verify with the key of " + issuer.describe();
    if (key) memory->add(list, *key);
    return {};
}

spi::SignatureCheck PathChecker::verify(const Certificate& subject, const Certificate& issuer) {
    const auto [place, added] =
        verified_.try_emplace(std::pair(&subject, &issuer), spi::SignatureCheck::invalid);
    if (added) {
        ++signatures_;
        const CertificateFields& fields = subject.fields();
        place->second = crypto_.verify_signature(issuer.fields().spki, fields.signature_algorithm,
                                                 fields.tbs, fields.signature);
    }
    return place->second;
}

}  // namespace omnitls::inline v0::core
