// SPDX-License-Identifier: BSL-1.0
// The store in memory: bounded, newest first, single use once.
#include <omnitls/session_store.hpp>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

StoredSession session(const char* text, bool single_use) {
    return {SecretBytes(as_bytes(text)), {}, single_use};
}

std::string taken(SessionStore& store, const std::string& key) {
    const auto found = store.take(key);
    return found ? std::string(as_text(found->record.bytes())) : "none";
}

TEST(MemorySessionStore, GivesTheNewestAndSingleUseOnce) {
    const auto store = memory_session_store();
    store->put("a", session("1", true));
    store->put("a", session("2", true));
    store->put("b", session("3", false));
    EXPECT_EQ(taken(*store, "a"), "2");
    EXPECT_EQ(taken(*store, "a"), "1");
    EXPECT_EQ(taken(*store, "a"), "none");
    EXPECT_EQ(taken(*store, "b"), "3");
    EXPECT_EQ(taken(*store, "b"), "3");
    EXPECT_EQ(taken(*store, "c"), "none");
    store->put("b", session("4", false));
    EXPECT_EQ(taken(*store, "b"), "4");
    store->put("b", session("5", true));
    EXPECT_EQ(taken(*store, "b"), "5");
    EXPECT_EQ(taken(*store, "b"), "none") << "the one of several uses was replaced";
}

TEST(MemorySessionStore, KeepsFourOfAKeyAndNoMoreThanAllowed) {
    const auto store = memory_session_store(6);
    for (const char* const text : {"1", "2", "3", "4", "5"}) store->put("a", session(text, true));
    for (const char* const text : {"6", "7", "8"})
        store->put(std::string("b") + text, session(text, false));
    // 2 of "a" had to go for the keys of "b"; 1 went before, being the fifth.
    EXPECT_EQ(taken(*store, "a"), "5");
    EXPECT_EQ(taken(*store, "a"), "4");
    EXPECT_EQ(taken(*store, "a"), "3");
    EXPECT_EQ(taken(*store, "a"), "none");
    EXPECT_EQ(taken(*store, "b6"), "6");
    EXPECT_EQ(taken(*store, "b8"), "8");
}

TEST(MemorySessionStore, OfNoneKeepsNone) {
    const auto store = memory_session_store(0);
    store->put("a", session("1", false));
    EXPECT_EQ(taken(*store, "a"), "none");
}

}  // namespace
}  // namespace omnitls::test
