// SPDX-License-Identifier: BSL-1.0
// Sessions as a client keeps them: under which key, and in which form. A record says whom it is for, holds the chain the verifier
// is to be asked with, and ends with a digest over both, so that one that was changed, or is another's, is no record at all.
#pragma once

#include <omnitls/config.hpp>
#include <omnitls/spi/crypto.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0::core {

/// What a record holds.
struct SessionRecord {
    ProtocolVersion version = ProtocolVersion::tls13;
    UtcTime proved{};  ///< When the peer last proved possession of its key.
    UtcTime expires{};
    std::vector<Bytes> chain;  ///< The peer's, as it was sent.
    SecretBytes state;         ///< The library's.
};

/// What sessions of one client context have in common.
struct SessionScope {
    Bytes
        shared;  ///< Digest of the backend, its version and the configuration. No session is offered across a difference.
    Bytes
        own;  ///< Random: for sessions under a policy without a name, which are this context's alone.
};

/// Nothing if the library fails. `config.versions` and `config.algorithms` are filled in.
std::optional<SessionScope> session_scope(const spi::Crypto& crypto, std::string_view backend,
                                          std::string_view version, const ClientConfig& config);

/// 64 hexadecimal digits for one connection of `scope`: its target, and the verifier's policy at this moment. Empty if the library
/// fails.
std::string session_key(const spi::Crypto& crypto, const SessionScope& scope,
                        std::string_view policy, const ClientTarget& target);

/// Nothing for what no connection could have brought (more than 1 MiB), or if the library fails.
std::optional<SecretBytes> pack_session(const spi::Crypto& crypto, const std::string& key,
                                        const SessionRecord& record);
/// Nothing for anything but what `pack_session` made for `key`. Bounded by the size of `bytes`.
std::optional<SessionRecord> unpack_session(const spi::Crypto& crypto, const std::string& key,
                                            ConstBytes bytes);

}  // namespace omnitls::inline v0::core
