// SPDX-License-Identifier: BSL-1.0
// See session.hpp. OpenSSL's error queue belongs to the thread, so every call starts by emptying it. The callbacks run
// between C frames: nothing may be thrown out of them. How a connection is resumed stands in session_resumption.cpp.
#include "session.hpp"

#include "errors.hpp"
#include <omnitls/openssl/native.hpp>

#include <algorithm>
#include <array>
#include <new>

namespace omnitls::inline v0::openssl_native {

using spi::Outcome;
using spi::Progress;

spi::NewSession Session::make(const Context& context, const std::string& sni) {
    ERR_clear_error();
    std::unique_ptr<Session> session{new Session(context)};
    SslPtr ssl{SSL_new(context.ctx.get())};
    BioPtr bio = make_bio(session->port_);
    if (!ssl || !bio || SSL_set_app_data(ssl.get(), session.get()) != 1)
        return native_failure(Errc::internal, "cannot make a connection");
    SSL_set_bio(ssl.get(), bio.get(), bio.get());
    static_cast<void>(bio.release());  // `ssl` owns it now.
    if (context.role == Role::server) {
        SSL_set_accept_state(ssl.get());
    } else {
        SSL_set_connect_state(ssl.get());
        // SSL_set_tlsext_host_name, which is a macro with a cast that drops const; OpenSSL copies the name.
        if (!sni.empty() &&
            SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(sni.c_str())) != 1)
            return native_failure(Errc::bad_config, "refuses the server name to be sent");
    }
    session->ssl_ = std::move(ssl);
    return session;
}

Session::~Session() {
    // A connection freed without these flags counts as broken to OpenSSL. Nothing is sent.
    if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

Outcome Session::advance(Input& in, spi::Sink& sink) {
    const Call call(*this, &in, &sink);
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return {.progress = Progress::done};
    const Outcome outcome = stopped(result, &in);
    if (outcome.progress != Progress::need_credential || flight_is_complete(in)) return outcome;
    return spi::starved(in);
}

/// OpenSSL wants the credential as soon as it has checked the server's signature. In TLS 1.3 the server's Finished is still
/// to come then, and only with it can a rejection's alert be protected (see traffic_secret). It is either the rest of the
/// record in hand or the next record, which is set aside; the server owes it whatever the verdict.
bool Session::flight_is_complete(Input& in) {
    return SSL_version(ssl_.get()) != TLS1_3_VERSION || SSL_has_pending(ssl_.get()) == 1 ||
           port_.set_aside_record(in);
}

Outcome Session::read(Input& in, MutableBytes out, spi::Sink& sink) {
    const Call call(*this, &in, &sink);
    forget_secret();
    std::size_t bytes = 0;
    // SSL_MODE_AUTO_RETRY: OpenSSL itself goes on over tickets and KeyUpdates until data or the end of the input.
    const int result = SSL_read_ex(ssl_.get(), out.data(), out.size(), &bytes);
    if (result == 1) return {.progress = Progress::done, .bytes = bytes};
    return stopped(result, &in);
}

Outcome Session::write(ConstBytes plaintext, spi::Sink& sink) {
    const Call call(*this, nullptr, &sink);
    forget_secret();
    std::size_t bytes = 0;
    const int result = SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &bytes);
    if (result == 1) return {.progress = Progress::done, .bytes = bytes};
    return stopped(result, nullptr);
}

Outcome Session::close_notify(spi::Sink& sink) {
    const Call call(*this, nullptr, &sink);
    // 0: sent, the peer's is not here yet. 1: that one was read before.
    const int result = SSL_shutdown(ssl_.get());
    if (result >= 0) return {.progress = Progress::done};
    return stopped(result, nullptr);
}

/// Turns a call that did not succeed into a fact. `in`: null for calls that only write.
Outcome Session::stopped(int result, const Input* in) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            // The BIO says "try again" only when the input is used up.
            if (in != nullptr) return spi::starved(*in);
            break;
        case SSL_ERROR_WANT_X509_LOOKUP:
            return {.progress = Progress::need_credential};
        case SSL_ERROR_ZERO_RETURN:
            if (in != nullptr) return {.progress = Progress::peer_closed};
            break;
        default:
            break;
    }
    spi::NativeError error = take_error();
    facts_.native_code = error.code;
    facts_.native_text = std::move(error.text);
    const auto code = static_cast<unsigned long>(facts_.native_code);
    return {.progress = Progress::failed, .cause = cause_of(code, cipher() != nullptr)};
}

void Session::proceed() noexcept {
    credential_ = Credential::granted;
    forget_secret();
}

/// Only a rejection has a use for it, and it comes before any data.
void Session::forget_secret() noexcept {
    if (!alert_secret_.empty()) alert_secret_ = SecretBytes{};
}

