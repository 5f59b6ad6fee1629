// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace omnitls::inline v0 {

/// What every key and every signature on a path must have at least, the anchor's own signature excepted (NIST SP 800-57 part 1,
/// tables 2 and 3).
enum class Strength : std::uint8_t {
    bits_112,  ///< RSA 2048, EC 256, and no hash that can be forged (MD5, SHA-1).
    bits_128,  ///< RSA 3072, EC 256, Ed25519, SHA-256.
    bits_192,  ///< RSA 7680, EC 384, Ed448, SHA-384.
};

}  // namespace omnitls::inline v0
