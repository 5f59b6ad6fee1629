// SPDX-License-Identifier: BSL-1.0
// The DER cursor by itself: each rule with an element that keeps it and one that breaks only it.
#include "core/der_reader.hpp"

#include "core/der_text.hpp"
#include "core/utc_time.hpp"
#include "tests/support/der_builder.hpp"

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

namespace der = omnitls::test::der;

/// Reads `bytes` with `read`, to the end; empty if all was well, else "field@offset".
std::string read_all(const Bytes& bytes, const std::function<void(DerReader&)>& read) {
    DerFailure failure;
    DerReader reader{bytes, failure};
    read(reader);
    reader.finish("rest");
    if (!failure.failed()) return {};
    EXPECT_TRUE(reader.at_end()) << "a failed reader has nothing more to read";
    return failure.field() + "@" + std::to_string(failure.offset());
}

std::string read_any(const Bytes& bytes) {
    return read_all(bytes, [](DerReader& reader) { reader.any("x"); });
}

TEST(DerReader, LengthsAreDefiniteAndMinimal) {
    EXPECT_EQ(read_any({0x04, 0x00}), "");
    EXPECT_EQ(read_any(der::tlv(0x04, Bytes(0x7f))), "");
    EXPECT_EQ(read_any(der::tlv(0x04, Bytes(0x80))), "");
    EXPECT_EQ(read_any(der::tlv(0x04, Bytes(0x100))), "");
    EXPECT_EQ(read_any(der::tlv(0x04, Bytes(0x10000))), "");

    EXPECT_EQ(read_any(der::cat({Bytes{0x04, 0x81, 0x7f}, Bytes(0x7f)})), "x@1")
        << "long form of 127";
    EXPECT_EQ(read_any(der::cat({Bytes{0x04, 0x82, 0x00, 0x80}, Bytes(0x80)})), "x@1")
        << "a leading zero";
    EXPECT_EQ(read_any({0x04, 0x80, 0x00, 0x00}), "x@1") << "indefinite";
    EXPECT_EQ(read_any({0x04, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00}), "x@1")
        << "five bytes of length";
    EXPECT_EQ(read_any({0x04, 0xff}), "x@1") << "reserved";
}

TEST(DerReader, NothingMayBeMissingOrLeft) {
    EXPECT_EQ(read_any({0x04, 0x01, 0xaa}), "");
    EXPECT_EQ(read_any({0x04, 0x01}), "x@0") << "content";
    EXPECT_EQ(read_any({0x04}), "x@1") << "length";
    EXPECT_EQ(read_any({}), "x@0") << "everything";
    EXPECT_EQ(read_any({0x04, 0x82, 0x01}), "x@1") << "half a length";
    EXPECT_EQ(read_any({0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00}), "x@0") << "4 GiB announced";
    EXPECT_EQ(read_any({0x04, 0x01, 0xaa, 0x00}), "rest@3") << "one byte too many";
}

TEST(DerReader, TagsAreCheckedAndOneByte) {
    const auto expect_octets = [](DerReader& reader) { reader.octet_string("x"); };
    EXPECT_EQ(read_all({0x04, 0x00}, expect_octets), "");
    EXPECT_EQ(read_all({0x24, 0x00}, expect_octets), "x@0") << "constructed octet string";
    EXPECT_EQ(read_all({0x05, 0x00}, expect_octets), "x@0");
    EXPECT_EQ(read_any({0x1e, 0x00}), "");
    EXPECT_EQ(read_any({0x1f, 0x81, 0x01, 0x00}), "x@0") << "high tag number";
}

TEST(DerReader, OffsetsCountFromTheStartOfTheDocument) {
    // SEQUENCE { INTEGER 1, SEQUENCE { BOOLEAN } }
    const Bytes good = der::seq({der::integer({1}), der::seq({der::boolean(true)})});
    const auto read = [](DerReader& reader) {
        DerReader outer = reader.sequence("outer");
        EXPECT_EQ(outer.small_integer("number"), reader.ok() ? 1U : 0U);
        DerReader inner = outer.sequence("inner");
        inner.boolean("flag");
        inner.finish("inner");
        outer.finish("outer");
    };
    EXPECT_EQ(read_all(good, read), "");
    Bytes bad = good;
    bad.back() = 0x01;
    EXPECT_EQ(read_all(bad, read), "flag@7");
}

