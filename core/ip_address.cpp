// SPDX-License-Identifier: BSL-1.0
#include "core/ip_address.hpp"

#include "core/der_text.hpp"

#include <array>
#include <bit>

#include <arpa/inet.h>

namespace omnitls::inline v0::core {

std::optional<Bytes> parse_ip(std::string_view text) {
    // A NUL would end the C string early and hide what follows.
    if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    const std::string terminated{text};
    Bytes address(16);
    if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
    address.resize(4);
    if (inet_pton(AF_INET, terminated.c_str(), address.data()) == 1) return address;
    return std::nullopt;
}

std::string print_ip(ConstBytes address) {
    if (address.size() != 4 && address.size() != 16) return "#" + to_hex(address);
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = address.size() == 4 ? AF_INET : AF_INET6;
    inet_ntop(family, address.data(), text.data(), text.size());
    return text.data();
}

std::optional<std::string> print_subnet(ConstBytes subnet) {
    if (subnet.size() != 8 && subnet.size() != 32) return std::nullopt;
    const ConstBytes mask = subnet.last(subnet.size() / 2);
    int prefix = 0;
    bool ended = false;
    for (const std::uint8_t octet : mask) {
        const int ones = std::countl_one(octet);
        const bool has_gap =
            static_cast<unsigned>(octet) != ((0xff00U >> static_cast<unsigned>(ones)) & 0xffU);
        if (has_gap || (ended && ones != 0)) return std::nullopt;
        prefix += ones;
        ended = ended || ones != 8;
    }
    return print_ip(subnet.first(subnet.size() / 2)) + "/" + std::to_string(prefix);
}

}  // namespace omnitls::inline v0::core
