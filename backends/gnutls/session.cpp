// SPDX-License-Identifier: BSL-1.0
// See session.hpp. GnuTLS says "again" after every record, whatever is left in the input, and never sends an alert by itself.
#include "session.hpp"

#include <omnitls/gnutls/native.hpp>
#include <omnitls/spi/key_log_line.hpp>
#include <omnitls/spi/messages.hpp>

#include <utility>

namespace omnitls::inline v0::gnutls_native {

using spi::Loan;
using spi::Outcome;
using spi::Progress;

namespace {

/// Calls GnuTLS until it is of use no more: it says "again" after every record, whatever else there is, and with a message in
/// parts even once without having looked. GNUTLS_E_AGAIN: there is nothing more to be had.
template <class Call>
auto insist(const Port& port, Call call) noexcept {
    for (bool was_idle = false;;) {
        const std::size_t before = port.available();
        const auto result = call();
        if (result != GNUTLS_E_AGAIN && result != GNUTLS_E_WARNING_ALERT_RECEIVED) return result;
        const std::size_t left = port.available();
        const bool idle = left == before;
        if (idle && (was_idle || left == 0)) return decltype(result){GNUTLS_E_AGAIN};
        was_idle = idle;
    }
}

}  // namespace

spi::NewSession Context::make_session(const std::string& sni) const {
    auto made = std::make_unique<Session>(*this);
    if (!made->begin())
        return failure(Errc::internal, "cannot make a connection", GNUTLS_E_MEMORY_ERROR);
    int result = GNUTLS_E_SUCCESS;
    if (sni.size() > 255)
        result = GNUTLS_E_INVALID_REQUEST;
    else if (!sni.empty())
        result = gnutls_server_name_set(made->native(), GNUTLS_NAME_DNS, sni.data(), sni.size());
    if (result != GNUTLS_E_SUCCESS)
        return failure(Errc::bad_config, "refuses the server name to be sent", result);
    return made;
}

bool Session::begin() {
    const unsigned int flags = (is_client() ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NONBLOCK |
                               GNUTLS_NO_SIGNAL | context_->ticket_flags;
    session_ = make<SessionPtr>(gnutls_init, flags);
    const auto session = native();
    // The priorities before anything else: without them an alert crashes.
    if (session == nullptr || gnutls_priority_set(session, context_->priority.get()) != 0 ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, context_->credentials.get()) != 0)
        return false;
    // Of a server's Diffie-Hellman group; behind the priorities, which would set it to nothing.
    if (is_client()) gnutls_dh_set_prime_bits(session, spi::least_dh_bits);
    gnutls_session_set_ptr(session, this);
    port_.install(session);
    port_.counts = is_client();                // Only a client pauses.
    gnutls_handshake_set_timeout(session, 0);  // Deadlines are the transport's.
    gnutls_handshake_set_max_packet_length(session, context_->handshake_bytes);
    const auto on_hook = [](gnutls_session_t on, unsigned int type, unsigned int when,
                            unsigned int incoming, const gnutls_datum_t* message) {
        return of(on).on_message(type, when, incoming != 0, bytes_of(*message));
    };
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, on_hook);
    // Also without a sink: GnuTLS' own function would follow SSLKEYLOGFILE of the environment.
    gnutls_session_set_keylog_function(
        session, [](gnutls_session_t on, const char* label, const gnutls_datum_t* secret) {
            of(on).on_secret(label, bytes_of(*secret));
            return 0;
        });
    // Only ever asked: that one is required is the shell's to say, with the right alert for the version.
    if (context_->asks_for_certificate)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    if (!is_client() && !begin_sessions()) return false;
    std::vector<gnutls_datum_t> protocols;
    for (const std::string& name : context_->alpn) protocols.push_back(datum(as_bytes(name)));
    // RFC 7301 §3.2: the server's preference; no overlap is fatal.
    const unsigned int alpn_flags =
        is_client() ? 0U
                    : unsigned{GNUTLS_ALPN_MANDATORY} | unsigned{GNUTLS_ALPN_SERVER_PRECEDENCE};
    return protocols.empty() ||
           gnutls_alpn_set_protocols(session, protocols.data(),
                                     static_cast<unsigned int>(protocols.size()), alpn_flags) == 0;
}

Outcome Session::advance(Input& in, spi::Sink& sink) {
    const Loan loan(port_, &in, &sink);
    if (!make_ticket_key()) return failed(GNUTLS_E_RANDOM_FAILED);
    const int result = pause_ == Pause::reached
                           ? GNUTLS_E_INTERRUPTED
                           : insist(port_, [this] { return gnutls_handshake(native()); });
    if (result == GNUTLS_E_INTERRUPTED) return paused(in);
    if (result == GNUTLS_E_AGAIN) return spi::starved(in);
    if (result != GNUTLS_E_SUCCESS) return failed(result);
    port_.counts = false;
    withheld_ = true;
    return {.progress = Progress::done};
}

