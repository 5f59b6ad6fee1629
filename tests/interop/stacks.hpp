// SPDX-License-Identifier: BSL-1.0
// Every backend with every version of TLS, in one test that has started something expensive.
#pragma once

#include "tests/support/certs.hpp"
#include <omnitls/backend.hpp>

#include <iostream>
#include <string>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {

/// Runs `body(backend, version)` until one fails fatally. A version that a backend lacks is refused in so many words.
template <class Body>
void for_each_stack(const Body& body) {
    for (const TlsBackend* const backend : built_backends()) {
        for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
            const bool tls12 = version == ProtocolVersion::tls12;
            const auto gap = backend->capabilities().require(tls12 ? "tls12" : "tls13");
            SCOPED_TRACE(std::string(backend->name()) + (tls12 ? " TLS 1.2" : " TLS 1.3"));
            if (!gap) {
                body(*backend, version);
                if (testing::Test::HasFatalFailure()) return;
                continue;
            }
            ClientConfig config;
            config.trust = load_anchors("root");
            config.versions = {version, version};
            const auto refused = backend->make_client_context(config);
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, Errc::not_supported);
            std::cout << backend->name() << ": " << gap->what << '\n';
        }
    }
}

}  // namespace omnitls::test
