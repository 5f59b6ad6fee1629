// SPDX-License-Identifier: BSL-1.0
// What the reader makes of good certificates: every field, every algorithm, every kind of name, and how it prints.
#include "core/der_text.hpp"
#include "tests/support/certs.hpp"
#include "tests/support/der_builder.hpp"
#include "tests/support/no_crypto.hpp"
#include <omnitls/certificate.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omnitls {
namespace {

namespace der = omnitls::test::der;
using core::to_hex;
using der::CertificateParts;
using test::load_certificate;
using test::must;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Type = GeneralName::Type;

/// "type:value" of each name, in order.
std::vector<std::string> names_of(const std::vector<GeneralName>& names) {
    std::vector<std::string> out;
    for (const GeneralName& name : names) {
        out.push_back(std::to_string(static_cast<int>(name.type)) + ":" + name.value);
    }
    return out;
}

std::string entry(Type type, const std::string& value) {
    return std::to_string(static_cast<int>(type)) + ":" + value;
}

// A reference is given to what stays, a value of what goes.
static_assert(std::is_same_v<decltype(std::declval<const Certificate&>().fields()),
                             const CertificateFields&>);
static_assert(std::is_same_v<decltype(std::declval<Certificate>().fields()), CertificateFields>);
static_assert(std::is_same_v<decltype(std::declval<const Certificate&>().der()), const Bytes&>);
static_assert(std::is_same_v<decltype(std::declval<Certificate>().der()), Bytes>);
template <class Peer>
concept PointsToItsLeaf = requires(Peer&& peer) {
    std::forward<Peer>(peer).leaf();
};
static_assert(PointsToItsLeaf<const PeerInfo&> && !PointsToItsLeaf<PeerInfo>);

TEST(Certificate, WhatATemporaryGivesOutlivesIt) {
    const Certificate leaf = load_certificate("leaf");
    const CertificateFields& fields = load_certificate("leaf").fields();
    const Bytes& der = load_certificate("leaf").der();
    EXPECT_EQ(fields.serial, leaf.fields().serial);
    EXPECT_EQ(fields.spki, leaf.fields().spki);
    EXPECT_EQ(der, leaf.der());
    std::size_t names = 0;
    for (const GeneralName& name : load_certificate("leaf").fields().subject_alt_names)
        names += name.value.empty() ? 0U : 1U;
    EXPECT_EQ(names, leaf.fields().subject_alt_names.size());
    // A handle that is moved from is not robbed: its data is shared.
    Certificate moved = leaf;
    EXPECT_EQ(std::move(moved).fields().serial, leaf.fields().serial);
    EXPECT_EQ(Certificate(leaf).der(), leaf.der());
}

TEST(Certificate, ReadsEveryFieldOfTheGoodLeaf) {
    const Certificate leaf = load_certificate("leaf");
    const CertificateFields& fields = leaf.fields();
    EXPECT_EQ(fields.version, 3);
    EXPECT_EQ(fields.subject.to_string(), "CN=omnitls.test, O=omnitls");
    EXPECT_EQ(fields.subject.common_name(), "omnitls.test");
    EXPECT_EQ(fields.issuer.to_string(), "CN=omnitls test intermediate, O=omnitls");
    EXPECT_EQ(to_rfc3339(fields.not_before), "2020-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(fields.not_after), "2049-12-31T23:59:59Z");
    EXPECT_EQ(fields.key_algorithm, KeyAlgorithm::ec);
    EXPECT_EQ(fields.key_algorithm_oid, "1.2.840.10045.2.1");
    EXPECT_EQ(fields.curve_oid, "1.2.840.10045.3.1.7");
    EXPECT_EQ(fields.key_bits, 256U);
    EXPECT_EQ(fields.signature_algorithm_oid, "1.2.840.10045.4.3.2");
    EXPECT_EQ(fields.signature_hash, "SHA-256");
    EXPECT_EQ(to_hex(fields.signature_algorithm), "300a06082a8648ce3d040302");
    EXPECT_EQ(fields.key_usage, static_cast<std::uint16_t>(KeyUsage::digital_signature));
    ASSERT_TRUE(fields.extended_key_usage);
    EXPECT_THAT(*fields.extended_key_usage, ElementsAre("1.3.6.1.5.5.7.3.1"));
    ASSERT_TRUE(fields.basic_constraints);
    EXPECT_FALSE(fields.basic_constraints->ca);
    EXPECT_FALSE(fields.basic_constraints->path_length);
    EXPECT_FALSE(fields.name_constraints);
    EXPECT_TRUE(fields.has_subject_alt_name);
    EXPECT_THAT(names_of(fields.subject_alt_names),
                ElementsAre(entry(Type::dns, "omnitls.test"), entry(Type::dns, "localhost"),
                            entry(Type::dns, "*.wild.omnitls.test"), entry(Type::ip, "127.0.0.1"),
                            entry(Type::ip, "::1"), entry(Type::srv, "_xmpp-client.omnitls.test"),
                            entry(Type::xmpp_addr, "omnitls.test")));
    EXPECT_THAT(fields.extensions, ElementsAre("2.5.29.19", "2.5.29.15", "2.5.29.14", "2.5.29.35",
                                               "2.5.29.17", "2.5.29.37"));
    EXPECT_THAT(fields.unknown_critical_extensions, IsEmpty());
}

TEST(Certificate, PiecesAreThoseOfTheDocument) {
    const Certificate leaf = load_certificate("leaf");
    const CertificateFields& fields = leaf.fields();
    const Bytes rebuilt =
        der::seq({fields.tbs, fields.signature_algorithm, der::bit_string(fields.signature)});
    EXPECT_EQ(rebuilt, leaf.der());
    const auto inside = [&](const Bytes& piece) {
        return std::search(fields.tbs.begin(), fields.tbs.end(), piece.begin(), piece.end()) !=
               fields.tbs.end();
    };
    EXPECT_TRUE(inside(fields.spki));
    EXPECT_TRUE(inside(fields.subject.der));
    EXPECT_TRUE(inside(fields.issuer.der));
    EXPECT_TRUE(inside(der::integer(fields.serial)));
}

TEST(Certificate, LinksIssuerAndSubject) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate intermediate = load_certificate("intermediate");
    const Certificate root = load_certificate("root");
    EXPECT_EQ(leaf.fields().issuer.der, intermediate.fields().subject.der);
    EXPECT_EQ(leaf.fields().authority_key_id, intermediate.fields().subject_key_id);
    EXPECT_THAT(leaf.fields().authority_key_id, SizeIs(20));
    EXPECT_NE(leaf.fields().authority_key_id, root.fields().subject_key_id);
    EXPECT_TRUE(root.self_issued());
    EXPECT_FALSE(intermediate.self_issued());
    EXPECT_TRUE(intermediate.fields().basic_constraints->ca);
    EXPECT_EQ(load_certificate("intermediate_pathlen0").fields().basic_constraints->path_length,
              0U);
    EXPECT_EQ(to_rfc3339(root.fields().not_after), "2050-12-31T00:00:00Z");
}

TEST(Certificate, ReadsEveryKindOfName) {
    const Certificate shape = load_certificate("shape_every_name");
    const CertificateFields& fields = shape.fields();
    ASSERT_THAT(fields.subject_alt_names, SizeIs(14));
    const auto names = names_of(fields.subject_alt_names);
    EXPECT_EQ(names[7], entry(Type::email, "user@omnitls.test"));
    EXPECT_EQ(names[8], entry(Type::xmpp_addr, "user@omnitls.test"));
    EXPECT_EQ(names[9], entry(Type::uri, "sip:omnitls.test"));
    EXPECT_EQ(names[10], entry(Type::uri, "https://omnitls.test/x"));
    EXPECT_EQ(names[11], entry(Type::directory_name, "CN=inner, O=omnitls"));
    EXPECT_EQ(names[12], entry(Type::registered_id, "2.999.3"));
    EXPECT_EQ(names[13], entry(Type::other, "2.999.4"));
    EXPECT_EQ(to_hex(fields.subject_alt_names[3].der), "7f000001");
    EXPECT_EQ(as_text(fields.subject_alt_names[0].der), "omnitls.test");
    EXPECT_EQ(fields.subject_alt_names[11].der.front(), 0x30) << "the whole Name";
}

TEST(Certificate, ReadsConstraintsAndCriticalPolicies) {
    const Certificate shape = load_certificate("shape_every_name");
    const CertificateFields& fields = shape.fields();
    ASSERT_TRUE(fields.name_constraints);
    EXPECT_THAT(names_of(fields.name_constraints->permitted),
                ElementsAre(entry(Type::dns, "omnitls.test"), entry(Type::email, "omnitls.test"),
                            entry(Type::ip, "192.0.2.0/24"), entry(Type::uri, ".omnitls.test")));
    EXPECT_THAT(names_of(fields.name_constraints->excluded),
                ElementsAre(entry(Type::ip, "2001:db8::/32"),
                            entry(Type::directory_name, "CN=excluded, O=omnitls")));
    EXPECT_EQ(to_hex(fields.name_constraints->permitted[2].der), "c0000200ffffff00");
    EXPECT_EQ(fields.basic_constraints->path_length, 3U);
    EXPECT_TRUE(shape.has_key_usage(KeyUsage::key_cert_sign));
    EXPECT_TRUE(shape.has_key_usage(KeyUsage::decipher_only))
        << "the ninth bit, in the second byte";
    EXPECT_FALSE(shape.has_key_usage(KeyUsage::encipher_only));
    EXPECT_FALSE(shape.has_key_usage(KeyUsage::data_encipherment));
    EXPECT_THAT(fields.unknown_critical_extensions, ElementsAre("2.5.29.32", "2.5.29.54"))
        << "policies are not processed, so a critical one is not understood";
}

TEST(Certificate, AnUnknownExtensionCountsOnlyIfCritical) {
    const Certificate critical = load_certificate("leaf_unknown_critical");
    const Certificate twin = load_certificate("leaf_unknown_noncritical");
    EXPECT_EQ(critical.fields().extensions, twin.fields().extensions);
    EXPECT_THAT(critical.fields().unknown_critical_extensions, ElementsAre("2.999.1"));
    EXPECT_THAT(twin.fields().unknown_critical_extensions, IsEmpty());
}

TEST(Certificate, WhatIsAbsentIsAbsent) {
    const Certificate bare = must(Certificate::parse(CertificateParts::with_extensions({})));
    EXPECT_THAT(bare.fields().extensions, IsEmpty());
    EXPECT_FALSE(bare.fields().has_subject_alt_name);
    EXPECT_FALSE(bare.fields().key_usage);
    EXPECT_FALSE(bare.fields().extended_key_usage);
    EXPECT_FALSE(bare.fields().basic_constraints);
    EXPECT_TRUE(bare.has_key_usage(KeyUsage::key_cert_sign)) << "absent allows everything";
    EXPECT_FALSE(load_certificate("leaf").has_key_usage(KeyUsage::key_cert_sign));
    EXPECT_TRUE(load_certificate("leaf_san_other_types").fields().has_subject_alt_name);
    EXPECT_FALSE(load_certificate("leaf_cn_only").fields().has_subject_alt_name);
}

TEST(Certificate, OldVersionsHaveNoExtensions) {
    CertificateParts parts;
    parts.version.clear();
    parts.extensions.clear();
    EXPECT_EQ(must(Certificate::parse(parts.build())).fields().version, 1);
    parts.version = der::tlv(0xa0, der::integer({1}));
    parts.unique_ids =
        der::cat({der::tlv(0x81, Bytes{0x00, 0xaa}), der::tlv(0x82, Bytes{0x00, 0xbb})});
    EXPECT_EQ(must(Certificate::parse(parts.build())).fields().version, 2);
}

struct AlgorithmCase {
    const char* role;
    KeyAlgorithm key;
    std::uint32_t bits;
    const char* hash;
};

TEST(Certificate, KeysAndSignatures) {
    for (const AlgorithmCase& want : {
             AlgorithmCase{"leaf_rsa", KeyAlgorithm::rsa, 2048, "SHA-256"},
             AlgorithmCase{"leaf_weak_rsa1024", KeyAlgorithm::rsa, 1024, "SHA-256"},
             AlgorithmCase{"leaf_p384", KeyAlgorithm::ec, 384, "SHA-384"},
             AlgorithmCase{"leaf_ed25519", KeyAlgorithm::ed25519, 255, "SHA-256"},
             AlgorithmCase{"leaf_sha1", KeyAlgorithm::ec, 256, "SHA-1"},
             AlgorithmCase{"shape_rsa_pss", KeyAlgorithm::rsa, 2048, "SHA-384"},
             AlgorithmCase{"shape_ed448", KeyAlgorithm::ed448, 448, ""},
             AlgorithmCase{"shape_dsa", KeyAlgorithm::dsa, 1024, "SHA-256"},
         }) {
        const Certificate certificate = load_certificate(want.role);
        EXPECT_EQ(certificate.fields().key_algorithm, want.key) << want.role;
        EXPECT_EQ(certificate.fields().key_bits, want.bits) << want.role;
        EXPECT_EQ(certificate.fields().signature_hash, want.hash) << want.role;
    }
}

/// The hash the reader finds in a certificate with this AlgorithmIdentifier.
std::string hash_with(const Bytes& algorithm) {
    CertificateParts parts;
    parts.algorithm = parts.outer_algorithm = algorithm;
    return must(Certificate::parse(parts.build())).fields().signature_hash;
}

TEST(Certificate, SignatureHashesByIdentifier) {
    const Bytes null = der::tlv(0x05, Bytes{});
    const auto rsa = [&](const char* id) { return hash_with(der::seq({der::oid(id), null})); };
    EXPECT_EQ(rsa("1.2.840.113549.1.1.4"), "MD5");
    EXPECT_EQ(rsa("1.2.840.113549.1.1.5"), "SHA-1");
    EXPECT_EQ(rsa("1.3.14.3.2.29"), "SHA-1");
    EXPECT_EQ(rsa("1.2.840.113549.1.1.11"), "SHA-256");
    EXPECT_EQ(rsa("1.2.840.113549.1.1.13"), "SHA-512");
    EXPECT_EQ(hash_with(der::seq({der::oid("1.2.840.10045.4.1")})), "SHA-1");
    EXPECT_EQ(hash_with(der::seq({der::oid("1.2.840.10045.4.3.4")})), "SHA-512");
    EXPECT_EQ(hash_with(der::seq({der::oid("2.16.840.1.101.3.4.3.2")})), "SHA-256");
    EXPECT_EQ(hash_with(der::seq({der::oid("1.3.101.112")})), "");
    EXPECT_EQ(hash_with(der::seq({der::oid("2.999.9")})), "") << "unknown";
}

TEST(Certificate, PssParametersNameTheHash) {
    const Bytes null = der::tlv(0x05, Bytes{});
    const Bytes pss = der::oid("1.2.840.113549.1.1.10");
    const Bytes sha512 = der::seq({der::oid("2.16.840.1.101.3.4.2.3"), null});
    const Bytes mask = der::seq({der::oid("1.2.840.113549.1.1.8"), sha512});
    const Bytes full = der::seq(
        {pss, der::seq({der::tlv(0xa0, sha512), der::tlv(0xa1, mask),
                        der::tlv(0xa2, der::integer({64})), der::tlv(0xa3, der::integer({1}))})});
    EXPECT_EQ(hash_with(full), "SHA-512");
    EXPECT_EQ(hash_with(der::seq({pss, der::seq({})})), "SHA-1") << "RFC 4055: the default";
}

TEST(Certificate, RsaPssKeysAndUnknownKeys) {
    CertificateParts parts;
    const Bytes modulus = der::cat({Bytes{0x00, 0x81}, Bytes(127, 0x01)});
    const Bytes rsa = der::bit_string(der::seq({der::integer(modulus), der::integer({1, 0, 1})}));
    parts.spki = der::seq({der::seq({der::oid("1.2.840.113549.1.1.10")}), rsa});
    const Certificate pss = must(Certificate::parse(parts.build()));
    EXPECT_EQ(pss.fields().key_algorithm, KeyAlgorithm::rsa_pss);
    EXPECT_EQ(pss.fields().key_bits, 1024U);

    parts.spki = der::seq({der::seq({der::oid("2.999.7")}), der::bit_string({1, 2, 3})});
    const Certificate other = must(Certificate::parse(parts.build()));
    EXPECT_EQ(other.fields().key_algorithm, KeyAlgorithm::other);
    EXPECT_EQ(other.fields().key_algorithm_oid, "2.999.7");
    EXPECT_EQ(other.fields().key_bits, 0U);

    const Bytes explicit_curve = der::seq({der::integer({1})});
    parts.spki = der::seq(
        {der::seq({der::oid("1.2.840.10045.2.1"), explicit_curve}), der::bit_string({4, 1, 2})});
    const Certificate unnamed = must(Certificate::parse(parts.build()));
    EXPECT_EQ(unnamed.fields().key_algorithm, KeyAlgorithm::ec);
    EXPECT_EQ(unnamed.fields().curve_oid, "");
    EXPECT_EQ(unnamed.fields().key_bits, 0U);
}

/// The printed subject of a certificate whose subject is `name`.
std::string subject_with(const Bytes& name) {
    CertificateParts parts;
    parts.subject = name;
    return must(Certificate::parse(parts.build())).fields().subject.to_string();
}

TEST(DistinguishedName, PrintsSafelyAndMostSpecificFirst) {
    const Bytes several =
        der::seq({der::set({der::seq({der::oid("2.5.4.6"), der::tlv(0x13, "DE")})}),
                  der::set({der::seq({der::oid("2.5.4.10"), der::tlv(0x0c, "Example, Inc.")})}),
                  der::set({der::seq({der::oid("2.999.1"), der::tlv(0x0c, "odd")}),
                            der::seq({der::oid("2.5.4.3"), der::tlv(0x0c, "host")})})});
    EXPECT_EQ(subject_with(several), "CN=host, 2.999.1=odd, O=Example\\, Inc., C=DE");
    EXPECT_EQ(subject_with(der::seq({})), "");
    EXPECT_EQ(subject_with(der::name(der::tlv(0x0c, "a\x1b[31m\nb"))), "CN=a\\x1b[31m\\nb");
    EXPECT_EQ(subject_with(der::name(der::tlv(0x0c, Bytes{'a', 0, 'b'}))), "CN=a\\x00b");
    EXPECT_EQ(subject_with(der::name(der::tlv(0x0c, Bytes{'a', 0xff}))), "CN=#0c0261ff")
        << "malformed UTF-8 shows as its DER";
    EXPECT_EQ(subject_with(der::name(der::tlv(0x1e, Bytes{0, 'o', 0, 'k'}))), "CN=ok");
    EXPECT_EQ(subject_with(der::name(der::tlv(0x04, Bytes{1}))), "CN=#040101");
}

TEST(DistinguishedName, PrintingIsBounded) {
    Bytes relatives;
    for (int i = 0; i < 100; ++i) {
        const Bytes pair = der::seq({der::oid("2.5.4.11"), der::tlv(0x0c, std::string(300, 'u'))});
        const Bytes one = der::set({pair});
        relatives.insert(relatives.end(), one.begin(), one.end());
    }
    const std::string printed = subject_with(der::tlv(0x30, relatives));
    EXPECT_LE(printed.size(), 520U);
    EXPECT_TRUE(printed.ends_with(", ...")) << printed;
}

TEST(DistinguishedName, TheLastCommonNameIsShown) {
    CertificateParts parts;
    parts.subject = der::seq({der::set({der::seq({der::oid("2.5.4.3"), der::tlv(0x0c, "first")})}),
                              der::set({der::seq({der::oid("2.5.4.3"), der::tlv(0x0c, "last")})})});
    EXPECT_EQ(must(Certificate::parse(parts.build())).fields().subject.common_name(), "last");
}

TEST(Certificate, DescribesItselfInOneSafeLine) {
    CertificateParts parts;
    const auto describe = [&] { return must(Certificate::parse(parts.build())).describe(); };
    EXPECT_EQ(describe(), "CN=subject.test (serial 0a1b)");
    parts.subject = der::name("evil\r\nname");
    EXPECT_EQ(describe(), "CN=evil\\r\\nname (serial 0a1b)");
    parts.subject = der::name(der::tlv(0x0c, "unit"), "2.5.4.11");
    EXPECT_EQ(describe(), "OU=unit (serial 0a1b)");
    parts.subject = der::seq({});
    EXPECT_EQ(describe(), "SAN=subject.test (serial 0a1b)");
    parts.extensions.clear();
    EXPECT_EQ(describe(), "no subject (serial 0a1b)");
}

TEST(Certificate, NamesKeepTheirBytes) {
    // A NUL does not end a name: "good.test\0.evil.test" is itself, and equals no good name.
    const Bytes value = der::seq({der::tlv(0x82, Bytes{'a', 0, 'b'}), der::tlv(0x82, Bytes{0xff})});
    const Certificate odd = must(Certificate::parse(
        CertificateParts::with_extensions({der::extension("2.5.29.17", value)})));
    ASSERT_THAT(odd.fields().subject_alt_names, SizeIs(2));
    EXPECT_EQ(odd.fields().subject_alt_names[0].value, std::string("a\0b", 3));
    EXPECT_EQ(odd.fields().subject_alt_names[1].value, "\xff");
}

TEST(Certificate, TheBigLeafIsReadWhole) {
    const Certificate big = load_certificate("leaf_big");
    EXPECT_GT(big.der().size(), 20U * 1024U);
    EXPECT_THAT(big.fields().subject_alt_names, SizeIs(751));
}

TEST(Certificate, SerialsOfTheTestDataDiffer) {
    std::set<Bytes> serials;
    for (const char* role :
         {"leaf", "leaf_expired", "leaf_rsa", "intermediate", "root", "client"}) {
        EXPECT_TRUE(serials.insert(load_certificate(role).fields().serial).second) << role;
    }
}

/// Stands for a library's digest: returns its input's size and first byte, or fails.
class FakeDigest final : public test::NoCrypto {
public:
    explicit FakeDigest(bool works) : works_(works) {}
    bool make_digest(spi::Hash hash, ConstBytes data, MutableBytes out) const override {
        if (!works_ || hash != spi::Hash::sha256 || out.size() != 32) return false;
        std::fill(out.begin(), out.end(), std::uint8_t{0});
        out[0] = data.front();
        out[1] = static_cast<std::uint8_t>(data.size() >> 8U);
        out[2] = static_cast<std::uint8_t>(data.size() & 0xffU);
        return true;
    }

private:
    bool works_;
};

TEST(Certificate, FingerprintAndPinComeFromTheLibrary) {
    const Certificate leaf = load_certificate("leaf");
    const auto size_in = [](const std::array<std::uint8_t, 32>& digest) {
        return static_cast<std::size_t>(digest[1]) * 256 + digest[2];
    };
    const auto fingerprint = leaf.fingerprint(FakeDigest{true});
    const auto pin = leaf.spki_pin(FakeDigest{true});
    ASSERT_TRUE(fingerprint && pin);
    EXPECT_EQ(size_in(*fingerprint), leaf.der().size());
    EXPECT_EQ(size_in(*pin), leaf.fields().spki.size());
    EXPECT_FALSE(leaf.fingerprint(FakeDigest{false}));
    EXPECT_FALSE(leaf.spki_pin(FakeDigest{false}));
}

TEST(Certificate, IsAValueComparedByItsBytes) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate copy = leaf;
    EXPECT_EQ(&copy.der(), &leaf.der()) << "copies share";
    EXPECT_EQ(must(Certificate::parse(leaf.der())), leaf);
    EXPECT_FALSE(leaf == load_certificate("leaf_rsa"));
}