/// GnuTLS asks about the server's certificate as soon as it has checked its signature. The server's Finished is owed to us
/// whatever the verdict, so it is read ahead first, and the question comes when the whole flight is here, as on the other
/// backends. Unless a part of it may already be inside GnuTLS: then the next record is nothing to wait for.
Outcome Session::paused(Input& in) {
    if (port_.unread == 0 && !port_.set_aside_record(in)) return spi::starved(in);
    return {.progress = Progress::need_credential};
}

Outcome Session::read(Input& in, MutableBytes out, spi::Sink& sink) {
    const Loan loan(port_, &in, &sink);
    withheld_ = false;
    const ssize_t result = insist(port_, [&] {
        const ssize_t got = gnutls_record_recv(native(), out.data(), out.size());
        return got == GNUTLS_E_REHANDSHAKE && refuse_renegotiation() ? GNUTLS_E_AGAIN : got;
    });
    if (result > 0) return {.progress = Progress::done, .bytes = static_cast<std::size_t>(result)};
    if (result == 0) return {.progress = Progress::peer_closed};
    return result == GNUTLS_E_AGAIN ? spi::starved(in) : failed(static_cast<int>(result));
}

/// A warning, as RFC 5246 §7.2.2 has it, and the connection goes on as it was.
bool Session::refuse_renegotiation() noexcept {
    if (!is_client()) {
        // GnuTLS keeps the ClientHello where data is expected and drops it with the next call, which says "unexpected". Without
        // input, so that nothing else can be lost.
        Input* const in = std::exchange(port_.input, nullptr);
        std::uint8_t nothing = 0;
        gnutls_record_recv(native(), &nothing, sizeof nothing);
        port_.input = in;
    }
    return gnutls_alert_send(native(), GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION) == 0;
}

Outcome Session::write(ConstBytes plaintext, spi::Sink& sink) {
    const Loan loan(port_, nullptr, &sink);
    withheld_ = false;
    std::size_t sent = 0;
    // One record, unless the peer asked for smaller ones (RFC 8449).
    while (sent < plaintext.size()) {
        const ssize_t result =
            gnutls_record_send(native(), plaintext.data() + sent, plaintext.size() - sent);
        if (result <= 0) return failed(static_cast<int>(result));
        sent += static_cast<std::size_t>(result);
    }
    return {.progress = Progress::done, .bytes = sent};
}

Outcome Session::close_notify(spi::Sink& sink) {
    const Loan loan(port_, nullptr, &sink);
    withheld_ = false;
    const int result = gnutls_bye(native(), GNUTLS_SHUT_WR);
    return result == GNUTLS_E_SUCCESS ? Outcome{.progress = Progress::done} : failed(result);
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
    if (gnutls_alert_send(native(), GNUTLS_AL_FATAL,
                          static_cast<gnutls_alert_description_t>(alert)) != GNUTLS_E_SUCCESS)
        return false;
    facts_.alert_sent = alert;
    return true;
}

Outcome Session::failed(int code) {
    if (code == GNUTLS_E_SESSION_EOF) return {.progress = Progress::peer_closed};
    facts_.native_code = code;
    // A number and no enumerator: the peer chose it, and may have chosen one that GnuTLS has no name for.
    const auto received = static_cast<unsigned int>(gnutls_alert_get(native()));
    // A server that waits for a certificate has its own word for an alert that comes in its place.
    if (code == GNUTLS_E_FATAL_ALERT_RECEIVED ||
        (code == GNUTLS_E_NO_CERTIFICATE_FOUND && received != GNUTLS_A_CLOSE_NOTIFY)) {
        facts_.alert_received = static_cast<Alert>(received);
    } else {
        send_alert(alert_of(code));
    }
    return {.progress = Progress::failed, .cause = cause_of(code, facts_.cipher_suite != 0)};
}

void Session::proceed() noexcept {
    withheld_ = false;
    pause_ = Pause::over;
}

std::vector<spi::NativeCertificate> Session::peer_chain() const {
    unsigned int size = 0;
    const gnutls_datum_t* sent = gnutls_certificate_get_peers(native(), &size);
    std::vector<spi::NativeCertificate> chain;
    for (unsigned int i = 0; sent != nullptr && i < size; ++i)
        chain.push_back({bytes_of(sent[i]), nullptr});
    return chain;
}

bool Session::export_keying_material(std::string_view label, const ConstBytes* context,
                                     MutableBytes out) noexcept {
    // A null pointer is no context; an empty one must not be null.
    const char* const given = context == nullptr ? nullptr
                              : context->empty() ? ""
                                                 : as_text(*context).data();
    return gnutls_prf_rfc5705(native(), label.size(), label.data(),
                              context == nullptr ? 0 : context->size(), given, out.size(),
                              reinterpret_cast<char*>(out.data())) == GNUTLS_E_SUCCESS;
}

Bytes Session::tls_unique() const {
    OwnedDatum finished;
    if (gnutls_session_channel_binding(native(), GNUTLS_CB_TLS_UNIQUE, &finished.value) != 0)
        return {};
    return {finished.bytes().begin(), finished.bytes().end()};
}

