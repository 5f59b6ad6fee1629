// SPDX-License-Identifier: BSL-1.0
// The string types of X.509 to UTF-8, and the printing of bytes as hex.
#pragma once

#include "core/der_reader.hpp"

#include <optional>
#include <string>

namespace omnitls::inline v0::core {

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(ConstBytes text) noexcept;

/// The UTF-8 of a DirectoryString, IA5String, NumericString or VisibleString; nullopt for any other type and for content
/// that its type does not allow. TeletexString is read as Latin-1, as others do. NUL is a character like any other.
std::optional<std::string> decode_string(const DerElement& element);

/// Lower case hex digits.
std::string to_hex(ConstBytes bytes);

}  // namespace omnitls::inline v0::core
