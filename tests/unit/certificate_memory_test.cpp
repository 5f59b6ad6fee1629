// SPDX-License-Identifier: BSL-1.0
// The memory of certificates: what it says is what reading and hashing would, and only of the very same bytes.
#include "core/certificate_memory.hpp"

#include "tests/support/certificate_builder.hpp"

#include <string>

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

using test::build;
using test::CertificateSpec;
using test::FakeCrypto;

Certificate numbered(unsigned number, std::string subject = "leaf") {
    CertificateSpec spec;
    spec.subject = std::move(subject);
    spec.serial = number;
    return build(spec);
}

TEST(CertificateMemory, KnowsWhatItRemembersAndNothingElse) {
    const FakeCrypto crypto;
    CertificateMemory memory;
    const Certificate one = numbered(1);
    const auto fingerprint = memory.fingerprint(crypto, one);
    ASSERT_TRUE(fingerprint.has_value());
    EXPECT_EQ(fingerprint, one.fingerprint(crypto));
    EXPECT_FALSE(memory.find(one.der())) << "it was asked, not told";
    memory.remember(crypto, one);
    Bytes der = one.der();
    const auto found = memory.find(der);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(&found->fields(), &one.fields()) << "the same, not another one like it";
    for (std::uint8_t& byte : der) {
        byte ^= 1U;
        EXPECT_FALSE(memory.find(der));
        byte ^= 1U;
    }
    EXPECT_FALSE(memory.find(ConstBytes(der).first(der.size() - 1)));
    EXPECT_FALSE(memory.find({}));
    EXPECT_TRUE(memory.find(der));
    EXPECT_EQ(memory.fingerprint(crypto, *Certificate::parse(der)), fingerprint);
}

TEST(CertificateMemory, EachHasItsOwnFingerprintHoweverManyThereWere) {
    const FakeCrypto crypto;
    CertificateMemory memory;
    for (int round = 0; round < 2; ++round) {
        for (unsigned number = 1; number < 200; ++number) {
            const Certificate one = numbered(number);
            memory.remember(crypto, one);
            EXPECT_EQ(memory.fingerprint(crypto, one), one.fingerprint(crypto));
            EXPECT_TRUE(memory.find(one.der())) << "the last one is always there";
        }
    }
}

TEST(CertificateMemory, DoesNotKeepALargeOne) {
    const FakeCrypto crypto;
    CertificateMemory memory;
    const Certificate usual = numbered(1, std::string(100, 'n'));
    const Certificate large = numbered(1, std::string(9000, 'n'));
    memory.remember(crypto, usual);
    memory.remember(crypto, large);
    EXPECT_EQ(memory.fingerprint(crypto, usual), usual.fingerprint(crypto));
    EXPECT_EQ(memory.fingerprint(crypto, large), large.fingerprint(crypto));
    EXPECT_TRUE(memory.find(usual.der()));
    EXPECT_FALSE(memory.find(large.der()));
}

}  // namespace
}  // namespace omnitls::core
