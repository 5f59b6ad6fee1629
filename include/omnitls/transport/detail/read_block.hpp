// SPDX-License-Identifier: BSL-1.0
// `ReadBlock`: the ciphertext a stream holds, in one block. Bytes come in at its end and are taken from its front. The block is
// borrowed while a read is under way or bytes are left, and as large as the traffic of late asks for.
#pragma once

#include <omnitls/blocks.hpp>
#include <omnitls/bytes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace omnitls::inline v0::detail {

/// A read that waits is how a connection idles, so the smallest block is part of the object. Pinned; not thread-safe.
class ReadBlock {
public:
    ReadBlock() noexcept = default;
    ReadBlock(const ReadBlock&) = delete;
    ReadBlock& operator=(const ReadBlock&) = delete;
    ~ReadBlock() { give_back(); }

    /// The unread bytes; valid until `room`, `append` or `keep_last(0)`.
    ConstBytes bytes() const noexcept { return {memory_.data() + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }
    /// Forgets all but the last `left` unread bytes.
    void keep_last(std::size_t left) noexcept {
        begin_ = end_ - left;
        if (left == 0 && !lent_) give_back();
    }

    /// Whether `room` would give any bytes.
    bool has_room(std::size_t capacity) const noexcept { return end_ - begin_ < capacity; }
    /// Where the next bytes go, so that there are at most `capacity` in all; not empty if there is room. Lent until `commit`. May
    /// move the unread bytes. Throws std::bad_alloc.
    MutableBytes room(std::size_t capacity) {
        if (empty()) {
            const std::size_t wanted = std::min(level_bytes(level_), capacity);
            if (wanted != memory_.size()) replace(wanted);
            begin_ = end_ = 0;
        } else if (end_ == memory_.size()) {
            if (begin_ == 0) grow(capacity);
            compact();
        }
        lent_ = true;
        return memory_.subspan(end_);
    }
    /// The first `n` bytes of the last `room` were filled. The next block is larger if that was all of it, and smaller if a smaller one
    /// had done.
    void commit(std::size_t n) noexcept {
        lent_ = false;
        if (n > 0 && n == memory_.size() - end_) {
            if (level_ + 1 < levels.size()) ++level_;
        } else if (level_ > 0 && n < levels[level_ - 1]) {
            --level_;
        }
        end_ += n;
    }
    /// Copies `more` to the end, whatever its size. Not while room is lent. Throws std::bad_alloc.
    void append(ConstBytes more) {
        if (more.empty()) return;
        compact();
        if (memory_.size() - end_ < more.size()) replace(end_ + more.size());
        std::memcpy(memory_.data() + end_, more.data(), more.size());
        end_ += more.size();
    }

private:
    static constexpr std::array<std::size_t, 4> levels = {640, block_size::small,
                                                          block_size::record, block_size::flight};
    // The last level is whatever the stream's options say.
    static std::size_t level_bytes(std::size_t level) noexcept {
        return level + 1 < levels.size() ? levels[level] : SIZE_MAX;
    }

    void compact() noexcept {
        if (begin_ == 0) return;
        if (!empty()) std::memmove(memory_.data(), memory_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    // To the next level, and in any case by a byte.
    void grow(std::size_t capacity) {
        std::size_t level = 0;
        while (level_bytes(level) <= memory_.size()) ++level;
        replace(std::min(level_bytes(level), capacity));
    }
    // Moves the unread bytes to the front of a block of exactly `size` bytes.
    void replace(std::size_t size) {
        MutableBytes lent{};
        MutableBytes memory = small_;
        if (size > small_.size()) {
            lent = default_block_source().acquire(size);
            if (lent.data() == nullptr) throw std::bad_alloc();
            memory = lent;
        }
        const std::size_t left = end_ - begin_;
        if (left > 0) std::memmove(memory.data(), memory_.data() + begin_, left);
        if (!lent_block_.empty()) default_block_source().release(lent_block_);
        lent_block_ = lent;
        memory_ = memory.first(size);
        begin_ = 0;
        end_ = left;
    }
    void give_back() noexcept {
        if (!lent_block_.empty()) default_block_source().release(lent_block_);
        lent_block_ = memory_ = {};
        begin_ = end_ = 0;
    }

    MutableBytes lent_block_;  // what was borrowed, empty for `small_`
    MutableBytes memory_;      // the part of it, or of `small_`, that is used
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t level_ = 0;
    bool lent_ = false;  // to a read that is under way
    std::array<std::uint8_t, levels[0]> small_;
};

}  // namespace omnitls::inline v0::detail
