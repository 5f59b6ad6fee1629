// SPDX-License-Identifier: BSL-1.0
// Strict base64, and the three fields of PLAIN.
#include "tools/omnitls/served/sasl_plain.hpp"

#include <cstdint>

namespace omnitls::tool {

std::optional<std::string> from_base64(std::string_view text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    std::string bytes;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const std::size_t value = digits.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        held = held << 6U | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(held >> bits);
        held &= (1U << bits) - 1;
    }
    if (held != 0) return std::nullopt;
    return bytes;
}

std::optional<Account> read_plain(std::string_view base64) {
    const auto message = from_base64(base64);
    if (!message) return std::nullopt;
    const std::size_t first = message->find('\0');
    if (first == std::string::npos) return std::nullopt;
    const std::size_t second = message->find('\0', first + 1);
    if (second == std::string::npos || message->find('\0', second + 1) != std::string::npos)
        return std::nullopt;
    const std::string acts_for = message->substr(0, first);
    Account account{message->substr(first + 1, second - first - 1), message->substr(second + 1)};
    const bool itself = acts_for.empty() || acts_for == account.name;
    if (!itself || account.name.empty() || account.password.empty()) return std::nullopt;
    return account;
}

}  // namespace omnitls::tool
