// SPDX-License-Identifier: BSL-1.0
// See session.hpp. The handshake runs step by step, so that the client's key waits for the verdict and that what a failing step
// wrote (an alert, and nothing else) can be looked at before it leaves. Callbacks run between C frames: they throw nothing.
// How a connection ends stands in session_failure.cpp, how one is resumed in session_resumption.cpp.
#include "session.hpp"

#include <omnitls/mbedtls/native.hpp>
#include <omnitls/spi/key_log_line.hpp>

#include <new>

namespace omnitls::inline v0::mbedtls_native {

using spi::Outcome;
using spi::Progress;

spi::NewSession Context::make_session(const std::string& sni) const {
    const LibraryLock lock;
    auto session = std::make_unique<Session>(*this);
    Session* const self = session.get();
    mbedtls_ssl_context* const ssl = session->ssl_.get();
    mbedtls_ssl_config* const own_config = &session->config_;
    if (const int result = mbedtls_ssl_setup(ssl, own_config); result != 0)
        return native_failure(Errc::internal, "cannot make a connection", result);
    mbedtls_ssl_set_bio(ssl, self, Session::on_send, Session::on_receive, nullptr);
    mbedtls_ssl_set_verify(ssl, Session::on_certificate, self);
    export_secrets<Session::on_secret>(ssl, own_config, self);
    if (tickets)
        mbedtls_ssl_conf_session_tickets_cb(own_config, Session::on_ticket_write,
                                            Session::on_ticket_parse, self);
    if (keeps_sessions)
        mbedtls_ssl_conf_session_cache(own_config, self, Session::on_session_asked_for,
                                       Session::on_session_made);
    if (role == Role::server) return session;
    // Without a name this, too, must be said: mbedTLS 3.6 takes silence for a mistake.
    if (const int result = mbedtls_ssl_set_hostname(ssl, sni.empty() ? nullptr : sni.c_str());
        result != 0)
        return native_failure(Errc::bad_config, "refuses the server name to be sent", result);
    return session;
}

// ---- Handshake ----

/// Everything the server proves itself with was checked: in both versions this state comes after its whole flight. In TLS 1.3
/// it also comes when a session is resumed, where no certificate may be asked for.
bool Session::waits_for_credential() const noexcept {
    return is_client() && context_->has_identity && !granted_ && !resumed() &&
           ssl_->state == MBEDTLS_SSL_CLIENT_CERTIFICATE;
}

Outcome Session::advance(Input& in, spi::Sink& sink) {
    const Call call(port_, &in, &sink);
    for (;;) {
        if (over()) return {.progress = Progress::done};
        if (waits_for_credential()) return {.progress = Progress::need_credential};
        const std::size_t before = in.bytes.size();
        const int result = mbedtls_ssl_handshake_step(ssl_.get());
        if (out_of_memory_) return {.progress = Progress::failed, .cause = Errc::internal};
        const bool wants = result == MBEDTLS_ERR_SSL_WANT_READ;
        if (result != 0 && !(wants && !in.bytes.empty() && in.bytes.size() < before))
            return stopped(result, in);
        // What no function tells and the messages of a step that went well do. One that wants more has not ended: where a message
        // should be there is half of one.
        if (!wants && ssl_->in_msgtype == handshake_record && ssl_->in_msg != nullptr &&
            ssl_->in_hslen <= MBEDTLS_SSL_IN_CONTENT_LEN)
            note_message({ssl_->in_msg, ssl_->in_hslen}, true);
        if (!wants && staged_.size() > record_header && staged_[0] == handshake_record)
            note_message(ConstBytes(staged_).subspan(record_header), false);
        if (resumed_unbound()) {
            staged_.clear();
            return failed(MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
        }
        flush();
        // What has been resumed is still the old session, unless a ticket came. Those of TLS 1.3 are kept one by one, by `read`.
        if (over() && is_client() && !tls13() && (new_ticket_ || !resumed())) keep_session();
    }
}

void Session::flush() noexcept {
    if (!staged_.empty()) port_.put(staged_);
    staged_.clear();
}

void Session::note_message(ConstBytes message, bool of_peer) noexcept {
    constexpr std::size_t header = 4;
    if (message.size() < header) return;
    const ConstBytes body = message.subspan(header);
    const bool of_server = of_peer == is_client();
    if (message[0] == 2 && of_server) {  // server_hello
        const spi::ServerHello hello = spi::read_server_hello(body);
        facts_.group = hello.group;
        facts_.extended_master_secret = hello.extended_master_secret;
        short_handshake_ = tls13() ? hello.pre_shared_key.has_value()
                                   : ssl_->state == MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC;
    } else if (message[0] == 4 && of_peer) {  // new_session_ticket
        new_ticket_ = !spi::read_new_session_ticket(body, ProtocolVersion::tls12).ticket.empty();
    } else if (message[0] == 12 && of_server) {  // server_key_exchange
        // RFC 8422 §5.4: curve type, curve, point, then the signature with its scheme. Not so with DHE, which has no group.
        constexpr std::uint8_t named_curve = 3;
        if (body.size() < 4 || body[0] != named_curve) return;
        facts_.group = spi::number_at(body, 1);
        if (of_peer) facts_.signature_scheme = spi::number_at(body, std::size_t{4} + body[3]);
    } else if (message[0] == 15 && of_peer) {  // certificate_verify
        facts_.signature_scheme = spi::number_at(body, 0);
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

Outcome Session::read(Input& in, MutableBytes out, spi::Sink& sink) {
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

Outcome Session::write(ConstBytes plaintext, spi::Sink& sink) {
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

Outcome Session::close_notify(spi::Sink& sink) {
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
    return of_client == is_client() ? std::move(secret_) : SecretBytes{};
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
    const bool own = is_client() != resumed();
    const char* const first = own ? ssl_->own_verify_data : ssl_->peer_verify_data;
    return {first, first + ssl_->verify_data_len};
#else
    return {};
#endif
}

spi::SessionFacts Session::facts() const {
    spi::SessionFacts facts = facts_;
    const mbedtls_ssl_session* const agreed =
        ssl_->session != nullptr ? ssl_->session : ssl_->session_negotiate;
    if (agreed == nullptr || agreed->ciphersuite == 0) return facts;
    facts.version = tls13() ? ProtocolVersion::tls13 : ProtocolVersion::tls12;
    facts.cipher_suite = static_cast<std::uint16_t>(agreed->ciphersuite);
    facts.resumed = resumed();
    if (const char* alpn = mbedtls_ssl_get_alpn_protocol(ssl_.get())) facts.alpn = alpn;
    return facts;
}

// ---- Callbacks ----

/// Accepts everything, so that mbedTLS never has anything to retry (it would count the new bytes and send the old ones).
int Session::on_send(void* self, const unsigned char* data, std::size_t size) noexcept {
    auto& own = *static_cast<Session*>(self);
    try {
        ConstBytes record(data, size);
        Bytes with_version;
        if (size > record_header && data[1] != 3) {
            // mbedTLS 2.28: an alert before a version is agreed on has 0.0, or what the peer made up (RFC 8446 §5.1 wants 3.3).
            with_version.assign(record.begin(), record.end());
            with_version[1] = with_version[2] = 3;
            record = with_version;
        }
        if (own.port_.input == nullptr)
            own.port_.put(record);
        else
            own.staged_.insert(own.staged_.end(), record.begin(), record.end());
        return static_cast<int>(size);
    } catch (const std::bad_alloc&) {
        own.out_of_memory_ = true;
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
}

/// Gives what was asked for and no more; used up is "want read", never an end: a cut-off is for `stopped` to tell.
int Session::on_receive(void* self, unsigned char* out, std::size_t size) noexcept {
    const std::size_t given = static_cast<Session*>(self)->port_.take({out, size});
    return given > 0 ? static_cast<int>(given) : MBEDTLS_ERR_SSL_WANT_READ;
}

/// After mbedTLS' verification, top of the chain first: forgives everything and at the leaf keeps the list as it was sent.
int Session::on_certificate(void* self, mbedtls_x509_crt* leaf, int depth,
                            std::uint32_t* flags) noexcept {
    *flags = 0;
    if (depth != 0) return 0;
    auto& own = *static_cast<Session*>(self);
    try {
        own.peer_.clear();
        for (const mbedtls_x509_crt* one = leaf; one != nullptr; one = one->next)
            own.peer_.emplace_back(one->raw.p, one->raw.p + one->raw.len);
    } catch (const std::bad_alloc&) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    own.port_.sink->peer_certificate_seen();
    return 0;
}

void Session::on_secret(void* self, const ExportedSecret& secret) noexcept {
    auto& own = *static_cast<Session*>(self);
    try {
        const std::string_view label = secret.label;
        spi::write_key_log(own.context_->key_log.get(), label, secret.client_random, secret.secret);
        const char* const sealing =
            own.is_client() ? "CLIENT_HANDSHAKE_TRAFFIC_SECRET" : "SERVER_TRAFFIC_SECRET_0";
        if (label == sealing && !own.granted_) own.secret_ = SecretBytes{secret.secret};
        if (label != "CLIENT_RANDOM" || library_exports) return;
        own.master_ = SecretBytes{secret.secret};
        own.randoms_.assign(secret.client_random.begin(), secret.client_random.end());
        own.randoms_.insert(own.randoms_.end(), secret.server_random.begin(),
                            secret.server_random.end());
        own.prf_ = secret.prf;
    } catch (const std::bad_alloc&) {
        own.out_of_memory_ = true;
    }
}

}  // namespace omnitls::inline v0::mbedtls_native

namespace omnitls::inline v0 {

mbedtls_ssl_context* mbedtls::native(TlsEngine& engine) noexcept {
    return spi::native_of<mbedtls_native::Session>(engine);
}

}  // namespace omnitls::inline v0
