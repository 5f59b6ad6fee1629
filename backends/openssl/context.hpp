// SPDX-License-Identifier: BSL-1.0
// A configuration compiled for OpenSSL, and what the other files of this backend offer to backend.cpp.
#pragma once

#include "compat.hpp"
#include "errors.hpp"
#include <omnitls/spi/crypto.hpp>
#include <omnitls/spi/native_context.hpp>

#include <memory>
#include <optional>
#include <string>

namespace omnitls::inline v0::openssl_native {

/// This side's certificate, key and the rest of its chain, as OpenSSL wants them.
struct Credentials {
    X509Ptr leaf;
    PkeyPtr key;
    CertificateListPtr chain;
};

/// What a context and its sessions share. `alpn` is referred to from inside `ctx`, so this object never moves.
struct Settings {
    Role role = Role::client;
    Bytes alpn;  ///< RFC 7301 §3.1 ProtocolNameList without its outer length.
    std::optional<Credentials> client_identity;
    std::shared_ptr<KeyLog> key_log;  ///< May be null.
    SslCtxPtr ctx;
};

class Context final : public spi::NativeContext {
public:
    explicit Context(std::shared_ptr<const Settings> settings) noexcept
        : settings_(std::move(settings)) {}
    Result<std::unique_ptr<spi::NativeSession>> make_session(const std::string& sni) const override;
    /// In verifier.cpp.
    spi::PathVeto verify_path(std::span<const spi::PathElement> path,
                              spi::Purpose purpose) const noexcept override;
    /// OpenSSL tells its suites; its groups and signature schemes it tells nobody.
    EffectiveSettings effective_settings(EffectiveSettings set) const override;

private:
    std::shared_ptr<const Settings> settings_;
};

/// As `spi::NativeBackend::available`.
Algorithms available(Algorithms candidates, VersionRange versions);

Result<std::unique_ptr<spi::NativeContext>> make_client_context(const ClientConfig& config);
Result<std::unique_ptr<spi::NativeContext>> make_server_context(const ServerConfig& config);

/// Null, with OpenSSL's words in the queue, for anything but exactly one certificate.
X509Ptr parse_certificate(ConstBytes der) noexcept;

/// In crypto.cpp.
const spi::Crypto& crypto() noexcept;

}  // namespace omnitls::inline v0::openssl_native
