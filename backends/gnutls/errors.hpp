// SPDX-License-Identifier: BSL-1.0
// GnuTLS's codes, and the one place where they become an `Errc` and an alert.
#pragma once

#include "compat.hpp"
#include <omnitls/error.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace omnitls::inline v0::gnutls_native {

/// Codes whose cause the alert alone does not tell.
struct CodeRow {
    int code;
    Errc cause;
};
std::span<const CodeRow> code_rows() noexcept;

/// Why it failed, or `handshake_failed`: then the alert tells. `negotiated`: the versions are agreed on, so that a strange
/// one in a record header is a broken stream.
Errc cause_of(int code, bool negotiated) noexcept;
/// What the peer is told: GnuTLS sends no alert by itself.
Alert alert_of(int code) noexcept;
/// "words (NAME)".
std::string words_of(int code);

/// `cause` and `what` with the library's words, for factories.
ErrorDetail native_failure(Errc cause, const std::string& what, int code, std::string hint = {});

}  // namespace omnitls::inline v0::gnutls_native
