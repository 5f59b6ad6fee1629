// SPDX-License-Identifier: BSL-1.0
#include "core/certificate_algorithms.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace omnitls::inline v0::core {
namespace {

constexpr std::string_view kRsaPss = "1.2.840.113549.1.1.10";

struct KeyRow {
    std::string_view oid;
    KeyAlgorithm algorithm;
    std::uint32_t bits;  ///< If the algorithm fixes them.
};

constexpr std::array kKeys{
    KeyRow{"1.2.840.113549.1.1.1", KeyAlgorithm::rsa, 0},
    KeyRow{kRsaPss, KeyAlgorithm::rsa_pss, 0},
    KeyRow{"1.2.840.10045.2.1", KeyAlgorithm::ec, 0},
    KeyRow{"1.3.101.112", KeyAlgorithm::ed25519, 255},
    KeyRow{"1.3.101.113", KeyAlgorithm::ed448, 448},
    KeyRow{"1.2.840.10040.4.1", KeyAlgorithm::dsa, 0},
};

struct CurveRow {
    std::string_view oid;
    std::uint32_t bits;
};

// SEC 2 §A.2 and RFC 5639 §4.1.
constexpr std::array kCurves{
    CurveRow{"1.2.840.10045.3.1.1", 192},   CurveRow{"1.2.840.10045.3.1.7", 256},
    CurveRow{"1.3.132.0.33", 224},          CurveRow{"1.3.132.0.34", 384},
    CurveRow{"1.3.132.0.35", 521},          CurveRow{"1.3.132.0.10", 256},
    CurveRow{"1.3.36.3.3.2.8.1.1.1", 160},  CurveRow{"1.3.36.3.3.2.8.1.1.3", 192},
    CurveRow{"1.3.36.3.3.2.8.1.1.5", 224},  CurveRow{"1.3.36.3.3.2.8.1.1.7", 256},
    CurveRow{"1.3.36.3.3.2.8.1.1.9", 320},  CurveRow{"1.3.36.3.3.2.8.1.1.11", 384},
    CurveRow{"1.3.36.3.3.2.8.1.1.13", 512},
};

struct HashRow {
    std::string_view oid;
    std::string_view hash;
};

// Signature algorithms that name their hash: RFC 8017 §A.2.4, RFC 3279 §2.2, RFC 5758 §3, the NIST registry, and the
// identifier of RSA with SHA-1 that OIW gave.
constexpr std::array kSignatureHashes{
    HashRow{"1.2.840.113549.1.1.2", "MD2"},
    HashRow{"1.2.840.113549.1.1.4", "MD5"},
    HashRow{"1.2.840.113549.1.1.5", "SHA-1"},
    HashRow{"1.3.14.3.2.29", "SHA-1"},
    HashRow{"1.2.840.113549.1.1.11", "SHA-256"},
    HashRow{"1.2.840.113549.1.1.12", "SHA-384"},
    HashRow{"1.2.840.113549.1.1.13", "SHA-512"},
    HashRow{"1.2.840.113549.1.1.14", "SHA-224"},
    HashRow{"1.2.840.113549.1.1.15", "SHA-512/224"},
    HashRow{"1.2.840.113549.1.1.16", "SHA-512/256"},
    HashRow{"1.2.840.10045.4.1", "SHA-1"},
    HashRow{"1.2.840.10045.4.3.1", "SHA-224"},
    HashRow{"1.2.840.10045.4.3.2", "SHA-256"},
    HashRow{"1.2.840.10045.4.3.3", "SHA-384"},
    HashRow{"1.2.840.10045.4.3.4", "SHA-512"},
    HashRow{"1.2.840.10040.4.3", "SHA-1"},
    HashRow{"1.3.14.3.2.27", "SHA-1"},
    HashRow{"2.16.840.1.101.3.4.3.1", "SHA-224"},
    HashRow{"2.16.840.1.101.3.4.3.2", "SHA-256"},
    HashRow{"2.16.840.1.101.3.4.3.3", "SHA-384"},
    HashRow{"2.16.840.1.101.3.4.3.4", "SHA-512"},
    HashRow{"2.16.840.1.101.3.4.3.5", "SHA3-224"},
    HashRow{"2.16.840.1.101.3.4.3.6", "SHA3-256"},
    HashRow{"2.16.840.1.101.3.4.3.7", "SHA3-384"},
    HashRow{"2.16.840.1.101.3.4.3.8", "SHA3-512"},
    HashRow{"2.16.840.1.101.3.4.3.9", "SHA3-224"},
    HashRow{"2.16.840.1.101.3.4.3.10", "SHA3-256"},
    HashRow{"2.16.840.1.101.3.4.3.11", "SHA3-384"},
    HashRow{"2.16.840.1.101.3.4.3.12", "SHA3-512"},
    HashRow{"2.16.840.1.101.3.4.3.13", "SHA3-224"},
    HashRow{"2.16.840.1.101.3.4.3.14", "SHA3-256"},
    HashRow{"2.16.840.1.101.3.4.3.15", "SHA3-384"},
    HashRow{"2.16.840.1.101.3.4.3.16", "SHA3-512"},
};

// Hashes by themselves, as RSASSA-PSS parameters name them.
constexpr std::array kHashes{
    HashRow{"1.2.840.113549.2.5", "MD5"},
    HashRow{"1.3.14.3.2.26", "SHA-1"},
    HashRow{"2.16.840.1.101.3.4.2.1", "SHA-256"},
    HashRow{"2.16.840.1.101.3.4.2.2", "SHA-384"},
    HashRow{"2.16.840.1.101.3.4.2.3", "SHA-512"},
    HashRow{"2.16.840.1.101.3.4.2.4", "SHA-224"},
    HashRow{"2.16.840.1.101.3.4.2.5", "SHA-512/224"},
    HashRow{"2.16.840.1.101.3.4.2.6", "SHA-512/256"},
    HashRow{"2.16.840.1.101.3.4.2.7", "SHA3-224"},
    HashRow{"2.16.840.1.101.3.4.2.8", "SHA3-256"},
    HashRow{"2.16.840.1.101.3.4.2.9", "SHA3-384"},
    HashRow{"2.16.840.1.101.3.4.2.10", "SHA3-512"},
};

template <class Table>
const typename Table::value_type* find_row(const Table& table, std::string_view oid) {
    const auto row =
        std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.oid == oid; });
    return row == table.end() ? nullptr : &*row;
}

