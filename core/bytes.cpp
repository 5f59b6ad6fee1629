// SPDX-License-Identifier: BSL-1.0
#include <omnitls/bytes.hpp>

#include <algorithm>

namespace omnitls::inline v0 {

void secure_wipe(MutableBytes bytes) noexcept {
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
    // The compiler must believe that somebody looks.
    asm volatile("" : : "r"(bytes.data()) : "memory");
}

}  // namespace omnitls::inline v0
