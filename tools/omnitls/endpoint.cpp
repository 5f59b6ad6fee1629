// SPDX-License-Identifier: BSL-1.0
// Reading and printing of where to connect to.
#include "tools/omnitls/endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace omnitls::tool {
namespace {

ErrorDetail bad(std::string_view text) {
    return make_error(Errc::bad_input, "\"" + escape_untrusted(text) + "\" is not HOST:PORT",
                      "write example.org:25, 192.0.2.1:25 or [2001:db8::1]:25");
}

}  // namespace

std::string HostPort::to_string() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<HostPort> parse_host_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad(text);
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        if (host.find(':') == std::string_view::npos) return bad(text);
    } else if (host.find_first_of(":[]") != std::string_view::npos) {
        return bad(text);
    }
    const bool printable =
        std::all_of(host.begin(), host.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    HostPort result{std::string(host), 0};
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
    const bool whole = end == port.data() + port.size();
    if (host.empty() || !printable || error != std::errc() || !whole || result.port == 0) {
        return bad(text);
    }
    return result;
}

std::string to_string(const asio::ip::tcp::endpoint& endpoint) {
    return HostPort{endpoint.address().to_string(), endpoint.port()}.to_string();
}

std::string address_literal(const asio::ip::address& address) {
    return address.is_v6() ? "[IPv6:" + address.to_string() + "]" : "[" + address.to_string() + "]";
}

}  // namespace omnitls::tool
