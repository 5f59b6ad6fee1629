// SPDX-License-Identifier: BSL-1.0
#include "verifiers/base64.hpp"

#include <array>
#include <cstddef>

namespace omnitls::inline v0::verifiers {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(ConstBytes bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t n = bytes.size() - i < 3 ? bytes.size() - i : 3;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) group = group << 8U | (k < n ? bytes[i + k] : 0U);
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= n ? kDigits[group >> (18U - 6U * k) & 63U] : '=';
        }
    }
    return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::string_view group = text.substr(i, 4);
        const bool last = i + 4 == text.size();
        if (last && group.ends_with("==")) {
            group.remove_suffix(2);
        } else if (last && group.ends_with('=')) {
            group.remove_suffix(1);
        }
        std::uint32_t bits = 0;
        for (const char c : group) {
            const std::size_t digit = kDigits.find(c);
            if (digit == std::string_view::npos) return std::nullopt;
            bits = bits << 6U | static_cast<std::uint32_t>(digit);
        }
        bits <<= 6U * (4 - group.size());
        const std::array decoded{static_cast<std::uint8_t>(bits >> 16U),
                                 static_cast<std::uint8_t>(bits >> 8U),
                                 static_cast<std::uint8_t>(bits)};
        bytes.insert(bytes.end(), decoded.begin(),
                     decoded.begin() + static_cast<std::ptrdiff_t>(group.size() - 1));
        const std::uint32_t unread = (1U << (8U * (4 - group.size()))) - 1;
        if ((bits & unread) != 0) return std::nullopt;
    }
    return bytes;
}

}  // namespace omnitls::inline v0::verifiers
