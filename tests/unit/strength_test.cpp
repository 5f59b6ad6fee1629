// SPDX-License-Identifier: BSL-1.0
// The floor for keys and signatures, on both sides of it.
#include "core/strength.hpp"

#include "tests/support/certificate_builder.hpp"
#include "tests/support/certs.hpp"

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

CertificateFields with_key(KeyAlgorithm algorithm, std::uint32_t bits) {
    CertificateFields fields;
    fields.key_algorithm = algorithm;
    fields.key_bits = bits;
    return fields;
}

TEST(Strength, AKeyHasAFloor) {
    struct Row {
        KeyAlgorithm algorithm;
        std::uint32_t bits;
        const char* why;
    };
    const Row rows[] = {
        {KeyAlgorithm::rsa, 2048, ""},
        {KeyAlgorithm::rsa, 2047, "RSA key of 2047 bits, at least 2048 wanted"},
        {KeyAlgorithm::rsa_pss, 2048, ""},
        {KeyAlgorithm::rsa_pss, 1024, "RSA key of 1024 bits, at least 2048 wanted"},
        {KeyAlgorithm::ec, 256, ""},
        {KeyAlgorithm::ec, 255, "EC key of 255 bits, at least 256 wanted"},
        {KeyAlgorithm::ed25519, 255, ""},
        {KeyAlgorithm::ed448, 448, ""},
        {KeyAlgorithm::dsa, 3072, "DSA key"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(key_weakness(with_key(row.algorithm, row.bits)), row.why) << row.bits;
}

TEST(Strength, AHigherOneHasHigherFloors) {
    struct Row {
        KeyAlgorithm algorithm;
        std::uint32_t least_128;
        std::uint32_t least_192;
    };
    for (const Row& row : {Row{KeyAlgorithm::rsa, 3072, 7680}, Row{KeyAlgorithm::ec, 256, 384}}) {
        const auto weakness = [&](std::uint32_t bits, Strength strength) {
            return key_weakness(with_key(row.algorithm, bits), strength);
        };
        EXPECT_EQ(weakness(row.least_128, Strength::bits_128), "");
        EXPECT_NE(weakness(row.least_128 - 1, Strength::bits_128), "");
        EXPECT_EQ(weakness(row.least_192, Strength::bits_192), "");
        EXPECT_NE(weakness(row.least_192 - 1, Strength::bits_192), "");
    }
    EXPECT_EQ(key_weakness(with_key(KeyAlgorithm::ed25519, 255), Strength::bits_128), "");
    EXPECT_NE(key_weakness(with_key(KeyAlgorithm::ed25519, 255), Strength::bits_192), "");
    EXPECT_EQ(key_weakness(with_key(KeyAlgorithm::ed448, 448), Strength::bits_192), "");
    const auto signature = [](SignatureKindView kind, Strength strength) {
        return signature_weakness(kind, strength);
    };
    EXPECT_EQ(signature({"SHA-224", {}}, Strength::bits_112), "");
    EXPECT_EQ(signature({"SHA-224", {}}, Strength::bits_128),
              "signed with SHA-224, at least SHA-256 wanted");
    EXPECT_EQ(signature({"SHA-256", {}}, Strength::bits_128), "");
    EXPECT_NE(signature({"SHA-256", {}}, Strength::bits_192), "");
    EXPECT_EQ(signature({"SHA-384", {}}, Strength::bits_192), "");
    EXPECT_EQ(signature({"SHA-512", {}}, Strength::bits_192), "");
    EXPECT_EQ(signature({{}, "1.3.101.112"}, Strength::bits_128), "");
    EXPECT_NE(signature({{}, "1.3.101.112"}, Strength::bits_192), "");
    EXPECT_EQ(signature({{}, "1.3.101.113"}, Strength::bits_192), "");
}

// What cannot be measured is not strong. The names come from the certificate and are escaped.
TEST(Strength, AnUnknownKeyIsWeak) {
    CertificateFields curve = with_key(KeyAlgorithm::ec, 0);
    curve.curve_oid = "2.999\n";
    EXPECT_EQ(key_weakness(curve), "EC key on an unknown curve " + escape_untrusted("2.999\n"));
    CertificateFields other = with_key(KeyAlgorithm::other, 4096);
    other.key_algorithm_oid = "2.999.1";
    EXPECT_EQ(key_weakness(other), "key of an unknown algorithm 2.999.1");
}

struct Digest {
    const char* hash;
    bool forgeable;  ///< Nobody should believe it.
    bool shown;      ///< Good enough for this side's own.
};

TEST(Strength, ADigestHasAFloorAndAHigherOneForOnesOwn) {
    const Digest digests[] = {
        {"MD2", true, false},      {"MD4", true, false},         {"MD5", true, false},
        {"SHA-1", true, false},    {"SHA-224", false, false},    {"SHA-512/224", false, false},
        {"SHA-256", false, true},  {"SHA-384", false, true},     {"SHA-512", false, true},
        {"SHA3-256", false, true}, {"SHA-512/256", false, true},
    };
    for (const Digest& digest : digests) {
        CertificateFields fields;
        fields.signature_hash = digest.hash;
        const std::string signed_with = std::string("signed with ") + digest.hash;
        EXPECT_EQ(signature_weakness({fields.signature_hash, {}}),
                  digest.forgeable ? signed_with + ", which can be forged" : "");
        EXPECT_EQ(own_signature_weakness(fields),
                  digest.shown ? "" : signed_with + ", SHA-256 or better wanted");
    }
}

TEST(Strength, ASignatureWithoutADigestOfItsOwnIsKnownByItsAlgorithm) {
    for (const char* role : {"leaf_ed25519", "shape_ed448", "shape_rsa_pss"}) {
        EXPECT_EQ(own_signature_weakness(test::load_certificate(role).fields()), "") << role;
    }
    CertificateFields fields;
    for (const char* oid : {"1.3.101.112", "1.3.101.113"}) {
        fields.signature_algorithm_oid = oid;
        EXPECT_EQ(own_signature_weakness(fields), "") << oid;
    }
    fields.signature_algorithm_oid = "2.999.2";
    EXPECT_EQ(own_signature_weakness(fields),
              "signed with an unknown algorithm 2.999.2, SHA-256 or better wanted");
    EXPECT_EQ(signature_weakness({{}, fields.signature_algorithm_oid}), "");
}

TEST(Strength, SelfSignedTakesTheNameAndTheKey) {
    test::CertificateSpec spec = test::root_authority("root", "root-key");
    EXPECT_TRUE(seems_self_signed(test::build(spec)));
    spec.subject_key_id = spec.authority_key_id = "key one";
    EXPECT_TRUE(seems_self_signed(test::build(spec)));
    // The same name, another key: an authority that changed its key vouches for the new one.
    spec.authority_key_id = "key two";
    EXPECT_FALSE(seems_self_signed(test::build(spec)));
    spec.authority_key_id = spec.subject_key_id;
    spec.issuer = "another";
    EXPECT_FALSE(seems_self_signed(test::build(spec)));
    EXPECT_TRUE(seems_self_signed(test::load_certificate("leaf_self_signed_sha1")));
    EXPECT_FALSE(seems_self_signed(test::load_certificate("leaf_sha1")));
}

}  // namespace
}  // namespace omnitls::core
