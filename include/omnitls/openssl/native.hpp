// SPDX-License-Identifier: BSL-1.0
// The OpenSSL object behind an engine, for what omnitls does not offer (yet: every need for it is worth a report). Link omnitls::openssl.
// It goes behind the engine's back: what is changed with it may undo what omnitls promises, verification above all.
#pragma once

#include <omnitls/engine.hpp>
#include <omnitls/export.hpp>

#include <openssl/types.h>

namespace omnitls::inline v0::openssl {

/// Borrowed: valid until the next call on `engine`. Null if the engine runs on something else than OpenSSL, has failed, or has no
/// connection of the library's yet (a server before its choice). Thread: as the engine. Not to be freed, written to, or read from.
OMNITLS_API SSL* native(TlsEngine& engine) noexcept;

}  // namespace omnitls::inline v0::openssl
