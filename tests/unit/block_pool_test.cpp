// SPDX-License-Identifier: BSL-1.0
// The default source of blocks: sizes, what is lent again, blocks that come back on another thread or at its end.
#include "core/sanitizer.hpp"
#include <omnitls/blocks.hpp>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

TEST(BlockPool, GivesAtLeastWhatIsAskedFor) {
    BlockSource& source = default_block_source();
    for (const std::size_t bytes : {1U, 4608U, 4609U, 17408U, 17409U, 67584U, 67585U, 1'000'000U}) {
        const MutableBytes block = source.acquire(bytes);
        ASSERT_GE(block.size(), bytes);
        std::fill(block.begin(), block.end(), std::uint8_t{1});
        source.release(block);
    }
#if !defined(OMNITLS_HAS_ADDRESS_SANITIZER) && \
    !defined(OMNITLS_HAS_THREAD_SANITIZER)  // They end the program.
    EXPECT_EQ(source.acquire(SIZE_MAX / 2).data(), nullptr) << "memory is out";
#endif
}

TEST(BlockPool, LentBlocksAreDistinctAndComeBackInAnyNumber) {
    BlockSource& source = default_block_source();
    for (const std::size_t bytes : {100U, 10'000U, 60'000U}) {
        std::vector<MutableBytes> lent;
        std::set<const std::uint8_t*> addresses;
        for (int i = 0; i < 50; ++i) {
            lent.push_back(source.acquire(bytes));
            ASSERT_NE(lent.back().data(), nullptr);
            addresses.insert(lent.back().data());
        }
        EXPECT_EQ(addresses.size(), lent.size());
        for (const MutableBytes block : lent) source.release(block);
    }
}

// With AddressSanitizer every block goes back, so that its use afterwards is seen.
#if !defined(OMNITLS_HAS_ADDRESS_SANITIZER)
TEST(BlockPool, TheLastOneGivenBackIsLentAgain) {
    BlockSource& source = default_block_source();
    const MutableBytes first = source.acquire(60'000);
    source.release(first);
    const MutableBytes second = source.acquire(65'000);
    EXPECT_EQ(first.data(), second.data());
    const MutableBytes small = source.acquire(100);
    EXPECT_LT(small.size(), 5'000U) << "a small need takes no large block";
    source.release(small);
    source.release(second);
}
#endif

TEST(BlockPool, BlocksMoveBetweenThreads) {
    BlockSource& source = default_block_source();
    std::vector<MutableBytes> lent;
    std::thread([&] {
        for (int i = 0; i < 40; ++i) lent.push_back(source.acquire(60'000));
    }).join();
    for (const MutableBytes block : lent) {
        std::fill(block.begin(), block.end(), std::uint8_t{7});
        source.release(block);
    }
    std::thread([&] { source.release(source.acquire(60'000)); }).join();
}

/// Gives its block back when its thread is already ending, after the pool's own end.
struct LateHolder {
    ~LateHolder() {
        if (!block.empty()) default_block_source().release(block);
    }
    MutableBytes block;
};

TEST(BlockPool, ABlockMayComeBackWhileItsThreadEnds) {
    std::thread([] {
        thread_local LateHolder
            holder;  // made before the pool notices the thread, so destroyed after it
        holder.block = default_block_source().acquire(60'000);
        default_block_source().release(default_block_source().acquire(60'000));
    }).join();
}

}  // namespace
}  // namespace omnitls
