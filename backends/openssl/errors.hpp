// SPDX-License-Identifier: BSL-1.0
// OpenSSL's words for a failure, and the one place where they become an `Errc`.
#pragma once

#include "compat.hpp"
#include <omnitls/error.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace omnitls::inline v0::openssl_native {

/// The last error of this thread's queue that says anything: the oldest may be a mere symptom from inside a provider.
struct NativeError {
    unsigned long code = 0;  ///< Packed; 0 if there is none.
    std::string text;        ///< "library: reason: detail", or a word for "none".
};
/// Reads it and empties the queue.
NativeError take_error();

/// Reasons of the SSL library whose cause the alert alone does not tell.
struct ReasonRow {
    int reason;
    Errc cause;
};
std::span<const ReasonRow> reason_rows() noexcept;

/// Why it failed, or `handshake_failed`: then the alert tells. `negotiated`: the peer has already been understood to speak
/// TLS, so that a strange record header is a broken stream and not a plain-text peer.
Errc cause_of(unsigned long code, bool negotiated) noexcept;

/// `code` and `what` with the library's last words, for factories. Empties the queue.
ErrorDetail native_failure(Errc code, const std::string& what, std::string hint = {});

}  // namespace omnitls::inline v0::openssl_native
