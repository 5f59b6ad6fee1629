// SPDX-License-Identifier: BSL-1.0
// Sessions on mbedTLS: what a client keeps of a connection and offers on another one, and what a server's tickets are good for.
// mbedTLS has the tickets and their keys; which of them bind a connection to the one before is for this file to say.
#include "session.hpp"

#include <new>

namespace omnitls::inline v0::mbedtls_native {
namespace {

/// Of what this file makes for tickets: as long as a session id at most is (RFC 5246 §7.4.1.2).
constexpr std::ptrdiff_t ticket_size = 32;

std::size_t saved_size(const mbedtls_ssl_session* session) noexcept {
    std::size_t size = 0;
    // "Buffer too small", which is the way to ask.
    mbedtls_ssl_session_save(session, nullptr, 0, &size);
    return size;
}

/// What was loaded is compared with the size it has when saved: of TLS 1.3, mbedTLS does not mind bytes behind the end.
bool load(mbedtls_ssl_session* session, ConstBytes state) noexcept {
    return mbedtls_ssl_session_load(session, state.data(), state.size()) == 0 &&
           saved_size(session) == state.size();
}

}  // namespace

bool Session::resume(const spi::ResumableState& offered) {
    const LibraryLock lock;
    SavedSession session;
    if (!load(session.get(), offered.state.bytes())) return false;
    if (is_client())
        return may_resume(config_, *session.get()) &&
               mbedtls_ssl_set_session(ssl_.get(), session.get()) == 0;
    granted_session_ = offered;
    // Without a function that writes tickets, mbedTLS reads those of TLS 1.3 only.
    if (is_tls13(*session.get()))
        mbedtls_ssl_conf_session_tickets_cb(&config_, nullptr, on_ticket_parse, this);
    return true;
}

void Session::keep_session() noexcept {
    SavedSession session;
    if (context_->keeps_sessions && mbedtls_ssl_get_session(ssl_.get(), session.get()) == 0 &&
        (session->ticket_len > 0 || session->id_len > 0) && may_resume(config_, *session.get()))
        add_fresh(session.get(), std::chrono::seconds(session->ticket_lifetime), {});
}

bool Session::add_fresh(const mbedtls_ssl_session* session, std::chrono::seconds lifetime,
                        ConstBytes id) noexcept {
    std::size_t size = saved_size(session);
    spi::ResumableState* const one = fresh_.add(size, lifetime, id);
    if (one == nullptr) return false;
    if (mbedtls_ssl_session_save(session, one->state.bytes().data(), size, &size) == 0) return true;
    fresh_.drop_last();
    return false;
}

/// mbedTLS does not keep whether a session has the extended master secret. Here every session that is resumed has: a server
/// seals no other, and core keeps no other. So a handshake that resumes one must have it, too (RFC 7627 §5.3).
bool Session::resumed_unbound() const noexcept {
    return short_handshake_ && !facts_.extended_master_secret && !tls13();
}

/// A server seals its sessions into tickets, or keeps them, and the ticket says nothing. Without a ticket an empty one is sent, with
/// whatever `lifetime` is.
int Session::on_ticket_write(void* self, const mbedtls_ssl_session* session, unsigned char* out,
                             const unsigned char* end, std::size_t* size,
                             std::uint32_t* lifetime) noexcept {
    auto& own = *static_cast<Session*>(self);
    *size = 0;
    *lifetime = 0;
    if (TicketKeys* const keys = own.context_->tickets.get())
        return own.tls13() || own.facts_.extended_master_secret
                   ? mbedtls_ssl_ticket_write(keys->get(), session, out, end, size, lifetime)
                   : MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
    if (end - out < ticket_size || random_bytes(nullptr, out, ticket_size) != 0)
        return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
    if (!own.add_fresh(session, {}, {out, ticket_size})) return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    *size = ticket_size;
    *lifetime = static_cast<std::uint32_t>(own.ticket_lifetime_.count());
    return 0;
}

/// In TLS 1.2 mbedTLS 3.6 takes a ticket of TLS 1.3, whose session has a master secret of zeros.
int Session::on_ticket_parse(void* self, mbedtls_ssl_session* session, unsigned char* ticket,
                             std::size_t size) noexcept {
    const auto& own = *static_cast<Session*>(self);
    TicketKeys* const keys = own.context_->tickets.get();
    if (keys == nullptr)
        return on_session_asked_for(self, ticket, size, session) == 0 ? 0
                                                                      : MBEDTLS_ERR_SSL_INVALID_MAC;
    const int result = mbedtls_ssl_ticket_parse(keys->get(), session, ticket, size);
    if (result == 0 && is_tls13(*session) != own.tls13())
        return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
    return result;
}

// ---- Servers that keep sessions ----

/// TLS 1.2, at the end of a full handshake.
int Session::on_session_made(void* self, const unsigned char* id, std::size_t id_size,
                             const mbedtls_ssl_session* session) noexcept {
    static_cast<Session*>(self)->add_fresh(session, {}, {id, id_size});
    return 0;
}

int Session::on_session_made(void* self, const mbedtls_ssl_session* session) noexcept {
    return on_session_made(self, session->id, session->id_len, session);
}

/// The client asks for the session of `id`. Of TLS 1.3 a session has a master secret of zeros in TLS 1.2.
int Session::on_session_asked_for(void* self, const unsigned char* id, std::size_t id_size,
                                  mbedtls_ssl_session* session) noexcept {
    const auto& own = *static_cast<Session*>(self);
    const spi::ResumableState& granted = own.granted_session_;
    const bool right = !granted.id.empty() &&
                       std::ranges::equal(ConstBytes(id, id_size), granted.id) &&
                       load(session, granted.state.bytes()) && is_tls13(*session) == own.tls13();
    return right ? 0 : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
}

int Session::on_session_asked_for(void* self, mbedtls_ssl_session* session) noexcept {
    return on_session_asked_for(self, session->id, session->id_len, session);
}

/// mbedTLS stands before its tickets, if the client can use one (`over`). One at a time: written, then flushed.
bool Session::send_ticket(std::chrono::seconds lifetime, spi::Sink& sink) noexcept {
    if (ssl_->state <= MBEDTLS_SSL_HANDSHAKE_OVER) return false;
    const Call call(port_, nullptr, &sink);
    ticket_lifetime_ = lifetime;
    // For this ticket alone: with the next data mbedTLS would go on by itself.
    mbedtls_ssl_conf_session_tickets_cb(&config_, on_ticket_write, nullptr, this);
    const bool sent =
        mbedtls_ssl_handshake_step(ssl_.get()) == 0 && mbedtls_ssl_handshake_step(ssl_.get()) == 0;
    mbedtls_ssl_conf_session_tickets_cb(&config_, nullptr, nullptr, this);
    return sent;
}

}  // namespace omnitls::inline v0::mbedtls_native
