// SPDX-License-Identifier: BSL-1.0
// PROXY headers: what each says, what is none, what is written is read again. The attacks are those of every dialogue (attacks_test.cpp).
#include "tests/starttls/play.hpp"
#include <omnitls/starttls/proxy_header.hpp>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using namespace std::string_literals;
using starttls::ProxyHeader;
using starttls::ProxyVersion;

const ProxyHeader v4{ProxyHeader::Addresses{{"192.0.2.1", 50000}, {"192.0.2.2", 443}}, {}};
const ProxyHeader v6{ProxyHeader::Addresses{{"2001:db8::1", 1}, {"2001:db8::2", 65535}}, {}};
const ProxyHeader nobody{};

struct Read {
    Outcome outcome;
    ProxyHeader header;
};
Read read(const std::string& bytes, const Chunking& chunking = whole()) {
    const auto header = std::make_shared<ProxyHeader>();
    const auto dialogue = starttls::proxy_header_server(header);
    EXPECT_TRUE(dialogue->tls_may_follow());
    Outcome outcome = play(*dialogue, {bytes}, chunking);
    return {std::move(outcome), *header};
}

std::string written(const ProxyHeader& header, ProxyVersion version) {
    const auto dialogue = starttls::proxy_header_client(header, version).value();
    EXPECT_FALSE(dialogue->tls_may_follow());
    Input nothing{};
    EXPECT_TRUE(dialogue->step(nothing).done()) << "it waits for nobody";
    return std::string(as_text(dialogue->output()));
}

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
/// `length`: of the body, if it is not its own.
std::string binary(std::uint8_t command, std::uint8_t family, const std::string& body,
                   std::optional<std::size_t> length = std::nullopt) {
    const std::size_t size = length.value_or(body.size());
    return signature + static_cast<char>(command) + static_cast<char>(family) +
           static_cast<char>(size >> 8U) + static_cast<char>(size & 0xffU) + body;
}
const std::string addresses4 = "\xc0\0\2\1\xc0\0\2\2\xc3\x50\1\xbb"s;

TEST(ProxyHeader, SaysWhoHasCalledWhat) {
    const std::pair<std::string, ProxyHeader> cases[] = {
        {"PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n", v4},
        {"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", v6},
        {"PROXY UNKNOWN\r\n", nobody},
        {"PROXY UNKNOWN ffff::1 what ever\r\n", nobody},
        {binary(0x21, 0x11, addresses4), v4},
        {binary(0x20, 0x00, ""), nobody},
        {binary(0x20, 0x11, addresses4), nobody},  // LOCAL: addresses mean nothing
        {binary(0x21, 0x00, ""), nobody},
        {binary(0x21, 0x31, std::string(216, 'u')), nobody},
    };
    for (const auto& [bytes, expected] : cases) {
        const std::string tls = "\x16\x03\x01";
        for (const Chunking& chunking : {whole(), pieces_of(1), cut_at(bytes.size())}) {
            const Read r = read(bytes + tls, chunking);
            EXPECT_TRUE(r.outcome.done && r.outcome.upgraded) << r.outcome;
            EXPECT_EQ(r.header, expected);
            EXPECT_EQ(r.outcome.leftover, tls);
            EXPECT_EQ(r.outcome.sent, "");
        }
    }
}

TEST(ProxyHeader, WhatIsWrittenIsReadAgain) {
    ProxyHeader extended = v6;
    extended.extensions = {{0x02, {'a', '.', 'b'}}, {0x05, Bytes(128, 7)}, {0xe0, {}}};
    for (const ProxyHeader& header : {v4, v6, nobody, extended}) {
        for (const ProxyVersion version : {ProxyVersion::v1, ProxyVersion::v2}) {
            if (version == ProxyVersion::v1 && !header.extensions.empty()) continue;
            const Read r = read(written(header, version));
            EXPECT_TRUE(r.outcome.upgraded) << r.outcome;
            EXPECT_EQ(r.header, header);
        }
    }
    EXPECT_EQ(written(v4, ProxyVersion::v1), "PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n");
    EXPECT_EQ(written(v4, ProxyVersion::v2), binary(0x21, 0x11, addresses4));
}

