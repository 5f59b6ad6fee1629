// SPDX-License-Identifier: BSL-1.0
// Reads GeneralName (RFC 5280 §4.2.1.6), in subjectAltName and in name constraints.
#pragma once

#include "core/der_reader.hpp"

namespace omnitls::inline v0::core {

/// Where a name stands: addresses are longer in constraints (address and mask).
enum class NameUse : std::uint8_t { presented, constraint };

/// The next element of `reader`. An address of a wrong size, a SRVName that is no IA5String and an XmppAddr that is no UTF-8 are
/// failures: to treat them as unknown names could lose a constraint.
GeneralName read_general_name(DerReader& reader, NameUse use, std::string_view field);

}  // namespace omnitls::inline v0::core
