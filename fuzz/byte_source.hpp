// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <omnitls/bytes.hpp>

#include <algorithm>
#include <cstdint>

namespace omnitls::fuzz {

/// Takes bytes from the front of a fuzzer's input; at the end everything is zero or empty.
struct ByteSource {
    ConstBytes bytes;
    std::uint8_t byte() {
        const ConstBytes one = take(1);
        return one.empty() ? std::uint8_t{0} : one.front();
    }
    /// At most `size` bytes.
    ConstBytes take(std::size_t size) {
        const ConstBytes taken = bytes.first(std::min(size, bytes.size()));
        bytes = bytes.subspan(taken.size());
        return taken;
    }
};

}  // namespace omnitls::fuzz
