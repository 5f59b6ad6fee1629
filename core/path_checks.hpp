// SPDX-License-Identifier: BSL-1.0
// Judges one path at one time by RFC 5280 §6 and our floor for keys and digests. Says everything that is wrong, not only the
// first thing. Which path to judge is path_builder's; what to make of the findings is evidence's and the verifier's.
#pragma once

#include "core/path_builder.hpp"
#include "core/revocation_check.hpp"
#include <omnitls/spi/crypto.hpp>
#include <omnitls/strength.hpp>
#include <omnitls/verifier.hpp>

#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::inline v0::core {

/// What a program asks of a path besides RFC 5280. Borrowed.
struct PathPolicy {
    Strength strength = Strength::bits_112;
    const RevocationSource* revocation = nullptr;  ///< Null: no lists.
};

/// Checks the candidate paths of one chain. Signatures are checked once per pair of certificates, and at most
/// `Limits::path_signatures` in all; comparisons for name constraints are bounded the same way.
class PathChecker : private ListSignatures {
public:
    /// `crypto` is borrowed. `time`: what all dates are judged at. `purpose`: what the leaf must be good for.
    PathChecker(const spi::Crypto& crypto, const Limits& limits, UtcTime time, spi::Purpose purpose,
                const PathPolicy& policy = {}) noexcept;

    /// `all`: every finding; `first`: stop at the first, when only yes or no is of interest.
    enum class Extent : std::uint8_t { all, first };
    /// What is wrong with `path` (never empty, leaf first), most fundamental first, then from the leaf up. Empty = nothing.
    /// `anchored`: the last element is a trust anchor. Otherwise that is not a finding here, but everything else is.
    /// `signatures_known`: they were found to be good before, and are not checked.
    std::vector<Finding> check(const Path& path, bool anchored, Extent extent,
                               bool signatures_known = false);

    /// The name of a limit that was reached, or empty: from here on answers are incomplete, but never too good.
    std::string_view exceeded() const noexcept { return exceeded_; }
    std::size_t signatures() const noexcept { return signatures_; }

private:
    struct Walk;
    void check_one(Walk& walk, std::size_t depth);
    void check_dates(Walk& walk, std::size_t depth) const;
    void check_leaf(Walk& walk) const;
    void check_issuer(Walk& walk, std::size_t depth) const;
    void check_purpose(Walk& walk, std::size_t depth) const;
    void check_strength(Walk& walk, std::size_t depth) const;
    void check_constraints(Walk& walk, std::size_t depth);
    void check_signature(Walk& walk, std::size_t depth);
    void check_revoked(Walk& walk, std::size_t depth);
    std::string problem(const RevocationList& list, const Certificate& issuer) override;
    std::string signature_problem(const RevocationList& list, const Certificate& issuer);
    spi::SignatureCheck verify(const Certificate& subject, const Certificate& issuer);

    const spi::Crypto& crypto_;
    const std::size_t signature_limit_;
    const UtcTime time_;
    const spi::Purpose purpose_;
    const PathPolicy policy_;
    std::map<std::pair<const Certificate*, const Certificate*>, spi::SignatureCheck> verified_;
    std::map<std::pair<const RevocationListFields*, const Certificate*>, std::string> lists_;
    std::size_t signatures_ = 0;
    std::size_t comparisons_left_;
    std::string_view exceeded_;
};

}  // namespace omnitls::inline v0::core
