// SPDX-License-Identifier: BSL-1.0
// Overwriting of secrets that the optimiser may not remove.
#pragma once

#include <omnitls/bytes.hpp>

namespace omnitls::inline v0::core {

/// Overwrites `bytes` with zeros, also if nobody reads them afterwards.
inline void secure_wipe(MutableBytes bytes) noexcept {
    volatile std::uint8_t* p = bytes.data();
    for (std::size_t i = 0; i < bytes.size(); ++i) p[i] = 0;
}

}  // namespace omnitls::inline v0::core
