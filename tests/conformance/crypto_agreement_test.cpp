// SPDX-License-Identifier: BSL-1.0
// The primitives that core borrows give the same bytes and the same answers whichever library they come from.
#include "tests/conformance/cell.hpp"

#include <random>

namespace omnitls::test {
namespace {

using spi::Aead;
using spi::Hash;
using spi::SignatureCheck;

class CryptoAgrees : public testing::TestWithParam<const TlsBackend*> {
protected:
    const spi::Crypto& crypto = GetParam()->crypto();
    const spi::Crypto& reference = built_backends().front()->crypto();

    Bytes bytes(std::size_t size) {
        Bytes out(size);
        for (auto& byte : out) byte = static_cast<std::uint8_t>(random_());
        return out;
    }
    /// What both make of it; empty if one says that it did not do it.
    template <class Call>
    void expect_same(std::size_t size, Call call) {
        Bytes mine(size);
        Bytes theirs(size, 1);
        ASSERT_TRUE(call(crypto, mine));
        ASSERT_TRUE(call(reference, theirs));
        EXPECT_EQ(mine, theirs);
    }

private:
    std::mt19937 random_{7};
};

TEST_P(CryptoAgrees, HashesAgreeAtEverySize) {
    for (const Hash hash : {Hash::sha256, Hash::sha384, Hash::sha512}) {
        for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 127U, 128U, 129U, 5000U}) {
            SCOPED_TRACE(size);
            const Bytes data = bytes(size);
            const Bytes key = bytes(size % 200);
            expect_same(digest_size(hash), [&](const spi::Crypto& with, MutableBytes out) {
                return with.digest(hash, data, out);
            });
            expect_same(digest_size(hash), [&](const spi::Crypto& with, MutableBytes out) {
                return with.hmac(hash, key, data, out);
            });
            const Bytes secret = bytes(digest_size(hash) + size % 50);  // RFC 5869 §2.3: no less
            expect_same(size % 255 + 1, [&](const spi::Crypto& with, MutableBytes out) {
                return with.hkdf_expand(hash, secret, data, out);
            });
        }
    }
}

TEST_P(CryptoAgrees, SealsAgreeAtEverySize) {
    for (const Aead aead : {Aead::aes_128_gcm, Aead::aes_256_gcm, Aead::chacha20_poly1305}) {
        for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 64U, 1000U}) {
            const Bytes key = bytes(key_size(aead));
            const Bytes nonce = bytes(spi::aead_nonce_size);
            const Bytes data = bytes(size % 40);
            const Bytes text = bytes(size);
            expect_same(size + spi::aead_tag_size, [&](const spi::Crypto& with, MutableBytes out) {
                return with.aead_seal({aead, key, nonce, data, text}, out);
            });
        }
    }
}

TEST_P(CryptoAgrees, SignaturesAgreeWholeAndForged) {
    const auto check = [&](const char* issuer, const char* subject, bool forged) {
        const CertificateFields fields = load_certificate(subject).fields();
        Bytes signature = fields.signature;
        if (forged) signature[signature.size() / 2] ^= 1U;
        return crypto.verify_signature(load_certificate(issuer).fields().spki,
                                       fields.signature_algorithm, fields.tbs, signature);
    };
    for (const char* subject : {"leaf", "leaf_rsa", "leaf_p384", "leaf_sha1", "leaf_big"}) {
        EXPECT_EQ(check("intermediate", subject, false), SignatureCheck::valid) << subject;
        EXPECT_EQ(check("intermediate", subject, true), SignatureCheck::invalid) << subject;
        EXPECT_EQ(check("other_intermediate", subject, false), SignatureCheck::invalid);
        EXPECT_EQ(check("leaf_rsa", subject, false), SignatureCheck::unsupported) << subject;
    }
    EXPECT_EQ(check("shape_rsa_pss", "shape_rsa_pss", false), SignatureCheck::valid);
    EXPECT_EQ(check("shape_rsa_pss", "shape_rsa_pss", true), SignatureCheck::invalid);
}

INSTANTIATE_TEST_SUITE_P(Every, CryptoAgrees, testing::ValuesIn(built_backends()),
                         [](const auto& one) { return std::string(one.param->name()); });

}  // namespace
}  // namespace omnitls::test
