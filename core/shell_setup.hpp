// SPDX-License-Identifier: BSL-1.0
// What every engine of one context shares: the compiled configuration and the policy that core applies.
#pragma once

#include <omnitls/config.hpp>
#include <omnitls/spi/native_context.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace omnitls::inline v0::core {

/// Immutable but for the counter; shared between threads and kept alive by its engines.
struct ShellSetup {
    Role role = Role::client;
    std::string backend_name;
    std::unique_ptr<spi::NativeContext> native;
    const spi::Crypto* crypto = nullptr;
    TrustAnchors trust;
    std::vector<Certificate> intermediates;
    std::shared_ptr<CertificateVerifier> verifier;  ///< Never null.
    VersionRange versions;
    Limits limits;
    Clock clock;                                ///< Never null.
    std::vector<std::string> alpn;              ///< Offered or accepted.
    ClientAuth client_auth = ClientAuth::none;  ///< Servers only.
    mutable std::atomic<std::size_t> pending_questions{0};
};

}  // namespace omnitls::inline v0::core
