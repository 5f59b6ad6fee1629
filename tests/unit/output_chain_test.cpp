// SPDX-License-Identifier: BSL-1.0
// The output chain: bytes in order, stable views, every block given back.
#include "core/output_chain.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

/// Blocks of exactly what is asked for, counted; refuses when told to; remembers what was in a block that came back.
class CountingSource final : public BlockSource {
public:
    ~CountingSource() override { EXPECT_TRUE(lent_.empty()); }
    MutableBytes acquire(std::size_t min_bytes) noexcept override {
        if (refuse) return {};
        auto* data = new std::uint8_t[min_bytes];
        lent_[data] = min_bytes;
        return {data, min_bytes};
    }
    void release(MutableBytes block) noexcept override {
        EXPECT_EQ(lent_.erase(block.data()), 1U);
        returned.assign(block.begin(), block.end());
        delete[] block.data();
    }
    std::size_t lent() const { return lent_.size(); }
    bool refuse = false;
    Bytes returned;

private:
    std::map<std::uint8_t*, std::size_t> lent_;
};

Bytes all(OutputChain& chain) {
    Bytes out;
    while (chain.size() > 0) {
        const ConstBytes front = chain.front();
        out.insert(out.end(), front.begin(), front.end());
        chain.consume(front.size());
    }
    return out;
}

TEST(OutputChain, KeepsBytesInOrderForAnySequenceOfCalls) {
    std::mt19937 random(7);
    CountingSource source;
    OutputChain chain(source);
    Bytes expected;
    Bytes got;
    std::uint8_t next = 0;
    for (int i = 0; i < 2000; ++i) {
        Bytes piece(random() % 5 == 0 ? random() % 17'000 : random() % 200);
        for (std::uint8_t& byte : piece) byte = next++;
        ASSERT_TRUE(chain.append(piece));
        expected.insert(expected.end(), piece.begin(), piece.end());
        const ConstBytes front = chain.front();
        const std::size_t n = front.empty() ? 0 : random() % (front.size() + 1);
        got.insert(got.end(), front.begin(), front.begin() + static_cast<std::ptrdiff_t>(n));
        chain.consume(n);
    }
    const Bytes rest = all(chain);
    got.insert(got.end(), rest.begin(), rest.end());
    EXPECT_EQ(got, expected);
    EXPECT_TRUE(chain.front().empty());
}

TEST(OutputChain, AViewSurvivesAppendsAndSplices) {
    CountingSource source;
    OutputChain chain(source);
    OutputChain other(source);
    ASSERT_TRUE(chain.append(as_bytes("abc")));
    const ConstBytes view = chain.front();
    ASSERT_TRUE(other.append(as_bytes("0123456789")));
    const Bytes large(block_size::small, 'x');
    ASSERT_TRUE(chain.append(large));
    ASSERT_TRUE(chain.splice(other));
    EXPECT_EQ(source.lent(), 3U);
    EXPECT_EQ(chain.front().data(), view.data());
    EXPECT_EQ(as_text(view), "abc");
    EXPECT_EQ(other.size(), 0U);
    EXPECT_EQ(as_text(all(chain)), "abc" + std::string(large.size(), 'x') + "0123456789");
}

TEST(OutputChain, SaysWhenMemoryIsOut) {
    CountingSource source;
    OutputChain chain(source);
    const std::string block(block_size::small, 'x');
    EXPECT_TRUE(chain.append(as_bytes(block)));
    source.refuse = true;
    EXPECT_FALSE(chain.append(as_bytes("9")));
    EXPECT_EQ(chain.size(), block.size());
    source.refuse = false;
    EXPECT_TRUE(chain.append(as_bytes("9")));
    EXPECT_EQ(as_text(all(chain)), block + "9");
}

TEST(OutputChain, APieceIsNeverCutAndFourLargeOnesShareABlock) {
    CountingSource source;
    OutputChain chain(source);
    const Bytes record(16384 + 29, 'r');
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(chain.append(record));
    EXPECT_EQ(source.lent(), 1U);
    EXPECT_EQ(chain.front().size(), 4 * record.size());
    ASSERT_TRUE(chain.append(record));
    EXPECT_EQ(source.lent(), 2U);
    EXPECT_EQ(chain.front().size(), 4 * record.size());
    chain.consume(chain.front().size());
    EXPECT_EQ(chain.front().size(), record.size());
    EXPECT_EQ(source.lent(), 1U) << "what is sent is given back at once";
}

TEST(OutputChain, WipeOverwritesAndClearDoesNotNeedTo) {
    CountingSource source;
    OutputChain chain(source);
    ASSERT_TRUE(chain.append(as_bytes("secret")));
    chain.wipe();
    EXPECT_EQ(Bytes(source.returned.begin(), source.returned.begin() + 6), Bytes(6, 0));
    EXPECT_EQ(chain.size(), 0U);
}

TEST(OutputChain, CopiesFromAnOffset) {
    CountingSource source;
    OutputChain chain(source);
    ASSERT_TRUE(chain.append(as_bytes("0123456789abcdefghij")));
    EXPECT_EQ(as_text(chain.copy(6, 6)), "6789ab");
    EXPECT_EQ(as_text(chain.copy(18, 6)), "ij");
    EXPECT_EQ(as_text(chain.copy(20, 6)), "");
    chain.consume(3);
    EXPECT_EQ(as_text(chain.copy(0, 2)), "34");
}

}  // namespace
}  // namespace omnitls::core
