// SPDX-License-Identifier: BSL-1.0
// GnuTLS as a backend, and a configuration compiled for it. What is where: README.md.
#pragma once

#include "compat.hpp"
#include "errors.hpp"
#include <omnitls/spi/native_context.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace omnitls::inline v0::gnutls_native {

class Backend final : public spi::NativeBackend {
public:
    std::string_view name() const noexcept override { return library.backend; }
    std::string version() const override { return gnutls_check_version(nullptr); }
    std::string problem() const override;
    Capabilities capabilities() const override;
    const spi::Crypto& crypto() const noexcept override;  ///< In crypto.cpp.
    Algorithms available(Algorithms candidates, VersionRange versions) const override;
    spi::NewContext make_client_context(const ClientConfig& config) const override;
    spi::NewContext make_server_context(const ServerConfig& config) const override;
};

/// Immutable once it is made. Its sessions point into it, and keep it.
class Context final : public spi::NativeContext {
public:
    ~Context() override {
        for (gnutls_pcert_st& certificate : chain) gnutls_pcert_deinit(&certificate);
    }
    spi::NewSession make_session(const std::string& sni) const override;  ///< In session.cpp.
    /// In verifier.cpp.
    spi::PathVeto verify_path(spi::PathView path, spi::Purpose purpose) const override;
    EffectiveSettings effective_settings(EffectiveSettings set) const override;

    Role role = Role::client;
    std::vector<std::string> alpn;
    bool asks_for_certificate = false;  ///< Servers only.
    std::size_t handshake_bytes = 0;
    std::shared_ptr<KeyLog> key_log;  ///< May be null.
    bool keeps_sessions = false;      ///< Clients with a store; servers, see `spi::keeps_sessions`.
    std::chrono::seconds session_lifetime{0};  ///< Servers only; 0: no sessions.
    /// Of every session: without tickets nothing is resumable.
    unsigned int ticket_flags = GNUTLS_NO_TICKETS;
    OwnedDatum ticket_key;               ///< Of a server that seals its sessions.
    std::vector<gnutls_pcert_st> chain;  ///< This side's, leaf first; empty: none.
    PrivateKeyPtr key;
    PriorityPtr priority;
    CredentialsPtr credentials;
};

/// Numbers of the IANA registries; 0 for what they do not have or omnitls does not use.
std::uint16_t group_id(gnutls_group_t group) noexcept;
std::uint16_t scheme_id(gnutls_sign_algorithm_t scheme) noexcept;

}  // namespace omnitls::inline v0::gnutls_native
