// SPDX-License-Identifier: BSL-1.0
// How buffers become the plaintext of records: as few as possible, in order, nothing copied that need not be.
#include "core/gather.hpp"

#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

struct Cut {
    std::vector<std::size_t> sizes;
    Bytes bytes;
};

Cut cut(const std::vector<Bytes>& buffers) {
    const std::vector<ConstBytes> views(buffers.begin(), buffers.end());
    Gather gather(views);
    Cut result;
    while (!gather.empty()) {
        const ConstBytes record = gather.next_record();
        result.sizes.push_back(record.size());
        result.bytes.insert(result.bytes.end(), record.begin(), record.end());
    }
    return result;
}

Bytes joined(const std::vector<Bytes>& buffers) {
    Bytes all;
    for (const Bytes& b : buffers) all.insert(all.end(), b.begin(), b.end());
    return all;
}

TEST(Gather, SmallBuffersShareARecord) {
    EXPECT_EQ(cut(std::vector<Bytes>(64, Bytes(64, 'a'))).sizes, std::vector<std::size_t>{4096});
    EXPECT_EQ(cut(std::vector<Bytes>(64, Bytes(1024, 'a'))).sizes,
              std::vector<std::size_t>(4, 16384));
    EXPECT_EQ(cut({Bytes(100, 'a'), Bytes(65'536, 'b')}).sizes,
              (std::vector<std::size_t>{16384, 16384, 16384, 16384, 100}));
}

TEST(Gather, NothingMakesNoRecord) {
    EXPECT_TRUE(cut({}).sizes.empty());
    EXPECT_TRUE(cut({{}, {}, {}}).sizes.empty());
    EXPECT_EQ(cut({{}, Bytes(1, 'a'), {}}).sizes, std::vector<std::size_t>{1});
}

TEST(Gather, WhatFillsARecordIsNotCopied) {
    const Bytes big(40'000, 'b');
    const ConstBytes views[] = {big, {}};
    Gather gather(views);
    EXPECT_EQ(gather.next_record().data(), big.data());
    EXPECT_EQ(gather.next_record().data(), big.data() + 16384);
    EXPECT_EQ(gather.next_record().data(), big.data() + 2 * 16384)
        << "the last one is sent as it is";
    EXPECT_TRUE(gather.empty());
}

TEST(Gather, AnySequenceKeepsItsBytesInTheFewestRecords) {
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        std::vector<Bytes> buffers(random() % 40);
        for (Bytes& buffer : buffers) {
            buffer.resize(random() % 4 == 0 ? random() % 40'000 : random() % 900);
            for (std::uint8_t& byte : buffer) byte = static_cast<std::uint8_t>(random());
        }
        const Cut result = cut(buffers);
        const Bytes all = joined(buffers);
        ASSERT_EQ(result.bytes, all);
        ASSERT_EQ(result.sizes.size(), (all.size() + 16383) / 16384);
        for (const std::size_t size : result.sizes) ASSERT_TRUE(size > 0 && size <= 16384);
    }
}

}  // namespace
}  // namespace omnitls::core