template <class Table>
std::string hash_of(const Table& table, std::string_view oid) {
    const HashRow* row = find_row(table, oid);
    return row != nullptr ? std::string{row->hash} : std::string{};
}

/// Significant bits of a positive INTEGER's content; 0 for a negative number or zero.
std::uint32_t significant_bits(ConstBytes integer) {
    if (integer.empty() || (integer[0] & 0x80U) != 0) return 0;
    if (integer[0] == 0) integer = integer.subspan(1);
    if (integer.empty()) return 0;
    return static_cast<std::uint32_t>(integer.size() * 8) -
           static_cast<std::uint32_t>(std::countl_zero(integer[0]));
}

/// RFC 8017 §A.1.1: RSAPublicKey. §3.1: its exponent is odd and at least 3. With 1 a signature is the padded digest itself, which
/// anybody can write down; not every library refuses that.
std::uint32_t rsa_bits(DerReader key, std::string_view field) {
    constexpr std::string_view kExponent = "subjectPublicKeyInfo.publicExponent";
    DerReader rsa = key.sequence(field);
    key.finish(field);
    const std::size_t start = rsa.offset();
    const std::uint32_t bits = significant_bits(rsa.integer("subjectPublicKeyInfo.modulus"));
    if (bits == 0) rsa.fail_at(start, "subjectPublicKeyInfo.modulus", "not a positive number");
    const std::size_t exponent_start = rsa.offset();
    const ConstBytes exponent = rsa.integer(kExponent);
    if (rsa.ok() && (significant_bits(exponent) < 2 || (exponent.back() & 1U) == 0)) {
        rsa.fail_at(exponent_start, kExponent, "not an odd number of at least 3");
    }
    rsa.finish(field);
    return bits;
}

/// RFC 5480 §2.2: a point, uncompressed or compressed, of the curve's size. Whether it is on the curve only a library can tell.
bool point_fits(ConstBytes point, std::uint32_t curve_bits) {
    const std::size_t coordinate = (curve_bits + 7) / 8;
    if (point.empty()) return false;
    if (point[0] == 4) return point.size() == 1 + 2 * coordinate;
    return (point[0] == 2 || point[0] == 3) && point.size() == 1 + coordinate;
}

/// AlgorithmIdentifier of a hash, inside an explicit tag; its parameters are NULL or absent (RFC 4055 §2.1).
std::string read_hash(DerReader algorithm, std::string_view field) {
    std::string hash = hash_of(kHashes, algorithm.oid(field));
    if (!algorithm.at_end() && !algorithm.expect(der_tag::null, field).content.empty()) {
        algorithm.fail(field, "a NULL with content");
    }
    algorithm.finish(field);
    return hash;
}

}  // namespace

