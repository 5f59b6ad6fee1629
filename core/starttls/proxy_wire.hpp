// SPDX-License-Identifier: BSL-1.0
// PROXY headers between bytes and values, both versions.
#pragma once

#include <omnitls/starttls/proxy_header.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace omnitls::inline v0::core {

inline constexpr std::string_view proxy_v1_signature = "PROXY ";
inline constexpr std::string_view proxy_v2_signature{"\r\n\r\n\0\r\nQUIT\n", 12};
/// Signature, version and command, family, length.
inline constexpr std::size_t proxy_v2_start = 16;
inline constexpr std::size_t proxy_v1_limit = 107;  ///< With CRLF.
inline constexpr std::size_t proxy_v2_limit = std::size_t{4} * 1024;

/// `line`: all of version 1 without its CRLF. Nullopt if it is none.
std::optional<starttls::ProxyHeader> read_proxy_v1(std::string_view line);
/// `header`: all of version 2. `wrong` says what is, if the result is empty.
std::optional<starttls::ProxyHeader> read_proxy_v2(std::string_view header, std::string& wrong);

/// Errc::bad_input.
Result<std::string> write_proxy(const starttls::ProxyHeader& header,
                                starttls::ProxyVersion version);

}  // namespace omnitls::inline v0::core
