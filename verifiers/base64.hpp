// SPDX-License-Identifier: BSL-1.0
// Base64 (RFC 4648 §4), strictly: padded, nothing between, no bits set that nobody reads.
#pragma once

#include <omnitls/bytes.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace omnitls::inline v0::verifiers {

std::string to_base64(ConstBytes bytes);
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace omnitls::inline v0::verifiers
