// SPDX-License-Identifier: BSL-1.0
// Sessions on GnuTLS: what is kept of a connection and resumed on another one. A server that keeps its sessions has a ticket key
// for each connection, and what is kept of it is that key: whoever is not given it cannot read the ticket.
#include "session.hpp"

#include <algorithm>
#include <new>

namespace omnitls::inline v0::gnutls_native {
namespace {

constexpr std::size_t longest_id = 32;  // RFC 5246 §7.4.1.2; a ticket of GnuTLS is always longer

/// The lifetime at the start of a NewSessionTicket (RFC 8446 §4.6.1, RFC 5077 §3.3).
std::chrono::seconds lifetime_in(ConstBytes ticket) noexcept {
    std::uint32_t seconds = 0;
    for (std::size_t i = 0; i < 4 && i < ticket.size(); ++i) seconds = (seconds << 8U) | ticket[i];
    return std::chrono::seconds(seconds);
}

/// The ticket in a NewSessionTicket of TLS 1.3 (RFC 8446 §4.6.1): behind the lifetime, the age and the nonce.
ConstBytes ticket_in(ConstBytes message) noexcept {
    constexpr std::size_t nonce_at = 8;
    if (message.size() <= nonce_at) return {};
    const std::size_t at = nonce_at + 1 + message[nonce_at];
    if (message.size() < at + 2) return {};
    const std::size_t size = static_cast<std::size_t>((message[at] << 8U) | message[at + 1]);
    return message.size() < at + 2 + size ? ConstBytes{} : message.subspan(at + 2, size);
}

}  // namespace

/// Servers, once: by tickets under the key of the context, or by ids, which TLS 1.2 asks for, and then tickets wait (`resume`).
int Session::begin_sessions() noexcept {
    const Settings& mine = *settings_;
    if (mine.session_lifetime.count() == 0) return GNUTLS_E_SUCCESS;
    const auto session = session_.get();
    gnutls_db_set_cache_expiration(session, static_cast<int>(mine.session_lifetime.count()));
    if (!mine.keeps_sessions)
        return gnutls_session_ticket_enable_server(session, &mine.ticket_key.value);
    gnutls_db_set_ptr(session, this);
    gnutls_db_set_store_function(session, on_session_made);
    gnutls_db_set_retrieve_function(session, on_session_asked_for);
    gnutls_db_set_remove_function(session, [](void*, gnutls_datum_t) { return 0; });
    return GNUTLS_E_SUCCESS;
}

bool Session::resume(const spi::ResumableState& offered) noexcept {
    const ConstBytes state = offered.state.bytes();
    if (settings_->role == Role::client)
        return gnutls_session_set_data(session_.get(), state.data(), state.size()) == 0;
    const bool ticket = offered.id.size() > longest_id;
    try {
        spi::ResumableState granted = offered;
        if (ticket && !use_ticket_key(granted)) return false;
        (ticket ? ticket_key_ : granted_session_) = std::move(granted);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

/// GnuTLS makes its keys of this one and of the lifetime.
bool Session::use_ticket_key(const spi::ResumableState& granted) noexcept {
    const gnutls_datum_t key = datum(granted.state.bytes());
    gnutls_db_set_cache_expiration(session_.get(), static_cast<int>(granted.lifetime.count()));
    return gnutls_session_ticket_enable_server(session_.get(), &key) == 0;
}

/// Before the ClientHello, whatever becomes of it: later GnuTLS would think that the client can use no ticket.
bool Session::make_ticket_key() noexcept {
    if (!settings_->keeps_sessions || settings_->role == Role::client || !ticket_key_.state.empty())
        return true;
    SecretDatum key;
    if (gnutls_session_ticket_key_generate(&key.value) != 0) return false;
    try {
        ticket_key_ = {SecretBytes(bytes_of(key.value)), settings_->session_lifetime};
    } catch (const std::bad_alloc&) {
        return false;
    }
    ticket_key_is_own_ = true;
    return use_ticket_key(ticket_key_);
}

bool Session::send_ticket(std::chrono::seconds lifetime, spi::Sink& sink) noexcept {
    const Loan loan(port_, nullptr, &sink);
    if (ticket_key_is_own_) {
        ticket_key_.lifetime = lifetime;
        gnutls_db_set_cache_expiration(session_.get(), static_cast<int>(lifetime.count()));
    } else if (gnutls_session_is_resumed(session_.get()) == 0) {
        // The session that was granted is not this one's after all, and its key may be another client's.
        return false;
    }
    const std::size_t before = fresh_.size();
    return gnutls_session_ticket_send(session_.get(), 1, 0) == 0 && fresh_.size() > before;
}

/// TLS 1.3: a ticket of ours is on its way.
void Session::note_own_ticket(ConstBytes message) noexcept {
    if (!settings_->keeps_sessions || !is_tls13()) return;
    const ConstBytes ticket = ticket_in(message);
    if (!ticket.empty()) add_fresh(ticket_key_.state.bytes(), ticket_key_.lifetime, ticket);
}

void Session::add_fresh(ConstBytes state, std::chrono::seconds lifetime, ConstBytes id) noexcept {
    try {
        fresh_.push_back({SecretBytes(state), lifetime, {id.begin(), id.end()}});
    } catch (const std::bad_alloc&) {
        // There is one session less to resume.
    }
}

/// TLS 1.2, at the end of a full handshake.
int Session::on_session_made(void* self, gnutls_datum_t id, gnutls_datum_t session) noexcept {
    static_cast<Session*>(self)->add_fresh(bytes_of(session), {}, bytes_of(id));
    return 0;
}

/// TLS 1.2: the client asks for the session of `id`. What is returned is GnuTLS's.
gnutls_datum_t Session::on_session_asked_for(void* self, gnutls_datum_t id) noexcept {
    const spi::ResumableState& granted = static_cast<Session*>(self)->granted_session_;
    gnutls_datum_t copy{};
    if (!std::ranges::equal(bytes_of(id), granted.id)) return copy;
    const ConstBytes state = granted.state.bytes();
    copy.data = static_cast<unsigned char*>(gnutls_malloc(state.size()));
    if (copy.data == nullptr) return copy;
    copy.size = static_cast<unsigned int>(state.size());
    std::ranges::copy(state, copy.data);
    return copy;
}

/// Lifetime and size alone: the server has thought better of it (RFC 5077 §3.3).
void Session::note_ticket(ConstBytes message) noexcept {
    constexpr std::size_t empty_ticket = 6;
    has_ticket_ = settings_->keeps_sessions && message.size() > empty_ticket;
    ticket_lifetime_ = lifetime_in(message);
}

/// Clients only once a ticket is here: before, GnuTLS would wait for one in TLS 1.3. In TLS 1.2 an id will do.
std::vector<spi::ResumableState> Session::take_resumable() {
    if (settings_->role == Role::server) return std::exchange(fresh_, {});
    std::vector<spi::ResumableState> taken;
    SecretDatum data;
    // Of a resumed TLS 1.2 connection it has the old session only.
    const bool first = !std::exchange(taken_, true) && !is_tls13();
    const bool old = !is_tls13() && gnutls_session_is_resumed(session_.get()) != 0;
    if ((!std::exchange(has_ticket_, false) && !first) || old ||
        gnutls_session_get_data2(session_.get(), &data.value) != GNUTLS_E_SUCCESS)
        return taken;
    taken.push_back({SecretBytes(bytes_of(data.value)), ticket_lifetime_});
    return taken;
}

}  // namespace omnitls::inline v0::gnutls_native
