// SPDX-License-Identifier: BSL-1.0
// The backend as a whole: its name, what it can do, and the one function programs call.
#include "context.hpp"
#include <omnitls/backends/openssl.hpp>

namespace omnitls::inline v0 {
namespace openssl_native {
namespace {

bool library_has(int version) noexcept {
    const SslCtxPtr ctx{SSL_CTX_new(TLS_method())};
    return ctx && SSL_CTX_set_min_proto_version(ctx.get(), version) == 1 &&
           SSL_CTX_set_max_proto_version(ctx.get(), version) == 1;
}

class OpenSslBackend final : public spi::NativeBackend {
public:
    std::string_view name() const noexcept override { return "openssl"; }
    std::string version() const override { return OpenSSL_version(OPENSSL_VERSION_STRING); }
    const spi::Crypto& crypto() const noexcept override { return openssl_native::crypto(); }
    Capabilities capabilities() const override;
    Algorithms available(Algorithms candidates, VersionRange versions) const override {
        return openssl_native::available(std::move(candidates), versions);
    }
    Result<std::unique_ptr<spi::NativeContext>> make_client_context(
        const ClientConfig& config) const override {
        return openssl_native::make_client_context(config);
    }
    Result<std::unique_ptr<spi::NativeContext>> make_server_context(
        const ServerConfig& config) const override {
        return openssl_native::make_server_context(config);
    }
};

Capabilities OpenSslBackend::capabilities() const {
    using enum CapabilityState;
    const auto if_library = [](const char* name, bool present) {
        return Capability{name, present ? native : absent,
                          present ? "" : "this OpenSSL does not have it"};
    };
    std::vector<Capability> rows{
        if_library("tls12", library_has(TLS1_2_VERSION)),
        if_library("tls13", library_has(TLS1_3_VERSION)),
        {"alpn", native, ""},
        {"long_alpn_lists", native, ""},
        {"sni", native, ""},
        {"client_auth", native, ""},
        {"encrypted_keys", native, ""},
        {"hold_verdict", emulated, "omnitls withholds the output until the verdict is in"},
        {"any_rejection_alert", emulated,
         "omnitls writes the alert itself, in TLS 1.3 sealed with the exported traffic secret"},
        {"client_key_before_verdict", absent, "the client key is unused until the verdict accepts"},
        {"critical_name_constraints", native, ""},
        {"long_chains", native, ""},
        {"any_cipher_suite_list", native, ""},
        {"any_signature_scheme_list", native, ""},
        {"ocsp_staple_request", native, ""},
        {"key_update_receive", native, ""},
        {"exporter", native, ""},
        {"tls_unique", native, ""},
        {"key_log", native, ""},
        {"session_store", native, ""},
        {"session_tickets", native, ""},
    };
    ERR_clear_error();
    return Capabilities(std::move(rows));
}

}  // namespace
}  // namespace openssl_native

const TlsBackend& backends::openssl() {
    // Never destroyed, as the header promises.
    static const TlsBackend* const shared =
        spi::make_backend(std::make_unique<openssl_native::OpenSslBackend>()).release();
    return *shared;
}

}  // namespace omnitls::inline v0