TEST(PeerInfo, KeepsWhatCannotBeRead) {
    std::vector<Bytes> chain = test::load_chain("leaf");
    const PeerInfo good = PeerInfo::from_der(chain);
    ASSERT_THAT(good.chain, SizeIs(2));
    ASSERT_NE(good.leaf(), nullptr);
    EXPECT_EQ(good.leaf()->der(), chain[0]);
    EXPECT_EQ(good.chain[1].parse_error, "");

    chain[0].pop_back();
    const PeerInfo bad = PeerInfo::from_der(chain);
    ASSERT_THAT(bad.chain, SizeIs(2));
    EXPECT_EQ(bad.leaf(), nullptr);
    EXPECT_EQ(bad.chain[0].der, chain[0]);
    EXPECT_FALSE(bad.chain[0].parsed);
    EXPECT_THAT(bad.chain[0].parse_error, ::testing::StartsWith("malformed certificate: "));
    EXPECT_TRUE(bad.chain[1].parsed);

    for (const std::vector<Bytes>& useless : {std::vector<Bytes>{}, {Bytes{}}}) {
        const PeerInfo without = PeerInfo::from_der(useless);
        EXPECT_EQ(without.leaf(), nullptr) << useless.size();
    }
}

}  // namespace
}  // namespace omnitls
