// SPDX-License-Identifier: BSL-1.0
// The block of ciphertext: bytes in order whatever is asked for and taken, and as much room as the traffic of late needs.
#include <omnitls/transport/detail/read_block.hpp>

#include <random>

#include <gtest/gtest.h>

namespace omnitls::detail {
namespace {

constexpr std::size_t capacity = 66 * 1024;

/// A read of `n` bytes that is taken at once; returns how many it had asked for.
std::size_t read_and_take(ReadBlock& block, std::size_t n) {
    const std::size_t room = block.room(capacity).size();
    block.commit(std::min(n, room));
    block.keep_last(0);
    return room;
}

TEST(ReadBlock, AsksForAsMuchAsTheTrafficOfLateNeeds) {
    ReadBlock block;
    EXPECT_EQ(read_and_take(block, 64), 640U);
    EXPECT_EQ(read_and_take(block, SIZE_MAX), 640U) << "filled: more may be there";
    EXPECT_EQ(read_and_take(block, SIZE_MAX), 4608U);
    EXPECT_EQ(read_and_take(block, SIZE_MAX), 17'408U);
    EXPECT_EQ(read_and_take(block, SIZE_MAX), capacity);
    EXPECT_EQ(read_and_take(block, 30'000), capacity) << "a smaller one had not been enough";
    EXPECT_EQ(read_and_take(block, 100), capacity);
    EXPECT_EQ(read_and_take(block, 100), 17'408U);
    EXPECT_EQ(read_and_take(block, 100), 4608U);
    EXPECT_EQ(read_and_take(block, 100), 640U) << "how a connection idles";
}

TEST(ReadBlock, HoldsNoMoreThanItsCapacity) {
    ReadBlock block;
    std::size_t held = 0;
    while (block.has_room(20'000)) {
        const MutableBytes room = block.room(20'000);
        ASSERT_FALSE(room.empty());
        held += room.size();
        ASSERT_LE(held, 20'000U);
        block.commit(room.size());
    }
    EXPECT_EQ(held, 20'000U);
    EXPECT_EQ(block.bytes().size(), 20'000U);
}

TEST(ReadBlock, WhatIsLentStaysWhereItIsWhenTheRestIsTaken) {
    ReadBlock block;
    const Bytes fed(3000, 'f');
    block.append(fed);
    const MutableBytes room = block.room(capacity);
    block.keep_last(0);
    std::fill(room.begin(), room.end(), std::uint8_t{'r'});
    block.commit(10);
    ASSERT_EQ(block.bytes().size(), 10U);
    EXPECT_EQ(block.bytes()[9], 'r');
}

TEST(ReadBlock, KeepsBytesInOrderForAnySequenceOfCalls) {
    std::mt19937 random(3);
    for (int round = 0; round < 50; ++round) {
        ReadBlock block;
        std::uint8_t in = 0;
        std::uint8_t out = 0;
        for (int i = 0; i < 300; ++i) {
            if (random() % 8 == 0 && block.bytes().size() < 70'000) {
                Bytes more(random() % 3000);
                for (std::uint8_t& byte : more) byte = in++;
                block.append(more);
            }
            if (block.has_room(capacity)) {
                const MutableBytes room = block.room(capacity);
                ASSERT_FALSE(room.empty());
                ASSERT_LE(block.bytes().size() + room.size(),
                          std::max<std::size_t>(capacity, 73'000));
                const std::size_t n =
                    random() % 3 == 0 ? room.size() : random() % (room.size() + 1);
                for (std::size_t k = 0; k < n; ++k) room[k] = in++;
                block.commit(n);
            }
            const std::size_t take =
                random() % 2 == 0 ? block.bytes().size() : random() % (block.bytes().size() + 1);
            for (std::size_t k = 0; k < take; ++k) ASSERT_EQ(block.bytes()[k], out++);
            block.keep_last(block.bytes().size() - take);
        }
    }
}

}  // namespace
}  // namespace omnitls::detail
