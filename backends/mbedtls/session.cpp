// SPDX-License-Identifier: BSL-1.0
// See session.hpp. The handshake runs step by step, so that the client's key waits for the verdict and that what a failing step
// wrote (an alert, and nothing else) can be looked at before it leaves. Callbacks run between C frames: they throw nothing.
// How a connection ends stands in session_failure.cpp, how one is resumed in session_resumption.cpp.
#include "session.hpp"

#include <omnitls/mbedtls/native.hpp>
#include <omnitls/spi/key_log_line.hpp>
#include <omnitls/spi/server_hello.hpp>

#include <algorithm>
#include <new>

namespace omnitls::inline v0::mbedtls_native {

using spi::Outcome;
using spi::Progress;

namespace {

constexpr std::uint8_t handshake_record = 22;
constexpr std::size_t message_header = 4;

}  // namespace

Result<std::unique_ptr<spi::NativeSession>> Session::make(std::shared_ptr<const Settings> settings,
                                                          const std::string& sni) {
    const LibraryLock lock;
    std::unique_ptr<Session> session{new Session(std::move(settings))};
    mbedtls_ssl_context* const ssl = session->ssl_.get();
    int result = mbedtls_ssl_setup(ssl, &session->config_);
    if (result != 0)
        return native_failure(Errc::internal, "mbedTLS cannot make a connection", result);
    mbedtls_ssl_set_bio(ssl, session.get(), on_send, on_receive, nullptr);
    mbedtls_ssl_set_verify(ssl, on_certificate, session.get());
    export_secrets<on_secret>(ssl, &session->config_, session.get());
    if (session->settings_->tickets)
        mbedtls_ssl_conf_session_tickets_cb(&session->config_, on_ticket_write, on_ticket_parse,
                                            session.get());
    if (session->settings_->keeps_sessions)
        keep_sessions<on_session_asked_for, on_session_made>(&session->config_, session.get());
    if (session->settings_->role == Role::client) {
        // Without a name this, too, must be said: mbedTLS 3.6 takes silence for a mistake.
        result = mbedtls_ssl_set_hostname(ssl, sni.empty() ? nullptr : sni.c_str());
        if (result != 0)
            return native_failure(Errc::bad_config, "mbedTLS refuses the server name to be sent",
                                  result);
    }
    return std::unique_ptr<spi::NativeSession>{std::move(session)};
}

// ---- Handshake ----

/// Everything the server proves itself with was checked: in both versions this state comes after its whole flight. In TLS 1.3
/// it also comes when a session is resumed, where no certificate may be asked for.
bool Session::waits_for_credential() const noexcept {
    return ssl_->state == MBEDTLS_SSL_CLIENT_CERTIFICATE && settings_->has_identity &&
           settings_->role == Role::client && !granted_ && !resumed();
}

Outcome Session::advance(Input& in, spi::Sink& sink) noexcept {
    const Call call(port_, &in, &sink);
    for (;;) {
        if (over()) {
            keep_first_session();
            return {.progress = Progress::done};
        }
        if (waits_for_credential()) return {.progress = Progress::need_credential};
        const std::size_t before = in.bytes.size();
        const int result = mbedtls_ssl_handshake_step(ssl_.get());
        if (out_of_memory_) return {.progress = Progress::failed, .cause = Errc::internal};
        const bool wants = result == MBEDTLS_ERR_SSL_WANT_READ;
        if (result != 0 && !(wants && !in.bytes.empty() && in.bytes.size() < before))
            return stopped(result, in);
        // A step that wants more has not ended: where a message should be there is half of one.
        if (!wants) note_progress();
        if (resumed_unbound()) {
            port_.staged.clear();
            return failed(MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
        }
        flush();
    }
}

void Session::flush() noexcept {
    if (!port_.staged.empty()) port_.sink->write(port_.staged);
    port_.staged.clear();
}

/// What no function tells and the messages of a step that went well do.
void Session::note_progress() noexcept {
    if (ssl_->in_msgtype == handshake_record && ssl_->in_msg != nullptr &&
        ssl_->in_hslen <= MBEDTLS_SSL_IN_CONTENT_LEN)
        note_message({ssl_->in_msg, ssl_->in_hslen}, true);
    if (port_.staged.size() > record_header && port_.staged[0] == handshake_record)
        note_message(ConstBytes(port_.staged).subspan(record_header), false);
}

void Session::note_message(ConstBytes message, bool of_peer) noexcept {
    constexpr std::uint8_t server_hello = 2;
    constexpr std::uint8_t new_session_ticket = 4;
    constexpr std::uint8_t server_key_exchange = 12;
    constexpr std::uint8_t certificate_verify = 15;
    constexpr std::uint8_t named_curve = 3;
    if (message.size() < message_header) return;
    const bool of_server = of_peer == (settings_->role == Role::client);
    if (message[0] == server_hello && of_server) {
        constexpr std::uint16_t key_share = 51;
        constexpr std::uint16_t extended_master_secret = 23;
        constexpr std::uint16_t pre_shared_key = 41;
        const ConstBytes body = message.subspan(message_header);
        if (const ConstBytes share = spi::server_hello_extension(body, key_share);
            share.size() >= 2)
            group_ = number_at(share, 0);
        extended_master_secret_ =
            spi::server_hello_extension(body, extended_master_secret).data() != nullptr;
        short_handshake_ = version_of(*ssl_.get()) == ProtocolVersion::tls13
                               ? spi::server_hello_extension(body, pre_shared_key).data() != nullptr
                               : ssl_->state == MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC;
    } else if (message[0] == new_session_ticket && of_peer) {
        // Lifetime and size; without a ticket behind them the server has thought better of it (RFC 5077 §3.3).
        new_ticket_ = message.size() > message_header + 6;
    } else if (message[0] == server_key_exchange && of_server) {
        // RFC 8422 §5.4: curve type, curve, point, then the signature with its scheme. Not so with DHE, which has no group.
        if (message.size() < message_header + 4 || message[message_header] != named_curve) return;
        group_ = number_at(message, message_header + 1);
        if (of_peer)
            signature_scheme_ =
                number_at(message, message_header + 4 + message[message_header + 3]);
    } else if (message[0] == certificate_verify && of_peer) {
        signature_scheme_ = number_at(message, message_header);
    }
}

void Session::proceed() noexcept {
    granted_ = true;
    secret_ = SecretBytes{};
}

// ---- Data ----

/// The verdict is in: what only a rejection needs is gone, and from here on the library sends its alerts under the right keys.
void Session::begin_data() noexcept {
    if (data_phase_) return;
    data_phase_ = true;
    secret_ = SecretBytes{};
}

Outcome Session::read(Input& in, MutableBytes out, spi::Sink& sink) noexcept {
    const Call call(port_, &in, &sink);
    begin_data();
    // mbedTLS forgets it, and would read on.
    if (peer_closed_) return {.progress = Progress::peer_closed};
    for (;;) {
        const std::size_t before = in.bytes.size();
        const int result = mbedtls_ssl_read(ssl_.get(), out.data(), out.size());
        if (result > 0)
            return {.progress = Progress::done, .bytes = static_cast<std::size_t>(result)};
        // A ticket is answered with "want read" first and with a code of its own by the next call, which needs no input.
        if (result == received_ticket) {
            keep_session();
            continue;
        }
        if (result == MBEDTLS_ERR_SSL_WANT_READ && in.bytes.size() < before) continue;
        return stopped(result, in);
    }
}

Outcome Session::write(ConstBytes plaintext, spi::Sink& sink) noexcept {
    const Call call(port_, nullptr, &sink);
    begin_data();
    // mbedTLS would go on writing, and would make a record of nothing.
    if (sent_close_) return {.progress = Progress::failed, .cause = Errc::wrong_state};
    // In TLS 1.3 a record of mbedTLS holds 16,383 bytes, so the largest write takes two.
    for (ConstBytes rest = plaintext; !rest.empty();) {
        const int result = mbedtls_ssl_write(ssl_.get(), rest.data(), rest.size());
        if (result <= 0) return failed(result);
        rest = rest.subspan(static_cast<std::size_t>(result));
    }
    flush();
    return {.progress = Progress::done, .bytes = plaintext.size()};
}

Outcome Session::close_notify(spi::Sink& sink) noexcept {
    const Call call(port_, nullptr, &sink);
    begin_data();
    if (!sent_close_) {
        if (const int result = mbedtls_ssl_close_notify(ssl_.get()); result != 0)
            return failed(result);
        sent_close_ = true;
        flush();
    }
    return {.progress = Progress::done};
}

bool Session::has_pending() const noexcept { return mbedtls_ssl_check_pending(ssl_.get()) == 1; }

// ---- Facts ----

std::vector<spi::NativeCertificate> Session::peer_chain() const {
    std::vector<spi::NativeCertificate> chain;
    for (const Bytes& der : peer_) chain.push_back({der, nullptr});
    return chain;
}

SecretBytes Session::traffic_secret(spi::TrafficSecret which) noexcept {
    const bool of_client = which == spi::TrafficSecret::client_handshake;
    return of_client == (settings_->role == Role::client) ? std::move(secret_) : SecretBytes{};
}

bool Session::export_keying_material(std::string_view label, const ConstBytes* context,
                                     MutableBytes out) noexcept {
    const LibraryLock lock;
    if (library_exports) return export_material(ssl_.get(), label, context, out);
    // RFC 5705 §4 with the library's PRF, which takes the label as a C string.
    if (master_.empty() || label.find('\0') != label.npos) return false;
    try {
        Bytes seed = randoms_;
        if (context != nullptr) {
            seed.push_back(static_cast<std::uint8_t>(context->size() >> 8U));
            seed.push_back(static_cast<std::uint8_t>(context->size()));
            seed.insert(seed.end(), context->begin(), context->end());
        }
        return mbedtls_ssl_tls_prf(prf_, master_.bytes().data(), master_.bytes().size(),
                                   std::string(label).c_str(), seed.data(), seed.size(), out.data(),
                                   out.size()) == 0;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

/// mbedTLS keeps both Finished for the renegotiation that is refused here. The first is the client's, or if it resumed, the
/// server's.
Bytes Session::tls_unique() const {
#ifdef MBEDTLS_SSL_RENEGOTIATION
    const bool own = (settings_->role == Role::client) != resumed();
    const char* const first = own ? ssl_->own_verify_data : ssl_->peer_verify_data;
    return {first, first + ssl_->verify_data_len};
#else
    return {};
#endif
}

spi::SessionFacts Session::facts() const {
    spi::SessionFacts facts;
    facts.alert_received = alert_received_;
    facts.alert_sent = alert_sent_;
    facts.alert_withheld = alert_withheld_;
    facts.native_code = error_;
    facts.native_text = error_text_;
    const mbedtls_ssl_session* const agreed =
        ssl_->session != nullptr ? ssl_->session : ssl_->session_negotiate;
    if (agreed == nullptr || agreed->ciphersuite == 0) return facts;
    facts.version = version_of(*ssl_.get());
    facts.cipher_suite = static_cast<std::uint16_t>(agreed->ciphersuite);
    facts.resumed = resumed();
    facts.extended_master_secret = extended_master_secret_;
    facts.group = group_;
    facts.signature_scheme = signature_scheme_;
    if (const char* alpn = mbedtls_ssl_get_alpn_protocol(ssl_.get())) facts.alpn = alpn;
    return facts;
}

// ---- Callbacks ----

/// Accepts everything, so that mbedTLS never has anything to retry (it would count the new bytes and send the old ones).
int Session::on_send(void* self, const unsigned char* data, std::size_t size) noexcept {
    auto& session = *static_cast<Session*>(self);
    if (session.port_.input == nullptr) {
        session.port_.sink->write({data, size});
        return static_cast<int>(size);
    }
    try {
        session.port_.staged.insert(session.port_.staged.end(), data, data + size);
    } catch (const std::bad_alloc&) {
        session.out_of_memory_ = true;
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    return static_cast<int>(size);
}

/// Gives what was asked for and no more; used up is "want read", never an end: a cut-off is for `stopped` to tell.
int Session::on_receive(void* self, unsigned char* out, std::size_t size) noexcept {
    Input* const in = static_cast<Session*>(self)->port_.input;
    if (in == nullptr || in->bytes.empty()) return MBEDTLS_ERR_SSL_WANT_READ;
    const ConstBytes part = in->take(std::min(size, in->bytes.size()));
    std::ranges::copy(part, out);
    return static_cast<int>(part.size());
}

/// After mbedTLS' verification, top of the chain first: forgives everything and at the leaf keeps the list as it was sent.
int Session::on_certificate(void* self, mbedtls_x509_crt* leaf, int depth,
                            std::uint32_t* flags) noexcept {
    *flags = 0;
    if (depth != 0) return 0;
    auto& session = *static_cast<Session*>(self);
    try {
        session.peer_.clear();
        for (const mbedtls_x509_crt* one = leaf; one != nullptr; one = one->next)
            session.peer_.emplace_back(one->raw.p, one->raw.p + one->raw.len);
    } catch (const std::bad_alloc&) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    session.port_.sink->peer_certificate_seen();
    return 0;
}

void Session::on_secret(void* self, const ExportedSecret& secret) noexcept {
    auto& session = *static_cast<Session*>(self);
    try {
        session.keep_secret(secret);
    } catch (const std::bad_alloc&) {
        session.out_of_memory_ = true;
    }
}

void Session::keep_secret(const ExportedSecret& secret) {
    const std::string_view label = secret.label;
    if (settings_->key_log)
        settings_->key_log->write(spi::key_log_line(label, secret.client_random, secret.secret));
    const char* const sealing = settings_->role == Role::client ? "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
                                                                : "SERVER_TRAFFIC_SECRET_0";
    if (label == sealing && !granted_) secret_ = SecretBytes{secret.secret};
    if (label != "CLIENT_RANDOM" || library_exports) return;
    master_ = SecretBytes{secret.secret};
    randoms_.assign(secret.client_random.begin(), secret.client_random.end());
    randoms_.insert(randoms_.end(), secret.server_random.begin(), secret.server_random.end());
    prf_ = secret.prf;
}

}  // namespace omnitls::inline v0::mbedtls_native

namespace omnitls::inline v0 {

mbedtls_ssl_context* mbedtls::native(TlsEngine& engine) noexcept {
    auto* const session = dynamic_cast<mbedtls_native::Session*>(engine.native_session());
    return session != nullptr ? session->native() : nullptr;
}

}  // namespace omnitls::inline v0
