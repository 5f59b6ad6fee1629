// SPDX-License-Identifier: BSL-1.0
// mbedTLS' numbers for a failure, the alerts they stand for, and the few whose cause an alert does not tell.
#pragma once

#include "compat.hpp"
#include <omnitls/spi/failure.hpp>

#include <string>

namespace omnitls::inline v0::mbedtls_native {

inline constexpr spi::Library library{"mbedtls", "mbedTLS"};

/// A code of the library with its words.
spi::NativeError native_error(int code);

inline ErrorDetail native_failure(Errc cause, const std::string& what, int code) {
    return spi::native_failure(library, cause, what, native_error(code));
}

/// The row of a code: exact, else of its upper part (a code may be the sum of two), else internal_error.
ErrorRow error_row(int code) noexcept;

}  // namespace omnitls::inline v0::mbedtls_native
