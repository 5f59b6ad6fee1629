// SPDX-License-Identifier: BSL-1.0
// See session.hpp. GnuTLS says "again" after every record, whatever is left in the input, and never sends an alert by itself.
#include "session.hpp"

#include "algorithms.hpp"
#include "errors.hpp"
#include <omnitls/gnutls/native.hpp>
#include <omnitls/iana.hpp>
#include <omnitls/spi/key_log_line.hpp>
#include <omnitls/spi/server_hello.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <new>
#include <utility>

namespace omnitls::inline v0::gnutls_native {

using spi::Outcome;
using spi::Progress;

namespace {

/// The floor that a server's RSA key has, too.
constexpr unsigned int least_dh_bits = 2048;

bool says_again(int code) noexcept {
    return code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED ||
           code == GNUTLS_E_WARNING_ALERT_RECEIVED;
}

/// There is nothing more to be had from `in`.
Outcome starved(const Input& in) noexcept {
    return {.progress = in.eof ? Progress::truncated : Progress::need_input};
}

}  // namespace

Result<std::unique_ptr<spi::NativeSession>> Session::make(std::shared_ptr<const Settings> settings,
                                                          const std::string& sni) {
    const bool client = settings->role == Role::client;
    std::unique_ptr<Session> made{new Session(std::move(settings))};
    const Settings& mine = *made->settings_;
    const unsigned int flags = (client ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NONBLOCK |
                               GNUTLS_NO_SIGNAL | mine.ticket_flags;
    made->session_ = gnutls_native::make<SessionPtr>(gnutls_init, flags);
    const auto session = made->session_.get();
    // The priorities before anything else: without them an alert crashes.
    if (session == nullptr || gnutls_priority_set(session, mine.priority.get()) != 0 ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, mine.credentials.get()) != 0)
        return native_failure(Errc::internal, "GnuTLS cannot make a connection",
                              GNUTLS_E_MEMORY_ERROR);
    // Of a server's Diffie-Hellman group; behind the priorities, which would set it to nothing.
    if (client) gnutls_dh_set_prime_bits(session, least_dh_bits);
    gnutls_session_set_ptr(session, made.get());
    made->port_.install(session);
    gnutls_handshake_set_timeout(session, 0);  // Deadlines are the transport's.
    gnutls_handshake_set_max_packet_length(session, mine.handshake_bytes);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, on_message);
    // Also without a sink: GnuTLS' own function would follow SSLKEYLOGFILE of the environment.
    gnutls_session_set_keylog_function(session, on_secret);
    if (mine.asks_for_certificate)
        // Only ever asked: that one is required is the shell's to say, with the right alert for the version.
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    if (const int result = client ? 0 : made->begin_sessions(); result != 0)
        return native_failure(Errc::internal, "GnuTLS cannot give out tickets", result);
    std::vector<gnutls_datum_t> protocols;
    for (const std::string& protocol : mine.alpn) protocols.push_back(datum(as_bytes(protocol)));
    // RFC 7301 §3.2: the server's preference; no overlap is fatal.
    const unsigned int alpn_flags =
        client ? 0U : unsigned{GNUTLS_ALPN_MANDATORY} | unsigned{GNUTLS_ALPN_SERVER_PRECEDENCE};
    int result = protocols.empty() ? 0
                                   : gnutls_alpn_set_protocols(
                                         session, protocols.data(),
                                         static_cast<unsigned int>(protocols.size()), alpn_flags);
    if (result != 0)
        return native_failure(Errc::bad_config, "GnuTLS refuses the ALPN protocols", result);
    if (!sni.empty()) {
        result = sni.size() > 255
                     ? GNUTLS_E_INVALID_REQUEST
                     : gnutls_server_name_set(session, GNUTLS_NAME_DNS, sni.data(), sni.size());
        if (result != 0)
            return native_failure(Errc::bad_config, "GnuTLS refuses the server name to be sent",
                                  result);
    }
    return std::unique_ptr<spi::NativeSession>{std::move(made)};
}

Outcome Session::advance(Input& in, spi::Sink& sink) noexcept {
    const Loan loan(port_, &in, &sink);
    if (!make_ticket_key()) return failed(GNUTLS_E_RANDOM_FAILED);
    for (Patience patience(port_);;) {
        if (pause_ == Pause::reached) return paused(in);
        const int result = gnutls_handshake(session_.get());
        if (result == GNUTLS_E_SUCCESS) {
            withheld_ = true;
            return {.progress = Progress::done};
        }
        if (!says_again(result)) return failed(result);
        if (pause_ != Pause::reached && !patience.goes_on()) return starved(in);
    }
}

