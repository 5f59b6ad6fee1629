// SPDX-License-Identifier: BSL-1.0
#include "core/der_text.hpp"

#include <algorithm>
#include <array>

namespace omnitls::inline v0::core {
namespace {

constexpr bool is_surrogate(std::uint32_t code) noexcept {
    return code >= 0xd800 && code <= 0xdfff;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto push = [&out](std::uint32_t octet) { out.push_back(static_cast<char>(octet)); };
    if (code < 0x80) {
        push(code);
    } else if (code < 0x800) {
        push(0xc0U | (code >> 6U));
        push(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
        push(0xe0U | (code >> 12U));
        push(0x80U | ((code >> 6U) & 0x3fU));
        push(0x80U | (code & 0x3fU));
    } else {
        push(0xf0U | (code >> 18U));
        push(0x80U | ((code >> 12U) & 0x3fU));
        push(0x80U | ((code >> 6U) & 0x3fU));
        push(0x80U | (code & 0x3fU));
    }
}

/// Bytes that follow the first one of a UTF-8 character, or nullopt if it cannot be a first one.
std::optional<std::size_t> utf8_tail(std::uint8_t lead) noexcept {
    if (lead < 0x80) return 0;
    if (lead >= 0xc2 && lead <= 0xdf) return 1;
    if (lead >= 0xe0 && lead <= 0xef) return 2;
    if (lead >= 0xf0 && lead <= 0xf4) return 3;
    return std::nullopt;
}

std::optional<std::string> decode_ascii(ConstBytes content) {
    if (std::any_of(content.begin(), content.end(), [](std::uint8_t c) { return c >= 0x80; })) {
        return std::nullopt;
    }
    return std::string{as_text(content)};
}

std::string decode_latin1(ConstBytes content) {
    std::string out;
    for (const std::uint8_t octet : content) append_utf8(out, octet);
    return out;
}

/// Big-endian units of `width` bytes: BMPString (2; surrogate pairs are taken too) and UniversalString (4).
std::optional<std::string> decode_wide(ConstBytes content, std::size_t width) {
    if (content.size() % width != 0) return std::nullopt;
    std::string out;
    std::uint32_t high = 0;  // the first half of a pair
    for (; !content.empty(); content = content.subspan(width)) {
        std::uint32_t unit = 0;
        for (const std::uint8_t octet : content.first(width)) unit = (unit << 8U) | octet;
        const bool low_half = width == 2 && unit >= 0xdc00 && unit <= 0xdfff;
        if (low_half != (high != 0)) return std::nullopt;
        if (low_half) {
            append_utf8(out, 0x10000 + ((high - 0xd800) << 10U) + (unit - 0xdc00));
            high = 0;
        } else if (width == 2 && is_surrogate(unit)) {
            high = unit;
        } else if (unit > 0x10ffff || is_surrogate(unit)) {
            return std::nullopt;
        } else {
            append_utf8(out, unit);
        }
    }
    if (high != 0) return std::nullopt;
    return out;
}

}  // namespace

bool is_utf8(ConstBytes text) noexcept {
    constexpr std::array<std::uint32_t, 4> kSmallest{0, 0x80, 0x800, 0x10000};
    while (!text.empty()) {
        const auto tail = utf8_tail(text[0]);
        if (!tail || text.size() <= *tail) return false;
        std::uint32_t code = *tail == 0 ? text[0] : text[0] & (0x3fU >> *tail);
        for (const std::uint8_t octet : text.subspan(1, *tail)) {
            if ((octet & 0xc0U) != 0x80) return false;
            code = (code << 6U) | (octet & 0x3fU);
        }
        if (code < kSmallest[*tail] || is_surrogate(code) || code > 0x10ffff) return false;
        text = text.subspan(1 + *tail);
    }
    return true;
}

std::optional<std::string> decode_string(const DerElement& element) {
    switch (element.tag) {
        case der_tag::utf8_string:
            if (!is_utf8(element.content)) return std::nullopt;
            return std::string{as_text(element.content)};
        case der_tag::printable_string:
        case der_tag::ia5_string:
        case der_tag::numeric_string:
        case der_tag::visible_string:
            return decode_ascii(element.content);
        case der_tag::teletex_string:
            return decode_latin1(element.content);
        case der_tag::bmp_string:
            return decode_wide(element.content, 2);
        case der_tag::universal_string:
            return decode_wide(element.content, 4);
        default:
            return std::nullopt;
    }
}

std::string to_hex(ConstBytes bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out(bytes.size() * 2, '\0');
    char* next = out.data();
    for (const std::uint8_t octet : bytes) {
        *next++ = kDigits[octet >> 4U];
        *next++ = kDigits[octet & 0x0fU];
    }
    return out;
}

}  // namespace omnitls::inline v0::core
