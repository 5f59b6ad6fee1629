// SPDX-License-Identifier: BSL-1.0
// Pins as a value and as the JSON that XMPP clients keep: what is read, and that everything else is refused with its place.
#include "tests/support/certs.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/verifiers/toys.hpp"
#include "verifiers/base64.hpp"
#include <omnitls/verifiers/pin.hpp>

#include <fstream>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::must;
using verifiers::from_base64;
using verifiers::to_base64;
constexpr auto kKey = Pin::Kind::public_key;
constexpr auto kWhole = Pin::Kind::certificate;

const test::FakeCrypto crypto;

ReferenceIdentity host(const std::string& name) { return must(ReferenceIdentity::host(name)); }
Pin pin_of(std::uint8_t byte, Pin::Kind kind = kKey) {
    Pin pin{kind, {}};
    pin.sha256.fill(byte);
    return pin;
}
std::string base64_of(std::uint8_t byte) { return to_base64(pin_of(byte).sha256); }

Result<PinSet> read(const std::string& json, Pin::Kind kind = kKey) {
    return PinSet::from_json(json, kind, crypto, "pins.json");
}
std::string fault(const std::string& json, Pin::Kind kind = kKey) {
    const auto set = read(json, kind);
    if (set) return "was read";
    EXPECT_EQ(set.error().code, Errc::bad_input) << json;
    return set.error().what;
}

TEST(Base64, IsThatOfTheStandard) {
    // RFC 4648 §10
    for (const auto& [plain, text] : std::vector<std::pair<std::string, std::string>>{
             {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}) {
        EXPECT_EQ(to_base64(as_bytes(plain)), text);
        ASSERT_TRUE(from_base64(text)) << text;
        EXPECT_EQ(as_text(*from_base64(text)), plain);
    }
    for (const char* bad : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9",
                            "Zm9v\n", "Zm_v", "=Zg="}) {
        EXPECT_FALSE(from_base64(bad)) << bad;
    }
}

TEST(PinSet, AddsFindsAndRemovesByTheExactHost) {
    PinSet set;
    EXPECT_TRUE(set.empty());
    EXPECT_TRUE(set.add(host("Example.org"), pin_of(1)));
    EXPECT_FALSE(set.add(host("example.org."), pin_of(1)));
    EXPECT_TRUE(set.add(host("example.org"), pin_of(1, kWhole)));
    EXPECT_TRUE(set.add(host("192.0.2.1"), pin_of(2)));
    EXPECT_EQ(set.find(host("example.org")).size(), 2U);
    EXPECT_EQ(set.find(must(ReferenceIdentity::xmpp_addr("example.org"))).size(), 2U);
    EXPECT_TRUE(set.find(host("www.example.org")).empty());
    EXPECT_TRUE(set.find(host("org")).empty());
    EXPECT_EQ(set.hosts(), (std::vector<std::string>{"192.0.2.1", "example.org"}));
    EXPECT_FALSE(set.remove(host("example.org"), pin_of(2)));
    EXPECT_TRUE(set.remove(host("192.0.2.1"), pin_of(2)));
    EXPECT_EQ(set.hosts(), (std::vector<std::string>{"example.org"}));
}

TEST(PinSet, ReadsDigestsAndWhatTheyAreOf) {
    const Certificate leaf = test::leaf_with_key("leaf-key");
    const auto set =
        must(read(R"({"Example.org": [")" + base64_of(7) + R"(", ")" +
                  to_base64(leaf.fields().spki) + R"("], "192.0.2.1": [")" + base64_of(8) +
                  R"("], "user@example.org": [")" + base64_of(9) + R"("]})"));
    const auto pins = set.find(host("example.org"));
    ASSERT_EQ(pins.size(), 2U);
    EXPECT_EQ(std::count(pins.begin(), pins.end(), pin_of(7)), 1);
    EXPECT_EQ(std::count(pins.begin(), pins.end(), *Pin::of(leaf, kKey, crypto)), 1);
    EXPECT_EQ(set.find(host("192.0.2.1")), std::vector<Pin>{pin_of(8)});
    EXPECT_EQ(set.find(must(ReferenceIdentity::xmpp_addr("user@example.org"))).size(), 1U);

    const std::string whole = R"({"example.org": [")" + to_base64(leaf.der()) + R"("]})";
    EXPECT_EQ(must(read(whole, kWhole)).find(host("example.org")),
              std::vector<Pin>{*Pin::of(leaf, kWhole, crypto)});
    EXPECT_TRUE(must(read("{}")).empty());
}

TEST(PinSet, WhatItWritesItReads) {
    PinSet keys;
    PinSet both;
    for (std::uint8_t byte = 1; byte <= 3; ++byte) {
        const auto name = host("h" + std::to_string(byte % 2) + ".test");
        keys.add(name, pin_of(byte));
        both.add(name, pin_of(byte));
        both.add(name, pin_of(byte, kWhole));
    }
    EXPECT_EQ(must(read(both.to_json(kKey))), keys);
    EXPECT_EQ(must(read(both.to_json(kWhole), kWhole)).hosts().size(), 2U);
    EXPECT_EQ(must(read(PinSet{}.to_json(kKey))), PinSet{});
}