TEST(DerReader, TheFirstFailureStays) {
    DerFailure failure;
    const Bytes bytes{0x05, 0x00, 0x05, 0x01};
    DerReader reader{bytes, failure};
    reader.boolean("first");
    reader.integer("second");
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(failure.field(), "first");
    EXPECT_EQ(reader.oid("third"), "");
    EXPECT_EQ(reader.time("fourth"), UtcTime{});
    EXPECT_EQ(failure.to_error("thing").what,
              "malformed thing: first at byte 0: expected BOOLEAN, found NULL");
}

TEST(DerReader, Booleans) {
    bool value = false;
    const auto read = [&](DerReader& reader) { value = reader.boolean("x"); };
    EXPECT_EQ(read_all({0x01, 0x01, 0xff}, read), "");
    EXPECT_TRUE(value);
    EXPECT_EQ(read_all({0x01, 0x01, 0x00}, read), "");
    EXPECT_FALSE(value);
    for (int octet = 1; octet < 0xff; ++octet) {
        EXPECT_EQ(read_all({0x01, 0x01, static_cast<std::uint8_t>(octet)}, read), "x@0") << octet;
        EXPECT_FALSE(value);
    }
    EXPECT_EQ(read_all({0x01, 0x00}, read), "x@0");
    EXPECT_EQ(read_all({0x01, 0x02, 0xff, 0xff}, read), "x@0");
}

TEST(DerReader, IntegersAreMinimal) {
    const auto read = [](DerReader& reader) { reader.integer("x"); };
    for (const Bytes& good : {Bytes{0}, Bytes{0x7f}, Bytes{0x80}, Bytes{0x00, 0x80},
                              Bytes{0xff, 0x7f}, Bytes(30, 0x11)}) {
        EXPECT_EQ(read_all(der::integer(good), read), "") << to_hex(good);
    }
    for (const Bytes& bad : {Bytes{}, Bytes{0x00, 0x7f}, Bytes{0xff, 0x80}, Bytes{0x00, 0x00}}) {
        EXPECT_EQ(read_all(der::integer(bad), read), "x@0") << to_hex(bad);
    }
}

TEST(DerReader, SmallIntegersAreUnsignedAndFit) {
    std::uint32_t value = 0;
    const auto read = [&](DerReader& reader) { value = reader.small_integer("x"); };
    EXPECT_EQ(read_all(der::integer({0x00, 0xff, 0xff, 0xff, 0xff}), read), "");
    EXPECT_EQ(value, 0xffffffffU);
    EXPECT_EQ(read_all(der::integer({0x00, 0x80}), read), "");
    EXPECT_EQ(value, 128U);
    EXPECT_EQ(read_all(der::integer({0x80}), read), "x@0") << "negative";
    EXPECT_EQ(read_all(der::integer({0x01, 0x00, 0x00, 0x00, 0x00}), read), "x@0") << "33 bits";
}

TEST(DerReader, BitStrings) {
    const auto read = [](DerReader& reader) { reader.bit_string("x"); };
    EXPECT_EQ(read_all({0x03, 0x01, 0x00}, read), "");
    EXPECT_EQ(read_all({0x03, 0x02, 0x07, 0x80}, read), "");
    EXPECT_EQ(read_all({0x03, 0x00}, read), "x@0") << "no first byte";
    EXPECT_EQ(read_all({0x03, 0x01, 0x01}, read), "x@0") << "unused bits of nothing";
    EXPECT_EQ(read_all({0x03, 0x02, 0x08, 0x00}, read), "x@0") << "eight unused bits";
    EXPECT_EQ(read_all({0x03, 0x02, 0x07, 0xc0}, read), "x@0") << "an unused bit that is set";

    const auto octets = [](DerReader& reader) { reader.octets_in_bit_string("x"); };
    EXPECT_EQ(read_all({0x03, 0x02, 0x00, 0x80}, octets), "");
    EXPECT_EQ(read_all({0x03, 0x02, 0x07, 0x80}, octets), "x@0");
}

