// SPDX-License-Identifier: BSL-1.0
// Records of sessions: what goes in comes out, under the same key only, and not once a bit is another.
#include "core/stored_session.hpp"

#include "tests/support/certs.hpp"
#include "tests/support/no_crypto.hpp"

#include <set>

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

/// A digest that is no use against anybody and different for every input of these tests.
class ToyCrypto final : public test::NoCrypto {
public:
    bool make_digest(spi::Hash, ConstBytes data, MutableBytes out) const override {
        for (std::size_t i = 0; i < out.size(); ++i) {
            std::uint64_t sum = 14695981039346656037U + i;
            for (const std::uint8_t byte : data) sum = (sum ^ byte) * 1099511628211U;
            for (int round = 0; round < 4; ++round) sum = (sum ^ (sum >> 23U)) * 1099511628211U;
            out[i] = static_cast<std::uint8_t>(sum >> 32U);
        }
        return works;
    }
    bool fill_random(MutableBytes out) const override {
        for (std::uint8_t& byte : out) byte = ++last;
        return works;
    }
    bool works = true;
    mutable std::uint8_t last = 0;
};

SessionRecord example() {
    SessionRecord record;
    record.version = ProtocolVersion::tls12;
    record.proved = test::test_time() - std::chrono::hours(1);
    record.expires = test::test_time();
    record.chain = {{1, 2, 3}, {4}};
    record.state = SecretBytes(as_bytes("secret state"));
    return record;
}

Bytes packed(const ToyCrypto& crypto) {
    const auto made = pack_session(crypto, "key", example());
    return {made->bytes().begin(), made->bytes().end()};
}

TEST(StoredSession, ComesBackAsItWas) {
    const ToyCrypto crypto;
    const auto record = unpack_session(crypto, "key", packed(crypto));
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->version, ProtocolVersion::tls12);
    EXPECT_EQ(record->proved, test::test_time() - std::chrono::hours(1));
    EXPECT_EQ(record->expires, test::test_time());
    EXPECT_EQ(record->chain, example().chain);
    EXPECT_EQ(as_text(record->state.bytes()), "secret state");
    EXPECT_FALSE(unpack_session(crypto, "kez", packed(crypto))) << "of another key";
}

TEST(StoredSession, FlippedOrCutAnywhereIsNone) {
    const ToyCrypto crypto;
    const Bytes good = packed(crypto);
    EXPECT_TRUE(unpack_session(crypto, "key", good));
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Bytes flipped = good;
            flipped[i] = static_cast<std::uint8_t>(flipped[i] ^ (1U << bit));
            EXPECT_FALSE(unpack_session(crypto, "key", flipped)) << i << "." << bit;
        }
        EXPECT_FALSE(unpack_session(crypto, "key", ConstBytes(good).first(i))) << "cut at " << i;
    }
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_FALSE(unpack_session(crypto, "key", longer));
}

/// Ends any content with the right digest, as whoever writes the store could.
Bytes sealed(const ToyCrypto& crypto, Bytes content) {
    Bytes whole{'k', 'e', 'y'};
    whole.insert(whole.end(), content.begin(), content.end());
    Bytes end(32);
    crypto.digest(spi::Hash::sha256, whole, end);
    content.insert(content.end(), end.begin(), end.end());
    return content;
}

TEST(StoredSession, NonsenseUnderARightDigestIsNone) {
    const ToyCrypto crypto;
    const Bytes good = packed(crypto);
    const Bytes content(good.begin(), good.end() - 32);
    EXPECT_TRUE(unpack_session(crypto, "key", sealed(crypto, content)));
    for (std::size_t i = 0; i < content.size(); ++i) {
        EXPECT_FALSE(unpack_session(
            crypto, "key",
            sealed(crypto,
                   Bytes(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(i)))))
            << "cut at " << i;
    }
    // The number of certificates, after format (8 + 17), version and two times.
    for (const unsigned count : {0U, 1U, 3U, 255U}) {
        Bytes wrong = content;
        wrong[8 + 17 + 8 + 16 + 7] = static_cast<std::uint8_t>(count);
        EXPECT_FALSE(unpack_session(crypto, "key", sealed(crypto, wrong))) << count;
    }
    Bytes huge = content;
    huge[8 + 17 + 8 + 16] = 0xff;
    EXPECT_FALSE(unpack_session(crypto, "key", sealed(crypto, huge)));
}

TEST(StoredSession, WithoutADigestThereIsNone) {
    ToyCrypto crypto;
    const Bytes good = packed(crypto);
    crypto.works = false;
    EXPECT_FALSE(pack_session(crypto, "key", example()));
    EXPECT_FALSE(unpack_session(crypto, "key", good));
    ClientConfig config;
    config.versions = VersionRange{};
    EXPECT_FALSE(session_scope(crypto, "b", "1", config));
}

TEST(StoredSession, WhatNoConnectionBringsIsNotKept) {
    const ToyCrypto crypto;
    SessionRecord record = example();
    record.state = SecretBytes{Bytes(1024 * 1024)};
    EXPECT_FALSE(pack_session(crypto, "key", record));
}

TEST(StoredSession, TheKeyDependsOnAllThatCounts) {
    const ToyCrypto crypto;
    ClientConfig config;
    config.versions = VersionRange{};
    config.trust = test::load_anchors("root");
    ClientTarget target = *ClientTarget::host("omnitls.test");
    std::set<std::string> keys;
    const auto add = [&](const char* backend, const char* version, const char* policy) {
        const auto scope = session_scope(crypto, backend, version, config);
        keys.insert(session_key(crypto, *scope, policy, target));
        EXPECT_EQ(session_key(crypto, *scope, policy, target),
                  session_key(crypto, *scope, policy, target));
    };
    add("b", "1", "p");
    add("b", "1", "p");
    EXPECT_EQ(keys.size(), 1U) << "nothing but these";
    add("c", "1", "p");
    add("b", "2", "p");
    add("b", "1", "q");
    add("b1", "", "p");
    config.alpn = {"imap"};
    add("b", "1", "p");
    config.versions->min = ProtocolVersion::tls13;
    add("b", "1", "p");
    // The same number in another list is another configuration.
    for (const auto list :
         {&Algorithms::cipher_suites, &Algorithms::groups, &Algorithms::signature_schemes}) {
        config.algorithms = {};
        config.algorithms.*list = {0x0403};
        add("b", "1", "p");
    }
    config.intermediates = test::load_certificates("intermediate.pem");
    add("b", "1", "p");
    config.identity = test::load_identity("client");
    add("b", "1", "p");
    config.trust = test::load_anchors("other_root");
    add("b", "1", "p");
    for (const char* lists : {"root.crl", "intermediate.crl"}) {
        config.revocation_lists = test::must(RevocationLists::from_text(test::read_data(lists)));
        add("b", "1", "p");
    }
    config.revocation = Revocation::required;
    add("b", "1", "p");
    config.strength = Strength::bits_128;
    add("b", "1", "p");
    target.sni = "a.omnitls.test";
    add("b", "1", "p");
    target.names.push_back(target.names[0]);
    add("b", "1", "p");
    target.names.clear();
    add("b", "1", "p");
    target.danger_any_name = true;
    add("b", "1", "p");
    EXPECT_EQ(keys.size(), 21U);
    add("b", "1", "");
    add("b", "1", "");
    EXPECT_EQ(keys.size(), 23U) << "a policy without a name is one context's alone";
    for (const std::string& key : keys) EXPECT_EQ(key.size(), 64U);
}

}  // namespace
}  // namespace omnitls::core
