// SPDX-License-Identifier: BSL-1.0
// The backend as a whole: its name, what it can do, and the one function programs call.
#include "context.hpp"
#include <omnitls/backends/mbedtls.hpp>
#include <omnitls/spi/library_version.hpp>

namespace omnitls::inline v0 {
namespace mbedtls_native {

std::string version_mismatch(unsigned int running) {
    // Within a minor version mbedTLS keeps its structures.
    return spi::version_mismatch("mbedTLS", {MBEDTLS_VERSION_MAJOR, MBEDTLS_VERSION_MINOR},
                                 {running >> 24U, (running >> 16U) & 0xffU},
                                 spi::Compatibility::same_minor);
}

namespace {

class MbedTlsBackend final : public spi::NativeBackend {
public:
    std::string_view name() const noexcept override { return "mbedtls"; }
    std::string version() const override {
        std::array<char, 9> text{};
        mbedtls_version_get_string(text.data());
        return text.data();
    }
    const spi::Crypto& crypto() const noexcept override { return mbedtls_native::crypto(); }
    Capabilities capabilities() const override;
    Algorithms available(Algorithms candidates, VersionRange versions) const override {
        return mbedtls_native::available(std::move(candidates), versions);
    }
    Result<std::unique_ptr<spi::NativeContext>> make_client_context(
        const ClientConfig& config) const override {
        return mbedtls_native::make_client_context(config);
    }
    Result<std::unique_ptr<spi::NativeContext>> make_server_context(
        const ServerConfig& config) const override {
        return mbedtls_native::make_server_context(config);
    }
};

Capabilities MbedTlsBackend::capabilities() const {
    using enum CapabilityState;
    const std::string mismatch = version_mismatch(mbedtls_version_get_number());
    const auto if_true = [&](const char* name, bool present, const char* reason) {
        if (!mismatch.empty()) return Capability{name, absent, mismatch};
        return Capability{name, present ? native : absent, present ? "" : reason};
    };
    return Capabilities({
        if_true("tls12", true, ""),
        if_true("tls13", has_tls13, "this mbedTLS does not have it; 3.6 does"),
        {"alpn", native, ""},
        {"long_alpn_lists", native, ""},
        {"sni", native, ""},
        {"client_auth", native, ""},
        if_true(
            "encrypted_keys", reads_pbes2_sha256,
            "of PBES2 this mbedTLS reads HMAC-SHA-1 only, and not HMAC-SHA-256, OpenSSL's default"),
        {"hold_verdict", emulated, "omnitls withholds the output until the verdict is in"},
        {"any_rejection_alert", emulated,
         "omnitls writes the alert itself, in TLS 1.3 sealed with the exported traffic secret"},
        {"client_key_before_verdict", absent, "the client key is unused until the verdict accepts"},
        {"ed25519", absent, "mbedTLS knows keys for RSA and ECDSA only"},
        {"critical_name_constraints", absent,
         "mbedTLS cannot read a chain with critical name constraints or other critical extensions "
         "it "
         "does not know, and the handshake fails before any question"},
        {"long_chains", absent, "mbedTLS has room for one handshake message of 16,384 bytes"},
        if_true("any_signature_scheme_list", any_scheme_list,
                "this mbedTLS takes hashes, each for the schemes with ECDSA and with RSA"),
        {"tls12_client_signature_schemes", absent,
         "in TLS 1.2 a client of mbedTLS signs with the suite's hash, and a server takes SHA-256 "
         "and SHA-384 whatever the list says"},
        {"ocsp_staple_request", absent, "mbedTLS does not have it"},
        {"key_update_receive", absent,
         "mbedTLS does not have it: a KeyUpdate of the peer ends the connection"},
        library_exports
            ? Capability{"exporter", native, ""}
            : Capability{"exporter", emulated, "omnitls runs the PRF of the library (RFC 5705 §4)"},
        {"tls_unique", native, ""},
        {"session_store", native, ""},
        {"session_tickets", native, ""},
        {"session_ids", native, ""},
        {"sessions_with_client_auth", native, ""},
        {"key_log", emulated, "omnitls writes what the library exports"},
    });
}

}  // namespace
}  // namespace mbedtls_native

const TlsBackend& backends::mbedtls() {
    // Never destroyed, as the header promises.
    static const TlsBackend* const shared =
        spi::make_backend(std::make_unique<mbedtls_native::MbedTlsBackend>()).release();
    return *shared;
}

}  // namespace omnitls::inline v0
