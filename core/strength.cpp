// SPDX-License-Identifier: BSL-1.0
#include "core/strength.hpp"

#include <omnitls/error.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace omnitls::inline v0::core {
namespace {

constexpr std::uint32_t min_rsa_bits = 2048;
constexpr std::uint32_t min_ec_bits = 256;

// Names as the certificate reader writes them.
constexpr std::array<std::string_view, 4> forgeable{"MD2", "MD4", "MD5", "SHA-1"};
constexpr std::array<std::string_view, 7> good_enough_to_show{
    "SHA-256", "SHA-384", "SHA-512", "SHA-512/256", "SHA3-256", "SHA3-384", "SHA3-512"};
// Ed25519 and Ed448 have their hash inside (RFC 8410 §3).
constexpr std::array<std::string_view, 2> without_hash{"1.3.101.112", "1.3.101.113"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view one) noexcept {
    return std::find(list.begin(), list.end(), one) != list.end();
}

std::string too_few(std::string_view kind, std::uint32_t bits, std::uint32_t least) {
    return std::string(kind) + " key of " + std::to_string(bits) + " bits, at least " +
           std::to_string(least) + " wanted";
}

}  // namespace

std::string key_weakness(const CertificateFields& fields) {
    switch (fields.key_algorithm) {
        case KeyAlgorithm::rsa:
        case KeyAlgorithm::rsa_pss:
            if (fields.key_bits >= min_rsa_bits) return {};
            return too_few("RSA", fields.key_bits, min_rsa_bits);
        case KeyAlgorithm::ec:
            if (fields.key_bits >= min_ec_bits) return {};
            if (fields.key_bits == 0) {
                return "EC key on an unknown curve " + escape_untrusted(fields.curve_oid);
            }
            return too_few("EC", fields.key_bits, min_ec_bits);
        case KeyAlgorithm::ed25519:
        case KeyAlgorithm::ed448:
            return {};
        case KeyAlgorithm::dsa:
            return "DSA key";
        case KeyAlgorithm::other:
            break;
    }
    return "key of an unknown algorithm " + escape_untrusted(fields.key_algorithm_oid);
}

std::string signature_weakness(const CertificateFields& fields) {
    if (!contains(forgeable, fields.signature_hash)) return {};
    return "signed with " + fields.signature_hash + ", which can be forged";
}

std::string own_signature_weakness(const CertificateFields& fields) {
    if (contains(good_enough_to_show, fields.signature_hash) ||
        contains(without_hash, fields.signature_algorithm_oid)) {
        return {};
    }
    const std::string found =
        fields.signature_hash.empty()
            ? "an unknown algorithm " + escape_untrusted(fields.signature_algorithm_oid)
            : fields.signature_hash;
    return "signed with " + found + ", SHA-256 or better wanted";
}

bool seems_self_signed(const Certificate& certificate) noexcept {
    const CertificateFields& fields = certificate.fields();
    return certificate.self_issued() &&
           (fields.authority_key_id.empty() || fields.subject_key_id.empty() ||
            fields.authority_key_id == fields.subject_key_id);
}

}  // namespace omnitls::inline v0::core
