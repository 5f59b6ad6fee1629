// SPDX-License-Identifier: BSL-1.0
// The table of a server's sessions: found by id, bounded, in TLS 1.3 of use once.
#include "core/kept_sessions.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

KeptSession session(std::uint8_t id, ProtocolVersion version = ProtocolVersion::tls12) {
    KeptSession made;
    made.version = version;
    made.expires = UtcTime{std::chrono::seconds(2000)};
    made.resumable.id = Bytes(4, id);
    made.sni = "name " + std::to_string(id);
    return made;
}
Bytes id(std::uint8_t number) { return Bytes(4, number); }
constexpr UtcTime kNow{std::chrono::seconds(1000)};
/// Of either version.
std::shared_ptr<const KeptSession> take(KeptSessions& sessions, std::uint8_t number) {
    auto found = sessions.take(ProtocolVersion::tls12, id(number));
    return found ? found : sessions.take(ProtocolVersion::tls13, id(number));
}

TEST(KeptSessions, AreFoundByTheirIdAndNoOther) {
    KeptSessions sessions(10);
    sessions.put(session(1), kNow);
    sessions.put(session(2), kNow);
    ASSERT_NE(take(sessions, 1), nullptr);
    EXPECT_EQ(take(sessions, 1)->sni, "name 1");
    EXPECT_EQ(take(sessions, 2)->sni, "name 2");
    EXPECT_EQ(take(sessions, 3), nullptr);
    EXPECT_EQ(sessions.take(ProtocolVersion::tls12, {}), nullptr);
    EXPECT_EQ(sessions.take(ProtocolVersion::tls12, Bytes(3, 1)), nullptr);
}

TEST(KeptSessions, OfTls13AreFoundOnce) {
    for (const auto& [version, again] :
         {std::pair{ProtocolVersion::tls13, false}, {ProtocolVersion::tls12, true}}) {
        KeptSessions sessions(10);
        sessions.put(session(1, version), kNow);
        EXPECT_NE(take(sessions, 1), nullptr);
        EXPECT_EQ(take(sessions, 1) != nullptr, again);
    }
}

// A session of one version is nothing in the other: its secrets are of another kind.
TEST(KeptSessions, AreOfTheirVersionAlone) {
    KeptSessions sessions(10);
    sessions.put(session(1, ProtocolVersion::tls13), kNow);
    EXPECT_EQ(sessions.take(ProtocolVersion::tls12, id(1)), nullptr);
    EXPECT_NE(sessions.take(ProtocolVersion::tls13, id(1)), nullptr) << "and is still there";
    sessions.put(session(2, ProtocolVersion::tls12), kNow);
    EXPECT_EQ(sessions.take(ProtocolVersion::tls13, id(2)), nullptr);
    EXPECT_NE(sessions.take(ProtocolVersion::tls12, id(2)), nullptr);
}

TEST(KeptSessions, OneWithoutAnIdOrTooLargeIsNotKept) {
    for (const std::size_t bytes : {32U * 1024, 32U * 1024 + 1}) {
        KeptSessions sessions(10);
        KeptSession large = session(1);
        const std::size_t rest = large.resumable.id.size() + large.sni.size();
        large.chain = std::make_shared<std::vector<Bytes>>(2, Bytes((bytes - rest) / 2));
        large.resumable.state = SecretBytes(Bytes((bytes - rest) % 2));
        sessions.put(std::move(large), kNow);
        EXPECT_EQ(take(sessions, 1) != nullptr, bytes == 32 * 1024);
        KeptSession nameless = session(2);
        nameless.resumable.id.clear();
        sessions.put(std::move(nameless), kNow);
        EXPECT_EQ(sessions.take(ProtocolVersion::tls12, {}), nullptr);
    }
}

TEST(KeptSessions, ThoseThatAreOverGo) {
    for (const bool over : {true, false}) {
        KeptSessions sessions(10);
        sessions.put(session(1), kNow);
        sessions.put(session(2), UtcTime{std::chrono::seconds(over ? 2000 : 1999)});
        EXPECT_EQ(take(sessions, 1) != nullptr, !over);
    }
}

TEST(KeptSessions, TheOldestMakesRoom) {
    KeptSessions sessions(2);
    for (std::uint8_t number = 1; number <= 3; ++number) sessions.put(session(number), kNow);
    EXPECT_EQ(take(sessions, 1), nullptr);
    EXPECT_NE(take(sessions, 2), nullptr);
    EXPECT_NE(take(sessions, 3), nullptr);
}

TEST(KeptSessions, OneThatWasTakenLeavesRoom) {
    KeptSessions sessions(2);
    sessions.put(session(1), kNow);
    sessions.put(session(2, ProtocolVersion::tls13), kNow);
    EXPECT_NE(take(sessions, 2), nullptr);
    sessions.put(session(3), kNow);
    EXPECT_NE(take(sessions, 1), nullptr);
}

TEST(KeptSessions, AnIdThatComesTwiceStaysWhoseItWas) {
    KeptSessions sessions(2);
    sessions.put(session(1), kNow);
    KeptSession other = session(1);
    other.sni = "somebody else";
    sessions.put(std::move(other), kNow);
    EXPECT_EQ(take(sessions, 1)->sni, "name 1");
    sessions.put(session(2), kNow);
    sessions.put(session(3), kNow);
    EXPECT_EQ(take(sessions, 1), nullptr) << "it took one place";
}

TEST(KeptSessions, MayBeUsedFromSeveralThreads) {
    KeptSessions sessions(8);
    std::vector<std::thread> threads;
    for (std::uint8_t thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&sessions, thread] {
            for (int i = 0; i < 200; ++i) {
                sessions.put(session(thread, ProtocolVersion::tls13), kNow);
                if (const auto found = take(sessions, thread)) {
                    EXPECT_EQ(found->sni, "name " + std::to_string(thread));
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace omnitls::core
