// SPDX-License-Identifier: BSL-1.0
#include "tests/support/native_case.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/openssl/native.hpp>

#include <openssl/ssl.h>
namespace omnitls::test {
namespace {

TEST(Native, IsThatOfAnEngineOnThisLibraryAlone) {
    expect_native_of(backends::openssl(), openssl::native,
                     [](SSL* ssl) { EXPECT_EQ(SSL_get_max_proto_version(ssl), TLS1_2_VERSION); });
}

}  // namespace
}  // namespace omnitls::test
