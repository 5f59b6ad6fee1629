// SPDX-License-Identifier: BSL-1.0
// `ReadBlock`: the one block of ciphertext a stream holds. Bytes come in at its end and are taken from its front.
#pragma once

#include <omnitls/bytes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace omnitls::inline v0::detail {

/// Memory is allocated with the first byte needed and kept. Not thread-safe.
class ReadBlock {
public:
    /// The unread bytes; valid until `room` or `append`.
    ConstBytes bytes() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }
    /// Forgets all but the last `left` unread bytes.
    void keep_last(std::size_t left) noexcept { begin_ = end_ - left; }

    /// Whether `room` would give any bytes.
    bool has_room(std::size_t capacity) const noexcept { return end_ - begin_ < capacity; }
    /// Where the next bytes go, at least up to `capacity` bytes in all; empty when full. May move the unread bytes.
    MutableBytes room(std::size_t capacity) {
        if (capacity_ < capacity) grow(capacity);
        if (begin_ != 0 && (empty() || end_ == capacity_)) compact();
        return {data_.get() + end_, capacity_ - end_};
    }
    /// The first `n` bytes of the last `room` were filled.
    void commit(std::size_t n) noexcept { end_ += n; }
    /// Copies `more` to the end, whatever its size.
    void append(ConstBytes more) {
        if (more.empty()) return;
        compact();
        if (capacity_ - end_ < more.size()) grow(end_ + more.size());
        std::memcpy(data_.get() + end_, more.data(), more.size());
        end_ += more.size();
    }

private:
    void compact() noexcept {
        if (!empty()) std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    void grow(std::size_t capacity) {
        std::unique_ptr<std::uint8_t[]> bigger(new std::uint8_t[capacity]);
        if (!empty()) std::memcpy(bigger.get(), data_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        data_ = std::move(bigger);
        capacity_ = capacity;
    }

    std::unique_ptr<std::uint8_t[]> data_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace omnitls::inline v0::detail