/// GnuTLS asks about the server's certificate as soon as it has checked its signature. The server's Finished is owed to us
/// whatever the verdict, so it is read ahead first, and the question comes when the whole flight is here, as on the other
/// backends. Unless a part of it may already be inside GnuTLS: then the next record is nothing to wait for.
Outcome Session::paused(Input& in) noexcept {
    try {
        if (port_.unread == 0 && !port_.read_ahead(in)) return starved(in);
    } catch (const std::bad_alloc&) {
        return {.progress = Progress::failed, .cause = Errc::internal};
    }
    return {.progress = Progress::need_credential};
}

Outcome Session::read(Input& in, MutableBytes out, spi::Sink& sink) noexcept {
    const Loan loan(port_, &in, &sink);
    withheld_ = false;
    for (Patience patience(port_);;) {
        const ssize_t result = gnutls_record_recv(session_.get(), out.data(), out.size());
        if (result > 0)
            return {.progress = Progress::done, .bytes = static_cast<std::size_t>(result)};
        if (result == 0) return {.progress = Progress::peer_closed};
        const int code = static_cast<int>(result);
        const bool goes_on =
            code == GNUTLS_E_REHANDSHAKE ? refuse_renegotiation() : says_again(code);
        if (!goes_on) return failed(code);
        if (!patience.goes_on()) return starved(in);
    }
}

/// A warning, as RFC 5246 §7.2.2 has it, and the connection goes on as it was.
bool Session::refuse_renegotiation() noexcept {
    if (settings_->role == Role::server) {
        // GnuTLS keeps the ClientHello where data is expected and drops it with the next call, which says "unexpected". Without
        // input, so that nothing else can be lost.
        Input* const in = std::exchange(port_.input, nullptr);
        std::uint8_t nothing = 0;
        gnutls_record_recv(session_.get(), &nothing, sizeof nothing);
        port_.input = in;
    }
    return gnutls_alert_send(session_.get(), GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION) == 0;
}

Outcome Session::write(ConstBytes plaintext, spi::Sink& sink) noexcept {
    const Loan loan(port_, nullptr, &sink);
    withheld_ = false;
    std::size_t sent = 0;
    // One record, unless the peer asked for smaller ones (RFC 8449).
    while (sent < plaintext.size()) {
        const ssize_t result =
            gnutls_record_send(session_.get(), plaintext.data() + sent, plaintext.size() - sent);
        if (result <= 0) return failed(static_cast<int>(result));
        sent += static_cast<std::size_t>(result);
    }
    return {.progress = Progress::done, .bytes = sent};
}

Outcome Session::close_notify(spi::Sink& sink) noexcept {
    const Loan loan(port_, nullptr, &sink);
    withheld_ = false;
    const int result = gnutls_bye(session_.get(), GNUTLS_SHUT_WR);
    if (result != GNUTLS_E_SUCCESS) return failed(result);
    return {.progress = Progress::done};
}

/// In TLS 1.2 GnuTLS has switched to encryption with a Finished that may never have left; the peer then reads plain text
/// only, and the shell writes that.
bool Session::fatal_alert(Alert alert, spi::Sink& sink) noexcept {
    if (withheld_ && !is_tls13()) return false;
    const Loan loan(port_, nullptr, &sink);
    return send_alert(alert);
}

bool Session::send_alert(Alert alert) noexcept {
    port_.marker_owed = false;  // There is no second flight.
    if (gnutls_alert_send(session_.get(), GNUTLS_AL_FATAL,
                          static_cast<gnutls_alert_description_t>(alert)) != GNUTLS_E_SUCCESS)
        return false;
    alert_sent_ = alert;
    return true;
}

