// SPDX-License-Identifier: BSL-1.0
// The SASL mechanism PLAIN (RFC 4616) in base64.
#pragma once

#include "tools/omnitls/served/service.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace omnitls::tool {

/// RFC 4648 §4 with its padding; nullopt: it is none.
std::optional<std::string> from_base64(std::string_view text);

/// What a client says in base64: who it is, and its password. nullopt: not well-formed, or it wants to act for somebody else.
std::optional<Account> read_plain(std::string_view base64);

}  // namespace omnitls::tool
