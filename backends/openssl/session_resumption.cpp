// SPDX-License-Identifier: BSL-1.0
// Sessions on OpenSSL: what is kept of a connection and resumed on another one. OpenSSL has no store of its own here: what is
// kept, and what is offered or granted, is for the shell to say.
#include "session.hpp"

#include <algorithm>
#include <array>
#include <new>

namespace omnitls::inline v0::openssl_native {
namespace {

/// OpenSSL resumes with client certificates only what was made under the same name of a context; ids are of one context anyway.
constexpr std::array<unsigned char, 7> id_context{'o', 'm', 'n', 'i', 't', 'l', 's'};

/// What `i2d_SSL_SESSION` has written, less the SEQUENCE around it: before the peer's certificate and behind it.
struct Content {
    ConstBytes before;
    ConstBytes after;
};

/// A client has the chain elsewhere, and OpenSSL takes longer to read a certificate than to resume a session (3.0).
Content content_of(ConstBytes session, bool with_peer) noexcept {
    constexpr int peer_tag = 3;
    constexpr int failed = 0x80;
    long size = 0;
    int tag = 0;
    int kind = 0;
    const unsigned char* position = session.data();
    if ((ASN1_get_object(&position, &size, &tag, &kind, static_cast<long>(session.size())) &
         failed) != 0)
        return {};
    const unsigned char* const begin = position;
    const unsigned char* const end = begin + size;
    while (!with_peer && position < end) {
        const unsigned char* const field = position;
        if ((ASN1_get_object(&position, &size, &tag, &kind, end - position) & failed) != 0) break;
        position += size;
        if (kind == V_ASN1_CONTEXT_SPECIFIC && tag == peer_tag)
            return {{begin, field}, {position, end}};
    }
    return {{begin, end}, {}};
}

}  // namespace

void Session::collect_sessions(SSL_CTX* ctx, Role role) noexcept {
    const bool client = role == Role::client;
    SSL_CTX_set_session_cache_mode(
        ctx, (client ? SSL_SESS_CACHE_CLIENT : SSL_SESS_CACHE_SERVER) | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_fresh_session);
    if (client) return;
    SSL_CTX_sess_set_get_cb(ctx, on_asked_session);
    SSL_CTX_set_session_id_context(ctx, id_context.data(), id_context.size());
}

bool Session::resume(const spi::ResumableState& offered) {
    ERR_clear_error();
    const ConstBytes state = offered.state.bytes();
    const unsigned char* position = state.data();
    SessionPtr session{d2i_SSL_SESSION(nullptr, &position, static_cast<long>(state.size()))};
    bool taken = session && position == state.data() + state.size();
    if (is_client()) {
        taken = taken && SSL_set_session(ssl_.get(), session.get()) == 1;
    } else if (taken) {
        granted_session_ = std::move(session);
    }
    ERR_clear_error();
    return taken;
}

/// Servers: the client asks for the session of `id`.
SSL_SESSION* Session::on_asked_session(SSL* ssl, const unsigned char* id, int size,
                                       int* copies) noexcept {
    *copies = 1;  // OpenSSL takes a reference of its own.
    SSL_SESSION* const granted = of(ssl).granted_session_.get();
    if (granted == nullptr) return nullptr;
    unsigned int own_size = 0;
    const unsigned char* const own = SSL_SESSION_get_id(granted, &own_size);
    const ConstBytes asked(id, static_cast<std::size_t>(size));
    return std::ranges::equal(ConstBytes(own, own_size), asked) ? granted : nullptr;
}

/// At the end of a TLS 1.2 handshake, and for every ticket of TLS 1.3. 0: OpenSSL keeps its reference.
int Session::on_fresh_session(SSL* ssl, SSL_SESSION* session) noexcept {
    const int whole_size = i2d_SSL_SESSION(session, nullptr);
    if (whole_size <= 0) return 0;
    try {
        SecretBytes whole{Bytes(static_cast<std::size_t>(whole_size))};
        unsigned char* out = whole.bytes().data();
        i2d_SSL_SESSION(session, &out);
        const Content content = content_of(whole.bytes(), !of(ssl).is_client());
        const int inner = static_cast<int>(content.before.size() + content.after.size());
        const int size = ASN1_object_size(1, inner, V_ASN1_SEQUENCE);
        const std::chrono::seconds lifetime(SSL_SESSION_get_ticket_lifetime_hint(session));
        unsigned int id_size = 0;
        const unsigned char* const id = SSL_SESSION_get_id(session, &id_size);
        if (auto* one =
                of(ssl).fresh_.add(static_cast<std::size_t>(size), lifetime, {id, id_size})) {
            out = one->state.bytes().data();
            ASN1_put_object(&out, 1, inner, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
            out = std::ranges::copy(content.before, out).out;
            std::ranges::copy(content.after, out);
        }
    } catch (const std::bad_alloc&) {
        // There is one session less.
    }
    return 0;
}

bool Session::send_ticket(std::chrono::seconds lifetime, spi::Sink& sink) noexcept {
    const Call call(*this, nullptr, &sink);
    // It is what the ticket says of itself, too.
    SSL_SESSION_set_timeout(SSL_get_session(ssl_.get()), static_cast<long>(lifetime.count()));
    return SSL_new_session_ticket(ssl_.get()) == 1 && SSL_do_handshake(ssl_.get()) == 1;
}

}  // namespace omnitls::inline v0::openssl_native
