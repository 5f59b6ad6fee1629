// SPDX-License-Identifier: BSL-1.0
// Where keys are remembered: nothing is replaced by accident, and a file is there as a whole or is an error.
#include "tests/support/certs.hpp"
#include "tests/support/temporary_directory.hpp"
#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::must;
namespace fs = std::filesystem;

const TrustKey somebody{"xmpp-client", 5222, "DNS:example.org"};

TrustedKey key_of(std::uint8_t byte) {
    TrustedKey key{};
    key.fill(byte);
    return key;
}
std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

struct Kind {
    const char* name;
    std::function<std::shared_ptr<TrustStore>(const std::string& path)> make;
};
class AnyStore : public testing::TestWithParam<Kind> {
protected:
    const test::TemporaryDirectory directory;
    const std::shared_ptr<TrustStore> store = GetParam().make(directory.path() + "/keys.json");
};

TEST_P(AnyStore, FindsWhatWasPutForExactlyThat) {
    EXPECT_EQ(must(store->find(somebody)), std::nullopt);
    EXPECT_TRUE(must(store->put(somebody, key_of(1), std::nullopt)));
    EXPECT_EQ(must(store->find(somebody)), key_of(1));
    for (const TrustKey& other : {TrustKey{"imap", 5222, "DNS:example.org"},
                                  TrustKey{"xmpp-client", 5223, "DNS:example.org"},
                                  TrustKey{"xmpp-client", 5222, "DNS:example.net"}}) {
        EXPECT_EQ(must(store->find(other)), std::nullopt);
    }
}

TEST_P(AnyStore, ReplacesOnlyWhatTheCallerHasSeen) {
    EXPECT_EQ(store->put(somebody, key_of(2), key_of(1)).error().code, Errc::wrong_state);
    EXPECT_TRUE(must(store->put(somebody, key_of(1), std::nullopt)));
    EXPECT_FALSE(must(store->put(somebody, key_of(1), std::nullopt)));
    EXPECT_EQ(store->put(somebody, key_of(2), std::nullopt).error().code, Errc::wrong_state);
    EXPECT_EQ(must(store->find(somebody)), key_of(1));
    EXPECT_TRUE(must(store->put(somebody, key_of(2), key_of(1))));
    EXPECT_EQ(must(store->find(somebody)), key_of(2));
}

TEST_P(AnyStore, Forgets) {
    EXPECT_FALSE(must(store->remove(somebody)));
    EXPECT_TRUE(must(store->put(somebody, key_of(1), std::nullopt)));
    EXPECT_TRUE(must(store->remove(somebody)));
    EXPECT_EQ(must(store->find(somebody)), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    Of, AnyStore,
    testing::Values(Kind{"memory", [](const std::string&) { return memory_trust_store(); }},
                    Kind{"file",
                         [](const std::string& path) { return must(file_trust_store(path)); }}),
    [](const auto& kind) { return std::string(kind.param.name); });

struct FileStoreTest : testing::Test {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/keys.json";
    const std::string digest = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";  // of key_of(1)

    std::string fault(const std::string& content) const {
        std::ofstream(path, std::ios::trunc) << content;
        const auto store = file_trust_store(path);
        if (store) return "was read";
        EXPECT_EQ(store.error().code, Errc::bad_input);
        EXPECT_EQ(read(path), content);
        return store.error().what;
    }
    std::string entry(const std::string& key) const {
        return "{\"" + key + "\": [\"" + digest + "\"]}";
    }
};

TEST_F(FileStoreTest, RemembersBeyondItself) {
    {
        const auto store = must(file_trust_store(path));
        EXPECT_FALSE(fs::exists(path));
        EXPECT_TRUE(must(store->put(somebody, key_of(1), std::nullopt)));
        EXPECT_TRUE(must(store->put({"imap", 0, "XMPP:a b@example.org"}, key_of(2), std::nullopt)));
    }
    EXPECT_NE(read(path).find("\"xmpp-client 5222 DNS:example.org\""), std::string::npos);
    const auto store = must(file_trust_store(path));
    EXPECT_EQ(must(store->find(somebody)), key_of(1));
    EXPECT_EQ(must(store->find({"imap", 0, "XMPP:a b@example.org"})), key_of(2));
    EXPECT_TRUE(must(store->remove(somebody)));
    EXPECT_EQ(must(must(file_trust_store(path))->find(somebody)), std::nullopt);
}

TEST_F(FileStoreTest, IsItsOwnersAloneAndLeavesNothingBeside) {
    std::ofstream(path) << "{}";
    fs::permissions(path, fs::perms::all);
    const auto store = must(file_trust_store(path));
    EXPECT_TRUE(must(store->put(somebody, key_of(1), std::nullopt)));
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 1);
}

