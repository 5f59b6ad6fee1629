// SPDX-License-Identifier: BSL-1.0
// A configuration compiled for OpenSSL, and the backend that compiles it.
#pragma once

#include "compat.hpp"
#include "errors.hpp"
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

class Context final : public spi::NativeContext {
public:
    spi::NewSession make_session(const std::string& sni) const override;
    /// In verifier.cpp.
    spi::PathVeto verify_path(spi::PathView path, spi::Purpose purpose) const override;
    /// OpenSSL tells its suites; its groups and signature schemes it tells nobody.
    EffectiveSettings effective_settings(EffectiveSettings set) const override;

    Role role = Role::client;
    Bytes alpn;  ///< RFC 7301 §3.1 ProtocolNameList without its outer length; `ctx` refers to it.
    std::optional<Credentials> client_identity;
    std::shared_ptr<KeyLog> key_log;  ///< May be null.
    SslCtxPtr ctx;
};

class Backend final : public spi::NativeBackend {
public:
    std::string_view name() const noexcept override { return library.backend; }
    std::string version() const override { return OpenSSL_version(OPENSSL_VERSION_STRING); }
    std::string problem() const override;
    Capabilities capabilities() const override;
    /// In crypto.cpp.
    const spi::Crypto& crypto() const noexcept override;
    /// These in context.cpp.
    Algorithms available(Algorithms candidates, VersionRange versions) const override;
    spi::NewContext make_client_context(const ClientConfig& config) const override;
    spi::NewContext make_server_context(const ServerConfig& config) const override;
};

/// Null, with OpenSSL's words in the queue, for anything but exactly one certificate.
X509Ptr parse_certificate(ConstBytes der) noexcept;

}  // namespace omnitls::inline v0::openssl_native
