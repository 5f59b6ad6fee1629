// SPDX-License-Identifier: BSL-1.0
// Signature checks: certificates are made and signed here by OpenSSL's own X.509 functions, then taken apart.
#include "backends/openssl/compat.hpp"
#include "backends/openssl/context.hpp"
#include <omnitls/backends/openssl.hpp>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <functional>
#include <stdexcept>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using namespace openssl_native;
using spi::SignatureCheck;

template <class Encode>
Bytes encoded(Encode encode) {
    unsigned char* out = nullptr;
    const int size = encode(&out);
    if (size <= 0) throw std::runtime_error{"cannot encode"};
    Bytes bytes(out, out + size);
    OPENSSL_free(out);
    return bytes;
}

PkeyPtr make_key(const char* type, const char* group = nullptr, bool explicit_curve = false) {
    const PkeyCtxPtr ctx{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    EVP_PKEY* key = nullptr;
    const bool rsa = std::string_view(type).starts_with("RSA");
    if (!ctx || EVP_PKEY_keygen_init(ctx.get()) != 1 ||
        (rsa && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx.get(), 1536) != 1) ||
        (group != nullptr && EVP_PKEY_CTX_set_group_name(ctx.get(), group) != 1) ||
        (explicit_curve &&
         EVP_PKEY_CTX_set_ec_param_enc(ctx.get(), OPENSSL_EC_EXPLICIT_CURVE) != 1) ||
        EVP_PKEY_generate(ctx.get(), &key) != 1)
        throw std::runtime_error{std::string("cannot make a key: ") + type};
    return PkeyPtr{key};
}

/// What a certificate gives to `verify_signature`.
struct Signed {
    Bytes spki;
    Bytes algorithm;
    Bytes data;
    Bytes signature;

    SignatureCheck check() const {
        return backends::openssl().crypto().verify_signature(spki, algorithm, data, signature);
    }
};

struct Pss {
    const char* mask = nullptr;  ///< Null: PKCS#1 v1.5 or no padding at all.
    int salt = 0;
};

Signed sign(EVP_PKEY* key, const char* digest, Pss pss = {}) {
    const X509Ptr certificate{X509_new()};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 7);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key);
    const MdCtxPtr ctx{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* options = nullptr;
    if (EVP_DigestSignInit_ex(ctx.get(), &options, digest, nullptr, nullptr, key, nullptr) != 1 ||
        (pss.mask != nullptr &&
         (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
          EVP_PKEY_CTX_set_rsa_mgf1_md_name(options, pss.mask, nullptr) != 1 ||
          EVP_PKEY_CTX_set_rsa_pss_saltlen(options, pss.salt) != 1)) ||
        X509_sign_ctx(certificate.get(), ctx.get()) <= 0)
        throw std::runtime_error{"cannot sign"};
    const ASN1_BIT_STRING* signature = nullptr;
    const X509_ALGOR* algorithm = nullptr;
    X509_get0_signature(&signature, &algorithm, certificate.get());
    return {encoded([&](auto out) { return i2d_PUBKEY(key, out); }),
            encoded([&](auto out) { return i2d_X509_ALGOR(algorithm, out); }),
            encoded([&](auto out) { return i2d_re_X509_tbs(certificate.get(), out); }),
            Bytes(signature->data, signature->data + signature->length)};
}

struct Case {
    const char* name;
    const char* type;
    const char* group;
    const char* digest;
    Pss pss;
};

class OpensslSignature : public testing::TestWithParam<Case> {};

TEST_P(OpensslSignature, HoldsForExactlyWhatWasSigned) {
    const Case& c = GetParam();
    const PkeyPtr key = make_key(c.type, c.group);
    const Signed good = sign(key.get(), c.digest, c.pss);
    EXPECT_EQ(good.check(), SignatureCheck::valid);

    Signed other_data = good;
    other_data.data.back() ^= 1U;
    EXPECT_EQ(other_data.check(), SignatureCheck::invalid);

    Signed other_signature = good;
    other_signature.signature[other_signature.signature.size() / 2] ^= 1U;
    EXPECT_EQ(other_signature.check(), SignatureCheck::invalid);

    Signed shorter = good;
    shorter.signature.pop_back();
    EXPECT_EQ(shorter.check(), SignatureCheck::invalid);

    Signed other_key = good;
    const PkeyPtr second = make_key(c.type, c.group);
    other_key.spki = encoded([&](auto out) { return i2d_PUBKEY(second.get(), out); });
    EXPECT_EQ(other_key.check(), SignatureCheck::invalid);
}

