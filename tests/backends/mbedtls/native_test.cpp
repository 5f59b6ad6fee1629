// SPDX-License-Identifier: BSL-1.0
#include "tests/support/native_case.hpp"
#include <omnitls/backends/mbedtls.hpp>
#include <omnitls/mbedtls/native.hpp>

namespace omnitls::test {
namespace {

TEST(Native, IsThatOfAnEngineOnThisLibraryAlone) {
    expect_native_of(backends::mbedtls(), mbedtls::native, [](mbedtls_ssl_context* ssl) {
        EXPECT_EQ(mbedtls_ssl_get_bytes_avail(ssl), 0U);
    });
}

}  // namespace
}  // namespace omnitls::test
