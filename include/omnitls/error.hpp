// SPDX-License-Identifier: BSL-1.0
// Errors: one neutral list of causes (`Errc`), the TLS alerts (`Alert`), and what a person needs to know (`ErrorDetail`).
// The same cause gives the same `Errc` on every backend. Native numbers and texts are for people and logs only.
#pragma once

#include <omnitls/export.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace omnitls::inline v0 {

/// Why something failed, the same on every backend. Values are stable; new ones are added at the end.
enum class Errc {
    closed =
        1,  ///< The peer ended the TLS connection with close_notify (RFC 8446 §6.1). The transport says `eof`.
    truncated,  ///< The transport ended without close_notify: what was read may be incomplete.
    handshake_failed,  ///< The handshake failed for a reason that has no code of its own.
    alert_received,  ///< The peer sent a fatal alert that has no code of its own; see `ErrorDetail::alert_received`.
    no_common_version,  ///< No TLS version that both ends allow (alert protocol_version).
    no_common_parameters,  ///< No cipher suite, group or signature algorithm in common (alert handshake_failure).
    no_common_protocol,  ///< No ALPN protocol in common (alert no_application_protocol, RFC 7301 §3.2).
    protocol_violation,  ///< The peer broke the TLS protocol (garbage, bad record, unexpected message).
    plaintext_peer,  ///< The peer's first bytes are not TLS; `ErrorDetail::peer_text` quotes them.
    bad_record,      ///< A record could not be authenticated (alert bad_record_mac).
    bad_signature,   ///< The peer did not prove possession of its certificate's key.
    certificate_rejected,  ///< The peer's certificate was refused for a reason that has no code of its own.
    certificate_required,       ///< The peer sent no certificate and this side demands one.
    certificate_expired,        ///< A certificate of the path is past its notAfter date.
    certificate_not_yet_valid,  ///< A certificate of the path is before its notBefore date.
    certificate_revoked,        ///< A certificate of the path is revoked.
    unknown_authority,          ///< No path to a configured trust anchor.
    name_mismatch,  ///< The certificate is not for any of the reference identities (RFC 9525 §6).
    verifier_failed,    ///< The verifier threw, dropped the question, or gave a default verdict.
    verdict_timeout,    ///< The verdict did not come within its deadline.
    handshake_timeout,  ///< The handshake did not end within its deadline.
    bad_config,         ///< A configuration that cannot be used; the text names the field.
    bad_input,  ///< A file, PEM, DER or name given by the program that cannot be used; the text says where.
    not_supported,   ///< A setting that this backend cannot honour; the text names the capability.
    wrong_state,     ///< A call in an order the contract does not allow.
    limit_exceeded,  ///< A configured limit was reached; the text names it.
    operation_in_progress,  ///< Another operation of this kind is still running on the stream.
    plaintext_pending,      ///< Plain bytes are still to be written, so the upgrade cannot start.
    plaintext_after_starttls,  ///< Plain bytes came across the STARTTLS boundary (RFC 3207 §6; CVE-2011-0411 family).
    starttls_not_offered,  ///< The peer does not offer the upgrade that policy requires.
    starttls_refused,      ///< The peer answered the upgrade command with a refusal.
    starttls_protocol,     ///< The peer broke the plain-text protocol before the upgrade.
    internal,              ///< A fault in omnitls or in the TLS library.
    client_hello_refused,  ///< The server's chooser refused the client, or gave no answer.
    revocation_unknown,  ///< No current list says whether a certificate of the path is revoked, and one is required.
    unread_data,  ///< TLS was to stop, and data came over it that nobody had read.
};

/// TLS AlertDescription values (RFC 8446 §6, RFC 5246 §7.2, RFC 7301, RFC 8447 registry). Any registered value may be cast to it.
enum class Alert : std::uint8_t {
    close_notify = 0,
    unexpected_message = 10,
    bad_record_mac = 20,
    record_overflow = 22,
    handshake_failure = 40,
    bad_certificate = 42,
    unsupported_certificate = 43,
    certificate_revoked = 44,
    certificate_expired = 45,
    certificate_unknown = 46,
    illegal_parameter = 47,
    unknown_ca = 48,
    access_denied = 49,
    decode_error = 50,
    decrypt_error = 51,
    protocol_version = 70,
    insufficient_security = 71,
    internal_error = 80,
    inappropriate_fallback = 86,
    user_canceled = 90,
    no_renegotiation = 100,
    missing_extension = 109,
    unsupported_extension = 110,
    unrecognized_name = 112,
    bad_certificate_status_response = 113,
    unknown_psk_identity = 115,
    certificate_required = 116,
    no_application_protocol = 120,
};

/// The category of `Errc` codes, name "omnitls".
OMNITLS_API const std::error_category& error_category() noexcept;
/// The category of `Alert` values as error codes, name "tls-alert".
OMNITLS_API const std::error_category& alert_category() noexcept;

OMNITLS_API std::error_code make_error_code(Errc code) noexcept;
OMNITLS_API std::error_code make_error_code(Alert alert) noexcept;

/// The identifier of a code, e.g. "name_mismatch"; "unknown" for a value that is not listed.
OMNITLS_API std::string_view errc_name(Errc code) noexcept;
/// The IANA name of an alert, e.g. "unknown_ca"; "unassigned" for a value that is not listed.
OMNITLS_API std::string_view alert_name(Alert alert) noexcept;

/// How far a connection had come when something happened.
enum class Phase : std::uint8_t {
    configuration,  ///< Nothing was sent or received.
    handshake,      ///< The handshake was running; no peer certificate had been seen.
    verification,   ///< A peer certificate had been seen; the verdict was not yet in.
    open,           ///< Application data could flow.
    closing,        ///< One side had sent close_notify.
};
OMNITLS_API std::string_view phase_name(Phase phase) noexcept;

/// What a person needs to understand a failure. Made only on failure; a value. Never branch on its texts or native numbers.
struct ErrorDetail {
    std::error_code code;                ///< The cause; the only member to branch on.
    Phase phase = Phase::configuration;  ///< When it happened.
    std::string
        what;  ///< What happened with its evidence, one line, no trailing stop. Safe to print.
    std::string hint;                     ///< One next step for a person, or empty.
    std::optional<Alert> alert_sent;      ///< The fatal alert this side put into its output.
    std::optional<Alert> alert_received;  ///< The fatal alert the peer sent.
    std::optional<std::size_t>
        certificate;  ///< Index in the peer's chain (0 = leaf) of the certificate at fault.
    std::string
        peer_text;  ///< What the peer said, where it matters. Peer-controlled; escaped, at most 256 bytes.
    std::string backend;            ///< Name of the backend that reported it, or empty.
    std::int64_t backend_code = 0;  ///< The library's own number, or 0.
    std::string
        backend_text;  ///< The library's own words. May contain peer-controlled text; escaped.

    /// `what`, then the hint, as one line for a log or terminal.
    OMNITLS_API std::string to_string() const;
};

/// Makes peer-controlled bytes safe to print: printable ASCII stays, the rest becomes \xNN (\r, \n, \t, \\ by name);
/// at most `limit` bytes come out, "..." marks a cut.
OMNITLS_API std::string escape_untrusted(std::string_view text, std::size_t limit = 256);

}  // namespace omnitls::inline v0

template <>
struct std::is_error_code_enum<omnitls::Errc> : std::true_type {};
template <>
struct std::is_error_code_enum<omnitls::Alert> : std::true_type {};
