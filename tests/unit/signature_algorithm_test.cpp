// SPDX-License-Identifier: BSL-1.0
// Which signature algorithms there are, for which keys, and in which forms: what is decided before any library is asked.
#include "core/signature_algorithm.hpp"

#include "tests/support/der_builder.hpp"

#include <string>

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

using namespace test::der;
using spi::SignatureAlgorithm;
using spi::SignatureHash;
using spi::SignatureKind;

const Bytes null = tlv(0x05, Bytes{});
const char* const rsa = "1.2.840.113549.1.1.1";
const char* const rsa_pss = "1.2.840.113549.1.1.10";
const char* const sha256 = "2.16.840.1.101.3.4.2.1";
const char* const sha512 = "2.16.840.1.101.3.4.2.3";

Bytes explicit_tag(unsigned number, const Bytes& content) {
    return tlv(static_cast<std::uint8_t>(0xa0 + number), content);
}

/// RSASSA-PSS-params with everything said.
struct Pss {
    std::string hash = sha256;
    std::string mask = "1.2.840.113549.1.1.8";
    std::string mask_hash = sha256;
    std::uint8_t salt = 32;
    std::uint8_t trailer = 1;

    Bytes parameters() const {
        return seq({explicit_tag(0, seq({oid(hash), null})),
                    explicit_tag(1, seq({oid(mask), seq({oid(mask_hash), null})})),
                    explicit_tag(2, integer({salt})), explicit_tag(3, integer({trailer}))});
    }
    Bytes algorithm() const { return seq({oid(rsa_pss), parameters()}); }
};

Bytes key(const Bytes& algorithm) { return seq({algorithm, bit_string(Bytes(4, 1))}); }
Bytes key(const char* type) { return key(seq({oid(type), null})); }

bool is_read(const Bytes& der) { return read_signature_algorithm(der).has_value(); }

TEST(SignatureAlgorithm, IsReadFromItsIdentifier) {
    struct Row {
        const char* oid;
        SignatureKind kind;
        SignatureHash hash;
    };
    for (const Row& row :
         {Row{"1.2.840.113549.1.1.4", SignatureKind::rsa_pkcs1, SignatureHash::md5},
          Row{"1.2.840.113549.1.1.5", SignatureKind::rsa_pkcs1, SignatureHash::sha1},
          Row{"1.2.840.113549.1.1.11", SignatureKind::rsa_pkcs1, SignatureHash::sha256},
          Row{"1.2.840.10045.4.3.1", SignatureKind::ecdsa, SignatureHash::sha224},
          Row{"1.2.840.10045.4.3.4", SignatureKind::ecdsa, SignatureHash::sha512}}) {
        for (const Bytes& der : {seq({oid(row.oid)}), seq({oid(row.oid), null})}) {
            const auto read = read_signature_algorithm(der);
            ASSERT_TRUE(read) << row.oid;
            EXPECT_EQ(read->kind, row.kind) << row.oid;
            EXPECT_EQ(read->hash, row.hash) << row.oid;
        }
    }
    const auto ed25519 = read_signature_algorithm(seq({oid("1.3.101.112")}));
    ASSERT_TRUE(ed25519);
    EXPECT_EQ(ed25519->kind, SignatureKind::ed25519);
}

