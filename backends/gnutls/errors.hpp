// SPDX-License-Identifier: BSL-1.0
// GnuTLS's codes, and the one place where they become an `Errc` and an alert.
#pragma once

#include "compat.hpp"
#include <omnitls/spi/failure.hpp>

#include <string>

namespace omnitls::inline v0::gnutls_native {

inline constexpr spi::Library library{"gnutls", "GnuTLS"};

/// Why it failed, where `alert_of` does not tell; else `handshake_failed`. `negotiated`: the versions are agreed on, so that a
/// strange one in a record header is a broken stream.
Errc cause_of(int code, bool negotiated) noexcept;
/// What the peer is told: GnuTLS sends no alert by itself.
Alert alert_of(int code) noexcept;
/// "words (NAME)".
std::string words_of(int code);
/// For factories: "GnuTLS `what`", with its words.
ErrorDetail failure(Errc cause, const std::string& what, int code);

}  // namespace omnitls::inline v0::gnutls_native
