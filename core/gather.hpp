// SPDX-License-Identifier: BSL-1.0
// `Gather`: cuts a sequence of buffers into the plaintext of as few records as possible. Small neighbours are copied together,
// what fills a record by itself is not.
#pragma once

#include <omnitls/blocks.hpp>
#include <omnitls/bytes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

namespace omnitls::inline v0::core {

/// For one call: borrows the buffers. What was copied is wiped at the end.
class Gather {
public:
    explicit Gather(std::span<const ConstBytes> in) noexcept : rest_(in) { skip_empty(); }
    Gather(const Gather&) = delete;
    Gather& operator=(const Gather&) = delete;
    ~Gather() {
        if (copied_ > 0) secure_wipe(MutableBytes(record_).first(copied_));
    }

    bool empty() const noexcept { return rest_.empty(); }
    /// The plaintext of the next record, 1 to 16,384 bytes; valid until the next call. Not empty() before.
    ConstBytes next_record() noexcept {
        if (front().size() >= max_record_plaintext || is_last()) return take(max_record_plaintext);
        std::size_t size = 0;
        while (size < max_record_plaintext && !rest_.empty()) {
            const ConstBytes part = take(max_record_plaintext - size);
            std::memcpy(record_.data() + size, part.data(), part.size());
            size += part.size();
        }
        copied_ = std::max(copied_, size);
        return ConstBytes(record_).first(size);
    }

private:
    ConstBytes front() const noexcept { return rest_.front().subspan(taken_); }
    bool is_last() const noexcept {
        return std::all_of(rest_.begin() + 1, rest_.end(), [](ConstBytes b) { return b.empty(); });
    }
    // Up to `most` bytes of the first buffer.
    ConstBytes take(std::size_t most) noexcept {
        const ConstBytes part = front().first(std::min(most, front().size()));
        taken_ += part.size();
        skip_empty();
        return part;
    }
    void skip_empty() noexcept {
        while (!rest_.empty() && taken_ == rest_.front().size()) {
            rest_ = rest_.subspan(1);
            taken_ = 0;
        }
    }

    std::span<const ConstBytes> rest_;
    std::size_t taken_ = 0;   // of the first buffer
    std::size_t copied_ = 0;  // bytes of `record_` that have held plaintext
    std::array<std::uint8_t, max_record_plaintext>
        record_;  // NOLINT: not initialised, it is written before it is read
};

}  // namespace omnitls::inline v0::core
