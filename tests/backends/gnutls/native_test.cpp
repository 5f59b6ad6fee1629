// SPDX-License-Identifier: BSL-1.0
// The library's own object behind an engine: of this backend's engines, as long as they have one, and of no other.
#include "tests/support/certs.hpp"
#include "tests/support/fake_session.hpp"
#include <omnitls/backends/gnutls.hpp>
#include <omnitls/gnutls/native.hpp>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

std::unique_ptr<TlsEngine> client_on(const TlsBackend& backend) {
    ClientConfig config;
    config.trust = load_anchors("root");
    config.versions = VersionRange{ProtocolVersion::tls12, ProtocolVersion::tls12};
    const auto context = must(backend.make_client_context(config));
    return must(context->make_engine(must(ClientTarget::host("omnitls.test"))));
}

TEST(Native, IsThatOfAnEngineOnThisLibraryAlone) {
    const auto engine = client_on(backends::gnutls());
    auto* const library = gnutls::native(*engine);
    ASSERT_NE(library, nullptr);
    EXPECT_EQ(gnutls_session_is_resumed(library), 0);
    engine->abandon(Errc::handshake_timeout, Alert::user_canceled);
    EXPECT_EQ(gnutls::native(*engine), nullptr) << "it is gone with the failure";
    const auto fake = make_fake_backend(std::make_shared<FakeScript>());
    const auto other = client_on(*fake);
    EXPECT_NE(other->native_session(), nullptr);
    EXPECT_EQ(gnutls::native(*other), nullptr);
}

}  // namespace
}  // namespace omnitls::test