Outcome Session::failed(int code) noexcept {
    if (code == GNUTLS_E_SESSION_EOF) return {.progress = Progress::peer_closed};
    code_ = code;
    // A number and no enumerator: the peer chose it, and may have chosen one that GnuTLS has no name for.
    const auto received = static_cast<unsigned int>(gnutls_alert_get(session_.get()));
    // A server that waits for a certificate has its own word for an alert that comes in its place.
    if (code == GNUTLS_E_FATAL_ALERT_RECEIVED ||
        (code == GNUTLS_E_NO_CERTIFICATE_FOUND && received != GNUTLS_A_CLOSE_NOTIFY)) {
        alert_received_ = static_cast<Alert>(received);
    } else {
        send_alert(alert_of(code));
    }
    return {.progress = Progress::failed, .cause = cause_of(code, suite_ != 0)};
}

void Session::proceed() noexcept {
    withheld_ = false;
    pause_ = Pause::over;
}

std::vector<spi::NativeCertificate> Session::peer_chain() const {
    unsigned int size = 0;
    const gnutls_datum_t* sent = gnutls_certificate_get_peers(session_.get(), &size);
    std::vector<spi::NativeCertificate> chain;
    for (unsigned int i = 0; sent != nullptr && i < size; ++i)
        chain.push_back({bytes_of(sent[i]), nullptr});
    return chain;
}

bool Session::has_pending() const noexcept {
    return gnutls_record_check_pending(session_.get()) > 0;
}

bool Session::export_keying_material(std::string_view label, const ConstBytes* context,
                                     MutableBytes out) noexcept {
    // A null pointer is no context; an empty one must not be null.
    const char* const given = context == nullptr ? nullptr
                              : context->empty() ? ""
                                                 : as_text(*context).data();
    return gnutls_prf_rfc5705(session_.get(), label.size(), label.data(),
                              context == nullptr ? 0 : context->size(), given, out.size(),
                              reinterpret_cast<char*>(out.data())) == GNUTLS_E_SUCCESS;
}

Bytes Session::tls_unique() const {
    gnutls_datum_t value{};
    if (gnutls_session_channel_binding(session_.get(), GNUTLS_CB_TLS_UNIQUE, &value) !=
        GNUTLS_E_SUCCESS)
        return {};
    Bytes finished{value.data, value.data + value.size};
    gnutls_free(value.data);
    return finished;
}

// ---- Facts ----

bool Session::is_tls13() const noexcept {
    return gnutls_protocol_get_version(session_.get()) == GNUTLS_TLS1_3;
}

std::uint16_t Session::signature_scheme() const noexcept {
    const int used = settings_->role == Role::client
                         ? gnutls_sign_algorithm_get(session_.get())
                         : gnutls_sign_algorithm_get_client(session_.get());
    return scheme_id(static_cast<gnutls_sign_algorithm_t>(used));
}

spi::SessionFacts Session::facts() const {
    const auto session = session_.get();
    spi::SessionFacts facts;
    facts.alert_received = alert_received_;
    facts.alert_sent = alert_sent_;
    facts.native_code = code_;
    facts.native_text = words_of(code_);
    if (suite_ == 0) return facts;  // Nothing was agreed on yet.
    facts.cipher_suite = suite_;
    facts.version = is_tls13() ? ProtocolVersion::tls13 : ProtocolVersion::tls12;
    facts.group = group_id(gnutls_group_get(session));
    facts.signature_scheme = signature_scheme();
    facts.resumed = gnutls_session_is_resumed(session) != 0;
    facts.extended_master_secret = extended_master_secret_;
    gnutls_datum_t value{};
    if (gnutls_alpn_get_selected_protocol(session, &value) == GNUTLS_E_SUCCESS)
        facts.alpn = as_text(bytes_of(value));
    // Without one in TLS 1.2, GnuTLS goes on to show that of a session the server has declined.
    if (settings_->role == Role::client && (is_tls13() || has_ocsp_response_) &&
        gnutls_ocsp_status_request_get(session, &value) == GNUTLS_E_SUCCESS)
        facts.ocsp_response = {value.data, value.data + value.size};
    return facts;
}

// ---- Callbacks ----

Session& Session::of(gnutls_session_t session) noexcept {
    return *static_cast<Session*>(gnutls_session_get_ptr(session));
}

void Session::install_callbacks(gnutls_certificate_credentials_t credentials) noexcept {
    gnutls_certificate_set_verify_function(credentials, on_peer_chain);
    gnutls_certificate_set_retrieve_function2(credentials, on_credential);
}