std::vector<spi::NativeCertificate> Session::peer_chain() const {
    std::vector<spi::NativeCertificate> chain;
    chain.reserve(peer_.size());
    for (const PeerCertificate& certificate : peer_)
        chain.push_back({certificate.der, certificate.native.get()});
    return chain;
}

SecretBytes Session::traffic_secret(spi::TrafficSecret which) noexcept {
    const bool server = SSL_is_server(ssl_.get()) == 1;
    if (server != (which == spi::TrafficSecret::server_application)) return {};
    if (!server && alert_secret_.empty() && credential_ == Credential::waiting && !peer_.empty() &&
        SSL_version(ssl_.get()) == TLS1_3_VERSION) {
        // A client derives this secret only when it builds its own flight, which waits for the credential. So let it go
        // on without one, from the server's Finished that was set aside for this: no output, no key, since it was never
        // given to this connection, which is good for nothing afterwards.
        credential_ = Credential::discarded;
        const Call call(*this, nullptr, nullptr);
        SSL_do_handshake(ssl_.get());
        ERR_clear_error();
    }
    return std::move(alert_secret_);
}

bool Session::export_keying_material(std::string_view label, const ConstBytes* context,
                                     MutableBytes out) noexcept {
    ERR_clear_error();
    const bool done =
        SSL_export_keying_material(ssl_.get(), out.data(), out.size(), label.data(), label.size(),
                                   context != nullptr ? context->data() : nullptr,
                                   context != nullptr ? context->size() : 0,
                                   context != nullptr ? 1 : 0) == 1;
    ERR_clear_error();
    return done;
}

/// The first Finished is the client's, or if it resumed, the server's.
Bytes Session::tls_unique() const {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> finished;
    const bool resumed = SSL_session_reused(ssl_.get()) == 1;
    const bool own = (is_client()) != resumed;
    const auto get = own ? SSL_get_finished : SSL_get_peer_finished;
    const std::size_t size = get(ssl_.get(), finished.data(), finished.size());
    return {finished.begin(),
            finished.begin() + static_cast<std::ptrdiff_t>(std::min(size, finished.size()))};
}

void Session::release_buffers() noexcept { SSL_free_buffers(ssl_.get()); }

/// Without read-ahead OpenSSL holds at most one record, so what it has decrypted of it is all there can be.
bool Session::has_pending() const noexcept { return SSL_pending(ssl_.get()) > 0; }

// ---- Facts ----

/// The suite that was chosen, also while the handshake is still running; null before.
const SSL_CIPHER* Session::cipher() const noexcept {
    const SSL_CIPHER* pending = SSL_get_pending_cipher(ssl_.get());
    return pending != nullptr ? pending : SSL_get_current_cipher(ssl_.get());
}

/// OpenSSL tells key type and digest apart; IANA has one number for both (RFC 8446 §4.2.3).
std::uint16_t Session::signature_scheme() const noexcept {
    int type = NID_undef;
    int digest = NID_undef;
    if (SSL_get_peer_signature_type_nid(ssl_.get(), &type) != 1) return 0;
    if (type == NID_ED25519) return 0x0807;
    if (type == NID_ED448) return 0x0808;
    if (SSL_get_peer_signature_nid(ssl_.get(), &digest) != 1) return 0;
    const int strength = digest == NID_sha256   ? 0
                         : digest == NID_sha384 ? 1
                         : digest == NID_sha512 ? 2
                                                : -1;
    if (strength < 0) return 0;
    int base = 0;
    if (type == NID_rsaEncryption) base = 0x0401;
    if (type == NID_X9_62_id_ecPublicKey) base = 0x0403;
    if (type == NID_rsassaPss) {
        const EVP_PKEY* key = peer_.empty() ? nullptr : X509_get0_pubkey(peer_[0].native.get());
        base = key != nullptr && EVP_PKEY_is_a(key, "RSA-PSS") ? 0x0809 : 0x0804;
        return static_cast<std::uint16_t>(base + strength);
    }
    return base == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(base + 0x100 * strength);
}

spi::SessionFacts Session::facts() const {
    SSL* const ssl = ssl_.get();
    spi::SessionFacts facts = facts_;
    if (cipher() == nullptr) return facts;  // Nothing was agreed on yet.
    facts.version = static_cast<ProtocolVersion>(SSL_version(ssl));
    facts.cipher_suite = SSL_CIPHER_get_protocol_id(cipher());
    // OpenSSL reads it from a session that a refused ClientHello never got: a null pointer to it (3.0).
    if (SSL_get_session(ssl) != nullptr) facts.group = group_id(SSL_get_negotiated_group(ssl));
    facts.signature_scheme = signature_scheme();
    facts.resumed = SSL_session_reused(ssl) == 1;
    facts.extended_master_secret = SSL_get_extms_support(ssl) == 1;
    const unsigned char* text = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl, &text, &size);
    if (text != nullptr) facts.alpn = as_text({text, size});
    if (is_client()) {
        const unsigned char* staple = nullptr;
        const long staple_size = SSL_get_tlsext_status_ocsp_resp(ssl, &staple);
        if (staple != nullptr && staple_size > 0)
            facts.ocsp_response = {staple, staple + staple_size};
    }
    return facts;
}

