// SPDX-License-Identifier: BSL-1.0
// What handshake messages say, for backends whose library lets their bytes be seen and has no function for them. Each is given
// without its header, and may be cut short or be nothing at all: then there is less to tell.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/export.hpp>
#include <omnitls/iana.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace omnitls::inline v0::spi {

/// Two bytes of `bytes`, big-endian; 0 behind their end.
constexpr std::uint16_t number_at(ConstBytes bytes, std::size_t at) noexcept {
    return at + 2 > bytes.size() ? std::uint16_t{0}
                                 : static_cast<std::uint16_t>((bytes[at] << 8U) | bytes[at + 1]);
}

/// RFC 8446 §4.1.3.
struct ServerHello {
    std::uint16_t cipher_suite = 0;
    std::uint16_t group = 0;                      ///< Of its key share.
    std::optional<std::uint16_t> pre_shared_key;  ///< Which of those that were offered.
    bool extended_master_secret = false;          ///< RFC 7627.
};
OMNITLS_API ServerHello read_server_hello(ConstBytes body) noexcept;

/// RFC 8446 §4.6.1, RFC 5077 §3.3.
struct NewSessionTicket {
    std::chrono::seconds lifetime{0};
    ConstBytes ticket;  ///< Borrowed. Empty: the server has thought better of it.
};
OMNITLS_API NewSessionTicket read_new_session_ticket(ConstBytes body,
                                                     ProtocolVersion version) noexcept;

}  // namespace omnitls::inline v0::spi
