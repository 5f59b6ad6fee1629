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
    made.resumable.id = Bytes(4, id);
    made.sni = "name " + std::to_string(id);
    return made;
}
Bytes id(std::uint8_t number) { return Bytes(4, number); }

TEST(KeptSessions, AreFoundByTheirIdAndNoOther) {
    KeptSessions sessions(10);
    sessions.put(session(1));
    sessions.put(session(2));
    ASSERT_NE(sessions.take(id(1)), nullptr);
    EXPECT_EQ(sessions.take(id(1))->sni, "name 1");
    EXPECT_EQ(sessions.take(id(2))->sni, "name 2");
    EXPECT_EQ(sessions.take(id(3)), nullptr);
    EXPECT_EQ(sessions.take({}), nullptr);
    EXPECT_EQ(sessions.take(Bytes(3, 1)), nullptr);
}

TEST(KeptSessions, OfTls13AreFoundOnce) {
    for (const auto& [version, again] :
         {std::pair{ProtocolVersion::tls13, false}, {ProtocolVersion::tls12, true}}) {
        KeptSessions sessions(10);
        sessions.put(session(1, version));
        EXPECT_NE(sessions.take(id(1)), nullptr);
        EXPECT_EQ(sessions.take(id(1)) != nullptr, again);
    }
}

TEST(KeptSessions, TheOldestMakesRoom) {
    KeptSessions sessions(2);
    for (std::uint8_t number = 1; number <= 3; ++number) sessions.put(session(number));
    EXPECT_EQ(sessions.take(id(1)), nullptr);
    EXPECT_NE(sessions.take(id(2)), nullptr);
    EXPECT_NE(sessions.take(id(3)), nullptr);
}

TEST(KeptSessions, OneThatWasTakenLeavesRoom) {
    KeptSessions sessions(2);
    sessions.put(session(1));
    sessions.put(session(2, ProtocolVersion::tls13));
    EXPECT_NE(sessions.take(id(2)), nullptr);
    sessions.put(session(3));
    EXPECT_NE(sessions.take(id(1)), nullptr);
}

TEST(KeptSessions, AnIdThatComesTwiceStaysWhoseItWas) {
    KeptSessions sessions(2);
    sessions.put(session(1));
    KeptSession other = session(1);
    other.sni = "somebody else";
    sessions.put(std::move(other));
    EXPECT_EQ(sessions.take(id(1))->sni, "name 1");
    sessions.put(session(2));
    sessions.put(session(3));
    EXPECT_EQ(sessions.take(id(1)), nullptr) << "it took one place";
}

TEST(KeptSessions, MayBeUsedFromSeveralThreads) {
    KeptSessions sessions(8);
    std::vector<std::thread> threads;
    for (std::uint8_t thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&sessions, thread] {
            for (int i = 0; i < 200; ++i) {
                sessions.put(session(thread, ProtocolVersion::tls13));
                if (const auto found = sessions.take(id(thread))) {
                    EXPECT_EQ(found->sni, "name " + std::to_string(thread));
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace omnitls::core
