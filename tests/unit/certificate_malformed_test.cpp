// SPDX-License-Identifier: BSL-1.0
// What the reader refuses: one broken property at a time, beside the good certificate; and every truncation and every
// flipped byte of real ones.
#include "tests/support/certs.hpp"
#include "tests/support/der_builder.hpp"
#include <omnitls/certificate.hpp>

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omnitls {
namespace {

namespace der = omnitls::test::der;
using der::CertificateParts;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The error's text; empty if the certificate is accepted.
std::string refusal(const Bytes& bytes) {
    const auto result = Certificate::parse(bytes);
    if (result) return {};
    EXPECT_EQ(result.error().code, Errc::bad_input);
    EXPECT_THAT(result.error().what, StartsWith("malformed certificate: "));
    EXPECT_THAT(result.error().what, HasSubstr(" at byte "));
    return result.error().what;
}

/// The refusal of a certificate with one extension of this value.
std::string refusal_of(const std::string& oid, const Bytes& value) {
    return refusal(CertificateParts::with_extensions({der::extension(oid, value)}));
}

struct Broken {
    const char* field;  ///< That the error must name.
    std::function<void(CertificateParts&)> change;
};

TEST(MalformedCertificate, EachFieldIsChecked) {
    ASSERT_EQ(refusal(CertificateParts{}.build()), "");
    const Broken cases[] = {
        {"version", [](auto& p) { p.version = der::tlv(0xa0, der::integer({0})); }},
        {"version", [](auto& p) { p.version = der::tlv(0xa0, der::integer({3})); }},
        {"version", [](auto& p) { p.version = der::tlv(0xa0, der::integer({0xff})); }},
        {"tbsCertificate", [](auto& p) { p.version.clear(); }},  // extensions need version 3
        {"tbsCertificate", [](auto& p) { p.version = der::tlv(0xa0, der::integer({1})); }},
        {"serialNumber", [](auto& p) { p.serial = der::integer({}); }},
        {"serialNumber",
         [](auto& p) {
             p.serial = der::integer({0, 1});
         }},
        {"serialNumber", [](auto& p) { p.serial = der::integer(Bytes(65, 1)); }},
        {"serialNumber", [](auto& p) { p.serial = der::octet_string({1}); }},
        {"tbsCertificate.signature", [](auto& p) { p.algorithm = der::seq({}); }},
        {"signatureAlgorithm",
         [](auto& p) { p.outer_algorithm = der::seq({der::oid("1.2.840.10045.4.3.3")}); }},
        {"signatureAlgorithm",
         [](auto& p) {
             p.outer_algorithm = der::seq({der::oid("1.2.840.10045.4.3.2"), der::tlv(5, Bytes{})});
         }},
        {"issuer", [](auto& p) { p.issuer = der::set({}); }},
        {"issuer", [](auto& p) { p.issuer = der::seq({der::set({})}); }},
        {"issuer", [](auto& p) { p.issuer = der::seq({der::set({der::seq({})})}); }},
        {"subject",
         [](auto& p) {
             p.subject = der::seq({der::set(
                 {der::seq({der::oid("2.5.4.3"), der::tlv(0x0c, "a"), der::tlv(0x0c, "b")})})});
         }},
        {"validity.notAfter",
         [](auto& p) { p.validity = der::seq({der::tlv(0x17, "200101000000Z")}); }},
        {"validity.notBefore",
         [](auto& p) {
             p.validity =
                 der::seq({der::tlv(0x17, "200132000000Z"), der::tlv(0x17, "491231235959Z")});
         }},
        {"subjectPublicKeyInfo", [](auto& p) { p.spki = der::seq({}); }},
        {"subjectPublicKeyInfo.subjectPublicKey",
         [](auto& p) {
             p.spki = der::seq({der::seq({der::oid("2.999.1")}), der::tlv(3, Bytes{})});
         }},
        {"uniqueIdentifier",
         [](auto& p) {
             p.unique_ids = der::tlv(0x81, Bytes{8, 0});
         }},
        {"tbsCertificate",
         [](auto& p) {
             p.unique_ids = der::cat({der::tlv(0x82, Bytes{0}), der::tlv(0x81, Bytes{0})});
         }},
        {"signatureValue", [](auto& p) { p.signature = der::octet_string({1}); }},
        {"signatureValue",
         [](auto& p) {
             p.signature = der::tlv(3, Bytes{1, 0x80});
         }},
    };
    for (const Broken& broken : cases) {
        CertificateParts parts;
        broken.change(parts);
        EXPECT_THAT(refusal(parts.build()), HasSubstr(": " + std::string{broken.field}))
            << &broken - cases;
    }
}

TEST(MalformedCertificate, NothingFollowsTheEnd) {
    const Bytes good = CertificateParts{}.build();
    ASSERT_EQ(refusal(good), "");
    EXPECT_EQ(refusal(der::cat({good, Bytes{0}})), "malformed certificate: certificate at byte " +
                                                       std::to_string(good.size()) +
                                                       ": 1 bytes too many");
    const CertificateParts parts;
    EXPECT_THAT(
        refusal(der::seq({parts.tbs(), parts.outer_algorithm, parts.signature, Bytes{5, 0}})),
        HasSubstr("2 bytes too many"));
    EXPECT_EQ(refusal({}), "malformed certificate: certificate at byte 0: missing");
}

TEST(MalformedCertificate, TheErrorNamesFieldAndByte) {
    CertificateParts parts;
    const Bytes good = parts.build();
    parts.validity = der::seq({der::tlv(0x17, "200101000000Z"), der::tlv(0x17, "491331235959Z")});
    const Bytes bad = parts.build();
    ASSERT_EQ(good.size(), bad.size());
    // The two differ in one digit of the date; its UTCTime begins four bytes earlier: tag, length, two digits.
    const auto differs = std::mismatch(good.begin(), good.end(), bad.begin()).first - good.begin();
    ASSERT_EQ(refusal(good), "");
    EXPECT_EQ(refusal(bad), "malformed certificate: validity.notAfter at byte " +
                                std::to_string(differs - 5) +
                                ": not a valid UTCTime: \"491331235959Z\"");
}

TEST(MalformedCertificate, ExtensionsAreUniqueAndWellFormed) {
    const Bytes one = der::extension("2.999.1", der::seq({}));
    const Bytes two = der::extension("2.999.2", der::seq({}));
    EXPECT_EQ(refusal(CertificateParts::with_extensions({one, two})), "");
    EXPECT_THAT(refusal(CertificateParts::with_extensions({one, two, one})),
                HasSubstr("a second 2.999.1"));
    EXPECT_EQ(refusal(CertificateParts::with_extensions(
                  {der::seq({der::oid("2.999.1"), der::boolean(false), der::octet_string({})})})),
              "")
        << "an explicit FALSE is tolerated";
    for (const Bytes& bad : {
             der::seq({der::oid("2.999.1")}),
             der::seq({der::octet_string({})}),
             der::seq({der::oid("2.999.1"), der::tlv(1, Bytes{1}), der::octet_string({})}),
             der::seq({der::oid("2.999.1"), der::octet_string({}), der::boolean(true)}),
             der::set({der::oid("2.999.1"), der::octet_string({})}),
         }) {
        EXPECT_THAT(refusal(CertificateParts::with_extensions({bad})), HasSubstr(": extension"));
    }
    CertificateParts parts;
    parts.extensions = der::seq({});
    EXPECT_THAT(refusal(parts.build()), HasSubstr(": extension.extnID at byte"));
}

TEST(MalformedCertificate, KnownExtensionsAreReadToTheirEnd) {
    const std::pair<const char*, Bytes> good[] = {
        {"2.5.29.14", der::octet_string({1, 2})},
        {"2.5.29.15", der::tlv(3, Bytes{7, 0x80})},
        {"2.5.29.17", der::seq({der::tlv(0x82, "a.test")})},
        {"2.5.29.19", der::seq({der::boolean(true), der::integer({0})})},
        {"2.5.29.30", der::seq({der::tlv(0xa0, der::seq({der::tlv(0x82, "a.test")}))})},
        {"2.5.29.35", der::seq({der::tlv(0x80, Bytes{1, 2})})},
        {"2.5.29.37", der::seq({der::oid("1.3.6.1.5.5.7.3.1")})},
    };
    for (const auto& [oid, value] : good) {
        EXPECT_EQ(refusal_of(oid, value), "") << oid;
        EXPECT_THAT(refusal_of(oid, der::cat({value, Bytes{5, 0}})), HasSubstr("2 bytes too many"))
            << oid;
        EXPECT_NE(refusal_of(oid, {}), "") << oid;
        EXPECT_NE(refusal_of(oid, {5, 0}), "") << oid;
        Bytes cut = value;
        cut.pop_back();
        EXPECT_NE(refusal_of(oid, cut), "") << oid;
    }
}

TEST(MalformedCertificate, ListsAreNotEmpty) {
    EXPECT_THAT(refusal_of("2.5.29.17", der::seq({})), HasSubstr("subjectAltName"));
    EXPECT_THAT(refusal_of("2.5.29.37", der::seq({})), HasSubstr("extKeyUsage"));
    EXPECT_THAT(refusal_of("2.5.29.30", der::seq({})), HasSubstr("nameConstraints"));
    EXPECT_THAT(refusal_of("2.5.29.30", der::seq({der::tlv(0xa0, Bytes{})})),
                HasSubstr("nameConstraints"));
    EXPECT_EQ(refusal_of("2.5.29.19", der::seq({})), "") << "CA:FALSE";
    EXPECT_EQ(refusal_of("2.5.29.35", der::seq({})), "");
}

TEST(MalformedCertificate, BasicConstraints) {
    const auto with = [](std::initializer_list<Bytes> parts) {
        return refusal_of("2.5.29.19", der::seq(parts));
    };
    EXPECT_EQ(with({der::boolean(true), der::integer({5})}), "");
    EXPECT_EQ(with({der::boolean(false)}), "");
    EXPECT_THAT(with({der::tlv(1, Bytes{1})}), HasSubstr("basicConstraints.cA"));
    EXPECT_THAT(with({der::boolean(true), der::integer({0xff})}), HasSubstr("a negative number"));
    EXPECT_THAT(with({der::boolean(true), der::integer({1, 0, 0, 0, 0})}),
                HasSubstr("basicConstraints.pathLenConstraint"));
    EXPECT_THAT(with({der::integer({5}), der::boolean(true)}), HasSubstr("too many"));
}

TEST(MalformedCertificate, NamesOfEveryKind) {
    const auto with = [](const Bytes& name) { return refusal_of("2.5.29.17", der::seq({name})); };
    const auto other_name = [&](const char* type, const Bytes& value) {
        return with(der::tlv(0xa0, der::cat({der::oid(type), der::tlv(0xa0, value)})));
    };
    const char* srv = "1.3.6.1.5.5.7.8.7";
    const char* xmpp = "1.3.6.1.5.5.7.8.5";
    EXPECT_EQ(with(der::tlv(0x87, Bytes(4))), "");
    EXPECT_EQ(with(der::tlv(0x87, Bytes(16))), "");
    for (const std::size_t size : {0U, 3U, 5U, 8U, 15U, 17U, 32U}) {
        EXPECT_THAT(with(der::tlv(0x87, Bytes(size))), HasSubstr("iPAddress of")) << size;
    }
    EXPECT_EQ(other_name(srv, der::tlv(0x16, "_a.b")), "");
    EXPECT_THAT(other_name(srv, der::tlv(0x0c, "_a.b")), HasSubstr("IA5String"));
    EXPECT_THAT(other_name(srv, der::tlv(0x16, "_a.\xc3\xa4")), HasSubstr("not ASCII"));
    EXPECT_EQ(other_name(xmpp, der::tlv(0x0c, "\xc3\xa4@b")), "");
    EXPECT_THAT(other_name(xmpp, der::tlv(0x0c, "\xc3@b")), HasSubstr("malformed UTF-8"));
    EXPECT_THAT(other_name(xmpp, der::cat({der::tlv(0x0c, "a@b"), Bytes{5, 0}})),
                HasSubstr("too many"));
    EXPECT_NE(with(der::tlv(0xa0, der::oid(xmpp))), "") << "no value";
    EXPECT_EQ(with(der::tlv(0x88, Bytes{0x2a})), "");
    EXPECT_THAT(with(der::tlv(0x88, Bytes{0x80, 0x01})), HasSubstr("registeredID"));
    EXPECT_EQ(with(der::tlv(0xa4, der::name("inner"))), "");
    EXPECT_NE(with(der::tlv(0xa4, Bytes{})), "");
    EXPECT_THAT(with(der::tlv(0xa2, "constructed.test")), HasSubstr("no known kind"));
    EXPECT_THAT(with(der::tlv(0x89, Bytes{})), HasSubstr("no known kind"));
    EXPECT_THAT(with(der::tlv(0x0c, "untagged")), HasSubstr("no known kind"));
    EXPECT_EQ(with(der::tlv(0xa3, Bytes{})), "") << "an x400Address is not looked into";
    EXPECT_EQ(with(der::tlv(0xa5, Bytes{})), "") << "nor an ediPartyName";
}

TEST(MalformedCertificate, NameConstraints) {
    const auto with = [](const Bytes& subtree_content) {
        return refusal_of("2.5.29.30", der::seq({der::tlv(0xa0, der::tlv(0x30, subtree_content))}));
    };
    const Bytes base = der::tlv(0x82, "a.test");
    EXPECT_EQ(with(base), "");
    EXPECT_EQ(with(der::cat({base, der::tlv(0x80, Bytes{0})})), "") << "minimum 0";
    EXPECT_THAT(with(der::cat({base, der::tlv(0x80, Bytes{1})})), HasSubstr("minimum"));
    EXPECT_THAT(with(der::cat({base, der::tlv(0x81, Bytes{1})})), HasSubstr("too many"))
        << "maximum";
    EXPECT_EQ(with(der::tlv(0x87, Bytes{192, 0, 2, 0, 255, 255, 254, 0})), "");
    EXPECT_THAT(with(der::tlv(0x87, Bytes{192, 0, 2, 0, 255, 253, 255, 0})), HasSubstr("mask"));
    EXPECT_THAT(with(der::tlv(0x87, Bytes{192, 0, 2, 0, 255, 254, 128, 0})), HasSubstr("mask"));
    EXPECT_THAT(with(der::tlv(0x87, Bytes{192, 0, 2, 0})), HasSubstr("mask")) << "an address alone";
    EXPECT_EQ(with(der::tlv(0x87, Bytes(8))), "") << "0.0.0.0/0";
    EXPECT_EQ(with(der::tlv(0x87, Bytes(32))), "") << "::/0";
}

TEST(MalformedCertificate, RsaKeys) {
    const auto with = [](const Bytes& key) {
        CertificateParts parts;
        parts.spki = der::seq({der::seq({der::oid("1.2.840.113549.1.1.1"), der::tlv(5, Bytes{})}),
                               der::bit_string(key)});
        return refusal(parts.build());
    };
    const Bytes e = der::integer({1, 0, 1});
    EXPECT_EQ(with(der::seq({der::integer({0, 0xc0, 1}), e})), "");
    EXPECT_THAT(with(der::seq({der::integer({0xc0, 1}), e})), HasSubstr("modulus")) << "negative";
    EXPECT_THAT(with(der::seq({der::integer({0}), e})), HasSubstr("modulus")) << "zero";
    EXPECT_THAT(with(der::seq({der::integer({1})})), HasSubstr("publicExponent"));
    EXPECT_THAT(with(der::cat({der::seq({der::integer({1}), e}), Bytes{0}})),
                HasSubstr("too many"));
    EXPECT_THAT(with({}), HasSubstr("subjectPublicKeyInfo"));
}

TEST(MalformedCertificate, PssParameters) {
    const auto with = [](const Bytes& params) {
        CertificateParts parts;
        parts.algorithm = parts.outer_algorithm =
            der::seq({der::oid("1.2.840.113549.1.1.10"), params});
        return refusal(parts.build());
    };
    const Bytes hash = der::seq({der::oid("2.16.840.1.101.3.4.2.1")});
    EXPECT_EQ(with(der::seq({der::tlv(0xa0, hash)})), "");
    EXPECT_NE(with({}), "") << "a signature names its parameters (RFC 4055 §3.1)";
    EXPECT_NE(with(der::tlv(5, Bytes{})), "");
    EXPECT_NE(with(der::seq({der::tlv(0xa0, der::cat({hash, hash}))})), "");
    EXPECT_NE(with(der::seq({der::tlv(0xa2, der::integer({0x80}))})), "") << "negative salt";
    EXPECT_NE(with(der::seq({der::tlv(0xa4, hash)})), "");
}

// --- bounds ---

Bytes repeated(const Bytes& part, std::size_t times) {
    Bytes out;
    for (std::size_t i = 0; i < times; ++i) out.insert(out.end(), part.begin(), part.end());
    return out;
}

TEST(CertificateBounds, SixtyFourKibibytes) {
    CertificateParts parts;
    const std::size_t overhead = [&] {
        parts.extensions = der::extension("2.999.1", Bytes(60000));
        return parts.build().size() - 60000;
    }();
    parts.extensions = der::extension("2.999.1", Bytes(65536 - overhead));
    ASSERT_EQ(parts.build().size(), 65536U);
    EXPECT_EQ(refusal(parts.build()), "");
    parts.extensions = der::extension("2.999.1", Bytes(65537 - overhead));
    EXPECT_THAT(refusal(parts.build()), HasSubstr("65537 bytes, more than the limit of 65536"));
}

TEST(CertificateBounds, AThousandNames) {
    const Bytes name = der::tlv(0x82, "a.test");
    EXPECT_EQ(refusal_of("2.5.29.17", der::tlv(0x30, repeated(name, 1000))), "");
    EXPECT_THAT(refusal_of("2.5.29.17", der::tlv(0x30, repeated(name, 1001))),
                HasSubstr("more than 1000 names"));
    // Together with those of the constraints.
    const Bytes subtrees = der::tlv(0xa1, repeated(der::seq({name}), 500));
    const auto both = [&](std::size_t names) {
        return refusal(CertificateParts::with_extensions(
            {der::extension("2.5.29.30", der::seq({subtrees})),
             der::extension("2.5.29.17", der::tlv(0x30, repeated(name, names)))}));
    };
    EXPECT_EQ(both(500), "");
    EXPECT_THAT(both(501), HasSubstr("more than 1000 names"));
}

TEST(CertificateBounds, ExtensionsAttributesPurposes) {
    const auto with_extensions = [](int count) {
        CertificateParts parts;
        parts.extensions.clear();
        for (int i = 0; i < count; ++i) {
            const Bytes one = der::extension("2.999." + std::to_string(i), {});
            parts.extensions.insert(parts.extensions.end(), one.begin(), one.end());
        }
        return refusal(parts.build());
    };
    EXPECT_EQ(with_extensions(64), "");
    EXPECT_THAT(with_extensions(65), HasSubstr("more than 64 extensions"));

    const auto with_attributes = [](std::size_t count) {
        CertificateParts parts;
        parts.subject = der::tlv(
            0x30,
            repeated(der::set({der::seq({der::oid("2.5.4.3"), der::tlv(0x0c, "a")})}), count));
        return refusal(parts.build());
    };
    EXPECT_EQ(with_attributes(100), "");
    EXPECT_THAT(with_attributes(101), HasSubstr("more than 100 attributes"));

    const Bytes purpose = der::oid("2.999.1");
    EXPECT_EQ(refusal_of("2.5.29.37", der::tlv(0x30, repeated(purpose, 100))), "");
    EXPECT_THAT(refusal_of("2.5.29.37", der::tlv(0x30, repeated(purpose, 101))),
                HasSubstr("more than 100 purposes"));
}

// --- every truncation, every flip ---

class DamagedCertificate : public ::testing::TestWithParam<const char*> {};

TEST_P(DamagedCertificate, EveryTruncationIsRefused) {
    const Bytes good = test::load_certificate(GetParam()).der();
    ASSERT_EQ(refusal(good), "");
    for (std::size_t size = 0; size < good.size(); ++size) {
        // A buffer of exactly this size, so that a sanitizer sees a byte read too far.
        const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_NE(refusal(cut), "") << size;
    }
}

TEST_P(DamagedCertificate, EveryFlippedByteIsReadOrRefused) {
    const Bytes good = test::load_certificate(GetParam()).der();
    std::size_t refused = 0;
    std::size_t read = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const unsigned mask : {0x01U, 0x80U, 0xffU, 0x20U}) {
            Bytes flipped = good;
            flipped[i] = static_cast<std::uint8_t>(flipped[i] ^ mask);
            const auto result = Certificate::parse(flipped);
            if (!result) {
                ++refused;
                continue;
            }
            ++read;
            EXPECT_EQ(result->der(), flipped);
            EXPECT_LE(result->describe().size(), 700U);
        }
    }
    // Keys, signatures and texts may change unnoticed; lengths and tags may not.
    EXPECT_GT(refused, good.size() / 4);
    EXPECT_GT(read, good.size() / 4);
}

INSTANTIATE_TEST_SUITE_P(Roles, DamagedCertificate,
                         ::testing::Values("leaf", "leaf_rsa", "shape_every_name", "shape_rsa_pss",
                                           "shape_dsa", "root"),
                         [](const auto& role) { return std::string{role.param}; });

}  // namespace
}  // namespace omnitls
