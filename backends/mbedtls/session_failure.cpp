// SPDX-License-Identifier: BSL-1.0
// How a connection on mbedTLS ends: which alert has left, which must not, and which the library owes its peer.
#include "session.hpp"

#include <new>

namespace omnitls::inline v0::mbedtls_native {

using spi::Outcome;
using spi::Progress;

namespace {
constexpr std::uint8_t alert_record = 21;
constexpr std::uint8_t handshake_record = 22;
}  // namespace

/// Turns a call that did not succeed into a fact.
Outcome Session::stopped(int result, const Input& in) noexcept {
    const bool by_itself = result != 0 && result != MBEDTLS_ERR_SSL_WANT_READ &&
                           result != MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY &&
                           result != MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE;
    if (by_itself) return failed(result);
    flush();
    switch (result) {
        case MBEDTLS_ERR_SSL_WANT_READ:
            return {.progress =
                        in.eof && in.bytes.empty() ? Progress::truncated : Progress::need_input};
        case 0:  // mbedtls_ssl_read's word for an end of the transport, which it is never shown.
            return {.progress = Progress::truncated};
        case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
            peer_closed_ = true;
            return {.progress = Progress::peer_closed};
        case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
            alert_received_ = static_cast<Alert>(ssl_->in_msg[1]);
            error_ = result;
            return {.progress = Progress::failed};
        default:
            return failed(result);
    }
}

/// The library has failed by itself. It has sent an alert, or has not, or has under keys that the peer does not read: in TLS
/// 1.3 its keys are late as long as `secret_` is there. Such an alert is taken back, and the shell seals it.
Outcome Session::failed(int result) noexcept {
    error_ = result;
    try {
        const ErrorRow row = explain(result);
        if (const std::optional<Alert> plain = plain_alert_received(result)) {
            alert_received_ = plain;
            port_.staged.clear();
            return {.progress = Progress::failed};
        }
        const std::optional<Alert> written = alert_in_output(row.alert);
        const Alert alert = written.value_or(row.alert);
        if (!secret_.empty()) {
            port_.staged.clear();
            alert_withheld_ = alert;
        } else if (written || send_alert(alert)) {
            flush();
            alert_sent_ = alert;
        }
        return {.progress = Progress::failed, .cause = row.cause};
    } catch (const std::bad_alloc&) {
        return {.progress = Progress::failed, .cause = Errc::internal};
    }
}

/// The alert that the failing step has written: as it stands there in plain text, else what it must have `meant`.
std::optional<Alert> Session::alert_in_output(Alert meant) const noexcept {
    constexpr std::size_t plain_size = 2;
    const ConstBytes staged = port_.staged;
    if (staged.empty()) return std::nullopt;
    if (staged[0] == alert_record && staged.size() == record_header + plain_size)
        return static_cast<Alert>(staged.back());
    const Alert deferred = deferred_alert(*ssl_.get());
    if (!over() && deferred != Alert::close_notify) return deferred;
    // Behind this side's keys only the peer's Finished is refused as such.
    return meant == Alert::handshake_failure ? Alert::decrypt_error : meant;
}

/// In TLS 1.3 mbedTLS tries to decrypt whatever comes, which is then no wrong key but no protection at all.
bool Session::is_unprotected(int result) const noexcept {
    constexpr std::uint8_t protected_record = 23;
    return result == MBEDTLS_ERR_SSL_INVALID_MAC && ssl_->in_hdr != nullptr &&
           version_of(*ssl_.get()) == ProtocolVersion::tls13 && ssl_->in_hdr[0] != protected_record;
}

/// OpenSSL's clients, failing by themselves, send their alert so until they have written under their keys.
std::optional<Alert> Session::plain_alert_received(int result) const noexcept {
    if (over() || !is_unprotected(result) || ssl_->in_hdr[0] != alert_record ||
        number_at({ssl_->in_hdr, record_header}, 3) != 2)
        return std::nullopt;
    return static_cast<Alert>(ssl_->in_hdr[record_header + 1]);
}

bool Session::is_key_update() const noexcept {
    constexpr std::uint8_t key_update = 24;
    return over() && version_of(*ssl_.get()) == ProtocolVersion::tls13 &&
           ssl_->in_msgtype == handshake_record && ssl_->in_msg[0] == key_update;
}

/// The row of `result`, and its words, which are better than the library's where that is silent.
ErrorRow Session::explain(int result) {
    ErrorRow row = error_row(result);
    error_text_ = text_of(result);
    const bool oversized_record =
        (result == MBEDTLS_ERR_SSL_INVALID_RECORD || result == MBEDTLS_ERR_SSL_BAD_INPUT_DATA) &&
        ssl_->in_hdr != nullptr &&
        number_at({ssl_->in_hdr, record_header}, 3) > MBEDTLS_SSL_IN_CONTENT_LEN + 256U;
    if (resumed_unbound()) {
        row = {result, Alert::handshake_failure, Errc::protocol_violation};
        error_text_ =
            "the peer resumes a session without the extended master secret that the session has "
            "(RFC 7627 §5.3)";
    } else if (oversized_record) {
        row = {result, Alert::record_overflow};
    } else if (is_unprotected(result)) {
        // After the handshake mbedTLS has sent bad_record_mac by now.
        row.cause = Errc::protocol_violation;
        if (!secret_.empty()) row.alert = Alert::unexpected_message;
    } else if (result == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE && is_key_update()) {
        row.cause = Errc::not_supported;
        error_text_ =
            "the peer sent a KeyUpdate, which mbedTLS cannot do (capability "
            "key_update_receive): " +
            error_text_;
    } else if (!over() && ssl_->in_hslen > MBEDTLS_SSL_IN_CONTENT_LEN) {
        row = {result, Alert::internal_error, Errc::not_supported};
        error_text_ = "the peer sent a handshake message of " + std::to_string(ssl_->in_hslen) +
                      " bytes, and mbedTLS has room for " +
                      std::to_string(MBEDTLS_SSL_IN_CONTENT_LEN) +
                      " (capability long_chains): " + error_text_;
    }
    return row;
}

bool Session::send_alert(Alert alert) noexcept {
    return mbedtls_ssl_send_alert_message(ssl_.get(), MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                          static_cast<unsigned char>(alert)) == 0;
}

/// While something is held, or TLS 1.3 keys are late, the shell's own alert is the one that can be read.
bool Session::fatal_alert(Alert alert, spi::Sink& sink) noexcept {
    const bool readable =
        data_phase_ || (!over() && secret_.empty() && (peer_.empty() || granted_));
    if (!readable || sent_close_) return false;
    const Call call(port_, nullptr, &sink);
    const bool sent = send_alert(alert);
    flush();
    return sent;
}

}  // namespace omnitls::inline v0::mbedtls_native
