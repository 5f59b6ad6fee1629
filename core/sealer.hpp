// SPDX-License-Identifier: BSL-1.0
// Fatal alerts that omnitls writes itself, where a TLS library has no way to send one.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/error.hpp>
#include <omnitls/spi/crypto.hpp>

#include <optional>

namespace omnitls::inline v0::core {

/// A plain-text fatal alert record (RFC 5246 §7.2): for TLS 1.2 before this side's ChangeCipherSpec.
Bytes plain_alert(Alert alert);

/// A fatal alert as the first TLS 1.3 record under the key of `secret`, sequence number 0 (RFC 8446 §5.2, §7.3).
/// Safe only if no record under that key has left this side or ever will: the caller destroys what was held and seals once.
/// nullopt for suites other than AES-128-GCM, AES-256-GCM and ChaCha20-Poly1305, a secret of the wrong size, or if the
/// library fails.
std::optional<Bytes> seal_first_alert(const spi::Crypto& crypto, std::uint16_t cipher_suite,
                                      ConstBytes secret, Alert alert);

}  // namespace omnitls::inline v0::core
