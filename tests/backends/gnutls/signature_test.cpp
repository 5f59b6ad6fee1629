// SPDX-License-Identifier: BSL-1.0
// Signature checks: certificates are made and signed here by GnuTLS's own X.509 functions, then taken apart by core.
#include "tests/backends/gnutls/peers.hpp"

namespace omnitls::test {
namespace {

using namespace gnutls_native;
using spi::SignatureCheck;

struct Case {
    const char* name;
    gnutls_pk_algorithm_t type;
    unsigned int bits;
    gnutls_digest_algorithm_t digest;
    unsigned int flags = 0;
    int salt = -1;  ///< Of an RSASSA-PSS key.
};

X509KeyPtr make_key(const Case& c) {
    X509KeyPtr key = make<X509KeyPtr>(gnutls_x509_privkey_init);
    EXPECT_EQ(gnutls_x509_privkey_generate(key.get(), c.type, c.bits, 0), 0);
    if (c.salt < 0) return key;
    const KeyParametersPtr parameters = make<KeyParametersPtr>(gnutls_x509_spki_init);
    gnutls_x509_spki_set_rsa_pss_params(parameters.get(), c.digest, static_cast<unsigned>(c.salt));
    EXPECT_EQ(gnutls_x509_privkey_set_spki(key.get(), parameters.get(), 0), 0);
    return key;
}

/// A self-signed certificate, as core reads it.
CertificateFields sign(const Case& c) {
    const X509KeyPtr key = make_key(c);
    const CertificatePtr certificate = make<CertificatePtr>(gnutls_x509_crt_init);
    const std::uint8_t serial = 7;
    gnutls_x509_crt_set_version(certificate.get(), 3);
    gnutls_x509_crt_set_serial(certificate.get(), &serial, 1);
    gnutls_x509_crt_set_dn(certificate.get(), "CN=signed", nullptr);
    gnutls_x509_crt_set_activation_time(certificate.get(), 1'700'000'000);
    gnutls_x509_crt_set_expiration_time(certificate.get(), 1'800'000'000);
    EXPECT_EQ(gnutls_x509_crt_set_key(certificate.get(), key.get()), 0);
    EXPECT_EQ(
        gnutls_x509_crt_sign2(certificate.get(), certificate.get(), key.get(), c.digest, c.flags),
        0)
        << c.name;
    gnutls_datum_t der{};
    gnutls_x509_crt_export2(certificate.get(), GNUTLS_X509_FMT_DER, &der);
    const Certificate parsed = must(Certificate::parse(Bytes(der.data, der.data + der.size)));
    gnutls_free(der.data);
    return parsed.fields();
}

SignatureCheck check(const CertificateFields& signed_by, ConstBytes spki) {
    return Backend().crypto().verify_signature(spki, signed_by.signature_algorithm, signed_by.tbs,
                                               signed_by.signature);
}
SignatureCheck check(const CertificateFields& fields) { return check(fields, fields.spki); }

class GnutlsSignature : public testing::TestWithParam<Case> {};

TEST_P(GnutlsSignature, HoldsForExactlyWhatWasSigned) {
    const CertificateFields good = sign(GetParam());
    EXPECT_EQ(check(good), SignatureCheck::valid);
    CertificateFields other = good;
    other.tbs.back() ^= 1U;
    EXPECT_EQ(check(other), SignatureCheck::invalid);
    other = good;
    other.signature[other.signature.size() / 2] ^= 1U;
    EXPECT_EQ(check(other), SignatureCheck::invalid);
    other = good;
    other.signature.pop_back();
    EXPECT_EQ(check(other), SignatureCheck::invalid);
    EXPECT_EQ(check(good, sign(GetParam()).spki), SignatureCheck::invalid);
}

constexpr auto p256 = static_cast<unsigned>(GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
constexpr auto p384 = static_cast<unsigned>(GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1));
constexpr auto p521 = static_cast<unsigned>(GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1));
constexpr Case rsa{"rsa_sha256", GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA256};
constexpr Case pss{"pss_sha256", GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA256,
                   GNUTLS_PRIVKEY_SIGN_FLAG_RSA_PSS};
constexpr Case pss_key{"pss_key_salt20",
                       GNUTLS_PK_RSA_PSS,
                       2048,
                       GNUTLS_DIG_SHA256,
                       GNUTLS_PRIVKEY_SIGN_FLAG_RSA_PSS,
                       20};
constexpr Case ecdsa{"ecdsa_p256_sha256", GNUTLS_PK_ECDSA, p256, GNUTLS_DIG_SHA256};
INSTANTIATE_TEST_SUITE_P(
    Algorithms, GnutlsSignature,
    testing::Values(rsa, Case{"rsa_sha384", GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA384},
                    Case{"rsa_sha512", GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA512},
                    Case{"rsa_sha224", GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA224},
                    // Weak, but whether it is good enough is not asked here.
                    Case{"rsa_sha1", GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA1}, pss, pss_key,
                    Case{"pss_sha512", GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA512,
                         GNUTLS_PRIVKEY_SIGN_FLAG_RSA_PSS},
                    ecdsa, Case{"ecdsa_p384_sha384", GNUTLS_PK_ECDSA, p384, GNUTLS_DIG_SHA384},
                    Case{"ecdsa_p521_sha512", GNUTLS_PK_ECDSA, p521, GNUTLS_DIG_SHA512},
                    Case{"ed25519", GNUTLS_PK_EDDSA_ED25519, 0, GNUTLS_DIG_UNKNOWN},
                    Case{"ed448", GNUTLS_PK_EDDSA_ED448, 0, GNUTLS_DIG_UNKNOWN}),
    [](const auto& cell) { return std::string(cell.param.name); });

TEST(GnutlsSignatureForms, AnAlgorithmOfAnotherKeyTypeIsUnsupported) {
    const CertificateFields by_rsa = sign(rsa);
    const CertificateFields by_ec = sign(ecdsa);
    const CertificateFields by_pss = sign(pss);
    for (const CertificateFields& fields : {by_rsa, by_ec, by_pss})
        EXPECT_EQ(check(fields), SignatureCheck::valid);
    EXPECT_EQ(check(by_rsa, by_ec.spki), SignatureCheck::unsupported);
    EXPECT_EQ(check(by_ec, by_rsa.spki), SignatureCheck::unsupported);
    EXPECT_EQ(check(by_pss, by_ec.spki), SignatureCheck::unsupported);
}

// RFC 4055 §3.1: both are in the parameters of the signature, and GnuTLS knows them as those of a key.
TEST(GnutlsSignatureForms, PssParametersAreTheSignatures) {
    CertificateFields fields = sign(pss);
    EXPECT_EQ(check(fields), SignatureCheck::valid);
    Bytes& algorithm = fields.signature_algorithm;
    const Bytes sha256{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
    const auto mask =
        std::find_end(algorithm.begin(), algorithm.end(), sha256.begin(), sha256.end());
    ASSERT_NE(mask, algorithm.end());
    mask[8] = 2;  // SHA-384: GnuTLS has one hash for both
    EXPECT_EQ(check(fields), SignatureCheck::unsupported);
    mask[8] = 1;
    // No signature has room for such a salt, whose size is the last of it and now has five bytes.
    ASSERT_EQ(algorithm.back(), 32);
    algorithm.resize(algorithm.size() - 2);
    algorithm.insert(algorithm.end(), {5, 0, 0xff, 0xff, 0xff, 0xff});
    for (const std::size_t length : {std::size_t{1}, std::size_t{14}, algorithm.size() - 8})
        algorithm[length] = static_cast<std::uint8_t>(algorithm[length] + 4);
    EXPECT_EQ(check(fields), SignatureCheck::invalid);
}

// A key that says "PSS, and only so" is for nothing else (RFC 4055 §1.2, §3.3).
TEST(GnutlsSignatureForms, APssKeyKeepsToItsWord) {
    const CertificateFields by_key = sign(pss_key);
    EXPECT_EQ(check(by_key), SignatureCheck::valid);
    EXPECT_EQ(check(sign(rsa), by_key.spki), SignatureCheck::unsupported);
    CertificateFields other_digest = by_key;
    other_digest.signature_algorithm =
        sign({"", GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA384, GNUTLS_PRIVKEY_SIGN_FLAG_RSA_PSS})
            .signature_algorithm;
    EXPECT_EQ(check(other_digest), SignatureCheck::unsupported);
    // The salt's size is the last byte: another one is not what was signed with, a shorter one than the key's not even allowed.
    CertificateFields other_salt = by_key;
    ASSERT_EQ(other_salt.signature_algorithm.back(), 32);
    other_salt.signature_algorithm.back() = 30;
    EXPECT_EQ(check(other_salt), SignatureCheck::invalid);
    other_salt.signature_algorithm.back() = 19;
    EXPECT_EQ(check(other_salt), SignatureCheck::unsupported);
}

TEST(GnutlsSignatureForms, WhatCannotBeReadIsUnsupported) {
    const CertificateFields good = sign(ecdsa);
    EXPECT_EQ(check(good), SignatureCheck::valid);
    EXPECT_EQ(check(good, ConstBytes(good.spki).first(good.spki.size() / 2)),
              SignatureCheck::unsupported);
    const Bytes algorithms[] = {
        {good.signature_algorithm.begin(), good.signature_algorithm.end() - 1},
        // 2.999.1: an example arc nobody signs with.
        {0x30, 0x05, 0x06, 0x03, 0x88, 0x37, 0x01},
        // SHA-256 by itself: a digest is no signature algorithm.
        {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01},
        {0x30, 0x84, 0xff, 0xff, 0xff, 0xff},
        {0x30, 0x00},
        {}};
    for (const Bytes& algorithm : algorithms) {
        CertificateFields bad = good;
        bad.signature_algorithm = algorithm;
        EXPECT_EQ(check(bad), SignatureCheck::unsupported) << algorithm.size();
    }
    EXPECT_EQ(check(CertificateFields{}), SignatureCheck::unsupported);
    // PSS parameters cut anywhere.
    CertificateFields cut = sign(pss);
    EXPECT_EQ(check(cut), SignatureCheck::valid);
    while (!cut.signature_algorithm.empty()) {
        cut.signature_algorithm.pop_back();
        EXPECT_EQ(check(cut), SignatureCheck::unsupported) << cut.signature_algorithm.size();
    }
}

}  // namespace
}  // namespace omnitls::test
