// SPDX-License-Identifier: BSL-1.0
#include "core/signature_algorithm.hpp"

#include "core/certificate_algorithms.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace omnitls::inline v0::core {
namespace {

using spi::SignatureAlgorithm;
using spi::SignatureHash;
using spi::SignatureKind;

constexpr std::string_view kField = "signatureAlgorithm";
constexpr std::string_view kRsa = "1.2.840.113549.1.1.1";
constexpr std::string_view kRsaPss = "1.2.840.113549.1.1.10";
constexpr std::string_view kEcPublicKey = "1.2.840.10045.2.1";
constexpr std::string_view kEd25519 = "1.3.101.112";
constexpr std::string_view kEd448 = "1.3.101.113";

struct Row {
    std::string_view oid;
    SignatureKind kind;
    SignatureHash hash;
};

// RFC 8017 §A.2.4, RFC 3279 §2.2, RFC 5758 §3.2, RFC 8410 §3. RSASSA-PSS has its hash in its parameters, EdDSA has none.
constexpr std::array kRows{
    Row{"1.2.840.113549.1.1.4", SignatureKind::rsa_pkcs1, SignatureHash::md5},
    Row{"1.2.840.113549.1.1.5", SignatureKind::rsa_pkcs1, SignatureHash::sha1},
    Row{"1.2.840.113549.1.1.14", SignatureKind::rsa_pkcs1, SignatureHash::sha224},
    Row{"1.2.840.113549.1.1.11", SignatureKind::rsa_pkcs1, SignatureHash::sha256},
    Row{"1.2.840.113549.1.1.12", SignatureKind::rsa_pkcs1, SignatureHash::sha384},
    Row{"1.2.840.113549.1.1.13", SignatureKind::rsa_pkcs1, SignatureHash::sha512},
    Row{"1.2.840.10045.4.1", SignatureKind::ecdsa, SignatureHash::sha1},
    Row{"1.2.840.10045.4.3.1", SignatureKind::ecdsa, SignatureHash::sha224},
    Row{"1.2.840.10045.4.3.2", SignatureKind::ecdsa, SignatureHash::sha256},
    Row{"1.2.840.10045.4.3.3", SignatureKind::ecdsa, SignatureHash::sha384},
    Row{"1.2.840.10045.4.3.4", SignatureKind::ecdsa, SignatureHash::sha512},
    Row{kEd25519, SignatureKind::ed25519, {}},
    Row{kEd448, SignatureKind::ed448, {}},
};

std::optional<SignatureHash> hash_called(std::string_view name) {
    constexpr std::array<std::string_view, 6> names{"MD5",     "SHA-1",   "SHA-224",
                                                    "SHA-256", "SHA-384", "SHA-512"};
    const auto* const found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<SignatureHash>(found - names.begin());
}

std::optional<SignatureAlgorithm> read_pss(DerReader parameters) {
    const PssParameters read = read_pss_parameters(parameters, kField);
    const auto hash = hash_called(read.hash);
    const auto mask_hash = hash_called(read.mask_hash);
    if (!parameters.ok() || !hash || !mask_hash || read.trailer != 1) return std::nullopt;
    return SignatureAlgorithm{SignatureKind::rsa_pss, *hash, *mask_hash, read.salt_size};
}

/// NULL or nothing. Where it should be which, not all who sign know.
bool has_no_parameters(DerReader algorithm) {
    if (algorithm.at_end()) return algorithm.ok();
    const bool empty = algorithm.expect(der_tag::null, kField).content.empty();
    algorithm.finish(kField);
    return empty && algorithm.ok();
}

/// A key for RSASSA-PSS alone may say what for (RFC 4055 §3.3), or leave it open.
bool pss_key_allows(const SignatureAlgorithm& wanted, DerReader parameters) {
    if (parameters.at_end()) return parameters.ok();
    const auto limits = read_pss(parameters);
    return limits && limits->hash == wanted.hash && limits->mask_hash == wanted.mask_hash &&
           limits->salt_size <= wanted.salt_size;
}

}  // namespace

std::optional<SignatureAlgorithm> read_signature_algorithm(ConstBytes der) {
    DerFailure failure;
    DerReader reader(der, failure);
    DerReader algorithm = reader.sequence(kField);
    reader.finish(kField);
    const std::string oid = algorithm.oid(kField);
    if (!reader.ok()) return std::nullopt;
    if (oid == kRsaPss) return read_pss(algorithm);
    const auto* const row = std::find_if(
        kRows.begin(), kRows.end(), [&](const Row& candidate) { return candidate.oid == oid; });
    if (row == kRows.end() || !has_no_parameters(algorithm)) return std::nullopt;
    return SignatureAlgorithm{.kind = row->kind, .hash = row->hash};
}

bool is_for_key(const SignatureAlgorithm& algorithm, ConstBytes spki) {
    DerFailure failure;
    DerReader reader(spki, failure);
    DerReader key = reader.sequence(kField).sequence(kField);
    const std::string oid = key.oid(kField);
    if (!reader.ok()) return false;
    switch (algorithm.kind) {
        case SignatureKind::rsa_pkcs1:
            return oid == kRsa;
        case SignatureKind::rsa_pss:
            return oid == kRsa || (oid == kRsaPss && pss_key_allows(algorithm, key));
        case SignatureKind::ecdsa:
            return oid == kEcPublicKey && key.next_is(der_tag::oid);
        case SignatureKind::ed25519:
            return oid == kEd25519;
        case SignatureKind::ed448:
            return oid == kEd448;
    }
    return false;
}

}  // namespace omnitls::inline v0::core
