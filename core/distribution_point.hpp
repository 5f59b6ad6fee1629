// SPDX-License-Identifier: BSL-1.0
// DistributionPointName (RFC 5280 §4.2.1.13), in certificates and in revocation lists.
#pragma once

#include "core/der_reader.hpp"

#include <vector>

namespace omnitls::inline v0::core {

/// More points than anybody has.
inline constexpr std::size_t max_distribution_points = 64;

/// Reads the content of `distributionPoint` [0] and adds its full names to `names`; a name relative to an issuer is skipped and
/// so can be nobody's.
void read_distribution_point_name(DerReader& reader, std::vector<GeneralName>& names,
                                  std::string_view field);

}  // namespace omnitls::inline v0::core
