// SPDX-License-Identifier: BSL-1.0
// Sessions on mbedTLS: what a client keeps of a connection and offers on another one, and what a server's tickets are good for.
// mbedTLS has the tickets and their keys; which of them bind a connection to the one before is for this file to say.
#include "session.hpp"

#include <new>

namespace omnitls::inline v0::mbedtls_native {
namespace {

/// Of one call, however many tickets the peer sends: they take turns in the library's one session.
constexpr std::size_t most_fresh = 8;

std::size_t saved_size(const SavedSession& session) noexcept {
    std::size_t size = 0;
    // "Buffer too small", which is the way to ask.
    mbedtls_ssl_session_save(session.get(), nullptr, 0, &size);
    return size;
}

}  // namespace

/// What was loaded is compared with the size it has when saved: of TLS 1.3, mbedTLS does not mind bytes behind the end.
bool Session::resume(ConstBytes state) noexcept {
    const LibraryLock lock;
    SavedSession session;
    return mbedtls_ssl_session_load(session.get(), state.data(), state.size()) == 0 &&
           saved_size(session) == state.size() && session->ticket_len > 0 &&
           may_resume(config_, *session.get()) &&
           mbedtls_ssl_set_session(ssl_.get(), session.get()) == 0;
}

/// At the end of a TLS 1.2 handshake, and for every ticket of TLS 1.3.
void Session::keep_session() noexcept {
    SavedSession session;
    if (fresh_.size() == most_fresh || mbedtls_ssl_get_session(ssl_.get(), session.get()) != 0 ||
        session->ticket_len == 0 || !may_resume(config_, *session.get()))
        return;
    try {
        std::size_t size = saved_size(session);
        spi::ResumableState one{SecretBytes{Bytes(size)},
                                std::chrono::seconds(session->ticket_lifetime)};
        if (mbedtls_ssl_session_save(session.get(), one.state.bytes().data(), size, &size) == 0)
            fresh_.push_back(std::move(one));
    } catch (const std::bad_alloc&) {
        // There is one session less to resume.
    }
}

/// mbedTLS does not keep whether a session has the extended master secret. Here every session that is resumed has: a server
/// seals no other, and core keeps no other. So a handshake that resumes one must have it, too (RFC 7627 §5.3).
bool Session::resumed_unbound() const noexcept {
    return short_handshake_ && !extended_master_secret_ &&
           version_of(*ssl_.get()) == ProtocolVersion::tls12;
}

/// Without a ticket an empty one is sent, with whatever `lifetime` is.
int Session::on_ticket_write(void* self, const mbedtls_ssl_session* session, unsigned char* out,
                             const unsigned char* end, std::size_t* size,
                             std::uint32_t* lifetime) noexcept {
    const auto& own = *static_cast<Session*>(self);
    *size = 0;
    *lifetime = 0;
    if (version_of(*own.ssl_.get()) == ProtocolVersion::tls12 && !own.extended_master_secret_)
        return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
    return mbedtls_ssl_ticket_write(own.settings_->tickets->get(), session, out, end, size,
                                    lifetime);
}

/// In TLS 1.2 mbedTLS 3.6 takes a ticket of TLS 1.3, whose session has a master secret of zeros.
int Session::on_ticket_parse(void* self, mbedtls_ssl_session* session, unsigned char* ticket,
                             std::size_t size) noexcept {
    const auto& own = *static_cast<Session*>(self);
    const int result =
        mbedtls_ssl_ticket_parse(own.settings_->tickets->get(), session, ticket, size);
    if (result == 0 && version_of(*session) != version_of(*own.ssl_.get()))
        return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
    return result;
}

}  // namespace omnitls::inline v0::mbedtls_native
