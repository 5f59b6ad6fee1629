// SPDX-License-Identifier: BSL-1.0
#include "tests/support/native_case.hpp"
#include <omnitls/backends/gnutls.hpp>
#include <omnitls/gnutls/native.hpp>

namespace omnitls::test {
namespace {

TEST(Native, IsThatOfAnEngineOnThisLibraryAlone) {
    expect_native_of(backends::gnutls(), gnutls::native, [](gnutls_session_t session) {
        EXPECT_EQ(gnutls_session_is_resumed(session), 0);
    });
}

}  // namespace
}  // namespace omnitls::test
