// SPDX-License-Identifier: BSL-1.0
#include "core/strength.hpp"

#include <omnitls/error.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace omnitls::inline v0::core {
namespace {

/// In bits, what each `Strength` wants; in its order.
struct Floor {
    std::uint32_t rsa;
    std::uint32_t ec;
    std::uint32_t hash;
};
constexpr std::array<Floor, 3> floors{{{2048, 256, 0}, {3072, 256, 256}, {7680, 384, 384}}};
const Floor& floor_of(Strength strength) noexcept {
    return floors[static_cast<std::size_t>(strength)];
}

struct HashSize {
    std::string_view name;
    std::uint32_t bits;
};
constexpr std::array<HashSize, 9> hash_sizes{{{"SHA-224", 224},
                                              {"SHA-512/224", 224},
                                              {"SHA3-224", 224},
                                              {"SHA-256", 256},
                                              {"SHA-512/256", 256},
                                              {"SHA3-256", 256},
                                              {"SHA-384", 384},
                                              {"SHA3-384", 384},
                                              {"Ed25519", 256}}};

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

std::string key_weakness(const CertificateFields& fields, Strength strength) {
    const Floor& least = floor_of(strength);
    switch (fields.key_algorithm) {
        case KeyAlgorithm::rsa:
        case KeyAlgorithm::rsa_pss:
            if (fields.key_bits >= least.rsa) return {};
            return too_few("RSA", fields.key_bits, least.rsa);
        case KeyAlgorithm::ec:
            if (fields.key_bits >= least.ec) return {};
            if (fields.key_bits == 0) {
                return "EC key on an unknown curve " + escape_untrusted(fields.curve_oid);
            }
            return too_few("EC", fields.key_bits, least.ec);
        case KeyAlgorithm::ed25519:
            if (strength == Strength::bits_192) return too_few("Ed25519", 256, least.ec);
            return {};
        case KeyAlgorithm::ed448:
            return {};
        case KeyAlgorithm::dsa:
            return "DSA key";
        case KeyAlgorithm::other:
            break;
    }
    return "key of an unknown algorithm " + escape_untrusted(fields.key_algorithm_oid);
}

std::string signature_weakness(SignatureKindView signature, Strength strength) {
    if (contains(forgeable, signature.hash))
        return "signed with " + std::string(signature.hash) + ", which can be forged";
    // Ed25519 is as strong as a hash of 256 bits, Ed448 as any (RFC 8410).
    const std::string_view hash =
        signature.algorithm_oid == without_hash.front() ? "Ed25519" : signature.hash;
    const auto size = std::find_if(hash_sizes.begin(), hash_sizes.end(),
                                   [&](const HashSize& row) { return row.name == hash; });
    const std::uint32_t least = floor_of(strength).hash;
    if (size == hash_sizes.end() || size->bits >= least) return {};
    return "signed with " + std::string(hash) + ", at least SHA-" + std::to_string(least) +
           " wanted";
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
