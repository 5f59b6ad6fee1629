// SPDX-License-Identifier: BSL-1.0
// The alerts behind mbedTLS' codes; the shared code reads the cause from the alert.
#include "errors.hpp"

namespace omnitls::inline v0::mbedtls_native {
namespace {

/// A code's upper part; the rest is the code of a lower module.
constexpr int upper_part(int code) noexcept { return -(-code & 0x7f80); }

constexpr std::array rows{
    ErrorRow{MBEDTLS_ERR_SSL_INVALID_MAC, Alert::bad_record_mac},
    ErrorRow{MBEDTLS_ERR_SSL_INVALID_RECORD, Alert::unexpected_message},
    ErrorRow{MBEDTLS_ERR_SSL_UNEXPECTED_RECORD, Alert::unexpected_message},
    ErrorRow{MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, Alert::unexpected_message},
    ErrorRow{MBEDTLS_ERR_SSL_PK_TYPE_MISMATCH, Alert::illegal_parameter},
    // A handshake message that does not fit mbedTLS' one record buffer.
    ErrorRow{MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE, Alert::internal_error, Errc::not_supported},
    ErrorRow{MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL, Alert::internal_error, Errc::not_supported},
    // What a signature or a certificate is found to be.
    ErrorRow{MBEDTLS_ERR_ECP_VERIFY_FAILED, Alert::decrypt_error},
    ErrorRow{MBEDTLS_ERR_RSA_VERIFY_FAILED, Alert::decrypt_error},
    ErrorRow{MBEDTLS_ERR_PK_SIG_LEN_MISMATCH, Alert::decrypt_error},
    ErrorRow{MBEDTLS_ERR_X509_INVALID_EXTENSIONS, Alert::bad_certificate},
    ErrorRow{MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE, Alert::unsupported_certificate},
    ErrorRow{MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG, Alert::unsupported_certificate},
    ErrorRow{MBEDTLS_ERR_PK_UNKNOWN_PK_ALG, Alert::unsupported_certificate},
};

}  // namespace

spi::NativeError native_error(int code) {
    std::array<char, 160> text{};
    mbedtls_strerror(code, text.data(), text.size());
    return {code, text.data()};
}

ErrorRow error_row(int code) noexcept {
    using Table = std::span<const ErrorRow>;
    for (const int wanted : {code, upper_part(code)})
        for (const Table table : {Table(rows), Table(version_errors)})
            for (const ErrorRow& row : table)
                if (row.code == wanted) return row;
    return {code, Alert::internal_error};
}

}  // namespace omnitls::inline v0::mbedtls_native