INSTANTIATE_TEST_SUITE_P(
    Algorithms, OpensslSignature,
    testing::Values(Case{"rsa_sha256", "RSA", nullptr, "SHA256", {}},
                    Case{"rsa_sha384", "RSA", nullptr, "SHA384", {}},
                    Case{"rsa_sha512", "RSA", nullptr, "SHA512", {}},
                    // Weak, but whether they are good enough is not asked here.
                    Case{"rsa_sha1", "RSA", nullptr, "SHA1", {}},
                    Case{"rsa_md5", "RSA", nullptr, "MD5", {}},
                    Case{"pss_sha256", "RSA", nullptr, "SHA256", {"SHA256", 32}},
                    Case{"pss_sha512_salt20", "RSA", nullptr, "SHA512", {"SHA512", 20}},
                    Case{"pss_sha384_mask_sha256", "RSA", nullptr, "SHA384", {"SHA256", 48}},
                    // All defaults of RFC 4055 §3.1: every field is absent.
                    Case{"pss_defaults", "RSA", nullptr, "SHA1", {"SHA1", 20}},
                    Case{"pss_key", "RSA-PSS", nullptr, "SHA256", {"SHA256", 32}},
                    Case{"ecdsa_p256_sha256", "EC", "P-256", "SHA256", {}},
                    Case{"ecdsa_p256_sha1", "EC", "P-256", "SHA1", {}},
                    Case{"ecdsa_p384_sha384", "EC", "P-384", "SHA384", {}},
                    Case{"ecdsa_p521_sha512", "EC", "P-521", "SHA512", {}},
                    Case{"ed25519", "ED25519", nullptr, nullptr, {}},
                    Case{"ed448", "ED448", nullptr, nullptr, {}}),
    [](const auto& cell) { return std::string(cell.param.name); });

TEST(OpensslSignatureForms, AnAlgorithmOfAnotherKeyTypeIsUnsupported) {
    const PkeyPtr rsa = make_key("RSA");
    const PkeyPtr ec = make_key("EC", "P-256");
    Signed by_rsa = sign(rsa.get(), "SHA256");
    const Signed by_ec = sign(ec.get(), "SHA256");
    EXPECT_EQ(by_rsa.check(), SignatureCheck::valid);
    std::swap(by_rsa.algorithm, const_cast<Signed&>(by_ec).algorithm);
    EXPECT_EQ(by_rsa.check(), SignatureCheck::unsupported);
    EXPECT_EQ(by_ec.check(), SignatureCheck::unsupported);
}

// A key that says "PSS only" must not be taken for PKCS#1 v1.5.
TEST(OpensslSignatureForms, APssKeyDoesNotCheckPkcs1) {
    const PkeyPtr pss_key = make_key("RSA-PSS");
    const PkeyPtr rsa = make_key("RSA");
    Signed by_pss = sign(pss_key.get(), "SHA256", {"SHA256", 32});
    EXPECT_EQ(by_pss.check(), SignatureCheck::valid);
    by_pss.algorithm = sign(rsa.get(), "SHA256").algorithm;
    EXPECT_EQ(by_pss.check(), SignatureCheck::unsupported);
}

// RFC 5480 §2.1.1: a curve is given by name.
TEST(OpensslSignatureForms, AnExplicitCurveIsUnsupported) {
    const PkeyPtr named = make_key("EC", "P-256");
    const PkeyPtr spelled_out = make_key("EC", "P-256", true);
    EXPECT_EQ(sign(named.get(), "SHA256").check(), SignatureCheck::valid);
    EXPECT_EQ(sign(spelled_out.get(), "SHA256").check(), SignatureCheck::unsupported);
}

TEST(OpensslSignatureForms, WhatCannotBeReadIsUnsupported) {
    const PkeyPtr key = make_key("EC", "P-256");
    const Signed good = sign(key.get(), "SHA256");
    EXPECT_EQ(good.check(), SignatureCheck::valid);
    Signed bad_key = good;
    bad_key.spki.resize(bad_key.spki.size() / 2);
    EXPECT_EQ(bad_key.check(), SignatureCheck::unsupported);
    Signed bad_algorithm = good;
    bad_algorithm.algorithm.pop_back();
    EXPECT_EQ(bad_algorithm.check(), SignatureCheck::unsupported);
    Signed unknown_algorithm = good;
    // 2.999.1: an example arc nobody signs with.
    unknown_algorithm.algorithm = {0x30, 0x05, 0x06, 0x03, 0x88, 0x37, 0x01};
    EXPECT_EQ(unknown_algorithm.check(), SignatureCheck::unsupported);
    Signed digest_only = good;
    // 2.16.840.1.101.3.4.2.1, SHA-256 by itself: a digest is no signature algorithm.
    digest_only.algorithm = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
                             0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
    EXPECT_EQ(digest_only.check(), SignatureCheck::unsupported);
    Signed nothing;
    EXPECT_EQ(nothing.check(), SignatureCheck::unsupported);
}

TEST(OpensslSignatureForms, LeavesNoErrorBehind) {
    const PkeyPtr key = make_key("EC", "P-256");
    Signed bad = sign(key.get(), "SHA256");
    EXPECT_EQ(bad.check(), SignatureCheck::valid);
    bad.signature[0] ^= 1U;
    EXPECT_EQ(bad.check(), SignatureCheck::invalid);
    EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace omnitls