TEST(DerReader, ObjectIdentifiers) {
    const auto decode = [](const Bytes& content) { return decode_oid(content).value_or("bad"); };
    EXPECT_EQ(decode({0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d}), "1.2.840.113549");
    EXPECT_EQ(decode({0x00}), "0.0");
    EXPECT_EQ(decode({0x27}), "0.39");
    EXPECT_EQ(decode({0x28}), "1.0");
    EXPECT_EQ(decode({0x4f}), "1.39");
    EXPECT_EQ(decode({0x50}), "2.0");
    EXPECT_EQ(decode({0x88, 0x37, 0x01}), "2.999.1");
    EXPECT_EQ(decode({0x2a, 0x00, 0x7f, 0x81, 0x00}), "1.2.0.127.128");
    // 2.25 with the UUID f81d4fae-7dec-11d0-a765-00a0c91e6bf6, which ITU-T X.667 gives as its example.
    EXPECT_EQ(decode({0x69, 0x83, 0xf0, 0x9d, 0xa7, 0xeb, 0xcf, 0xde, 0xe0, 0xc7,
                      0xa1, 0xa7, 0xb2, 0xc0, 0x94, 0x8c, 0xc8, 0xf9, 0xd7, 0x76}),
              "2.25.329800735698586629295641978511506172918");
    // 2^64 + 80 - 80 as second arc
    EXPECT_EQ(decode({0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x50}),
              "2.18446744073709551616");
    EXPECT_EQ(decode({0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}),
              "2.18446744073709551536");

    // Where nine and eighteen decimal digits end.
    EXPECT_EQ(decode({0x83, 0xdc, 0xeb, 0x94, 0x4f}), "2.999999999");
    EXPECT_EQ(decode({0x83, 0xdc, 0xeb, 0x94, 0x50}), "2.1000000000");
    EXPECT_EQ(decode({0x83, 0xdc, 0xeb, 0x94, 0x00}), "2.999999920");
    EXPECT_EQ(decode({0x83, 0xdc, 0xeb, 0x94, 0x4f}), "2.999999999");
    EXPECT_EQ(decode({0x8d, 0xf0, 0xad, 0xd6, 0xba, 0xbb, 0x90, 0x80, 0x50}),
              "2.1000000000000000000");
    EXPECT_EQ(decode({0x8d, 0xf0, 0xad, 0xd6, 0xba, 0xbb, 0x90, 0x80, 0x4f}),
              "2.999999999999999999");
    EXPECT_EQ(
        decode({0xb3, 0xd9, 0xb8, 0xf9, 0x9f, 0xe8, 0xa0, 0x87, 0xce, 0xc0, 0x80, 0x80, 0x00}),
        "2.999999999999999999999999920");
    EXPECT_EQ(decode({0x2a, 0x8d, 0xf0, 0xad, 0xd6, 0xba, 0xbb, 0x90, 0x80, 0x07}),
              "1.2.1000000000000000007");

    EXPECT_EQ(decode({}), "bad");
    EXPECT_EQ(decode({0x2a, 0x86}), "bad") << "ends in the middle of an arc";
    EXPECT_EQ(decode({0x2a, 0x80, 0x01}), "bad") << "an arc with a leading zero";
    EXPECT_NE(decode(Bytes(64, 0x01)), "bad");
    EXPECT_EQ(decode(Bytes(65, 0x01)), "bad") << "over the bound";
}

TEST(DerReader, OidTextAgreesWithTheBuilder) {
    for (const std::string text : {"2.5.29.17", "1.3.6.1.5.5.7.8.7", "0.9.2342.19200300.100.1.25",
                                   "2.16.840.1.101.3.4.3.12", "2.47.4294967295", "1.39.0"}) {
        DerFailure failure;
        const Bytes bytes = der::oid(text);
        DerReader reader{bytes, failure};
        EXPECT_EQ(reader.oid("x"), text);
        EXPECT_FALSE(failure.failed());
    }
}

UtcTime time_at(const char* text) { return from_rfc3339(text).value(); }

