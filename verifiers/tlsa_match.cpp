// SPDX-License-Identifier: BSL-1.0
#include "verifiers/tlsa_match.hpp"

#include "verifiers/excuse.hpp"
#include <omnitls/judge.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace omnitls::inline v0::verifiers {
namespace {

enum Usage : std::uint8_t { pkix_ta = 0, pkix_ee = 1, dane_ta = 2, dane_ee = 3 };

bool matches(const TlsaRecord& record, const Certificate& certificate, const spi::Crypto& crypto) {
    const ConstBytes selected =
        record.selector == 0 ? ConstBytes(certificate.der()) : certificate.fields().spki;
    if (record.matching_type == 0) return std::ranges::equal(record.data, selected);
    const spi::Hash hash = record.matching_type == 1 ? spi::Hash::sha256 : spi::Hash::sha512;
    std::array<std::uint8_t, 64> room{};
    const MutableBytes digest = MutableBytes(room).first(spi::digest_size(hash));
    return crypto.digest(hash, selected, digest) && std::ranges::equal(record.data, digest);
}

/// RFC 7671 §5.1: the record binds the key to the name, for as long as the record lives, and no authority is needed for that. What
/// is listed is what an authority, a path to it, or the certificate's own word on names and dates would have stood for. How strong a
/// key is and whether a certificate can be read does not follow from a record.
bool is_excused_by_leaf_record(const Finding& finding) {
    switch (finding.category) {
        case FindingCategory::unknown_authority:
        case FindingCategory::self_signed:
        case FindingCategory::bad_signature:
        case FindingCategory::name_constraints:
        case FindingCategory::expired:
        case FindingCategory::not_yet_valid:
        case FindingCategory::name_mismatch:
            return true;
        case FindingCategory::not_a_ca:
        case FindingCategory::path_length:
        case FindingCategory::key_usage:
        case FindingCategory::extended_key_usage:
        case FindingCategory::unknown_critical_extension:
            return finding.depth > 0;
        default:
            return false;
    }
}

class Matcher {
public:
    Matcher(const VerifyRequest& request, const std::vector<TlsaRecord>& records)
        : request_(request), records_(records), crypto_(request.judge->crypto()) {}

    bool any(Usage usage, const Certificate& certificate) const {
        return std::ranges::any_of(records_, [&](const TlsaRecord& record) {
            return record.usage == usage && matches(record, certificate, crypto_);
        });
    }
    /// RFC 7671 §5.2: the certificates of the chain that a DANE-TA record matches, and those that one holds.
    std::vector<Certificate> anchors() const {
        std::vector<Certificate> anchors;
        const auto& chain = request_.peer.chain;
        for (std::size_t i = 1; i < chain.size(); ++i) {
            if (chain[i].parsed && any(dane_ta, *chain[i].parsed)) {
                anchors.push_back(*chain[i].parsed);
            }
        }
        for (const TlsaRecord& record : records_) {
            if (record.usage != dane_ta || record.selector != 0 || record.matching_type != 0) {
                continue;
            }
            if (auto whole = Certificate::parse(record.data)) anchors.push_back(*std::move(whole));
        }
        return anchors;
    }
    bool pkix() const {
        if (any(pkix_ee, *request_.peer.leaf())) return true;
        const auto& path = request_.path;
        return !path.empty() && std::any_of(path.begin() + 1, path.end(),
                                            [this](const auto& one) { return any(pkix_ta, one); });
    }

private:
    const VerifyRequest& request_;
    const std::vector<TlsaRecord>& records_;
    const spi::Crypto& crypto_;
};

Verdict judge_under(std::vector<Certificate> anchors, const VerifyRequest& request,
                    const ReferenceIdentity& base_domain) {
    std::vector<ReferenceIdentity> names = request.reference_identities;
    if (std::ranges::find(names, base_domain) == names.end()) names.push_back(base_domain);
    const auto again = request.judge->judge_again(
        request, {TrustAnchors::of(std::move(anchors)), std::move(names)});
    if (!again) {
        return Verdict::rejected(Errc::verifier_failed, Alert::certificate_unknown,
                                 "DANE-TA: " + again.error().what);
    }
    const Judgement judgement = judge_verdict(Verdict::trusted(), **again);
    if (judgement.accepted) return trust_despite(request.failures());
    return Verdict::rejected(judgement.code, judgement.alert,
                             "under the authority of a TLSA record: " + judgement.text);
}

}  // namespace

Verdict judge_by_records(const VerifyRequest& request, const std::vector<TlsaRecord>& records,
                         const ReferenceIdentity& base_domain) {
    const Certificate* const leaf = request.peer.leaf();
    if (leaf == nullptr) {
        return Verdict::rejected(Errc::certificate_rejected, Alert::bad_certificate,
                                 "the server's certificate cannot be read, so no record is its");
    }
    const Matcher matcher(request, records);
    // From the record that excuses most to the one that excuses nothing; the first that accepts is the answer, else the words of the
    // first that matched.
    std::optional<Verdict> refusal;
    const auto accepts = [&](const Verdict& verdict) {
        if (judge_verdict(verdict, request).accepted) return true;
        if (!refusal) refusal = verdict;
        return false;
    };
    if (matcher.any(dane_ee, *leaf)) {
        Verdict verdict = trust_despite(excused_failures(request, is_excused_by_leaf_record));
        if (accepts(verdict)) return verdict;
    }
    if (std::vector<Certificate> anchors = matcher.anchors(); !anchors.empty()) {
        Verdict verdict = judge_under(std::move(anchors), request, base_domain);
        if (accepts(verdict)) return verdict;
    }
    if (matcher.pkix() && accepts(Verdict::trusted())) return Verdict::trusted();
    if (refusal) return *std::move(refusal);
    return Verdict::rejected(Errc::unknown_authority, Alert::unknown_ca,
                             leaf->describe() + " matches none of the " +
                                 std::to_string(records.size()) + " TLSA records of " +
                                 base_domain.value());
}

}  // namespace omnitls::inline v0::verifiers
