// SPDX-License-Identifier: BSL-1.0
// What omnitls/<backend>/native.hpp must do on every backend; each backend's tests call it with their own function.
#pragma once

#include "tests/support/certs.hpp"
#include "tests/support/fake_session.hpp"
#include <omnitls/backend.hpp>

#include <memory>

#include <gtest/gtest.h>

namespace omnitls::test {

/// `native` gives the library's object of an engine on `backend` as long as there is one, and of no other engine. `look`: sees it
/// before the handshake of a TLS 1.2 client.
template <class Native, class Look>
void expect_native_of(const TlsBackend& backend, Native native, Look look) {
    const auto client_on = [](const TlsBackend& one) {
        ClientConfig config;
        config.trust = load_anchors("root");
        config.versions = VersionRange{ProtocolVersion::tls12, ProtocolVersion::tls12};
        const auto context = must(one.make_client_context(config));
        return must(context->make_engine(must(ClientTarget::host("omnitls.test"))));
    };
    const auto engine = client_on(backend);
    ASSERT_NE(native(*engine), nullptr);
    look(native(*engine));
    engine->abandon(Errc::handshake_timeout, Alert::user_canceled);
    EXPECT_EQ(native(*engine), nullptr) << "it is gone with the failure";
    const auto fake = make_fake_backend(std::make_shared<FakeScript>());
    const auto other = client_on(*fake);
    EXPECT_NE(other->native_session(), nullptr);
    EXPECT_EQ(native(*other), nullptr);
}

}  // namespace omnitls::test
