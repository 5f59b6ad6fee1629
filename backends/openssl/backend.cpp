// SPDX-License-Identifier: BSL-1.0
// The backend as a whole: what it can do, and the one function programs call.
#include "context.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/spi/library_version.hpp>

namespace omnitls::inline v0 {
namespace openssl_native {
namespace {

bool library_has(int version) noexcept {
    const SslCtxPtr ctx{SSL_CTX_new(TLS_method())};
    const bool has = ctx && SSL_CTX_set_min_proto_version(ctx.get(), version) == 1 &&
                     SSL_CTX_set_max_proto_version(ctx.get(), version) == 1;
    ERR_clear_error();
    return has;
}

}  // namespace

std::string Backend::problem() const {
    return spi::version_mismatch("OpenSSL", {OPENSSL_VERSION_MAJOR, OPENSSL_VERSION_MINOR},
                                 {OPENSSL_version_major(), OPENSSL_version_minor()});
}

Capabilities Backend::capabilities() const {
    using enum CapabilityState;
    const auto version = [](const char* name, int number) {
        const bool has = library_has(number);
        return Capability{name, has ? native : absent, has ? "" : "this OpenSSL does not have it"};
    };
    return spi::with_native(
        {
            version("tls12", TLS1_2_VERSION),
            version("tls13", TLS1_3_VERSION),
            {"hold_verdict", emulated, "omnitls withholds the output until the verdict is in"},
            {"any_rejection_alert", emulated,
             "omnitls writes the alert itself, in TLS 1.3 sealed with the exported traffic secret"},
            {"client_key_before_verdict", absent,
             "the client key is unused until the verdict accepts"},
        },
        {"alpn", "long_alpn_lists", "sni", "client_auth", "encrypted_keys",
         "critical_name_constraints", "long_chains", "revocation_lists", "ocsp_staple_request",
         "key_update_receive", "exporter", "tls_unique", "key_log", "session_store",
         "session_tickets", "session_ids", "sessions_with_client_auth"});
}

}  // namespace openssl_native

const TlsBackend& backends::openssl() { return spi::the_backend<openssl_native::Backend>(); }

}  // namespace omnitls::inline v0
