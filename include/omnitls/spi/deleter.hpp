// SPDX-License-Identifier: BSL-1.0
// Owners for the handles of C libraries.
#pragma once

namespace omnitls::inline v0::spi {

/// For std::unique_ptr: frees by a library's own function.
template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* handle) const noexcept {
        Free(handle);
    }
};

}  // namespace omnitls::inline v0::spi
