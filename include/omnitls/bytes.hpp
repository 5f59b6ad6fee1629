// SPDX-License-Identifier: BSL-1.0
// Vocabulary for bytes: views, owned buffers and the conversions between bytes and text.
// Sizes are always bytes. A span never owns; null spans of size 0 are allowed everywhere.
#pragma once

#include <omnitls/export.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0 {

/// A borrowed, read-only run of bytes.
using ConstBytes = std::span<const std::uint8_t>;
/// A borrowed, writable run of bytes.
using MutableBytes = std::span<std::uint8_t>;
/// Owned bytes.
using Bytes = std::vector<std::uint8_t>;

/// Views the characters of `text` as bytes; valid as long as `text` is.
inline ConstBytes as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Views `bytes` as characters, whatever they are; valid as long as `bytes` is. Not escaped: see `escape_untrusted`.
inline std::string_view as_text(ConstBytes bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Overwrites `bytes` with zeros, also if nobody reads them afterwards: for secrets and plaintext that is done with.
OMNITLS_API void secure_wipe(MutableBytes bytes) noexcept;

}  // namespace omnitls::inline v0
