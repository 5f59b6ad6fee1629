// SPDX-License-Identifier: BSL-1.0
// The error categories, the names of codes and alerts, and the escaping of what a peer said.
#include <omnitls/error.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

namespace omnitls::inline v0 {
namespace {

struct ErrcRow {
    Errc code;
    std::string_view name;
    const char* message;
};

constexpr std::array kErrcRows{
    ErrcRow{Errc::closed, "closed", "the peer closed the TLS connection"},
    ErrcRow{Errc::truncated, "truncated", "the connection ended without close_notify"},
    ErrcRow{Errc::handshake_failed, "handshake_failed", "the TLS handshake failed"},
    ErrcRow{Errc::alert_received, "alert_received", "the peer sent a fatal alert"},
    ErrcRow{Errc::no_common_version, "no_common_version", "no TLS version in common"},
    ErrcRow{Errc::no_common_parameters, "no_common_parameters",
            "no cipher suite, group or signature algorithm in common"},
    ErrcRow{Errc::no_common_protocol, "no_common_protocol",
            "no application protocol (ALPN) in common"},
    ErrcRow{Errc::protocol_violation, "protocol_violation", "the peer broke the TLS protocol"},
    ErrcRow{Errc::plaintext_peer, "plaintext_peer", "the peer does not speak TLS here"},
    ErrcRow{Errc::bad_record, "bad_record", "a record could not be authenticated"},
    ErrcRow{Errc::bad_signature, "bad_signature",
            "the peer did not prove possession of its certificate's key"},
    ErrcRow{Errc::certificate_rejected, "certificate_rejected", "the certificate was refused"},
    ErrcRow{Errc::certificate_required, "certificate_required", "a certificate is required"},
    ErrcRow{Errc::certificate_expired, "certificate_expired", "a certificate has expired"},
    ErrcRow{Errc::certificate_not_yet_valid, "certificate_not_yet_valid",
            "a certificate is not valid yet"},
    ErrcRow{Errc::certificate_revoked, "certificate_revoked", "a certificate is revoked"},
    ErrcRow{Errc::unknown_authority, "unknown_authority", "no path to a trusted authority"},
    ErrcRow{Errc::name_mismatch, "name_mismatch", "the certificate is for another name"},
    ErrcRow{Errc::verifier_failed, "verifier_failed", "the verifier gave no verdict"},
    ErrcRow{Errc::verdict_timeout, "verdict_timeout", "the verdict did not come in time"},
    ErrcRow{Errc::handshake_timeout, "handshake_timeout", "the handshake did not end in time"},
    ErrcRow{Errc::bad_config, "bad_config", "the configuration cannot be used"},
    ErrcRow{Errc::bad_input, "bad_input", "an input cannot be read"},
    ErrcRow{Errc::not_supported, "not_supported", "this backend cannot do that"},
    ErrcRow{Errc::wrong_state, "wrong_state", "the call is not allowed in this state"},
    ErrcRow{Errc::limit_exceeded, "limit_exceeded", "a limit was exceeded"},
    ErrcRow{Errc::operation_in_progress, "operation_in_progress",
            "another operation is in progress"},
    ErrcRow{Errc::plaintext_pending, "plaintext_pending", "plain bytes are still to be written"},
    ErrcRow{Errc::plaintext_after_starttls, "plaintext_after_starttls",
            "plain bytes crossed the STARTTLS boundary"},
    ErrcRow{Errc::starttls_not_offered, "starttls_not_offered", "the peer does not offer STARTTLS"},
    ErrcRow{Errc::starttls_refused, "starttls_refused", "the peer refused STARTTLS"},
    ErrcRow{Errc::starttls_protocol, "starttls_protocol",
            "the peer broke the protocol before STARTTLS"},
    ErrcRow{Errc::internal, "internal", "internal error"},
    ErrcRow{Errc::client_hello_refused, "client_hello_refused",
            "the server does not serve what the client asked for"},
    ErrcRow{Errc::revocation_unknown, "revocation_unknown",
            "it is not known whether the certificate is revoked"},
    ErrcRow{Errc::unread_data, "unread_data",
            "data that nobody had read came before the end of TLS"},
};

const ErrcRow* find_errc(int value) noexcept {
    for (const ErrcRow& row : kErrcRows) {
        if (static_cast<int>(row.code) == value) return &row;
    }
    return nullptr;
}

struct AlertRow {
    Alert alert;
    std::string_view name;
};

// The TLS Alerts registry, without the values that no version since TLS 1.2 sends.
constexpr std::array kAlertRows{
    AlertRow{Alert::close_notify, "close_notify"},
    AlertRow{Alert::unexpected_message, "unexpected_message"},
    AlertRow{Alert::bad_record_mac, "bad_record_mac"},
    AlertRow{Alert::record_overflow, "record_overflow"},
    AlertRow{Alert::handshake_failure, "handshake_failure"},
    AlertRow{Alert::bad_certificate, "bad_certificate"},
    AlertRow{Alert::unsupported_certificate, "unsupported_certificate"},
    AlertRow{Alert::certificate_revoked, "certificate_revoked"},
    AlertRow{Alert::certificate_expired, "certificate_expired"},
    AlertRow{Alert::certificate_unknown, "certificate_unknown"},
    AlertRow{Alert::illegal_parameter, "illegal_parameter"},
    AlertRow{Alert::unknown_ca, "unknown_ca"},
    AlertRow{Alert::access_denied, "access_denied"},
    AlertRow{Alert::decode_error, "decode_error"},
    AlertRow{Alert::decrypt_error, "decrypt_error"},
    AlertRow{Alert::protocol_version, "protocol_version"},
    AlertRow{Alert::insufficient_security, "insufficient_security"},
    AlertRow{Alert::internal_error, "internal_error"},
    AlertRow{Alert::inappropriate_fallback, "inappropriate_fallback"},
    AlertRow{Alert::user_canceled, "user_canceled"},
    AlertRow{Alert::no_renegotiation, "no_renegotiation"},
    AlertRow{Alert::missing_extension, "missing_extension"},
    AlertRow{Alert::unsupported_extension, "unsupported_extension"},
    AlertRow{Alert::unrecognized_name, "unrecognized_name"},
    AlertRow{Alert::bad_certificate_status_response, "bad_certificate_status_response"},
    AlertRow{Alert::unknown_psk_identity, "unknown_psk_identity"},
    AlertRow{Alert::certificate_required, "certificate_required"},
    AlertRow{Alert::no_application_protocol, "no_application_protocol"},
};

class OmnitlsCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "omnitls"; }
    std::string message(int value) const override {
        const ErrcRow* row = find_errc(value);
        return row != nullptr ? row->message : "unknown omnitls error";
    }
    std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<Errc>(value)) {
            case Errc::verdict_timeout:
            case Errc::handshake_timeout:
                return std::errc::timed_out;
            case Errc::operation_in_progress:
                return std::errc::operation_in_progress;
            case Errc::not_supported:
                return std::errc::not_supported;
            default:
                return {value, *this};
        }
    }
};

class AlertCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "tls-alert"; }
    std::string message(int value) const override {
        std::string text(alert_name(static_cast<Alert>(value)));
        return text + "(" + std::to_string(value) + ")";
    }
};

/// Printable ASCII that stands for itself.
bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7f && c != '\\'; }

std::string escape_character(char raw) {
    switch (raw) {
        case '\r':
            return "\\r";
        case '\n':
            return "\\n";
        case '\t':
            return "\\t";
        case '\\':
            return "\\\\";
        default:
            break;
    }
    if (is_plain(raw)) return std::string(1, raw);
    std::array<char, 5> hex{};
    std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned char>(raw));
    return hex.data();
}

}  // namespace

const std::error_category& error_category() noexcept {
    static const OmnitlsCategory category;
    return category;
}

const std::error_category& alert_category() noexcept {
    static const AlertCategory category;
    return category;
}

std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

std::error_code make_error_code(Alert alert) noexcept {
    return {static_cast<int>(alert), alert_category()};
}

std::string_view errc_name(Errc code) noexcept {
    const ErrcRow* row = find_errc(static_cast<int>(code));
    return row != nullptr ? row->name : "unknown";
}

std::string_view alert_name(Alert alert) noexcept {
    for (const AlertRow& row : kAlertRows) {
        if (row.alert == alert) return row.name;
    }
    return "unassigned";
}

std::string_view phase_name(Phase phase) noexcept {
    switch (phase) {
        case Phase::configuration:
            return "configuration";
        case Phase::handshake:
            return "handshake";
        case Phase::verification:
            return "verification";
        case Phase::open:
            return "open";
        case Phase::closing:
            return "closing";
    }
    return "unknown";
}

std::string ErrorDetail::to_string() const {
    std::string text = what.empty() ? code.message() : what;
    if (!hint.empty()) text += " (" + hint + ")";
    return text;
}

std::string escape_untrusted(std::string_view text, std::size_t limit) {
    static constexpr std::string_view kCut = "...";
    // Nearly every text is plain, and every handshake prints names.
    if (text.size() <= limit && std::all_of(text.begin(), text.end(), is_plain))
        return std::string(text);
    std::string out;
    std::size_t cut_at = 0;  // the last place between two pieces where the mark still fits
    for (const char raw : text) {
        const std::string piece = escape_character(raw);
        if (out.size() + piece.size() > limit) {
            out.resize(cut_at);
            out += kCut.substr(0, limit);
            break;
        }
        out += piece;
        if (out.size() + kCut.size() <= limit) cut_at = out.size();
    }
    return out;
}

}  // namespace omnitls::inline v0
