// SPDX-License-Identifier: BSL-1.0
// "HOST:PORT" as a person writes it.
#pragma once

#include <omnitls/result.hpp>

#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace omnitls::tool {

struct HostPort {
    std::string host;  ///< A name or an address, without brackets.
    std::uint16_t port = 0;

    std::string to_string() const;
};

/// "example.org:25", "192.0.2.1:25", "[2001:db8::1]:25". Errc::bad_input otherwise.
Result<HostPort> parse_host_port(std::string_view text);

/// "192.0.2.1:25" or "[2001:db8::1]:25".
std::string to_string(const asio::ip::tcp::endpoint& endpoint);
/// How SMTP writes an address where it wants a name (RFC 5321 §4.1.3): "[192.0.2.1]", "[IPv6:2001:db8::1]".
std::string address_literal(const asio::ip::address& address);

}  // namespace omnitls::tool