// ---- Callbacks ----

Session& Session::of(const SSL* ssl) noexcept {
    return *static_cast<Session*>(SSL_get_app_data(ssl));
}

void Session::install_callbacks(SSL_CTX* ctx, Role role) noexcept {
    SSL_CTX_set_cert_verify_callback(ctx, on_peer_chain, nullptr);
    SSL_CTX_set_keylog_callback(ctx, on_key_log);
    SSL_CTX_set_info_callback(ctx, on_info);
    if (role == Role::client) SSL_CTX_set_cert_cb(ctx, on_credential, nullptr);
}

/// In place of OpenSSL's verification: keeps the chain and accepts it; the verdict comes later and from elsewhere.
/// Never SSL_set_retry_verify: on a server that silently accepts (OpenSSL 3.0 to 3.5).
int Session::on_peer_chain(X509_STORE_CTX* store, void*) noexcept {
    auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    Session& self = of(ssl);
    try {
        self.peer_.clear();
        // Despite its name this is the whole list as sent, leaf included, in both roles.
        STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
        for (int i = 0; i < sk_X509_num(sent); ++i) {
            X509* certificate = sk_X509_value(sent, i);
            const int size = i2d_X509(certificate, nullptr);
            if (size <= 0 || X509_up_ref(certificate) != 1) return 0;
            PeerCertificate& kept =
                self.peer_.emplace_back(PeerCertificate{X509Ptr{certificate}, {}});
            kept.der.resize(static_cast<std::size_t>(size));
            unsigned char* out = kept.der.data();
            i2d_X509(certificate, &out);
        }
    } catch (const std::bad_alloc&) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
        return 0;
    }
    if (self.port_.sink != nullptr) self.port_.sink->peer_certificate_seen();
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/// Called when the server has asked for a certificate, after its own proof of possession was checked. The key is not even
/// known to this connection before the verdict.
int Session::on_credential(SSL* ssl, void*) noexcept {
    Session& self = of(ssl);
    if (!self.context_->client_identity || self.credential_ == Credential::discarded) return 1;
    if (self.credential_ == Credential::waiting) return -1;
    const Credentials& mine = *self.context_->client_identity;
    return SSL_use_cert_and_key(ssl, mine.leaf.get(), mine.key.get(), mine.chain.get(), 1);
}

/// "LABEL <client random> <secret>", the last two in hexadecimal.
void Session::on_key_log(const SSL* ssl, const char* line) noexcept {
    const std::string_view text(line);
    if (const auto& log = of(ssl).context_->key_log) log->write(text);
    try {
        of(ssl).keep_secret(text);
    } catch (const std::bad_alloc&) {
        // Without the secret the rejection goes without its alert.
    }
}

namespace {

std::uint8_t value_of_hex(char digit) noexcept {
    return static_cast<std::uint8_t>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

/// The bytes of what OpenSSL printed.
SecretBytes secret_of_hex(std::string_view hex) {
    SecretBytes secret{Bytes(hex.size() / 2)};
    for (std::size_t i = 0; i < secret.bytes().size(); ++i) {
        secret.bytes()[i] = static_cast<std::uint8_t>((value_of_hex(hex[2 * i]) << 4U) |
                                                      value_of_hex(hex[2 * i + 1]));
    }
    return secret;
}

}  // namespace

void Session::keep_secret(std::string_view line) {
    const std::string_view label = SSL_is_server(ssl_.get()) == 1
                                       ? "SERVER_TRAFFIC_SECRET_0 "
                                       : "CLIENT_HANDSHAKE_TRAFFIC_SECRET ";
    if (line.starts_with(label) && credential_ != Credential::granted)
        alert_secret_ = secret_of_hex(line.substr(line.rfind(' ') + 1));
}

void Session::on_info(const SSL* ssl, int where, int value) noexcept {
    if ((where & SSL_CB_ALERT) == 0) return;
    const auto alert = static_cast<Alert>(value & 0xff);
    // RFC 8446 §6: in TLS 1.3 the level is to be ignored; all alerts but these two are fatal.
    const bool fatal = (value >> 8) == SSL3_AL_FATAL ||
                       (SSL_version(ssl) == TLS1_3_VERSION && alert != Alert::close_notify &&
                        alert != Alert::user_canceled);
    if (!fatal) return;
    spi::SessionFacts& facts = of(ssl).facts_;
    ((where & SSL_CB_READ) != 0 ? facts.alert_received : facts.alert_sent) = alert;
}

}  // namespace omnitls::inline v0::openssl_native

namespace omnitls::inline v0 {

SSL* openssl::native(TlsEngine& engine) noexcept {
    return spi::native_of<openssl_native::Session>(engine);
}

}  // namespace omnitls::inline v0
