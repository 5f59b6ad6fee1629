// SPDX-License-Identifier: BSL-1.0
// Follows record boundaries (RFC 8446 §5.1) in the ciphertext that a session takes, without keeping any of it.
#pragma once

#include <omnitls/bytes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace omnitls::inline v0::core {

/// Cuts input at record boundaries, so that every backend sees at most one record per call and floods can be counted.
class RecordTracker {
public:
    /// How many of `bytes` belong to the current record (all of them if it reaches further or its header is not whole).
    std::size_t slice(ConstBytes bytes) const noexcept {
        if (header_size_ == 0 && bytes.size() >= kHeader)
            return std::min(kHeader + body_size(bytes.data()), bytes.size());
        if (header_size_ == kHeader) return std::min(body_left_, bytes.size());
        const std::size_t missing = kHeader - header_size_;
        if (bytes.size() < missing) return bytes.size();
        const auto byte_at = [&](std::size_t i) -> std::size_t {
            return i < header_size_ ? header_[i] : bytes[i - header_size_];
        };
        const std::size_t whole = missing + ((byte_at(3) << 8U) | byte_at(4));
        return std::min(whole, bytes.size());
    }

    /// `taken`: the bytes the session has consumed, not across a boundary. Returns whether a record ended with them.
    bool advance(ConstBytes taken) noexcept {
        // The ordinary case: a whole record at once leaves no trace.
        if (header_size_ == 0 && taken.size() >= kHeader &&
            taken.size() - kHeader >= body_size(taken.data()))
            return true;
        for (; !taken.empty() && header_size_ < kHeader; taken = taken.subspan(1)) {
            header_[header_size_++] = taken[0];
            if (header_size_ == kHeader) {
                body_left_ = body_size(header_.data());
            }
        }
        if (header_size_ < kHeader) return false;
        body_left_ -= taken.size() < body_left_ ? taken.size() : body_left_;
        if (body_left_ > 0) return false;
        header_size_ = 0;
        return true;
    }

    /// No record has been begun.
    bool at_boundary() const noexcept { return header_size_ == 0; }

private:
    static constexpr std::size_t kHeader = 5;
    static std::size_t body_size(const std::uint8_t* header) noexcept {
        return (std::size_t{header[3]} << 8U) | header[4];
    }
    std::array<std::uint8_t, kHeader> header_{};
    std::size_t header_size_ = 0;
    std::size_t body_left_ = 0;
};

}  // namespace omnitls::inline v0::core
