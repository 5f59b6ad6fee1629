// SPDX-License-Identifier: BSL-1.0
// The codes that say more than the alert sent for them; the shared code reads the alerts.
#include "errors.hpp"

namespace omnitls::inline v0::gnutls_native {

Errc cause_of(int code, bool negotiated) noexcept {
    switch (code) {
        case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
            return negotiated ? Errc::protocol_violation : Errc::no_common_version;
        // GnuTLS's own bounds.
        case GNUTLS_E_HANDSHAKE_TOO_LARGE:
        case GNUTLS_E_TOO_MANY_EMPTY_PACKETS:
        case GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS:
            return Errc::limit_exceeded;
        // There may be none for an alert either.
        case GNUTLS_E_MEMORY_ERROR:
            return Errc::internal;
        default:
            return Errc::handshake_failed;
    }
}

// What is here is the peer's doing, for which GnuTLS would send internal_error.
Alert alert_of(int code) noexcept {
    switch (code) {
        // A key that signs although its certificate forbids it: GnuTLS itself refuses that.
        case GNUTLS_E_KEY_USAGE_VIOLATION:
            return Alert::unsupported_certificate;
        case GNUTLS_E_TOO_MANY_EMPTY_PACKETS:
            return Alert::unexpected_message;
        // Certificates that it cannot read.
        case GNUTLS_E_ASN1_TIME_ERROR:
        case GNUTLS_E_CERTIFICATE_TIME_ERROR:
        case GNUTLS_E_X509_DUPLICATE_EXTENSION:
        case GNUTLS_E_X509_UNKNOWN_SAN:
            return Alert::bad_certificate;
        default:
            break;
    }
    int level = 0;
    return static_cast<Alert>(gnutls_error_to_alert(code, &level));
}

std::string words_of(int code) {
    if (code == GNUTLS_E_SUCCESS) return {};
    const char* name = gnutls_strerror_name(code);
    return std::string(gnutls_strerror(code)) + " (" + (name != nullptr ? name : "no name") + ")";
}

ErrorDetail failure(Errc cause, const std::string& what, int code) {
    return spi::native_failure(library, cause, what, {code, words_of(code)});
}

}  // namespace omnitls::inline v0::gnutls_native
