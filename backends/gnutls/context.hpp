// SPDX-License-Identifier: BSL-1.0
// A configuration compiled for GnuTLS, and what the other files of this backend offer to backend.cpp.
#pragma once

#include "compat.hpp"
#include <omnitls/spi/crypto.hpp>
#include <omnitls/spi/native_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace omnitls::inline v0::gnutls_native {

/// This side's certificates and key, as GnuTLS wants them. Pinned: connections point into it.
struct Credentials {
    Credentials() = default;
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;
    ~Credentials() {
        for (gnutls_pcert_st& certificate : chain) gnutls_pcert_deinit(&certificate);
    }
    std::vector<gnutls_pcert_st> chain;  ///< Leaf first; empty: none.
    PrivateKeyPtr key;
};

/// What a context and its sessions share.
struct Settings {
    Role role = Role::client;
    VersionRange versions;
    std::vector<std::string> alpn;
    bool asks_for_certificate = false;  ///< Servers only.
    std::size_t handshake_bytes = 0;
    std::shared_ptr<KeyLog> key_log;           ///< May be null.
    bool keeps_sessions = false;               ///< Clients only.
    std::chrono::seconds session_lifetime{0};  ///< Servers only; 0: no tickets.
    SecretDatum ticket_key;                    ///< With a lifetime.
    Credentials mine;
    PriorityPtr priority;
    CredentialsPtr credentials;  // Below `mine`: freed before it.
};

class Context final : public spi::NativeContext {
public:
    explicit Context(std::shared_ptr<const Settings> settings) noexcept
        : settings_(std::move(settings)) {}
    Result<std::unique_ptr<spi::NativeSession>> make_session(const std::string& sni) const override;
    /// In verifier.cpp.
    spi::PathVeto verify_path(std::span<const spi::PathElement> path,
                              spi::Purpose purpose) const noexcept override;
    EffectiveSettings effective_settings(EffectiveSettings set) const override;

private:
    std::shared_ptr<const Settings> settings_;
};

using NewContext = Result<std::unique_ptr<spi::NativeContext>>;
NewContext compile(const ClientConfig& config);
NewContext compile(const ServerConfig& config);

/// Null for anything but one certificate that GnuTLS can read.
CertificatePtr parse_certificate(ConstBytes der) noexcept;

/// In crypto.cpp.
const spi::Crypto& crypto() noexcept;

}  // namespace omnitls::inline v0::gnutls_native
