// SPDX-License-Identifier: BSL-1.0
// What is decided about a primitive before any library is asked; what libraries make of the rest is in tests/conformance.
#include "tests/support/certs.hpp"
#include "tests/support/no_crypto.hpp"

#include <optional>

#include <gtest/gtest.h>

namespace omnitls::spi {
namespace {

/// A library that finds every signature good, and remembers what it was asked.
class Believer final : public test::NoCrypto {
public:
    SignatureCheck check(const SignedData& signed_data) const override {
        asked = signed_data.algorithm;
        return SignatureCheck::valid;
    }
    bool seal(const AeadInput&, MutableBytes) const override { return true; }
    mutable std::optional<SignatureAlgorithm> asked;
};

SignatureCheck verify(const Believer& crypto, const CertificateFields& fields) {
    return crypto.verify_signature(fields.spki, fields.signature_algorithm, fields.tbs,
                                   fields.signature);
}

TEST(Crypto, ALibraryIsAskedAboutWhatIsForTheKey) {
    const Believer crypto;
    const CertificateFields pss = test::load_certificate("shape_rsa_pss").fields();
    EXPECT_EQ(verify(crypto, pss), SignatureCheck::valid);
    ASSERT_TRUE(crypto.asked);
    EXPECT_EQ(crypto.asked->kind, SignatureKind::rsa_pss);
    EXPECT_EQ(crypto.asked->salt_size, 48U);
    crypto.asked.reset();
    CertificateFields other_key = pss;
    other_key.spki = test::load_certificate("leaf").fields().spki;
    EXPECT_EQ(verify(crypto, other_key), SignatureCheck::unsupported);
    EXPECT_FALSE(crypto.asked);
}

// OpenSSL and mbedTLS take -1 for "any salt" or "as long as the digest".
TEST(Crypto, NoSaltIsLargerThanItsSignature) {
    const Believer crypto;
    CertificateFields fields = test::load_certificate("shape_rsa_pss").fields();
    EXPECT_EQ(verify(crypto, fields), SignatureCheck::valid);
    crypto.asked.reset();
    fields.signature.resize(47);
    EXPECT_EQ(verify(crypto, fields), SignatureCheck::invalid);
    EXPECT_FALSE(crypto.asked);
}

TEST(Crypto, SizesFitTheAlgorithmBeforeALibrarySeesThem) {
    const Believer crypto;
    const Bytes key(16);
    const Bytes nonce(12);
    Bytes out(4 + 16);
    EXPECT_TRUE(crypto.aead_seal({Aead::aes_128_gcm, key, nonce, {}, Bytes(4)}, out));
    EXPECT_FALSE(crypto.aead_seal({Aead::aes_256_gcm, key, nonce, {}, Bytes(4)}, out));
    EXPECT_FALSE(crypto.aead_seal({Aead::aes_128_gcm, key, nonce, {}, Bytes(5)}, out));
}

}  // namespace
}  // namespace omnitls::spi
