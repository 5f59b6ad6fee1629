// SPDX-License-Identifier: BSL-1.0
// OpenSSL's words for a failure, and the one place where they become an `Errc`.
#pragma once

#include "compat.hpp"
#include <omnitls/error.hpp>
#include <omnitls/spi/failure.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace omnitls::inline v0::openssl_native {

inline constexpr spi::Library library{"openssl", "OpenSSL"};

/// The last error of this thread's queue that says anything, and empties the queue: the oldest may be a mere symptom from inside
/// a provider. The code is packed, 0 if there is none; the text "library: reason: detail".
spi::NativeError take_error();

/// Reasons of the SSL library whose cause the alert alone does not tell.
struct ReasonRow {
    int reason;
    Errc cause;
};
std::span<const ReasonRow> reason_rows() noexcept;

/// Why it failed, or `handshake_failed`: then the alert tells. `negotiated`: the peer has already been understood to speak
/// TLS, so that a strange record header is a broken stream and not a plain-text peer.
Errc cause_of(unsigned long code, bool negotiated) noexcept;

/// With OpenSSL's last words, for factories. Empties the queue.
inline ErrorDetail native_failure(Errc cause, const std::string& what) {
    return spi::native_failure(library, cause, what, take_error());
}

}  // namespace omnitls::inline v0::openssl_native
