// SPDX-License-Identifier: BSL-1.0
// `WriteStage`: the plaintext of small writes that are to share a record, until it is encrypted.
#pragma once

#include <omnitls/blocks.hpp>
#include <omnitls/bytes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

namespace omnitls::inline v0::detail {

/// At most the plaintext of one record (RFC 8446 §5.1), in a block that is borrowed as long as there is any. Wiped when it goes.
/// Pinned; not thread-safe.
class WriteStage {
public:
    static constexpr std::size_t capacity = max_record_plaintext;

    WriteStage() noexcept = default;
    WriteStage(const WriteStage&) = delete;
    WriteStage& operator=(const WriteStage&) = delete;
    ~WriteStage() { clear(); }

    bool empty() const noexcept { return size_ == 0; }
    bool full() const noexcept { return size_ == capacity; }
    ConstBytes bytes() const noexcept { return block_.first(size_); }
    /// Copies as much of `more` as there is room for, and says how much that was. Throws std::bad_alloc.
    std::size_t put(ConstBytes more) {
        if (block_.empty()) block_ = default_block_source().acquire(capacity);
        if (block_.data() == nullptr) throw std::bad_alloc();
        const std::size_t n = std::min(more.size(), capacity - size_);
        if (n > 0) std::memcpy(block_.data() + size_, more.data(), n);
        size_ += n;
        return n;
    }
    void clear() noexcept {
        if (block_.empty()) return;
        secure_wipe(block_.first(size_));
        default_block_source().release(block_);
        block_ = {};
        size_ = 0;
    }

private:
    MutableBytes block_;
    std::size_t size_ = 0;
};

}  // namespace omnitls::inline v0::detail
