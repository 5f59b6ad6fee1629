// SPDX-License-Identifier: BSL-1.0
// How a connection on mbedTLS ends: which alert has left, which must not, and which the library owes its peer.
#include "session.hpp"

#include <new>

namespace omnitls::inline v0::mbedtls_native {

using spi::Outcome;
using spi::Progress;

static constexpr std::uint8_t alert_record = 21;

/// Turns a call that did not succeed into a fact.
Outcome Session::stopped(int result, const Input& in) {
    Progress progress = Progress::failed;
    switch (result) {
        case MBEDTLS_ERR_SSL_WANT_READ:
            progress = in.eof && in.bytes.empty() ? Progress::truncated : Progress::need_input;
            break;
        case 0:  // mbedtls_ssl_read's word for an end of the transport, which it is never shown.
            progress = Progress::truncated;
            break;
        case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
            peer_closed_ = true;
            progress = Progress::peer_closed;
            break;
        case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
            facts_.alert_received = static_cast<Alert>(ssl_->in_msg[1]);
            facts_.native_code = result;
            break;
        default:
            return failed(result);
    }
    flush();
    return {.progress = progress};
}

/// The library has failed by itself. It has sent an alert, or has not, or has under keys that the peer does not read: in TLS
/// 1.3 its keys are late as long as `secret_` is there. Such an alert is taken back, and the shell seals it.
Outcome Session::failed(int result) {
    facts_.native_code = result;
    const ErrorRow row = explain(result);
    if (const std::optional<Alert> plain = plain_alert_received(result)) {
        facts_.alert_received = plain;
        staged_.clear();
        return {.progress = Progress::failed};
    }
    const std::optional<Alert> written = alert_in_output(row.alert);
    const Alert alert = written.value_or(row.alert);
    if (!secret_.empty()) {
        staged_.clear();
        facts_.alert_withheld = alert;
    } else if (written || send_alert(alert)) {
        flush();
        facts_.alert_sent = alert;
    }
    return {.progress = Progress::failed, .cause = row.cause};
}

/// The alert that the failing step has written: as it stands there in plain text, else what it must have `meant`.
std::optional<Alert> Session::alert_in_output(Alert meant) const noexcept {
    constexpr std::size_t plain_size = 2;
    if (staged_.empty()) return std::nullopt;
    if (staged_[0] == alert_record && staged_.size() == record_header + plain_size)
        return static_cast<Alert>(staged_.back());
    const Alert deferred = deferred_alert(*ssl_.get());
    if (!over() && deferred != Alert::close_notify) return deferred;
    // Behind this side's keys only the peer's Finished is refused as such.
    return meant == Alert::handshake_failure ? Alert::decrypt_error : meant;
}

/// In TLS 1.3 mbedTLS tries to decrypt whatever comes, which is then no wrong key but no protection at all.
bool Session::is_unprotected(int result) const noexcept {
    constexpr std::uint8_t protected_record = 23;
    return result == MBEDTLS_ERR_SSL_INVALID_MAC && ssl_->in_hdr != nullptr && tls13() &&
           ssl_->in_hdr[0] != protected_record;
}

/// OpenSSL's clients, failing by themselves, send their alert so until they have written under their keys.
std::optional<Alert> Session::plain_alert_received(int result) const noexcept {
    if (over() || !is_unprotected(result) || ssl_->in_hdr[0] != alert_record ||
        spi::number_at({ssl_->in_hdr, record_header}, 3) != 2)
        return std::nullopt;
    return static_cast<Alert>(ssl_->in_hdr[record_header + 1]);
}

/// The row of `result`, and its words, which are better than the library's where that is silent.
ErrorRow Session::explain(int result) {
    constexpr std::uint8_t key_update = 24;
    ErrorRow row = error_row(result);
    std::string& text = facts_.native_text = native_error(result).text;
    const bool oversized_record =
        (result == MBEDTLS_ERR_SSL_INVALID_RECORD || result == MBEDTLS_ERR_SSL_BAD_INPUT_DATA) &&
        ssl_->in_hdr != nullptr &&
        spi::number_at({ssl_->in_hdr, record_header}, 3) > MBEDTLS_SSL_IN_CONTENT_LEN + 256U;
    if (resumed_unbound()) {
        row = {result, Alert::handshake_failure, Errc::protocol_violation};
        text =
            "the peer resumes a session without the extended master secret that the session has "
            "(RFC 7627 §5.3)";
    } else if (oversized_record) {
        row = {result, Alert::record_overflow};
    } else if (is_unprotected(result)) {
        // After the handshake mbedTLS has sent bad_record_mac by now.
        row.cause = Errc::protocol_violation;
        if (!secret_.empty()) row.alert = Alert::unexpected_message;
    } else if (result == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE && over() && tls13() &&
               ssl_->in_msgtype == handshake_record && ssl_->in_msg[0] == key_update) {
        row.cause = Errc::not_supported;
        text =
            "the peer sent a KeyUpdate, which mbedTLS cannot do (capability "
            "key_update_receive): " +
            text;
    } else if (!over() && ssl_->in_hslen > MBEDTLS_SSL_IN_CONTENT_LEN) {
        row = {result, Alert::internal_error, Errc::not_supported};
        text = "the peer sent a handshake message of " + std::to_string(ssl_->in_hslen) +
               " bytes, and mbedTLS has room for " + std::to_string(MBEDTLS_SSL_IN_CONTENT_LEN) +
               " (capability long_chains): " + text;
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
