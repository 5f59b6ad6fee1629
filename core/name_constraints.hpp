// SPDX-License-Identifier: BSL-1.0
// Name constraints (RFC 5280 §4.2.1.10): may this authority vouch for the names of that certificate?
#pragma once

#include <omnitls/certificate.hpp>

#include <cstddef>
#include <string>

namespace omnitls::inline v0::core {

enum class ConstraintResult : std::uint8_t {
    allowed,
    violated,
    over_budget,  ///< Too many comparisons; nothing is known.
};

/// Judges every name of `subject` (alternative names, subject name, its e-mail addresses) by `constraints`. Types that are
/// constrained but not processed here are violations when the certificate has such a name. `budget`: comparisons left, counted
/// down, since names times constraints is what a peer chooses. `why` is set on a violation: the name and the reason, printed.
ConstraintResult check_name_constraints(const NameConstraints& constraints,
                                        const CertificateFields& subject, std::size_t& budget,
                                        std::string& why);

}  // namespace omnitls::inline v0::core
