// SPDX-License-Identifier: BSL-1.0
// The GnuTLS object behind an engine, for what omnitls does not offer (yet: every need for it is worth a report). Link omnitls::gnutls.
// It goes behind the engine's back: what is changed with it may undo what omnitls promises, verification above all.
// Who the peer is, TlsEngine::evidence() says: after a session was declined GnuTLS may still show whose it was.
#pragma once

#include <omnitls/engine.hpp>
#include <omnitls/export.hpp>

#include <gnutls/gnutls.h>

namespace omnitls::inline v0::gnutls {

/// Borrowed: valid until the next call on `engine`. Null if the engine runs on something else than GnuTLS, has failed, or has no
/// connection of the library's yet (a server before its choice). Thread: as the engine. Not to be freed, written to, or read from.
OMNITLS_API gnutls_session_t native(TlsEngine& engine) noexcept;

}  // namespace omnitls::inline v0::gnutls
