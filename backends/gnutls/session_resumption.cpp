// SPDX-License-Identifier: BSL-1.0
// Sessions on GnuTLS: what is kept of a connection and resumed on another one. A server that keeps its sessions has a ticket key
// for each connection, and what is kept of it is that key: whoever is not given it cannot read the ticket.
#include "session.hpp"
#include <omnitls/spi/messages.hpp>

#include <algorithm>

namespace omnitls::inline v0::gnutls_native {

/// Servers, once: by tickets under the key of the context, or by ids, which TLS 1.2 asks for, and then tickets wait (`resume`).
bool Session::begin_sessions() noexcept {
    if (context_->session_lifetime.count() == 0) return true;
    gnutls_db_set_cache_expiration(native(), static_cast<int>(context_->session_lifetime.count()));
    if (!context_->keeps_sessions)
        return gnutls_session_ticket_enable_server(native(), &context_->ticket_key.value) == 0;
    gnutls_db_set_ptr(native(), this);
    // At the end of a full handshake.
    gnutls_db_set_store_function(
        native(), [](void* self, gnutls_datum_t id, gnutls_datum_t session) {
            static_cast<Session*>(self)->add_fresh(bytes_of(session), {}, bytes_of(id));
            return 0;
        });
    gnutls_db_set_retrieve_function(native(), [](void* self, gnutls_datum_t id) {
        return static_cast<Session*>(self)->granted_session(bytes_of(id));
    });
    gnutls_db_set_remove_function(native(), [](void*, gnutls_datum_t) { return 0; });
    return true;
}

/// TLS 1.2: the client asks for the session of `id`. What is returned is GnuTLS's.
gnutls_datum_t Session::granted_session(ConstBytes id) const noexcept {
    gnutls_datum_t copy{};
    const ConstBytes state = granted_session_.state.bytes();
    if (!std::ranges::equal(id, granted_session_.id)) return copy;
    copy.data = static_cast<unsigned char*>(gnutls_malloc(state.size()));
    if (copy.data == nullptr) return copy;
    copy.size = static_cast<unsigned int>(state.size());
    std::ranges::copy(state, copy.data);
    return copy;
}

bool Session::resume(const spi::ResumableState& offered) {
    // RFC 5246 §7.4.1.2; a ticket of GnuTLS is always longer.
    constexpr std::size_t longest_id = 32;
    const ConstBytes state = offered.state.bytes();
    if (is_client()) return gnutls_session_set_data(native(), state.data(), state.size()) == 0;
    const bool ticket = offered.id.size() > longest_id;
    if (ticket && !use_ticket_key(offered)) return false;
    (ticket ? ticket_key_ : granted_session_) = offered;
    return true;
}

/// GnuTLS makes its keys of this one and of the lifetime.
bool Session::use_ticket_key(const spi::ResumableState& granted) noexcept {
    const gnutls_datum_t key = datum(granted.state.bytes());
    gnutls_db_set_cache_expiration(native(), static_cast<int>(granted.lifetime.count()));
    return gnutls_session_ticket_enable_server(native(), &key) == 0;
}

/// Before the ClientHello, whatever becomes of it: later GnuTLS would think that the client can use no ticket.
bool Session::make_ticket_key() {
    if (!context_->keeps_sessions || is_client() || !ticket_key_.state.empty()) return true;
    OwnedDatum key;
    if (gnutls_session_ticket_key_generate(&key.value) != 0) return false;
    ticket_key_ = {SecretBytes(key.bytes()), context_->session_lifetime};
    ticket_key_is_own_ = true;
    return use_ticket_key(ticket_key_);
}

bool Session::send_ticket(std::chrono::seconds lifetime, spi::Sink& sink) noexcept {
    const spi::Loan loan(port_, nullptr, &sink);
    if (ticket_key_is_own_) {
        ticket_key_.lifetime = lifetime;
        gnutls_db_set_cache_expiration(native(), static_cast<int>(lifetime.count()));
    } else if (gnutls_session_is_resumed(native()) == 0) {
        // The session that was granted is not this one's after all, and its key may be another client's.
        return false;
    }
    return gnutls_session_ticket_send(native(), 1, 0) == 0;
}

/// TLS 1.3: a ticket of ours is about to be sent, which it is not if it cannot be kept.
int Session::note_own_ticket(ConstBytes message) noexcept {
    if (!context_->keeps_sessions || !is_tls13()) return GNUTLS_E_SUCCESS;
    const ConstBytes ticket = spi::read_new_session_ticket(message, version()).ticket;
    return add_fresh(ticket_key_.state.bytes(), ticket_key_.lifetime, ticket);
}

int Session::add_fresh(ConstBytes state, std::chrono::seconds lifetime, ConstBytes id) noexcept {
    spi::ResumableState* const room = fresh_.add(state.size(), lifetime, id);
    if (room == nullptr) return GNUTLS_E_MEMORY_ERROR;
    std::ranges::copy(state, room->state.bytes().begin());
    return GNUTLS_E_SUCCESS;
}

void Session::note_ticket(ConstBytes message) noexcept {
    const spi::NewSessionTicket read = spi::read_new_session_ticket(message, version());
    has_ticket_ = context_->keeps_sessions && !read.ticket.empty();
    ticket_lifetime_ = read.lifetime;
}

/// Clients only once a ticket is here: before, GnuTLS would wait for one in TLS 1.3. In TLS 1.2 an id will do.
std::vector<spi::ResumableState> Session::take_resumable() {
    if (!is_client()) return fresh_.take();
    // Of a resumed TLS 1.2 connection it has the old session only.
    const bool first = !std::exchange(taken_, true) && !is_tls13();
    const bool old = !is_tls13() && gnutls_session_is_resumed(native()) != 0;
    const bool has_one = std::exchange(has_ticket_, false) || first;
    OwnedDatum data;
    if (has_one && !old && gnutls_session_get_data2(native(), &data.value) == GNUTLS_E_SUCCESS)
        add_fresh(data.bytes(), ticket_lifetime_);
    return fresh_.take();
}

}  // namespace omnitls::inline v0::gnutls_native
