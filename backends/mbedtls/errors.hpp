// SPDX-License-Identifier: BSL-1.0
// mbedTLS' numbers for a failure, the alerts they stand for, and the few whose cause an alert does not tell.
#pragma once

#include "compat.hpp"
#include <omnitls/error.hpp>

#include <string>

namespace omnitls::inline v0::mbedtls_native {

/// The library's words for a code of its own.
std::string text_of(int code);

/// The row of a code: exact, else of its upper part (a code may be the sum of two), else internal_error.
ErrorRow error_row(int code) noexcept;

/// `code` and `what` with the library's words, for factories.
ErrorDetail native_failure(Errc code, const std::string& what, int native, std::string hint = {});

}  // namespace omnitls::inline v0::mbedtls_native
