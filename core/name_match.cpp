// SPDX-License-Identifier: BSL-1.0
// RFC 9525 name matching. The reference side was checked and normalised when it was made; here the presented side is judged,
// and what does not look exactly as it should is simply no match.
#include "core/name_match.hpp"

#include <algorithm>
#include <string_view>

namespace omnitls::inline v0::core {
namespace {

constexpr std::size_t max_name = 253;  // RFC 1035 §2.3.4, without the root's dot
constexpr std::size_t max_label = 63;
constexpr std::size_t max_present = 32;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_fold(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool label_char(char c) noexcept {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Letters, digits, hyphen (and underscore, which real hosts have), in labels of 1 to 63. So no NUL, no 8-bit byte, no U-label,
// no '*', no empty label and no trailing dot.
bool plain_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > max_name) return false;
    std::size_t label = 0;
    for (const char c : name) {
        if (c == '.') {
            if (label == 0) return false;
            label = 0;
        } else if (!label_char(c) || ++label > max_label) {
            return false;
        }
    }
    return label != 0;
}

// RFC 9525 §6.3: a wildcard is the complete leftmost label and stands for exactly one label; §6.3 leaves room for more rules,
// and ours is that at least two labels stand behind it, so that "*.com" is nobody's name.
bool dns_matches(std::string_view presented, std::string_view wanted) noexcept {
    if (!presented.starts_with("*.")) return plain_name(presented) && equal_fold(presented, wanted);
    const std::string_view parent = presented.substr(2);
    if (!plain_name(parent) || parent.find('.') == parent.npos) return false;
    const std::size_t dot = wanted.find('.');
    return dot != wanted.npos && dot != 0 && equal_fold(parent, wanted.substr(dot + 1));
}

// RFC 4985 §2: "_Service.Name". Service and name are compared apart, so a wildcard can only stand in the name.
bool srv_matches(std::string_view presented, const ReferenceIdentity& wanted) noexcept {
    const std::size_t dot = presented.find('.');
    const std::string_view value = wanted.value();
    const std::size_t wanted_dot = value.find('.');
    if (dot == presented.npos || dot < 2 || wanted_dot == value.npos) return false;
    return presented.front() == '_' &&
           equal_fold(presented.substr(0, dot), value.substr(0, wanted_dot)) &&
           dns_matches(presented.substr(dot + 1), value.substr(wanted_dot + 1));
}

// RFC 9525 §6.3, §6.4: scheme and host count, path and parameters do not. With user information it is the name of a user, not of a
// service (RFC 5922 §7.1), and with a port it is not for every service of the host: neither matches.
bool uri_matches(std::string_view presented, const ReferenceIdentity& wanted) noexcept {
    const std::size_t colon = presented.find(':');
    if (colon == presented.npos || !equal_fold(presented.substr(0, colon), wanted.qualifier())) {
        return false;
    }
    std::string_view host = presented.substr(colon + 1);
    if (host.starts_with("//")) host.remove_prefix(2);
    host = host.substr(0, host.find_first_of("/?#;"));
    return dns_matches(host, wanted.value());
}

bool address_matches(const Bytes& presented, const Bytes& wanted) noexcept {
    return (presented.size() == 4 || presented.size() == 16) && presented == wanted;
}

bool matches(const GeneralName& presented, const ReferenceIdentity& wanted) noexcept {
    using Reference = ReferenceIdentity::Type;
    using Presented = GeneralName::Type;
    switch (wanted.type()) {
        case Reference::dns:
            return presented.type == Presented::dns && dns_matches(presented.value, wanted.value());
        case Reference::ip:
            return presented.type == Presented::ip &&
                   address_matches(presented.der, wanted.address());
        case Reference::srv:
            return presented.type == Presented::srv && srv_matches(presented.value, wanted);
        case Reference::uri:
            return presented.type == Presented::uri && uri_matches(presented.value, wanted);
        case Reference::xmpp_addr:
            return presented.type == Presented::xmpp_addr && !presented.value.empty() &&
                   equal_fold(presented.value, wanted.value());
    }
    return false;
}

std::string_view prefix(GeneralName::Type type) noexcept {
    switch (type) {
        case GeneralName::Type::dns:
            return "DNS:";
        case GeneralName::Type::ip:
            return "IP:";
        case GeneralName::Type::uri:
            return "URI:";
        case GeneralName::Type::email:
            return "email:";
        case GeneralName::Type::srv:
            return "SRV:";
        case GeneralName::Type::xmpp_addr:
            return "XMPP:";
        case GeneralName::Type::directory_name:
            return "directory:";
        case GeneralName::Type::registered_id:
            return "RID:";
        case GeneralName::Type::other:
            break;
    }
    return "other:";
}

std::string print(const GeneralName& name) {
    return std::string(prefix(name.type)) + escape_untrusted(name.value);
}

}  // namespace

NameResult match_names(const Certificate* leaf, const std::vector<ReferenceIdentity>& wanted) {
    NameResult result;
    result.checked = true;
    for (const auto& identity : wanted) result.wanted.push_back(identity.to_string());
    if (!leaf) return result;
    for (const GeneralName& name : leaf->fields().subject_alt_names) {
        const bool shown = result.present.size() < max_present;
        if (shown) result.present.push_back(print(name));
        if (result.matched) continue;
        result.matched = std::any_of(wanted.begin(), wanted.end(),
                                     [&](const auto& identity) { return matches(name, identity); });
        if (result.matched) result.matched_by = shown ? result.present.back() : print(name);
    }
    return result;
}

}  // namespace omnitls::inline v0::core