spi::SessionFacts Session::facts() const {
    spi::SessionFacts facts = facts_;
    facts.native_text = words_of(static_cast<int>(facts.native_code));
    if (facts.cipher_suite == 0) return facts;  // Nothing was agreed on yet.
    facts.version = version();
    facts.group = group_id(gnutls_group_get(native()));
    facts.signature_scheme = scheme_id(static_cast<gnutls_sign_algorithm_t>(
        is_client() ? gnutls_sign_algorithm_get(native())
                    : gnutls_sign_algorithm_get_client(native())));
    facts.resumed = gnutls_session_is_resumed(native()) != 0;
    gnutls_datum_t value{};
    if (gnutls_alpn_get_selected_protocol(native(), &value) == GNUTLS_E_SUCCESS)
        facts.alpn = as_text(bytes_of(value));
    // Without one in TLS 1.2, GnuTLS goes on to show that of a session the server has declined.
    if (is_client() && (is_tls13() || has_ocsp_response_) &&
        gnutls_ocsp_status_request_get(native(), &value) == GNUTLS_E_SUCCESS)
        facts.ocsp_response = {value.data, value.data + value.size};
    return facts;
}

// ---- Callbacks ----

void Session::install_callbacks(gnutls_certificate_credentials_t credentials) noexcept {
    gnutls_certificate_set_verify_function(
        credentials, [](gnutls_session_t session) { return of(session).on_peer_chain(); });
    // What GnuTLS would choose from depends on the peer's hints; ours is shown to whoever asks.
    gnutls_certificate_set_retrieve_function2(
        credentials,
        [](gnutls_session_t session, const gnutls_datum_t*, int, const gnutls_pk_algorithm_t*, int,
           gnutls_pcert_st** chain, unsigned int* chain_size, gnutls_privkey_t* key) {
            const Context& own = *of(session).context_;
            // Only read; the type has no const.
            *chain = const_cast<gnutls_pcert_st*>(own.chain.data());
            *chain_size = static_cast<unsigned int>(own.chain.size());
            *key = own.key.get();
            return 0;
        });
}

/// In place of GnuTLS's verification. A TLS 1.3 client stops here until the verdict; everything else goes on, and the shell
/// holds what it writes.
int Session::on_peer_chain() noexcept {
    if (!is_client() || !is_tls13() || pause_ == Pause::over) return 0;
    pause_ = Pause::reached;
    return GNUTLS_E_INTERRUPTED;
}

void Session::on_secret(const char* label, ConstBytes secret) const noexcept {
    gnutls_datum_t client_random{};
    gnutls_session_get_random(native(), &client_random, nullptr);
    spi::write_key_log(context_->key_log.get(), label, bytes_of(client_random), secret);
}

/// Handshake messages, without their headers, before GnuTLS looks at them and after.
int Session::on_message(unsigned int type, unsigned int when, bool incoming,
                        ConstBytes message) noexcept {
    constexpr std::size_t header_size = 4;
    constexpr std::size_t empty_list_size = 4;
    if (when == GNUTLS_HOOK_POST)
        return type == GNUTLS_HANDSHAKE_SERVER_HELLO ? note_server_hello(message) : 0;
    if (!incoming)
        return type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET ? note_own_ticket(message) : 0;
    switch (type) {
        case GNUTLS_HANDSHAKE_SERVER_HELLO:
        case GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST:
            return 0;  // Not encrypted.
        case GNUTLS_HANDSHAKE_CERTIFICATE_PKT:
            if (message.size() <= empty_list_size) break;
            withheld_ = true;
            if (port_.sink != nullptr) port_.sink->peer_certificate_seen();
            break;
        case GNUTLS_HANDSHAKE_CERTIFICATE_STATUS:
            has_ocsp_response_ = true;
            break;
        case GNUTLS_HANDSHAKE_NEW_SESSION_TICKET:
            note_ticket(message);
            break;
        default:
            break;
    }
    port_.unread -= static_cast<std::int64_t>(header_size + message.size());
    return 0;
}

/// GnuTLS tells the suite only after the handshake, and of a resumed session what that had.
int Session::note_server_hello(ConstBytes message) noexcept {
    const spi::ServerHello hello = spi::read_server_hello(message);
    facts_.cipher_suite = hello.cipher_suite;
    facts_.extended_master_secret = hello.extended_master_secret;
    port_.delays_marker = is_client() && is_tls13();
    // A key may open several tickets of one client. Granted is the first that was asked for, and no other.
    const bool other = hello.pre_shared_key.value_or(0) != 0;
    return !is_client() && context_->keeps_sessions && other ? GNUTLS_E_ILLEGAL_PARAMETER
                                                             : GNUTLS_E_SUCCESS;
}

}  // namespace omnitls::inline v0::gnutls_native

namespace omnitls::inline v0 {

gnutls_session_t gnutls::native(TlsEngine& engine) noexcept {
    return spi::native_of<gnutls_native::Session>(engine);
}

}  // namespace omnitls::inline v0