TEST(SignatureAlgorithm, ThatIsNoneOrHasSomethingBehindItIsNotRead) {
    const Bytes good = seq({oid("1.2.840.10045.4.3.2")});
    EXPECT_TRUE(is_read(good));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(
            is_read(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
    EXPECT_FALSE(is_read(cat({good, null})));
    EXPECT_FALSE(is_read(seq({oid("1.2.840.10045.4.3.2"), null, null})));
    EXPECT_FALSE(is_read(seq({oid("1.2.840.10045.4.3.2"), integer({1})})));
    EXPECT_FALSE(is_read(seq({oid("1.2.840.10045.4.3.2"), tlv(0x05, Bytes{0})})));
    EXPECT_FALSE(is_read(seq({oid(sha256)}))) << "a digest is no signature algorithm";
    EXPECT_FALSE(is_read(seq({oid("2.999.1")})));
}

TEST(SignatureAlgorithm, PssHasItsParametersOrTheirDefaults) {
    const auto said = read_signature_algorithm(Pss{.mask_hash = sha512, .salt = 20}.algorithm());
    ASSERT_TRUE(said);
    EXPECT_EQ(said->kind, SignatureKind::rsa_pss);
    EXPECT_EQ(said->hash, SignatureHash::sha256);
    EXPECT_EQ(said->mask_hash, SignatureHash::sha512);
    EXPECT_EQ(said->salt_size, 20U);
    const auto unsaid = read_signature_algorithm(seq({oid(rsa_pss), seq({})}));
    ASSERT_TRUE(unsaid);
    EXPECT_EQ(unsaid->hash, SignatureHash::sha1);
    EXPECT_EQ(unsaid->mask_hash, SignatureHash::sha1);
    EXPECT_EQ(unsaid->salt_size, 20U);
    EXPECT_TRUE(is_read(Pss{}.algorithm()));
    EXPECT_FALSE(is_read(Pss{.hash = "2.999.1"}.algorithm()));
    EXPECT_FALSE(is_read(Pss{.mask = "2.999.1"}.algorithm()));
    EXPECT_FALSE(is_read(Pss{.trailer = 2}.algorithm()));
    EXPECT_FALSE(is_read(seq({oid(rsa_pss)}))) << "RFC 4055 §3.1: there are parameters";
}

TEST(SignatureAlgorithm, IsForKeysOfItsKind) {
    const Bytes named_curve = key(seq({oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")}));
    const Bytes explicit_curve = key(seq({oid("1.2.840.10045.2.1"), seq({integer({1})})}));
    const SignatureAlgorithm pkcs1{.kind = SignatureKind::rsa_pkcs1};
    const SignatureAlgorithm pss{.kind = SignatureKind::rsa_pss, .salt_size = 32};
    const SignatureAlgorithm ecdsa{.kind = SignatureKind::ecdsa};
    const SignatureAlgorithm ed25519{.kind = SignatureKind::ed25519};
    EXPECT_TRUE(is_for_key(pkcs1, key(rsa)));
    EXPECT_FALSE(is_for_key(pkcs1, named_curve));
    EXPECT_FALSE(is_for_key(pkcs1, key(seq({oid(rsa_pss)})))) << "that key is for PSS alone";
    EXPECT_TRUE(is_for_key(pss, key(rsa)));
    EXPECT_TRUE(is_for_key(pss, key(seq({oid(rsa_pss)}))));
    EXPECT_TRUE(is_for_key(ecdsa, named_curve));
    EXPECT_FALSE(is_for_key(ecdsa, explicit_curve)) << "RFC 5480 §2.1.1";
    EXPECT_FALSE(is_for_key(ecdsa, key(rsa)));
    EXPECT_TRUE(is_for_key(ed25519, key(seq({oid("1.3.101.112")}))));
    EXPECT_FALSE(is_for_key(ed25519, key(seq({oid("1.3.101.113")}))));
    EXPECT_FALSE(is_for_key(ecdsa, Bytes{}));
    EXPECT_FALSE(is_for_key(ecdsa, Bytes(named_curve.begin(), named_curve.end() - 1)));
}

// RFC 4055 §3.3: a key that names its hash and salt is for no other hash and no shorter salt.
TEST(SignatureAlgorithm, APssKeyKeepsToItsWord) {
    const Bytes bound = key(Pss{.salt = 20}.algorithm());
    const SignatureAlgorithm as_said{.kind = SignatureKind::rsa_pss, .salt_size = 20};
    EXPECT_TRUE(is_for_key(as_said, bound));
    SignatureAlgorithm other = as_said;
    other.salt_size = 32;
    EXPECT_TRUE(is_for_key(other, bound));
    other.salt_size = 19;
    EXPECT_FALSE(is_for_key(other, bound));
    other = as_said;
    other.hash = SignatureHash::sha512;
    EXPECT_FALSE(is_for_key(other, bound));
    other = as_said;
    other.mask_hash = SignatureHash::sha512;
    EXPECT_FALSE(is_for_key(other, bound));
    EXPECT_FALSE(is_for_key(as_said, key(seq({oid(rsa_pss), null})))) << "those are no limits";
}

}  // namespace
}  // namespace omnitls::core