TEST(DerReader, TimesAreThoseOfRfc5280) {
    UtcTime value{};
    const auto read = [&](std::uint8_t tag, std::string_view text) {
        return read_all(der::tlv(tag, text), [&](DerReader& reader) { value = reader.time("x"); });
    };
    EXPECT_EQ(read(0x17, "491231235959Z"), "");
    EXPECT_EQ(value, time_at("2049-12-31T23:59:59Z"));
    EXPECT_EQ(read(0x17, "500101000000Z"), "");
    EXPECT_EQ(value, time_at("1950-01-01T00:00:00Z")) << "50 is 1950";
    EXPECT_EQ(read(0x17, "240229120000Z"), "") << "a leap day";
    EXPECT_EQ(read(0x18, "20500101000000Z"), "");
    EXPECT_EQ(value, time_at("2050-01-01T00:00:00Z"));
    EXPECT_EQ(read(0x18, "99991231235959Z"), "") << "no well-defined end (§4.1.2.5)";
    EXPECT_EQ(value, time_at("9999-12-31T23:59:59Z"));

    for (const char* bad :
         {"", "Z", "4912312359Z", "491231235959", "491231235959z", "491231235959+0000",
          "4912312359590Z", "491331235959Z", "490031235959Z", "491200235959Z", "491232235959Z",
          "230229000000Z", "491231245959Z", "491231236059Z", "491231235960Z", "49123123595 Z",
          "-91231235959Z", "4912312359.9Z", "20491231235959Z"}) {
        EXPECT_EQ(read(0x17, bad), "x@0") << bad;
        EXPECT_EQ(value, UtcTime{}) << bad;
    }
    for (const char* bad : {"500101000000Z", "20500101000000", "20500101000000.0Z",
                            "20501301000000Z", "20500101000000+0100", "205001010000Z"}) {
        EXPECT_EQ(read(0x18, bad), "x@0") << bad;
    }
    EXPECT_EQ(read(0x16, "491231235959Z"), "x@0") << "an IA5String is no time";
}

std::string decoded(std::uint8_t tag, const Bytes& content) {
    DerElement element;
    element.tag = tag;
    element.content = content;
    return decode_string(element).value_or("<none>");
}

TEST(DerText, EveryStringTypeBecomesUtf8) {
    EXPECT_EQ(decoded(0x0c, der::text("gr\xc3\xbc\xc3\x9f")), "gr\xc3\xbc\xc3\x9f");
    EXPECT_EQ(decoded(0x13, der::text("plain")), "plain");
    EXPECT_EQ(decoded(0x14, {'g', 'r', 0xfc}), "gr\xc3\xbc") << "Teletex as Latin-1";
    EXPECT_EQ(decoded(0x1e, {0x00, 'g', 0x00, 0xfc, 0x20, 0xac}), "g\xc3\xbc\xe2\x82\xac");
    EXPECT_EQ(decoded(0x1e, {0xd8, 0x3d, 0xde, 0x00}), "\xf0\x9f\x98\x80") << "a surrogate pair";
    EXPECT_EQ(decoded(0x1c, {0x00, 0x01, 0xf6, 0x00}), "\xf0\x9f\x98\x80");
    EXPECT_EQ(decoded(0x0c, {'a', 0x00, 'b'}), std::string("a\0b", 3)) << "NUL is kept";
    EXPECT_EQ(decoded(0x04, {'a'}), "<none>") << "an OCTET STRING is no text";
}

TEST(DerText, ContentThatItsTypeForbidsIsNoText) {
    EXPECT_EQ(decoded(0x13, {'a', 0xe4}), "<none>") << "PrintableString beyond ASCII";
    EXPECT_EQ(decoded(0x16, {0x80}), "<none>");
    EXPECT_EQ(decoded(0x1e, {0x00, 'g', 0x00}), "<none>") << "half a character";
    EXPECT_EQ(decoded(0x1e, {0xd8, 0x3d, 0x00, 'x'}), "<none>") << "half a pair, then a letter";
    EXPECT_EQ(decoded(0x1e, {0xd8, 0x3d}), "<none>") << "half a pair at the end";
    EXPECT_EQ(decoded(0x1e, {0xde, 0x00}), "<none>") << "the second half first";
    EXPECT_EQ(decoded(0x1e, {0xd8, 0x3d, 0xd8, 0x3d}), "<none>") << "two first halves";
    EXPECT_EQ(decoded(0x1c, {0x00, 0x00, 0xd8, 0x00}), "<none>") << "a surrogate";
    EXPECT_EQ(decoded(0x1c, {0x00, 0x11, 0x00, 0x00}), "<none>") << "above U+10FFFF";
    EXPECT_EQ(decoded(0x1c, {0xff, 0xff, 0xff, 0xff}), "<none>");
}