// Every member has a default.
PssParameters read_pss_parameters(DerReader algorithm, std::string_view field) {
    PssParameters read;
    DerReader params = algorithm.sequence(field);
    algorithm.finish(field);
    if (params.next_is(der_tag::context_constructed(0))) {
        DerReader outer = params.enter(der_tag::context_constructed(0), field);
        read.hash = read_hash(outer.sequence(field), field);
        outer.finish(field);
    }
    if (params.next_is(der_tag::context_constructed(1))) {
        DerReader outer = params.enter(der_tag::context_constructed(1), field);
        DerReader mask = outer.sequence(field);
        outer.finish(field);
        const bool is_mgf1 = mask.oid(field) == "1.2.840.113549.1.1.8";  // the only one there is
        read.mask_hash = read_hash(mask.sequence(field), field);
        if (!is_mgf1) read.mask_hash.clear();
        mask.finish(field);
    }
    std::uint32_t* const numbers[] = {&read.salt_size, &read.trailer};
    for (const unsigned number : {2U, 3U}) {
        if (!params.next_is(der_tag::context_constructed(number))) continue;
        DerReader outer = params.enter(der_tag::context_constructed(number), field);
        *numbers[number - 2] = outer.small_integer(field);
        outer.finish(field);
    }
    params.finish(field);
    return read;
}

void read_public_key(DerReader& reader, CertificateFields& fields) {
    constexpr std::string_view kField = "subjectPublicKeyInfo";
    const DerElement whole = reader.expect(der_tag::sequence, kField);
    fields.spki.assign(whole.whole.begin(), whole.whole.end());
    DerReader info = reader.inside(whole);
    DerReader algorithm = info.sequence("subjectPublicKeyInfo.algorithm");
    const std::size_t key_offset = info.offset();
    const ConstBytes key = info.octets_in_bit_string("subjectPublicKeyInfo.subjectPublicKey");
    info.finish(kField);
    fields.key_algorithm_oid = algorithm.oid("subjectPublicKeyInfo.algorithm");
    if (!reader.ok()) return;

    const KeyRow* row = find_row(kKeys, fields.key_algorithm_oid);
    fields.key_algorithm = row != nullptr ? row->algorithm : KeyAlgorithm::other;
    fields.key_bits = row != nullptr ? row->bits : 0;
    if (fields.key_algorithm == KeyAlgorithm::rsa ||
        fields.key_algorithm == KeyAlgorithm::rsa_pss) {
        const DerElement bit_string{0, key, key, key_offset,
                                    whole.offset + whole.whole.size() - key.size()};
        fields.key_bits = rsa_bits(info.inside(bit_string), kField);
    } else if (fields.key_algorithm == KeyAlgorithm::ec && algorithm.next_is(der_tag::oid)) {
        // RFC 5480 §2.1.1: a named curve. Explicit parameters leave curve and bits unknown.
        fields.curve_oid = algorithm.oid("subjectPublicKeyInfo.namedCurve");
        const CurveRow* curve = find_row(kCurves, fields.curve_oid);
        fields.key_bits = curve != nullptr ? curve->bits : 0;
        if (curve != nullptr && !point_fits(key, curve->bits)) {
            info.fail_at(key_offset, "subjectPublicKeyInfo.subjectPublicKey",
                         "not a point of its curve's size");
        }
    } else if (fields.key_algorithm == KeyAlgorithm::dsa && algorithm.next_is(der_tag::sequence)) {
        fields.key_bits = significant_bits(algorithm.sequence("subjectPublicKeyInfo.parameters")
                                               .integer("subjectPublicKeyInfo.p"));
    }
    if (!algorithm.at_end()) algorithm.any("subjectPublicKeyInfo.parameters");
    algorithm.finish("subjectPublicKeyInfo.algorithm");
}

void read_signature_fields(DerReader& reader, CertificateFields& fields, std::string_view field) {
    const DerElement whole = reader.expect(der_tag::sequence, field);
    fields.signature_algorithm.assign(whole.whole.begin(), whole.whole.end());
    DerReader algorithm = reader.inside(whole);
    fields.signature_algorithm_oid = algorithm.oid(field);
    if (fields.signature_algorithm_oid == kRsaPss) {
        fields.signature_hash = read_pss_parameters(algorithm, field).hash;
        return;
    }
    fields.signature_hash = hash_of(kSignatureHashes, fields.signature_algorithm_oid);
    if (!algorithm.at_end()) algorithm.any(field);
    algorithm.finish(field);
}

}  // namespace omnitls::inline v0::core
