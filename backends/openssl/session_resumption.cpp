// SPDX-License-Identifier: BSL-1.0
// Sessions on OpenSSL: what is kept of a connection and resumed on another one. OpenSSL has no store of its own here: what is
// kept, and what is offered or granted, is for the shell to say.
#include "session.hpp"

#include <algorithm>
#include <array>

namespace omnitls::inline v0::openssl_native {
namespace {

/// OpenSSL resumes with client certificates only what was made under the same name of a context; ids are of one context anyway.
constexpr std::array<unsigned char, 7> id_context{'o', 'm', 'n', 'i', 't', 'l', 's'};

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
    const int size = i2d_SSL_SESSION(session, nullptr);
    const std::chrono::seconds lifetime(SSL_SESSION_get_ticket_lifetime_hint(session));
    unsigned int id_size = 0;
    const unsigned char* const id = SSL_SESSION_get_id(session, &id_size);
    if (size <= 0) return 0;
    if (auto* one = of(ssl).fresh_.add(static_cast<std::size_t>(size), lifetime, {id, id_size})) {
        unsigned char* out = one->state.bytes().data();
        i2d_SSL_SESSION(session, &out);
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