TEST_F(FileStoreTest, WhatCannotBeUnderstoodIsAnErrorAndStays) {
    EXPECT_EQ(fault(entry("xmpp 1 DNS:a.test")), "was read");
    EXPECT_EQ(fault("{}"), "was read");
    for (const std::string& key :
         {std::string("xmpp DNS:a.test"), std::string("xmpp 65536 DNS:a.test"),
          std::string("xmpp 01 DNS:a.test"), std::string("xmpp x DNS:a.test"), std::string(),
          std::string("xmpp -1 DNS:a.test"), std::string("xmpp 999999 DNS:a.test")}) {
        EXPECT_NE(fault(entry(key)).find("wanted \"PROTOCOL PORT NAME\""), std::string::npos)
            << key;
    }
    EXPECT_NE(fault("").find("no JSON"), std::string::npos);
    EXPECT_NE(fault(entry("xmpp 1 DNS:a.test").substr(0, 40)).find("no JSON"), std::string::npos);
    const std::string one = "\"" + digest + "\"";
    for (const std::string& list :
         {std::string(), one + ", " + one, std::string("\"AAAA\""), std::string("\"%%%%\"")}) {
        EXPECT_NE(fault("{\"xmpp 1 DNS:a.test\": [" + list + "]}").find("one SHA-256 in base64"),
                  std::string::npos)
            << list;
    }
    EXPECT_NE(fault(entry("xmpp 1 DNS:a.test") + std::string(1024 * 1024, ' ')).find("more than"),
              std::string::npos);
}

TEST_F(FileStoreTest, WhatCannotBeReadIsAnError) {
    EXPECT_TRUE(file_trust_store(path));
    EXPECT_EQ(file_trust_store(directory.path()).error().code, Errc::bad_input);
    fs::create_symlink(directory.path() + "/nowhere", path);
    EXPECT_EQ(file_trust_store(path).error().code, Errc::bad_input);
}

TEST_F(FileStoreTest, WhatCannotBeWrittenIsAnErrorAndIsNotRemembered) {
    const std::string inside = directory.path() + "/sub";
    fs::create_directory(inside);
    const auto store = must(file_trust_store(inside + "/keys.json"));
    EXPECT_TRUE(must(store->put(somebody, key_of(1), std::nullopt)));
    fs::remove_all(inside);
    const auto put = store->put(somebody, key_of(2), key_of(1));
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, Errc::bad_input);
    EXPECT_EQ(must(store->find(somebody)), key_of(1));
    fs::create_directory(inside);
    EXPECT_TRUE(must(store->put(somebody, key_of(2), key_of(1))));
}

TEST_F(FileStoreTest, WritesNothingItCouldNotRead) {
    const auto store = must(file_trust_store(path));
    const TrustKey large{"xmpp", 1, "DNS:" + std::string(1024 * 1024, 'a')};
    EXPECT_EQ(store->put(large, key_of(1), std::nullopt).error().code, Errc::limit_exceeded);
    EXPECT_TRUE(must(store->put(somebody, key_of(1), std::nullopt)));
    EXPECT_TRUE(file_trust_store(path));
}

}  // namespace
}  // namespace omnitls
