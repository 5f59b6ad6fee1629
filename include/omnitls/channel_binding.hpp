// SPDX-License-Identifier: BSL-1.0
// Channel bindings: bytes that both ends of one TLS connection know and nobody between them does, for authentication on top of
// TLS (SCRAM-PLUS, RFC 5802; SASL EXTERNAL and tokens bound to the connection).
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/error.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>

#include <cstdint>
#include <string_view>

namespace omnitls::inline v0 {

class TlsEngine;

/// The types of the IANA registry "Channel-Binding Types" that a TLS connection can have.
enum class ChannelBindingType : std::uint8_t {
    tls_exporter,  ///< RFC 9266. TLS 1.3, and TLS 1.2 with extended master secret (RFC 7627).
    tls_unique,    ///< RFC 5929 §3: the first Finished. TLS 1.2 with extended master secret only.
    tls_server_end_point,  ///< RFC 5929 §4: a hash of the server's certificate. Every version.
};
/// The registered name, e.g. "tls-exporter".
OMNITLS_API std::string_view channel_binding_name(ChannelBindingType type) noexcept;

struct ChannelBinding {
    ChannelBindingType type = ChannelBindingType::tls_exporter;
    Bytes data;
};

/// The binding of that type. Errc::wrong_state before the handshake is done; Errc::not_supported, with the reason, if this
/// connection or this backend has none of that type.
OMNITLS_API Result<ChannelBinding> channel_binding(const TlsEngine& engine,
                                                   ChannelBindingType type);
/// The strongest one that this connection has: in the order of the enumeration.
OMNITLS_API Result<ChannelBinding> best_channel_binding(const TlsEngine& engine);

}  // namespace omnitls::inline v0