TEST(PinSet, RefusesWithThePlaceAndWhatWasFound) {
    const std::string good = "\"" + base64_of(7) + "\"";
    EXPECT_EQ(fault("{\"a.test\": [" + good + "]}"), "was read");
    const auto at = [](const std::string& rest) { return "pins.json: \"a.test\"" + rest; };
    EXPECT_EQ(fault("{\"a.test\": [" + good + ", 7]}"),
              at(", entry 2: wanted a string, found a number"));
    EXPECT_EQ(fault("{\"a.test\": " + good + "}"), at(": wanted an array, found a string"));
    EXPECT_EQ(fault("{\"a.test\": [[" + good + "]]}"),
              at(", entry 1: wanted a string, found an array"));
    EXPECT_EQ(fault("{\"a.test\": [{}]}"), at(", entry 1: wanted a string, found an object"));
    EXPECT_EQ(fault("{\"a.test\": null}"), at(": wanted an array, found null"));
    EXPECT_EQ(fault("{\"a.test\": true}"), at(": wanted an array, found a boolean"));
    EXPECT_EQ(fault("[]"), "pins.json: the whole text: wanted an object, found an array");
    EXPECT_EQ(fault("7"), "pins.json: the whole text: wanted an object, found a number");
    EXPECT_EQ(fault("{\"a.test\": []}"), at(": has no entry"));
    EXPECT_EQ(fault("{\"a.test\": [" + good + "], \"a.test\": [" + good + "]}"),
              at(": comes twice"));
    EXPECT_NE(fault("{\"a.test\": [" + good + "], \"A.test\": [" + good + "]}").find("comes twice"),
              std::string::npos);
    EXPECT_EQ(fault("{\"a.test\": [\"abc\"]}"), at(", entry 1: no base64: \"abc\""));
    EXPECT_EQ(fault("{\"a.test\": [\"AAAA\"]}"),
              at(", entry 1: wanted a SHA-256 or a SubjectPublicKeyInfo, found 3 bytes that are "
                 "neither"));
    EXPECT_NE(fault("{\"*.test\": [" + good + "]}").find("no host"), std::string::npos);
    EXPECT_NE(fault("").find("no JSON from byte"), std::string::npos);
    EXPECT_NE(fault("{\"a.test\": [" + good + "]").find("no JSON from byte"), std::string::npos);
    EXPECT_NE(fault("{} {}").find("no JSON from byte"), std::string::npos);
    EXPECT_NE(fault("{\"a\x01\": [" + good + "]}").find("no JSON from byte"), std::string::npos);
}

TEST(PinSet, TellsKeysFromCertificates) {
    const Certificate leaf = test::leaf_with_key("leaf-key");
    const std::string key = R"({"a.test": [")" + to_base64(leaf.fields().spki) + R"("]})";
    const std::string whole = R"({"a.test": [")" + to_base64(leaf.der()) + R"("]})";
    EXPECT_TRUE(read(key, kKey));
    EXPECT_FALSE(read(key, kWhole));
    EXPECT_TRUE(read(whole, kWhole));
    EXPECT_FALSE(read(whole, kKey));
    Bytes cut = leaf.fields().spki;
    cut.pop_back();
    EXPECT_FALSE(read(R"({"a.test": [")" + to_base64(cut) + R"("]})", kKey));
    Bytes longer = leaf.fields().spki;
    longer.push_back(0);
    EXPECT_FALSE(read(R"({"a.test": [")" + to_base64(longer) + R"("]})", kKey));
}

TEST(PinSet, HasBounds) {
    const auto with_pins = [](int count) {
        std::string json = "{\"a.test\": [";
        for (int i = 0; i < count; ++i) {
            json += (i ? ", \"" : "\"") + base64_of(static_cast<std::uint8_t>(i)) + "\"";
        }
        return json + "]}";
    };
    EXPECT_EQ(must(read(with_pins(64))).find(host("a.test")).size(), 64U);
    EXPECT_EQ(fault(with_pins(65)), "pins.json: \"a.test\", entry 65: more than 64 entries");
    const auto with_hosts = [](int count) {
        std::string json = "{";
        for (int i = 0; i < count; ++i) {
            json += (i ? ",\"h" : "\"h") + std::to_string(i) + ".test\":[\"" + base64_of(1) + "\"]";
        }
        return json + "}";
    };
    EXPECT_EQ(must(read(with_hosts(10'000))).hosts().size(), 10'000U);
    EXPECT_EQ(fault(with_hosts(10'001)), "pins.json: more than 10000 keys");
    std::string padded = "{}";
    padded.resize(1024 * 1024, ' ');
    EXPECT_TRUE(read(padded));
    EXPECT_EQ(fault(padded + ' '), "pins.json: more than 1048576 bytes");
}

TEST(PinSet, ReadsFilesAndNamesThem) {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/pins.json";
    std::ofstream(path) << R"({"a.test": [")" << base64_of(1) << R"("]})";
    EXPECT_EQ(must(PinSet::from_file(path, kKey, crypto)).hosts().size(), 1U);
    std::ofstream(path) << "{";
    EXPECT_TRUE(PinSet::from_file(path, kKey, crypto).error().what.starts_with(path + ": no JSON"));
    for (const std::string& none : {directory.path(), path + ".not"}) {
        const auto set = PinSet::from_file(none, kKey, crypto);
        ASSERT_FALSE(set);
        EXPECT_EQ(set.error().code, Errc::bad_input);
        EXPECT_TRUE(set.error().what.starts_with(none + ": cannot be read")) << set.error().what;
    }
    std::ofstream(path) << std::string(1024 * 1024 + 1, ' ');
    EXPECT_EQ(PinSet::from_file(path, kKey, crypto).error().what,
              path + ": more than 1048576 bytes");
}

}  // namespace
}  // namespace omnitls
