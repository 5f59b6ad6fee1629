// SPDX-License-Identifier: BSL-1.0
// TLSA records as text and as RDATA, and which are usable.
#include "tests/support/certs.hpp"
#include <omnitls/verifiers/dane.hpp>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::must;

std::string fault(std::string_view text) {
    const auto record = TlsaRecord::from_text(text);
    if (record) return "was read";
    EXPECT_EQ(record.error().code, Errc::bad_input);
    return record.error().what;
}

TEST(TlsaRecord, ReadsThePresentationForm) {
    const TlsaRecord wanted{3, 1, 1, {0x00, 0xab, 0xCD, 0x7f}};
    for (const char* text :
         {"3 1 1 00abcd7f", "3 1 1 00ABCD7F", " 3\t1  1 00 ab\ncd 7f ", "003 01 001 00abcd7f"}) {
        EXPECT_EQ(must(TlsaRecord::from_text(text)), wanted) << text;
    }
    EXPECT_EQ(wanted.to_text(), "3 1 1 00abcd7f");
    const TlsaRecord strange{255, 254, 253, {1}};
    EXPECT_EQ(must(TlsaRecord::from_text("255 254 253 01")), strange);
    EXPECT_EQ(must(TlsaRecord::from_text(strange.to_text())), strange);
}

TEST(TlsaRecord, RefusesOtherText) {
    EXPECT_EQ(fault("3 1 1 00"), "was read");
    EXPECT_EQ(fault(""), "TLSA record: usage: wanted a number from 0 to 255, found \"\"");
    EXPECT_EQ(fault("3"), "TLSA record: selector: wanted a number from 0 to 255, found \"\"");
    EXPECT_EQ(fault("3 1"),
              "TLSA record: matching type: wanted a number from 0 to 255, found \"\"");
    EXPECT_EQ(fault("256 1 1 00"),
              "TLSA record: usage: wanted a number from 0 to 255, found \"256\"");
    EXPECT_EQ(fault("3 -1 1 00"),
              "TLSA record: selector: wanted a number from 0 to 255, found \"-1\"");
    EXPECT_NE(fault("3 1 0001 00").find("matching type"), std::string::npos);
    EXPECT_NE(fault("3 1 DANE-EE 00").find("found \"DANE-EE\""), std::string::npos);
    EXPECT_EQ(fault("3 1 1"), "TLSA record: data: there is none");
    EXPECT_EQ(fault("3 1 1 000"), "TLSA record: data: an odd number of hexadecimal digits");
    EXPECT_EQ(fault("3 1 1 0g"), "TLSA record: data: wanted hexadecimal digits, found \"g\"");
    EXPECT_EQ(fault("3 1 1 00;"), "TLSA record: data: wanted hexadecimal digits, found \";\"");
    EXPECT_NE(fault(std::string("3 1 1 00\0", 9)).find("hexadecimal"), std::string::npos);
}

TEST(TlsaRecord, HasBounds) {
    EXPECT_EQ(must(TlsaRecord::from_text("3 1 0 " + std::string(2 * 65'532, '0'))).data.size(),
              65'532U);
    EXPECT_EQ(fault("3 1 0 " + std::string(2 * 65'533, '0')),
              "TLSA record: data: more than 65532 bytes");
    EXPECT_TRUE(TlsaRecord::from_rdata(Bytes(65'535)));
    EXPECT_FALSE(TlsaRecord::from_rdata(Bytes(65'536)));
}

TEST(TlsaRecord, ReadsRdata) {
    EXPECT_EQ(must(TlsaRecord::from_rdata(Bytes{3, 1, 2, 9, 8})), (TlsaRecord{3, 1, 2, {9, 8}}));
    EXPECT_EQ(TlsaRecord::from_rdata(Bytes{3, 1, 2}).error().what,
              "TLSA record: RDATA of 3 bytes, wanted 4 to 65535");
    EXPECT_FALSE(TlsaRecord::from_rdata({}));
}

TEST(TlsaRecord, IsUsableWithKnownNumbersAndADigestsSize) {
    const auto usable = [](int usage, int selector, int type, std::size_t size) {
        return TlsaRecord{static_cast<std::uint8_t>(usage), static_cast<std::uint8_t>(selector),
                          static_cast<std::uint8_t>(type), Bytes(size)}
            .usable();
    };
    for (int usage = 0; usage <= 3; ++usage) {
        EXPECT_TRUE(usable(usage, 0, 0, 1));
        EXPECT_TRUE(usable(usage, 1, 1, 32));
        EXPECT_TRUE(usable(usage, 1, 2, 64));
    }
    EXPECT_FALSE(usable(4, 1, 1, 32));
    EXPECT_FALSE(usable(255, 1, 1, 32));
    EXPECT_FALSE(usable(3, 2, 1, 32));
    EXPECT_FALSE(usable(3, 1, 3, 32));
    EXPECT_FALSE(usable(3, 1, 1, 31));
    EXPECT_FALSE(usable(3, 1, 1, 64));
    EXPECT_FALSE(usable(3, 1, 2, 32));
    EXPECT_FALSE(usable(3, 1, 0, 0));
}

}  // namespace
}  // namespace omnitls
