// SPDX-License-Identifier: BSL-1.0
// The codes that say more than the alert sent for them; the shared code reads the alerts.
#include "errors.hpp"

#include <omnitls/result.hpp>

#include <algorithm>
#include <array>

namespace omnitls::inline v0::gnutls_native {
namespace {

constexpr std::array codes{
    CodeRow{GNUTLS_E_UNSUPPORTED_VERSION_PACKET, Errc::no_common_version},
    CodeRow{GNUTLS_E_NO_CIPHER_SUITES, Errc::no_common_parameters},
    CodeRow{GNUTLS_E_UNKNOWN_CIPHER_SUITE, Errc::no_common_parameters},
    CodeRow{GNUTLS_E_NO_COMMON_KEY_SHARE, Errc::no_common_parameters},
    CodeRow{GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM, Errc::no_common_parameters},
    CodeRow{GNUTLS_E_ECC_NO_SUPPORTED_CURVES, Errc::no_common_parameters},
    CodeRow{GNUTLS_E_ECC_UNSUPPORTED_CURVE, Errc::no_common_parameters},
    CodeRow{GNUTLS_E_DH_PRIME_UNACCEPTABLE, Errc::no_common_parameters},
    CodeRow{GNUTLS_E_NO_APPLICATION_PROTOCOL, Errc::no_common_protocol},
    CodeRow{GNUTLS_E_DECRYPTION_FAILED, Errc::bad_record},
    CodeRow{GNUTLS_E_PK_SIG_VERIFY_FAILED, Errc::bad_signature},
    CodeRow{GNUTLS_E_ERROR_IN_FINISHED_PACKET, Errc::bad_signature},
    // GnuTLS's own bounds.
    CodeRow{GNUTLS_E_HANDSHAKE_TOO_LARGE, Errc::limit_exceeded},
    CodeRow{GNUTLS_E_TOO_MANY_EMPTY_PACKETS, Errc::limit_exceeded},
    CodeRow{GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, Errc::limit_exceeded},
    // The peer signed with a key whose certificate forbids it: GnuTLS itself refuses that.
    CodeRow{GNUTLS_E_KEY_USAGE_VIOLATION, Errc::certificate_rejected},
    CodeRow{GNUTLS_E_UNSUPPORTED_CERTIFICATE_TYPE, Errc::certificate_rejected},
    CodeRow{GNUTLS_E_MEMORY_ERROR, Errc::internal},
    CodeRow{GNUTLS_E_INTERNAL_ERROR, Errc::internal},
};

}  // namespace

std::span<const CodeRow> code_rows() noexcept { return codes; }

Errc cause_of(int code, bool negotiated) noexcept {
    if (code == GNUTLS_E_UNSUPPORTED_VERSION_PACKET && negotiated) return Errc::protocol_violation;
    const auto row = std::ranges::find(codes, code, &CodeRow::code);
    return row != codes.end() ? row->cause : Errc::handshake_failed;
}

Alert alert_of(int code) noexcept {
    // Both are the peer's doing, for which GnuTLS would send internal_error.
    if (code == GNUTLS_E_KEY_USAGE_VIOLATION) return Alert::unsupported_certificate;
    if (code == GNUTLS_E_TOO_MANY_EMPTY_PACKETS) return Alert::unexpected_message;
    int level = 0;
    return static_cast<Alert>(gnutls_error_to_alert(code, &level));
}

std::string words_of(int code) {
    if (code == GNUTLS_E_SUCCESS) return {};
    const char* name = gnutls_strerror_name(code);
    return std::string(gnutls_strerror(code)) + " (" + (name != nullptr ? name : "no name") + ")";
}

ErrorDetail native_failure(Errc cause, const std::string& what, int code, std::string hint) {
    ErrorDetail detail = make_error(cause, what + ": " + words_of(code), std::move(hint));
    detail.backend = "gnutls";
    detail.backend_code = code;
    detail.backend_text = words_of(code);
    return detail;
}

}  // namespace omnitls::inline v0::gnutls_native
