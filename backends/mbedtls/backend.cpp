// SPDX-License-Identifier: BSL-1.0
// The backend as a whole: its name, what it can do, and the one function programs call.
#include "context.hpp"
#include <omnitls/backends/mbedtls.hpp>
#include <omnitls/spi/library_version.hpp>

namespace omnitls::inline v0 {
namespace mbedtls_native {

std::string version_mismatch(unsigned int running) {
    // Within a minor version mbedTLS keeps its structures.
    return spi::version_mismatch(library.name, {MBEDTLS_VERSION_MAJOR, MBEDTLS_VERSION_MINOR},
                                 {running >> 24U, (running >> 16U) & 0xffU},
                                 spi::Compatibility::same_minor);
}

std::string Backend::version() const {
    std::array<char, 9> text{};
    mbedtls_version_get_string(text.data());
    return text.data();
}

std::string Backend::problem() const {
    std::string mismatch = version_mismatch(mbedtls_version_get_number());
    if (!mismatch.empty() || start_library()) return mismatch;
    return "mbedTLS cannot start its cryptography";
}

Capabilities Backend::capabilities() const {
    using enum CapabilityState;
    const auto if_true = [](const char* name, bool present, const char* reason) {
        return Capability{name, present ? native : absent, present ? "" : reason};
    };
    std::vector<Capability> rows{
        if_true("tls13", has_tls13, "this mbedTLS does not have it; 3.6 does"),
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
         "it does not know, and the handshake fails before any question"},
        {"long_chains", absent, "mbedTLS has room for one handshake message of 16,384 bytes"},
        if_true("any_signature_scheme_list", any_scheme_list,
                "this mbedTLS takes hashes, each for the schemes with ECDSA and with RSA"),
        {"tls12_client_signature_schemes", absent,
         "in TLS 1.2 a client of mbedTLS signs with the suite's hash, and a server takes SHA-256 "
         "and SHA-384 whatever the list says"},
        {"ocsp_staple_request", absent, "mbedTLS does not have it"},
        {"key_update_receive", absent,
         "mbedTLS does not have it: a KeyUpdate of the peer ends the connection"},
        {"exporter", library_exports ? native : emulated,
         library_exports ? "" : "omnitls runs the PRF of the library (RFC 5705 §4)"},
        {"key_log", emulated, "omnitls writes what the library exports"},
    };
    return spi::with_native(
        std::move(rows),
        {"tls12", "alpn", "long_alpn_lists", "sni", "client_auth", "revocation_lists", "tls_unique",
         "session_store", "session_tickets", "session_ids", "sessions_with_client_auth"});
}

}  // namespace mbedtls_native

const TlsBackend& backends::mbedtls() { return spi::the_backend<mbedtls_native::Backend>(); }

}  // namespace omnitls::inline v0
