// SPDX-License-Identifier: BSL-1.0
// Letters, digits and hyphens.
#include "core/starttls/domain.hpp"

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

bool is_letter_or_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_label(std::string_view label) noexcept {
    return !label.empty() && label.size() <= 63 && is_letter_or_digit(label.front()) &&
           is_letter_or_digit(label.back()) && std::all_of(label.begin(), label.end(), [](char c) {
               return is_letter_or_digit(c) || c == '-';
           });
}

}  // namespace

bool is_domain(std::string_view name) noexcept {
    if (name.empty() || name.size() > 255) return false;
    for (;;) {
        const std::size_t dot = name.find('.');
        if (!is_label(name.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

}  // namespace omnitls::inline v0::core