TEST(ProxyHeader, WhatIsNoneSaysWhatCame) {
    const std::pair<std::string, std::string_view> cases[] = {
        {"GET / HTTP/1.1\r\n", "\"G\""},
        {"\x16\x03\x01\x02", "\"\\x16\""},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\n", "443\\n\""},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 50000\r\n", "50000"},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 50000 443 \r\n", "443 "},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 50000 443 x\r\n", "443 x"},
        {"PROXY TCP4 192.0.2.1  192.0.2.2 50000 443\r\n", "192.0.2.1  "},
        {"PROXY TCP4 192.0.2.1 192.0.2.256 50000 443\r\n", "256"},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 050000 443\r\n", "050000"},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 50000 65536\r\n", "65536"},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 50000 -1\r\n", "-1"},
        {"PROXY TCP6 192.0.2.1 192.0.2.2 50000 443\r\n", "TCP6"},
        {"PROXY TCP4 2001:db8::1 2001:db8::2 50000 443\r\n", "TCP4"},
        {"PROXY UDP4 192.0.2.1 192.0.2.2 50000 443\r\n", "UDP4"},
        {"PROXY\r\n", "PROXY\\r"},
        {"\r\n\r\n\1", "\\x01"},
        {binary(0x11, 0x11, addresses4), "version"},
        {binary(0x22, 0x11, addresses4), "version"},
        {binary(0x21, 0x12, addresses4), "family"},
        {binary(0x21, 0x11, addresses4.substr(1)), "addresses"},
        {binary(0x21, 0x21, addresses4), "addresses"},
        {binary(0x21, 0x11, addresses4 + "\2\0"s), "extension"},
        {binary(0x21, 0x11, addresses4 + "\2\0\4a.b"s), "extension"},
    };
    for (const auto& [bytes, quoted] : cases) {
        const Read r = read(bytes);
        EXPECT_EQ(r.outcome.error, Errc::starttls_protocol) << r.outcome;
        EXPECT_NE(r.outcome.what.find(quoted), std::string::npos) << r.outcome.what;
        EXPECT_EQ(r.header, nobody) << "untouched";
    }
}

TEST(ProxyHeader, IsBounded) {
    const std::string longest = "PROXY UNKNOWN " + std::string(107 - 14 - 2, 'a') + "\r\n";
    EXPECT_TRUE(read(longest).outcome.upgraded);
    EXPECT_EQ(read("PROXY UNKNOWN " + std::string(107, 'a')).outcome.error, Errc::limit_exceeded);
    const std::string filler(4096 - 16 - 12 - 3, 'x');
    const std::string extension = "\xe0\x0f\xe1"s + filler;
    EXPECT_TRUE(read(binary(0x21, 0x11, addresses4 + extension)).outcome.upgraded);
    EXPECT_EQ(read(binary(0x21, 0x11, "", 4096 - 15)).outcome.error, Errc::limit_exceeded);
    EXPECT_EQ(read(binary(0x21, 0x11, "", 65535)).outcome.error, Errc::limit_exceeded);
}

// Computed with a table-driven implementation that gives 8a9136aa for 32 bytes of zeros (RFC 3720 §B.4).
TEST(ProxyHeader, AChecksumThatIsThereHasToBeRight) {
    const std::string crc = "\x5e\xd0\x55\xa7"s;
    const auto with = [&](const std::string& sum) {
        return binary(0x21, 0x11, addresses4 + "\3\0"s + static_cast<char>(sum.size()) + sum);
    };
    const auto header_of = [&](std::string sum) { return read(with(sum)); };
    EXPECT_TRUE(header_of(crc).outcome.upgraded) << header_of(crc).outcome;
    for (std::size_t bit = 0; bit < 32; ++bit) {
        std::string wrong = crc;
        wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
        const Read r = header_of(wrong);
        EXPECT_EQ(r.outcome.error, Errc::starttls_protocol);
        EXPECT_NE(r.outcome.what.find("CRC-32C"), std::string::npos) << r.outcome.what;
    }
    EXPECT_EQ(header_of(crc.substr(1)).outcome.error, Errc::starttls_protocol);
}

TEST(ProxyHeader, WhatCannotBeSaidIsRefused) {
    ProxyHeader two_families = v4;
    two_families.addresses->destination.address = "2001:db8::2";
    ProxyHeader no_address = v4;
    no_address.addresses->source.address = "a.example\r\n";
    ProxyHeader too_much = v4;
    too_much.extensions = {{0xe0, Bytes(4096)}};
    ProxyHeader extended = v4;
    extended.extensions = {{0xe0, Bytes(1)}};
    const auto fails = [](const ProxyHeader& header, ProxyVersion version) {
        const auto made = starttls::proxy_header_client(header, version);
        return !made && made.error().code == Errc::bad_input;
    };
    for (const ProxyVersion version : {ProxyVersion::v1, ProxyVersion::v2}) {
        EXPECT_FALSE(fails(v4, version));
        EXPECT_TRUE(fails(two_families, version));
        EXPECT_TRUE(fails(no_address, version));
        EXPECT_TRUE(fails(too_much, version));
        EXPECT_EQ(fails(extended, version), version == ProxyVersion::v1);
    }
}

}  // namespace
}  // namespace omnitls::test
