// SPDX-License-Identifier: BSL-1.0
// mbedTLS' codes become alerts: exactly, by their upper part, and what is unknown is a fault of this side.
#include "backends/mbedtls/errors.hpp"

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

namespace native = mbedtls_native;

TEST(MbedtlsErrors, TheUpperPartOfASumCounts) {
    EXPECT_EQ(native::error_row(MBEDTLS_ERR_SSL_INVALID_MAC).alert, Alert::bad_record_mac);
    EXPECT_EQ(native::error_row(MBEDTLS_ERR_ECP_VERIFY_FAILED).alert, Alert::decrypt_error);
    EXPECT_EQ(native::error_row(MBEDTLS_ERR_X509_INVALID_EXTENSIONS).alert, Alert::bad_certificate);
    constexpr int sum = MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_UNEXPECTED_TAG;
    EXPECT_EQ(native::error_row(sum).alert, Alert::bad_certificate);
    EXPECT_EQ(native::error_row(-1).alert, Alert::internal_error);
    EXPECT_EQ(native::error_row(-0x0040).alert, Alert::internal_error);
}

TEST(MbedtlsErrors, EveryRowOfThisVersionIsFoundAndNoneTwice) {
    for (const native::ErrorRow& row : native::version_errors) {
        EXPECT_EQ(native::error_row(row.code).code, row.code);
        EXPECT_EQ(native::error_row(row.code).alert, row.alert) << row.code;
    }
}

TEST(MbedtlsErrors, HaveTheLibrarysWords) {
    const ErrorDetail detail =
        native::native_failure(Errc::bad_config, "does not", MBEDTLS_ERR_SSL_INVALID_MAC);
    EXPECT_EQ(detail.code, Errc::bad_config);
    EXPECT_EQ(detail.backend, "mbedtls");
    EXPECT_EQ(detail.backend_code, MBEDTLS_ERR_SSL_INVALID_MAC);
    EXPECT_NE(detail.backend_text.find("MAC"), std::string::npos) << detail.backend_text;
    EXPECT_EQ(detail.what, "mbedTLS does not (" + detail.backend_text + ")");
}

}  // namespace
}  // namespace omnitls::test
