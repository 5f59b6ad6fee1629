// SPDX-License-Identifier: BSL-1.0
// The backend as a whole: what it can do, and the one function programs call.
#include "context.hpp"
#include <omnitls/backends/gnutls.hpp>
#include <omnitls/spi/library_version.hpp>

namespace omnitls::inline v0 {

std::string gnutls_native::Backend::problem() const {
    return spi::version_mismatch("GnuTLS", {GNUTLS_VERSION_MAJOR, GNUTLS_VERSION_MINOR},
                                 spi::parse_library_version(version()));
}

Capabilities gnutls_native::Backend::capabilities() const {
    using enum CapabilityState;
    std::vector<Capability> rows{
        {"long_alpn_lists", absent, "GnuTLS takes at most 8 protocols of at most 31 bytes"},
        {"hold_verdict", emulated,
         "omnitls withholds the output until the verdict is in; a TLS 1.3 client of GnuTLS pauses "
         "by itself"},
        {"any_rejection_alert", emulated,
         "GnuTLS sends it; in TLS 1.2 omnitls writes it itself, in place of what was withheld"},
        {"client_key_before_verdict", emulated,
         "in TLS 1.2 the client key signs before the verdict, and a rejection discards the "
         "signature; in TLS 1.3 it is unused until the verdict accepts"},
        {"any_cipher_suite_list", absent,
         "GnuTLS takes key exchanges and ciphers, and makes suites of all their combinations"},
    };
    for (const auto& [name, version] :
         {std::pair{"tls12", GNUTLS_TLS1_2}, {"tls13", GNUTLS_TLS1_3}}) {
        const gnutls_protocol_t* known = gnutls_protocol_list();
        while (*known != 0 && *known != version) ++known;
        const bool has_it = *known != 0;
        rows.push_back(
            {name, has_it ? native : absent, has_it ? "" : "this GnuTLS does not have it"});
    }
    return spi::with_native(
        std::move(rows),
        {"alpn", "sni", "client_auth", "encrypted_keys", "critical_name_constraints", "long_chains",
         "revocation_lists", "ocsp_staple_request", "key_update_receive", "exporter", "tls_unique",
         "key_log", "session_store", "session_tickets", "session_ids",
         "sessions_with_client_auth"});
}

const TlsBackend& backends::gnutls() { return spi::the_backend<gnutls_native::Backend>(); }

}  // namespace omnitls::inline v0
