// SPDX-License-Identifier: BSL-1.0
// Reads a Name (RFC 5280 §4.1.2.4). Its printing is `DistinguishedName::to_string`.
#pragma once

#include "core/der_reader.hpp"

namespace omnitls::inline v0::core {

/// The next element of `reader` as a Name of at most 100 attributes. Values are decoded here; a value that its string type
/// does not allow keeps the certificate readable and shows as "#hex", so that it equals no text.
DistinguishedName read_name(DerReader& reader, std::string_view field);

}  // namespace omnitls::inline v0::core
