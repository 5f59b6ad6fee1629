// SPDX-License-Identifier: BSL-1.0
// A configuration compiled for mbedTLS, and what the other files of this backend offer to backend.cpp.
#pragma once

#include "compat.hpp"
#include "errors.hpp"
#include <omnitls/spi/crypto.hpp>
#include <omnitls/spi/native_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace omnitls::inline v0::mbedtls_native {

/// What a context and its sessions share. `config` points at the other members, so this object never moves.
struct Settings {
    Role role = Role::client;
    bool has_identity = false;
    std::vector<std::string> alpn;
    std::vector<const char*> alpn_list;  ///< Into `alpn`; ends with null.
    std::vector<int> suites;
    std::vector<NativeGroup> groups;
    std::vector<NativeScheme> schemes;
    std::shared_ptr<KeyLog> key_log;      ///< May be null.
    std::unique_ptr<TicketKeys> tickets;  ///< Of a server that gives out sessions, else null.
    CertificateList own_chain;
    Key own_key;
    CertificateList client_authorities;
    SslConfig config;
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

/// As `spi::NativeBackend::available`.
Algorithms available(Algorithms candidates, VersionRange versions);

Result<std::unique_ptr<spi::NativeContext>> make_client_context(const ClientConfig& config);
Result<std::unique_ptr<spi::NativeContext>> make_server_context(const ServerConfig& config);

/// In verifier.cpp. Adds one certificate, critical name constraints or not, to `list`; without `copies` only a view of it.
int parse_certificate(CertificateList& list, ConstBytes der, bool copies) noexcept;

/// A Certificate message above this does not fit the library's one record buffer.
inline constexpr std::size_t most_chain_bytes = MBEDTLS_SSL_IN_CONTENT_LEN - 256;

/// Why the library that runs is not the one this was compiled for, whose structures it shares; empty if it is.
std::string version_mismatch(unsigned int running);

/// In crypto.cpp.
const spi::Crypto& crypto() noexcept;

}  // namespace omnitls::inline v0::mbedtls_native
