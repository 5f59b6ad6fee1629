// SPDX-License-Identifier: BSL-1.0
// The primitives: one published vector each (tests/conformance compares the backends at length), what they refuse, and the
// signatures of every certificate there is.
#include "tests/backends/mbedtls/peers.hpp"

#include <charconv>

namespace omnitls::test {
namespace {

using spi::Aead;
using spi::Hash;
using spi::SignatureCheck;

const spi::Crypto& crypto() { return backends::mbedtls().crypto(); }

Bytes hex(std::string_view text) {
    Bytes bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, bytes[i], 16);
    return bytes;
}

// FIPS 180-4 "abc"; RFC 4231 §4.3; RFC 5869 A.1.
TEST(MbedtlsCrypto, HashesAreThoseOfTheStandards) {
    Bytes out(32);
    EXPECT_TRUE(crypto().digest(Hash::sha256, as_bytes("abc"), out));
    EXPECT_EQ(out, hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    EXPECT_TRUE(crypto().hmac(Hash::sha256, as_bytes("Jefe"),
                              as_bytes("what do ya want for nothing?"), out));
    EXPECT_EQ(out, hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    Bytes okm(42);
    EXPECT_TRUE(crypto().hkdf_expand(
        Hash::sha256, hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"),
        hex("f0f1f2f3f4f5f6f7f8f9"), okm));
    EXPECT_EQ(okm, hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                       "34007208d5b887185865"));
    Bytes wrong(31);
    EXPECT_FALSE(crypto().digest(Hash::sha256, {}, wrong));
    EXPECT_FALSE(crypto().hmac(Hash::sha256, {}, {}, wrong));
    Bytes too_long(255 * 32 + 1);
    EXPECT_FALSE(crypto().hkdf_expand(Hash::sha256, out, {}, too_long));
    EXPECT_FALSE(crypto().hkdf_expand(Hash::sha256, out, {}, {}));
}

// GCM specification, test cases 2 and 14; RFC 8439 §2.8.2 (the tag).
TEST(MbedtlsCrypto, SealsAreThoseOfTheStandards) {
    Bytes out(32);
    EXPECT_TRUE(crypto().aead_seal({Aead::aes_128_gcm, Bytes(16), Bytes(12), {}, Bytes(16)}, out));
    EXPECT_EQ(out, hex("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"));
    EXPECT_TRUE(crypto().aead_seal({Aead::aes_256_gcm, Bytes(32), Bytes(12), {}, Bytes(16)}, out));
    EXPECT_EQ(out, hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"));
    const std::string_view text =
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        "future, sunscreen would be it.";
    Bytes key(32);
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(0x80 + i);
    Bytes sealed(text.size() + 16);
    EXPECT_TRUE(crypto().aead_seal({Aead::chacha20_poly1305, key, hex("070000004041424344454647"),
                                    hex("50515253c0c1c2c3c4c5c6c7"), as_bytes(text)},
                                   sealed));
    EXPECT_EQ(Bytes(sealed.end() - 16, sealed.end()), hex("1ae10b594f09e26a7e902ecbd0600691"));
    EXPECT_FALSE(crypto().aead_seal({Aead::aes_128_gcm, Bytes(32), Bytes(12), {}, Bytes(16)}, out));
    EXPECT_FALSE(crypto().aead_seal({Aead::aes_128_gcm, Bytes(16), Bytes(11), {}, Bytes(16)}, out));
    EXPECT_FALSE(crypto().aead_seal({Aead::aes_128_gcm, Bytes(16), Bytes(12), {}, Bytes(17)}, out));
}

TEST(MbedtlsCrypto, RandomIsRandomAtEverySize) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{32}, std::size_t{5000}}) {
        Bytes first(size + 16);
        Bytes second(size + 16);
        EXPECT_TRUE(crypto().random(first));
        EXPECT_TRUE(crypto().random(second));
        EXPECT_NE(first, second);
        EXPECT_NE(Bytes(first.end() - 16, first.end()), Bytes(16));
    }
    EXPECT_TRUE(crypto().random({}));
}

SignatureCheck check(const Certificate& issuer, const Certificate& subject, bool forged) {
    const CertificateFields& fields = subject.fields();
    Bytes signature(fields.signature.begin(), fields.signature.end());
    if (forged) signature[signature.size() / 2] ^= 1U;
    return crypto().verify_signature(issuer.fields().spki, fields.signature_algorithm, fields.tbs,
                                     signature);
}

TEST(MbedtlsCrypto, ChecksTheSignaturesOfCertificates) {
    const Certificate root = load_certificate("root");
    const Certificate intermediate = load_certificate("intermediate");
    EXPECT_EQ(check(root, intermediate, false), SignatureCheck::valid);
    EXPECT_EQ(check(root, intermediate, true), SignatureCheck::invalid);
    EXPECT_EQ(check(intermediate, load_certificate("leaf_sha1"), false), SignatureCheck::valid);
    EXPECT_EQ(check(intermediate, load_certificate("leaf_p384"), false), SignatureCheck::valid);
    EXPECT_EQ(check(intermediate, root, false), SignatureCheck::invalid);
    const Certificate pss = load_certificate("shape_rsa_pss");
    EXPECT_EQ(check(pss, pss, false), SignatureCheck::valid);
    EXPECT_EQ(check(pss, pss, true), SignatureCheck::invalid);
    // A size of the salt that becomes -1 as an int, which is mbedTLS' word for any.
    const CertificateFields& fields = pss.fields();
    Bytes algorithm = fields.signature_algorithm;
    const Bytes salt_of_48 = hex("a203020130");
    ASSERT_TRUE(std::equal(salt_of_48.rbegin(), salt_of_48.rend(), algorithm.rbegin()));
    algorithm.resize(algorithm.size() - salt_of_48.size());
    const Bytes any_salt = hex("a207020500ffffffff");
    algorithm.insert(algorithm.end(), any_salt.begin(), any_salt.end());
    for (const std::size_t size_of_sequence : {1U, 14U}) algorithm[size_of_sequence] += 4;
    EXPECT_EQ(crypto().verify_signature(fields.spki, algorithm, fields.tbs, fields.signature),
              SignatureCheck::invalid);
    // A key of another kind than the algorithm, and kinds that mbedTLS does not have.
    EXPECT_EQ(check(load_certificate("leaf_rsa"), intermediate, false),
              SignatureCheck::unsupported);
    for (const char* role : {"shape_ed448", "shape_dsa"}) {
        const Certificate strange = load_certificate(role);
        EXPECT_EQ(check(strange, strange, false), SignatureCheck::unsupported) << role;
    }
    EXPECT_EQ(crypto().verify_signature({}, {}, {}, {}), SignatureCheck::unsupported);
}

}  // namespace
}  // namespace omnitls::test
