// SPDX-License-Identifier: BSL-1.0
// The default source of blocks: a few free blocks of each size per thread, without a lock. A block may come back on another
// thread than it was lent on; then it is that thread's.
#include "core/sanitizer.hpp"
#include <omnitls/blocks.hpp>

#include <array>
#include <new>

namespace omnitls::inline v0 {
namespace {

constexpr std::array<std::size_t, 3> kSizes = {block_size::small, block_size::record,
                                               block_size::flight};

#if defined(OMNITLS_HAS_ADDRESS_SANITIZER)
constexpr std::size_t kKept = 0;  // A block that is used after it was given back must be noticed.
#else
constexpr std::size_t kKept = 16;
#endif

// Trivially destroyed, so that blocks may still come back while a thread ends.
struct FreeBlocks {
    std::array<std::array<std::uint8_t*, kKept + 1>, kSizes.size()> blocks;
    std::array<std::size_t, kSizes.size()> count;
    bool emptied_at_end;  // by EmptyAtThreadEnd, from now on or already
    bool ended;
};
thread_local FreeBlocks free_blocks;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

struct EmptyAtThreadEnd {
    EmptyAtThreadEnd() noexcept { free_blocks.emptied_at_end = true; }
    EmptyAtThreadEnd(const EmptyAtThreadEnd&) = delete;
    EmptyAtThreadEnd& operator=(const EmptyAtThreadEnd&) = delete;
    ~EmptyAtThreadEnd() {
        free_blocks.ended = true;
        for (std::size_t size = 0; size < kSizes.size(); ++size) {
            while (free_blocks.count[size] > 0)
                delete[] free_blocks.blocks[size][--free_blocks.count[size]];
        }
    }
};

/// Index of the smallest size of at least `bytes`; kSizes.size() if there is none.
std::size_t size_class(std::size_t bytes) noexcept {
    std::size_t size = 0;
    while (size < kSizes.size() && kSizes[size] < bytes) ++size;
    return size;
}

class ThreadBlocks final : public BlockSource {
public:
    MutableBytes acquire(std::size_t min_bytes) noexcept override {
        const std::size_t size = size_class(min_bytes);
        if (size < kSizes.size() && free_blocks.count[size] > 0)
            return {free_blocks.blocks[size][--free_blocks.count[size]], kSizes[size]};
        const std::size_t bytes = size < kSizes.size() ? kSizes[size] : min_bytes;
        auto* data = new (std::nothrow) std::uint8_t[bytes];
        return data != nullptr ? MutableBytes(data, bytes) : MutableBytes();
    }
    void release(MutableBytes block) noexcept override {
        const std::size_t size = size_class(block.size());
        const bool keep = size < kSizes.size() && kSizes[size] == block.size() &&
                          free_blocks.count[size] < kKept && !free_blocks.ended;
        if (!keep) {
            delete[] block.data();
            return;
        }
        if (!free_blocks.emptied_at_end) {
            thread_local const EmptyAtThreadEnd at_end;
        }
        free_blocks.blocks[size][free_blocks.count[size]++] = block.data();
    }
};

}  // namespace

BlockSource& default_block_source() noexcept {
    static ThreadBlocks source;
    return source;
}

}  // namespace omnitls::inline v0
