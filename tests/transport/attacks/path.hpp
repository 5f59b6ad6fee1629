// SPDX-License-Identifier: BSL-1.0
// What happens to bytes on their way from one end to the other.
#pragma once

#include <omnitls/bytes.hpp>

#include <functional>
#include <string>
#include <vector>

namespace omnitls::test {

/// Gets what was sent since it was asked last, and returns what arrives now, in segments; it may keep some. Asked with nothing when all is
/// quiet, again until it returns nothing: what it keeps then does not arrive.
using Path = std::function<std::vector<Bytes>(Bytes)>;

inline std::vector<Bytes> in_one_segment(Bytes bytes) {
    if (bytes.empty()) return {};
    return {std::move(bytes)};
}

/// In pieces of `size`.
Path in_pieces(std::size_t size);
/// In pieces of 1 to 40 bytes or all there is, and at times together with what comes next.
Path anyhow(unsigned seed);
/// `text` comes in between, behind the first `at` bytes.
Path inserting(std::size_t at, std::string text);
/// Byte `at` of all that passes has `bits` flipped.
Path flipping(std::size_t at, std::uint8_t bits);

}  // namespace omnitls::test