TEST(DerText, Utf8IsWellFormed) {
    const auto check = [](const Bytes& bytes) { return is_utf8(bytes); };
    EXPECT_TRUE(check({}));
    EXPECT_TRUE(check({0x7f}));
    EXPECT_TRUE(check({0xc2, 0x80}));
    EXPECT_TRUE(check({0xe0, 0xa0, 0x80}));
    EXPECT_TRUE(check({0xed, 0x9f, 0xbf}));
    EXPECT_TRUE(check({0xf4, 0x8f, 0xbf, 0xbf}));
    EXPECT_FALSE(check({0x80})) << "a second byte first";
    EXPECT_FALSE(check({0xc1, 0xbf})) << "overlong";
    EXPECT_FALSE(check({0xe0, 0x9f, 0xbf})) << "overlong";
    EXPECT_FALSE(check({0xf0, 0x8f, 0xbf, 0xbf})) << "overlong";
    EXPECT_FALSE(check({0xed, 0xa0, 0x80})) << "surrogate";
    EXPECT_FALSE(check({0xf4, 0x90, 0x80, 0x80})) << "above U+10FFFF";
    EXPECT_FALSE(check({0xf5, 0x80, 0x80, 0x80}));
    EXPECT_FALSE(check({0xe2, 0x82})) << "cut short";
    EXPECT_FALSE(check({0xc2, 0x41})) << "no second byte";
}

TEST(UtcTimeText, PrintsAndReadsRfc3339) {
    using namespace std::chrono;
    const UtcTime time = sys_days{year{2025} / February / 1};
    EXPECT_EQ(to_rfc3339(time), "2025-02-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(time - seconds{1}), "2025-01-31T23:59:59Z");
    EXPECT_EQ(from_rfc3339("2025-02-01T00:00:00Z"), time);
    EXPECT_EQ(from_rfc3339("2025-02-01T02:30:00+02:30"), time);
    EXPECT_EQ(from_rfc3339("2025-01-31T23:00:00-01:00"), time);
    EXPECT_EQ(from_rfc3339("2025-02-01T00:00:00-00:00"), time);
    for (const char* text :
         {"1950-01-01T00:00:00Z", "2000-02-29T12:34:56Z", "9999-12-31T23:59:59Z"}) {
        EXPECT_EQ(to_rfc3339(from_rfc3339(text).value()), text);
    }
    EXPECT_EQ(to_rfc3339(UtcTime::max()), "9999-12-31T23:59:59Z") << "nothing later can be written";
    EXPECT_EQ(to_rfc3339(UtcTime::min()), "0000-01-01T00:00:00Z");
}

TEST(UtcTimeText, RefusesEverythingElse) {
    ASSERT_TRUE(from_rfc3339("2025-02-01T00:00:00Z"));
    for (const char* bad : {"",
                            "2025-02-01",
                            "2025-02-01T00:00:00",
                            "2025-02-01 00:00:00Z",
                            "2025-02-01t00:00:00Z",
                            "2025-02-01T00:00:00z",
                            "2025-02-01T00:00:00.5Z",
                            "2025-02-01T00:00Z",
                            "2025-2-01T00:00:00Z",
                            "2025-02-29T00:00:00Z",
                            "2025-13-01T00:00:00Z",
                            "2025-00-01T00:00:00Z",
                            "2025-02-01T24:00:00Z",
                            "2025-02-01T00:60:00Z",
                            "2025-02-01T00:00:60Z",
                            "2025-02-01T00:00:00+24:00",
                            "2025-02-01T00:00:00+01:60",
                            "2025-02-01T00:00:00+0100",
                            "2025-02-01T00:00:00+01",
                            "2025-02-01T00:00:00Z ",
                            " 2025-02-01T00:00:00Z",
                            "+025-02-01T00:00:00Z",
                            "20250201T000000Z"}) {
        EXPECT_FALSE(from_rfc3339(bad)) << bad;
    }
}

}  // namespace
}  // namespace omnitls::core
