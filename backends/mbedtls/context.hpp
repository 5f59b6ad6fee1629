// SPDX-License-Identifier: BSL-1.0
// mbedTLS as a backend, and a configuration compiled for it.
#pragma once

#include "compat.hpp"
#include "errors.hpp"
#include <omnitls/spi/native_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace omnitls::inline v0::mbedtls_native {

/// `config` points at the other members.
class Context final : public spi::NativeContext {
public:
    explicit Context(Role own_role) noexcept : role(own_role) {}
    /// In session.cpp.
    spi::NewSession make_session(const std::string& sni) const override;
    /// In verifier.cpp.
    spi::PathVeto verify_path(spi::PathView path, spi::Purpose purpose) const override;
    EffectiveSettings effective_settings(EffectiveSettings set) const override;

    const Role role;
    bool has_identity = false;
    std::vector<std::string> alpn;
    std::vector<const char*> alpn_list;  ///< Into `alpn`; ends with null.
    std::vector<int> suites;
    std::vector<NativeGroup> groups;
    std::vector<NativeScheme> schemes;
    std::shared_ptr<KeyLog> key_log;      ///< May be null.
    std::unique_ptr<TicketKeys> tickets;  ///< Of a server that seals its sessions, else null.
    bool keeps_sessions = false;  ///< Clients with a store; servers, see `spi::keeps_sessions`.
    CertificateList own_chain;
    Key own_key;
    CertificateList client_authorities;
    SslConfig config;
};

class Backend final : public spi::NativeBackend {
public:
    std::string_view name() const noexcept override { return library.backend; }
    std::string version() const override;
    std::string problem() const override;
    Capabilities capabilities() const override;
    /// In crypto.cpp.
    const spi::Crypto& crypto() const noexcept override;
    /// This and the following are in context.cpp.
    Algorithms available(Algorithms candidates, VersionRange versions) const override;
    spi::NewContext make_client_context(const ClientConfig& config) const override;
    spi::NewContext make_server_context(const ServerConfig& config) const override;
};

/// Why the library that runs is not the one this was compiled for, whose structures it shares; empty if it is.
std::string version_mismatch(unsigned int running);

/// In verifier.cpp. Adds one certificate, critical name constraints or not, to `list`; without `copies` only a view of it.
int parse_certificate(CertificateList& list, ConstBytes der, bool copies) noexcept;

}  // namespace omnitls::inline v0::mbedtls_native
