// SPDX-License-Identifier: BSL-1.0
// The reasons that say more than the alert OpenSSL sent for them; the shared code reads the alerts.
#include "errors.hpp"

#include <openssl/sslerr.h>

#include <algorithm>
#include <array>

namespace omnitls::inline v0::openssl_native {
namespace {

constexpr std::array reasons{
    // The versions do not meet. OpenSSL answers some of these with handshake_failure or internal_error.
    ReasonRow{SSL_R_UNSUPPORTED_PROTOCOL, Errc::no_common_version},
    ReasonRow{SSL_R_WRONG_SSL_VERSION, Errc::no_common_version},
    ReasonRow{SSL_R_VERSION_TOO_LOW, Errc::no_common_version},
    ReasonRow{SSL_R_VERSION_TOO_HIGH, Errc::no_common_version},
    ReasonRow{SSL_R_NO_PROTOCOLS_AVAILABLE, Errc::no_common_version},
    ReasonRow{SSL_R_INAPPROPRIATE_FALLBACK, Errc::no_common_version},
    // Neither do suites, groups or signature algorithms.
    ReasonRow{SSL_R_NO_SHARED_CIPHER, Errc::no_common_parameters},
    ReasonRow{SSL_R_NO_CIPHERS_AVAILABLE, Errc::no_common_parameters},
    ReasonRow{SSL_R_NO_SUITABLE_KEY_SHARE, Errc::no_common_parameters},
    ReasonRow{SSL_R_NO_SUITABLE_GROUPS, Errc::no_common_parameters},
    ReasonRow{SSL_R_NO_SHARED_GROUPS, Errc::no_common_parameters},
    ReasonRow{SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, Errc::no_common_parameters},
    ReasonRow{SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, Errc::no_common_parameters},
    ReasonRow{SSL_R_DH_KEY_TOO_SMALL, Errc::no_common_parameters},
    ReasonRow{SSL_R_NO_APPLICATION_PROTOCOL, Errc::no_common_protocol},
    ReasonRow{SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, Errc::bad_record},
    ReasonRow{SSL_R_BAD_SIGNATURE, Errc::bad_signature},
    ReasonRow{SSL_R_DIGEST_CHECK_FAILED, Errc::bad_signature},
    // First bytes that are not TLS; 3.0 knows a web browser and a proxy client by their words.
    ReasonRow{SSL_R_HTTP_REQUEST, Errc::plaintext_peer},
    ReasonRow{SSL_R_HTTPS_PROXY_REQUEST, Errc::plaintext_peer},
    ReasonRow{SSL_R_WRONG_VERSION_NUMBER, Errc::plaintext_peer},
    // OpenSSL's own bounds: messages, empty records (32), KeyUpdates (32), warnings (5), all in a row.
    ReasonRow{SSL_R_EXCESSIVE_MESSAGE_SIZE, Errc::limit_exceeded},
    ReasonRow{SSL_R_RECORD_TOO_SMALL, Errc::limit_exceeded},
    ReasonRow{SSL_R_TOO_MANY_KEY_UPDATES, Errc::limit_exceeded},
    ReasonRow{SSL_R_TOO_MANY_WARN_ALERTS, Errc::limit_exceeded},
    // Answered with handshake_failure although the parameters are not at fault.
    ReasonRow{SSL_R_NO_RENEGOTIATION, Errc::protocol_violation},
    ReasonRow{SSL_R_UNKNOWN_ALERT_TYPE, Errc::protocol_violation},
    ReasonRow{SSL_R_INCONSISTENT_EXTMS, Errc::protocol_violation},
};

}  // namespace

std::span<const ReasonRow> reason_rows() noexcept { return reasons; }

Errc cause_of(unsigned long code, bool negotiated) noexcept {
    const int reason = ERR_GET_REASON(code);
    if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
        if (reason == SSL_R_WRONG_VERSION_NUMBER && negotiated) return Errc::protocol_violation;
        const auto row = std::ranges::find(reasons, reason, &ReasonRow::reason);
        if (row != reasons.end()) return row->cause;
    }
    if (reason == ERR_R_MALLOC_FAILURE || code == 0) return Errc::internal;
    return Errc::handshake_failed;
}

spi::NativeError take_error() {
    spi::NativeError last{0, "no error was reported"};
    const char* data = nullptr;
    int flags = 0;
    while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
        if (last.code != 0 && says_nothing(code)) continue;
        const char* const module = ERR_lib_error_string(code);
        const char* const reason = ERR_reason_error_string(code);
        last = {static_cast<std::int64_t>(code), module == nullptr ? "unknown library" : module};
        last.text += ": ";
        last.text += reason == nullptr ? "reason " + std::to_string(ERR_GET_REASON(code)) : reason;
        if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0')
            last.text.append(": ").append(data);
    }
    return last;
}

}  // namespace omnitls::inline v0::openssl_native
