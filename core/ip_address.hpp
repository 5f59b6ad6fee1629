// SPDX-License-Identifier: BSL-1.0
// Addresses between text and bytes, for names only: nothing here resolves or connects.
#pragma once

#include <omnitls/bytes.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace omnitls::inline v0::core {

/// 4 or 16 bytes in network order. Dotted decimal with four parts, or IPv6 text (RFC 4291 §2.2); no brackets, no zone.
std::optional<Bytes> parse_ip(std::string_view text);

/// The text of 4 or 16 bytes; "#hex" for any other size.
std::string print_ip(ConstBytes address);

/// "192.0.2.0/24" of address and mask, each half of `subnet` (8 or 32 bytes, RFC 5280 §4.2.1.10); nullopt for another size or a mask
/// that is not a prefix.
std::optional<std::string> print_subnet(ConstBytes subnet);

}  // namespace omnitls::inline v0::core
