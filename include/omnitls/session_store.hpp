// SPDX-License-Identifier: BSL-1.0
// Where a client keeps sessions to resume (RFC 8446 §2.2, RFC 5077). What is kept can be used to speak as this client, and to
// read what it says, and who can write here can pose as any server: guard it like a private key. Whether one is offered again is asked of the verifier each time.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/certificate.hpp>
#include <omnitls/export.hpp>
#include <omnitls/identity.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace omnitls::inline v0 {

/// One session as a store sees it.
struct StoredSession {
    SecretBytes record;  ///< For omnitls only. Damaged in any bit it is not used.
    UtcTime expires{};   ///< By the clock of the configuration; not used afterwards.
    bool single_use =
        false;  ///< TLS 1.3: used twice, it would tell an observer who comes back (RFC 8446 §C.4).
};

/// Keeps sessions between connections, in memory or on disk; the same for every backend. Usable from several threads at once. Must
/// not block for long: it is called on the thread that drives a connection. A store that throws, or gives back something else than
/// it was given, costs a full handshake and nothing more.
class OMNITLS_API SessionStore {
public:
    virtual ~SessionStore() = default;
    /// Keeps `session` under `key`: 64 hexadecimal digits that stand for the backend and its version, whom the connection is for and
    /// all that was configured. Of a key, several single-use sessions may be kept, and one other.
    virtual void put(const std::string& key, StoredSession session) = 0;
    /// A session kept under `key`, the newest first, or none. One of single use is not in the store any more.
    virtual std::optional<StoredSession> take(const std::string& key) = 0;
};

/// A store in memory for at most `sessions` sessions, at most four of single use for each key; the oldest makes room.
/// Wiped when it goes.
OMNITLS_API std::shared_ptr<SessionStore> memory_session_store(std::size_t sessions = 256);

}  // namespace omnitls::inline v0
