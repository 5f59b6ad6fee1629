// SPDX-License-Identifier: BSL-1.0
// Output bytes in a chain of borrowed blocks: a view of the front stays valid and unchanged while more is appended.
#pragma once

#include <omnitls/blocks.hpp>
#include <omnitls/bytes.hpp>

#include <cstddef>
#include <vector>

namespace omnitls::inline v0::core {

/// A queue of bytes. Pinned to its source; appends never move what is there.
class OutputChain {
public:
    explicit OutputChain(BlockSource& source) noexcept : source_(&source) {}
    OutputChain(const OutputChain&) = delete;
    OutputChain& operator=(const OutputChain&) = delete;
    ~OutputChain() { clear(); }

    /// Appends a copy, never cut across two blocks. False when memory is out: nothing was appended.
    bool append(ConstBytes bytes) noexcept;
    /// Appends all of `other`'s blocks and leaves it empty; both use the same source. False when memory is out.
    bool splice(OutputChain& other) noexcept;
    /// The first bytes, contiguous. Valid until `consume` or `clear`.
    ConstBytes front() const noexcept;
    /// Drops the first n <= front().size() bytes.
    void consume(std::size_t n) noexcept;
    /// Nothing is in it: gives back what it keeps for later, too.
    void shrink() noexcept {
        if (blocks_.empty()) std::vector<Block>().swap(blocks_);
    }
    /// Drops everything and gives the blocks back.
    void clear() noexcept;
    /// Drops everything, overwriting it first: for output that must never leave.
    void wipe() noexcept;
    std::size_t size() const noexcept { return size_; }
    /// A copy of all bytes from `offset` on, at most `limit` of them. May throw std::bad_alloc.
    Bytes copy(std::size_t offset, std::size_t limit) const;

private:
    struct Block {
        MutableBytes memory;
        std::size_t begin = 0;
        std::size_t end = 0;

        std::size_t room() const noexcept { return memory.size() - end; }
    };
    bool add_block(std::size_t min_bytes) noexcept;
    void drop_front_block() noexcept;

    BlockSource* source_;
    std::vector<Block> blocks_;  // a handful; the front is erased when it is empty
    std::size_t size_ = 0;
};

}  // namespace omnitls::inline v0::core
