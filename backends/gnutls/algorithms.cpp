// SPDX-License-Identifier: BSL-1.0
#include "algorithms.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <vector>

namespace omnitls::inline v0::gnutls_native {
namespace {

using Numbers = std::vector<std::uint16_t>;

struct Scheme {
    gnutls_sign_algorithm_t native;
    std::uint16_t id;
};
constexpr std::array schemes{
    Scheme{GNUTLS_SIGN_RSA_SHA256, 0x0401},
    Scheme{GNUTLS_SIGN_RSA_SHA384, 0x0501},
    Scheme{GNUTLS_SIGN_RSA_SHA512, 0x0601},
    // TLS 1.2 leaves the curve open; the number is the same.
    Scheme{GNUTLS_SIGN_ECDSA_SHA256, 0x0403},
    Scheme{GNUTLS_SIGN_ECDSA_SHA384, 0x0503},
    Scheme{GNUTLS_SIGN_ECDSA_SHA512, 0x0603},
    Scheme{GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 0x0403},
    Scheme{GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, 0x0503},
    Scheme{GNUTLS_SIGN_ECDSA_SECP521R1_SHA512, 0x0603},
    Scheme{GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 0x0804},
    Scheme{GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 0x0805},
    Scheme{GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 0x0806},
    Scheme{GNUTLS_SIGN_EDDSA_ED25519, 0x0807},
    Scheme{GNUTLS_SIGN_EDDSA_ED448, 0x0808},
    Scheme{GNUTLS_SIGN_RSA_PSS_SHA256, 0x0809},
    Scheme{GNUTLS_SIGN_RSA_PSS_SHA384, 0x080a},
    Scheme{GNUTLS_SIGN_RSA_PSS_SHA512, 0x080b},
};

struct Suite {
    std::uint16_t id = 0;
    gnutls_kx_algorithm_t key_exchange =
        GNUTLS_KX_UNKNOWN;  ///< Unknown in TLS 1.3, which leaves it open.
    gnutls_cipher_algorithm_t cipher = GNUTLS_CIPHER_UNKNOWN;
    gnutls_protocol_t version = GNUTLS_VERSION_UNKNOWN;  ///< The first.
};

/// GnuTLS's suite of that index; nothing behind the last.
std::optional<Suite> suite_at(std::size_t index) noexcept {
    Suite suite;
    std::array<unsigned char, 2> id{};
    if (gnutls_cipher_suite_info(index, id.data(), &suite.key_exchange, &suite.cipher, nullptr,
                                 &suite.version) == nullptr)
        return std::nullopt;
    suite.id = static_cast<std::uint16_t>((id[0] << 8U) | id[1]);
    return suite;
}

std::optional<Suite> suite_of(std::uint16_t id) noexcept {
    std::optional<Suite> suite;
    for (std::size_t index = 0; (suite = suite_at(index)); ++index)
        if (suite->id == id) break;
    return suite;
}

/// The registry's spelling and GnuTLS's differ in case and hyphens only.
bool same_group_name(std::string_view ours, std::string_view theirs) noexcept {
    const auto skip = [&](std::size_t& i) {
        while (i < theirs.size() && theirs[i] == '-') ++i;
    };
    std::size_t at = 0;
    for (const char c : ours) {
        skip(at);
        if (at == theirs.size() || std::tolower(c) != std::tolower(theirs[at++])) return false;
    }
    return at == theirs.size();
}

gnutls_group_t group_of(std::uint16_t id) {
    const std::string name = group_name(id);
    for (const gnutls_group_t* group = gnutls_group_list(); *group != GNUTLS_GROUP_INVALID; ++group)
        if (same_group_name(name, gnutls_group_get_name(*group))) return *group;
    return GNUTLS_GROUP_INVALID;
}

/// Adds `item` to a priority string, once.
void add(std::string& text, const std::string& item) {
    if ((text + ":").find(":+" + item + ":") == std::string::npos) text += ":+" + item;
}

void add_once(Numbers& numbers, std::uint16_t id) {
    if (id != 0 && std::ranges::find(numbers, id) == numbers.end()) numbers.push_back(id);
}

}  // namespace

std::uint16_t group_id(gnutls_group_t group) {
    constexpr std::array<std::uint16_t, 13> used{0x0017, 0x0018, 0x0019, 0x001d, 0x001e,
                                                 0x0100, 0x0101, 0x0102, 0x0103, 0x0104,
                                                 0x11eb, 0x11ec, 0x11ed};
    const char* const name = gnutls_group_get_name(group);
    if (name == nullptr) return 0;
    const auto* const id = std::ranges::find_if(
        used, [name](std::uint16_t one) { return same_group_name(group_name(one), name); });
    return id != used.end() ? *id : std::uint16_t{0};
}

std::uint16_t scheme_id(gnutls_sign_algorithm_t scheme) noexcept {
    const auto* const row = std::ranges::find(schemes, scheme, &Scheme::native);
    return row != schemes.end() ? row->id : std::uint16_t{0};
}

Algorithms available(Algorithms candidates, VersionRange versions) {
    std::erase_if(candidates.cipher_suites, [&](std::uint16_t id) {
        const std::optional<Suite> suite = suite_of(id);
        return !suite || !versions.has(suite->version == GNUTLS_TLS1_3 ? ProtocolVersion::tls13
                                                                       : ProtocolVersion::tls12);
    });
    std::erase_if(candidates.groups, [&](std::uint16_t id) {
        return group_of(id) == GNUTLS_GROUP_INVALID ||
               (id >> 8U == 0x11 && !versions.has(ProtocolVersion::tls13));
    });
    std::erase_if(candidates.signature_schemes, [](std::uint16_t id) {
        return std::ranges::find(schemes, id, &Scheme::id) == schemes.end();
    });
    return candidates;
}

std::string priority_text(Role role, const EffectiveSettings& wanted) {
    std::string text = "NONE:+AEAD:+COMP-NULL";
    std::string exchanges;
    for (const std::uint16_t id : wanted.algorithms.cipher_suites) {
        const std::optional<Suite> suite = suite_of(id);
        if (!suite) continue;
        add(text, gnutls_cipher_get_name(suite->cipher));
        if (suite->version != GNUTLS_TLS1_3)
            add(exchanges, gnutls_kx_get_name(suite->key_exchange));
    }
    // GnuTLS wants some also where TLS 1.2 is not allowed, for the kinds of certificates.
    text += exchanges.empty() ? ":+ECDHE-ECDSA:+ECDHE-RSA:+DHE-RSA" : exchanges;
    for (const std::uint16_t id : wanted.algorithms.groups)
        add(text, std::string("GROUP-") + gnutls_group_get_name(group_of(id)));
    for (const std::uint16_t id : wanted.algorithms.signature_schemes)
        for (const Scheme& scheme : schemes)
            if (scheme.id == id)
                add(text, std::string("SIGN-") + gnutls_sign_get_name(scheme.native));
    // What our own certificate is for, the peer may judge.
    text += ":%SERVER_PRECEDENCE:%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS";
    // RFC 5746 §4.1: a client insists on it; a server lets old clients in, which cannot renegotiate anyway.
    if (role == Role::client) text += ":%SAFE_RENEGOTIATION";
    if (wanted.versions.has(ProtocolVersion::tls13)) text += ":+VERS-TLS1.3";
    if (wanted.versions.has(ProtocolVersion::tls12)) text += ":+VERS-TLS1.2";
    return text;
}

Algorithms algorithms_of(gnutls_priority_t priority) {
    Algorithms found;
    unsigned int suite = 0;
    for (unsigned int i = 0;; ++i) {
        const int result = gnutls_priority_get_cipher_suite_index(priority, i, &suite);
        if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) break;
        if (result == GNUTLS_E_SUCCESS) add_once(found.cipher_suites, suite_at(suite)->id);
    }
    const unsigned int* list = nullptr;
    const int groups = gnutls_priority_group_list(priority, &list);
    for (int i = 0; i < groups; ++i)
        add_once(found.groups, group_id(static_cast<gnutls_group_t>(list[i])));
    const int signs = gnutls_priority_sign_list(priority, &list);
    for (int i = 0; i < signs; ++i)
        add_once(found.signature_schemes, scheme_id(static_cast<gnutls_sign_algorithm_t>(list[i])));
    return found;
}

}  // namespace omnitls::inline v0::gnutls_native
