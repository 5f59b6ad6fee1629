// SPDX-License-Identifier: BSL-1.0
// EngineShell: how a connection fails, and the words for it. Made only on failure.
#include "core/engine_shell.hpp"
#include "core/failure_cause.hpp"

namespace omnitls::inline v0::core {
namespace {

// What this side tells the peer when its library fails without a word.
std::optional<Alert> alert_for_cause(Errc cause) noexcept {
    switch (cause) {
        case Errc::no_common_version:
            return Alert::protocol_version;
        case Errc::no_common_parameters:
            return Alert::handshake_failure;
        case Errc::no_common_protocol:
            return Alert::no_application_protocol;
        case Errc::bad_record:
            return Alert::bad_record_mac;
        case Errc::bad_signature:
            return Alert::decrypt_error;
        case Errc::protocol_violation:
            return Alert::unexpected_message;
        case Errc::limit_exceeded:
        case Errc::internal:
            return Alert::internal_error;
        default:
            return std::nullopt;
    }
}

bool is_about_certificates(Alert alert) noexcept {
    const auto value = static_cast<unsigned>(alert);
    return (value >= 42 && value <= 46) || alert == Alert::unknown_ca ||
           alert == Alert::access_denied || alert == Alert::certificate_required;
}

std::string describe(Alert alert) { return make_error_code(alert).message(); }

std::string received_text(Alert alert, Phase phase) {
    std::string text = "the peer sent the fatal alert " + describe(alert);
    text += phase == Phase::open || phase == Phase::closing ? " after the handshake"
                                                            : " during the handshake";
    return text;
}

std::string received_hint(Alert alert, bool client) {
    if (alert == Alert::protocol_version)
        return "the peer speaks none of the TLS versions that are allowed here";
    if (alert == Alert::unrecognized_name) return "the peer has no host of the name sent in SNI";
    if (!is_about_certificates(alert)) return {};
    return client ? "the server refused the client certificate, or misses one"
                  : "the client does not trust this server";
}

}  // namespace

Phase EngineShell::phase() const noexcept {
    switch (state_) {
        case State::open:
            return Phase::open;
        case State::closing:
        case State::closed:
            return Phase::closing;
        default:
            break;
    }
    if ((until_open_ && until_open_->offered) || (certificate_seen_ && !accepted_))
        return Phase::verification;
    return handshake_complete_ ? Phase::open : Phase::handshake;
}

// Before anything of the peer was read, and before a server's flight, nobody expects encryption.
bool EngineShell::plain_alert_is_readable() const noexcept {
    if (state_ != State::handshake) return false;
    return info_.role == Role::client ? started_ && until_open_->bytes_received == 0 : !started_;
}

const ErrorDetail& EngineShell::failure_detail() const noexcept {
    static const ErrorDetail out_of_memory = [] {
        ErrorDetail detail;
        detail.code = std::make_error_code(std::errc::not_enough_memory);
        return detail;
    }();
    return error_ ? *error_ : out_of_memory;
}

Step EngineShell::fail(Failure failure) {
    ErrorDetail detail;
    detail.code = failure.code;
    detail.phase = phase();
    detail.what = failure.what.empty() ? failure.code.message() : std::move(failure.what);
    detail.hint = std::move(failure.hint);
    detail.alert_sent = failure.alert_sent;
    detail.alert_received = failure.alert_received;
    detail.certificate = failure.certificate;
    detail.peer_text = std::move(failure.peer_text);
    detail.backend = setup_->backend_name;
    detail.backend_code = failure.native_code;
    detail.backend_text = escape_untrusted(failure.native_text);
    error_ = std::make_unique<ErrorDetail>(std::move(detail));
    if (session_) refresh_info();
    release_staged();
    close_question();
    state_ = State::failed;
    session_.reset();
    if (until_open_) {
        until_open_->offered.reset();
        until_open_->client_hello.clear();
    }
    return current_error();
}

Step EngineShell::library_failed(const spi::Outcome& outcome) {
    spi::SessionFacts facts = session_->facts();
    if (facts.alert_withheld) facts.alert_sent = send_rejection_alert(*facts.alert_withheld);
    Failure failure;
    failure.native_code = facts.native_code;
    failure.native_text = facts.native_text;
    failure.alert_received = facts.alert_received;
    failure.alert_sent = facts.alert_sent;
    failure.code = failure_cause(outcome, facts);
    if (facts.alert_received) {
        failure.what = received_text(*facts.alert_received, phase());
        failure.hint = received_hint(*facts.alert_received, info_.role == Role::client);
        return fail(std::move(failure));
    }
    failure.what = failure.code.message();
    if (!facts.native_text.empty()) {
        failure.what +=
            " (" + setup_->backend_name + ": " + escape_untrusted(facts.native_text) + ")";
    }
    if (!failure.alert_sent) {
        const std::optional<Alert> alert = alert_for_cause(outcome.cause);
        if (alert && session_->fatal_alert(*alert, sink_)) failure.alert_sent = alert;
    }
    return fail(std::move(failure));
}

Step EngineShell::end_of_input() {
    if (handshake_complete_) {
        return fail({.code = Errc::truncated,
                     .what = "the connection ended without close_notify: data may be missing"});
    }
    const bool silent = until_open_->bytes_received == 0;
    return fail({.code = Errc::truncated,
                 .what = silent ? "the connection ended before the peer sent a single byte of TLS"
                                : "the connection ended in the middle of the handshake"});
}

}  // namespace omnitls::inline v0::core