/// In place of GnuTLS's verification. A TLS 1.3 client stops here until the verdict; everything else goes on, and the shell
/// holds what it writes.
int Session::on_peer_chain(gnutls_session_t session) noexcept {
    Session& self = of(session);
    if (self.settings_->role == Role::server || !self.is_tls13() || self.pause_ == Pause::over)
        return 0;
    self.pause_ = Pause::reached;
    return GNUTLS_E_INTERRUPTED;
}

int Session::on_secret(gnutls_session_t session, const char* label,
                       const gnutls_datum_t* secret) noexcept {
    const auto& log = of(session).settings_->key_log;
    if (!log) return 0;
    gnutls_datum_t client{};
    gnutls_datum_t server{};
    gnutls_session_get_random(session, &client, &server);
    try {
        log->write(spi::key_log_line(label, bytes_of(client), bytes_of(*secret)));
    } catch (const std::bad_alloc&) {
        // The log has a gap.
    }
    return 0;
}

/// What GnuTLS would choose from depends on the peer's hints; ours is shown to whoever asks.
int Session::on_credential(gnutls_session_t session, const gnutls_datum_t*, int,
                           const gnutls_pk_algorithm_t*, int, gnutls_pcert_st** chain,
                           unsigned int* chain_size, gnutls_privkey_t* key) noexcept {
    const Credentials& mine = of(session).settings_->mine;
    // Only read; the type has no const.
    *chain = const_cast<gnutls_pcert_st*>(mine.chain.data());
    *chain_size = static_cast<unsigned int>(mine.chain.size());
    *key = mine.key.get();
    return 0;
}

/// GnuTLS tells the suite only after the handshake, and of a resumed session what that had.
int Session::note_server_hello(ConstBytes hello) noexcept {
    constexpr std::uint16_t extended_master_secret = 23;
    constexpr std::uint16_t pre_shared_key = 41;
    suite_ = spi::server_hello_suite(hello);
    extended_master_secret_ =
        spi::server_hello_extension(hello, extended_master_secret).data() != nullptr;
    // A key may open several tickets of one client. Granted is the first that was asked for, and no other.
    const ConstBytes selected = spi::server_hello_extension(hello, pre_shared_key);
    const bool first = std::ranges::all_of(selected, [](std::uint8_t byte) { return byte == 0; });
    const bool granted = settings_->role == Role::client || !settings_->keeps_sessions || first;
    return granted ? GNUTLS_E_SUCCESS : GNUTLS_E_ILLEGAL_PARAMETER;
}

/// Handshake messages, without their headers, before GnuTLS looks at them and after.
int Session::on_message(gnutls_session_t session, unsigned int type, unsigned int when,
                        unsigned int incoming, const gnutls_datum_t* message) noexcept {
    Session& self = of(session);
    constexpr std::size_t header_size = 4;
    constexpr std::size_t empty_list_size = 4;
    if (when == GNUTLS_HOOK_POST) {
        if (type != GNUTLS_HANDSHAKE_SERVER_HELLO) return 0;
        self.port_.delays_marker = incoming != 0 && self.is_tls13();
        return self.note_server_hello(bytes_of(*message));
    }
    if (incoming == 0) {
        if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET) self.note_own_ticket(bytes_of(*message));
        return 0;
    }
    switch (type) {
        case GNUTLS_HANDSHAKE_SERVER_HELLO:
        case GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST:
            return 0;  // Not encrypted.
        case GNUTLS_HANDSHAKE_CERTIFICATE_PKT:
            if (message->size <= empty_list_size) break;
            self.withheld_ = true;
            if (self.port_.sink != nullptr) self.port_.sink->peer_certificate_seen();
            break;
        case GNUTLS_HANDSHAKE_CERTIFICATE_STATUS:
            self.has_ocsp_response_ = true;
            break;
        case GNUTLS_HANDSHAKE_NEW_SESSION_TICKET:
            self.note_ticket(bytes_of(*message));
            break;
        default:
            break;
    }
    self.port_.unread -= static_cast<std::int64_t>(header_size + message->size);
    return 0;
}

}  // namespace omnitls::inline v0::gnutls_native

namespace omnitls::inline v0 {

gnutls_session_t gnutls::native(TlsEngine& engine) noexcept {
    auto* const session = dynamic_cast<gnutls_native::Session*>(engine.native_session());
    return session != nullptr ? session->native() : nullptr;
}

}  // namespace omnitls::inline v0
