// SPDX-License-Identifier: BSL-1.0
// The backend as a whole: its name, what it can do, and the one function programs call.
#include "algorithms.hpp"
#include "context.hpp"
#include <omnitls/backends/gnutls.hpp>

namespace omnitls::inline v0 {
namespace gnutls_native {
namespace {

bool library_has(gnutls_protocol_t version) noexcept {
    for (const gnutls_protocol_t* known = gnutls_protocol_list(); *known != 0; ++known)
        if (*known == version) return true;
    return false;
}

Capability row_if(const char* name, bool has_it) {
    if (has_it) return {name, CapabilityState::native, ""};
    return {name, CapabilityState::absent, "this GnuTLS does not have it"};
}

class GnuTlsBackend final : public spi::NativeBackend {
public:
    std::string_view name() const noexcept override { return "gnutls"; }
    std::string version() const override { return gnutls_check_version(nullptr); }
    const spi::Crypto& crypto() const noexcept override { return gnutls_native::crypto(); }
    Capabilities capabilities() const override;
    Algorithms available(Algorithms candidates, VersionRange versions) const override {
        return gnutls_native::available(std::move(candidates), versions);
    }
    NewContext make_client_context(const ClientConfig& config) const override {
        return compile(config);
    }
    NewContext make_server_context(const ServerConfig& config) const override {
        return compile(config);
    }
};

Capabilities GnuTlsBackend::capabilities() const {
    using enum CapabilityState;
    return Capabilities({
        row_if("tls12", library_has(GNUTLS_TLS1_2)),
        row_if("tls13", library_has(GNUTLS_TLS1_3)),
        {"alpn", native, ""},
        {"long_alpn_lists", absent, "GnuTLS takes at most 8 protocols of at most 31 bytes"},
        {"sni", native, ""},
        {"client_auth", native, ""},
        {"encrypted_keys", native, ""},
        {"critical_name_constraints", native, ""},
        {"long_chains", native, ""},
        {"hold_verdict", emulated,
         "omnitls withholds the output until the verdict is in; a TLS 1.3 client of GnuTLS pauses "
         "by itself"},
        {"any_rejection_alert", emulated,
         "GnuTLS sends it; in TLS 1.2 omnitls writes it itself, in place of what was withheld"},
        {"client_key_before_verdict", emulated,
         "in TLS 1.2 the client key signs before the verdict, and a rejection discards the "
         "signature; in TLS 1.3 it is unused until the verdict accepts"},
        {"any_cipher_suite_list", absent,
         "GnuTLS takes key exchanges and ciphers, and makes suites of all their combinations, by "
         "key "
         "exchange first"},
        {"any_signature_scheme_list", native, ""},
        {"ocsp_staple_request", native, ""},
        {"key_update_receive", native, ""},
        {"exporter", native, ""},
        {"tls_unique", native, ""},
        {"key_log", native, ""},
        {"session_store", native, ""},
        {"session_tickets", native, ""},
    });
}

}  // namespace
}  // namespace gnutls_native

const TlsBackend& backends::gnutls() {
    // Never destroyed, as the header promises.
    static const TlsBackend* const shared =
        spi::make_backend(std::make_unique<gnutls_native::GnuTlsBackend>()).release();
    return *shared;
}

}  // namespace omnitls::inline v0
