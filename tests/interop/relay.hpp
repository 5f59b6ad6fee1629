// SPDX-License-Identifier: BSL-1.0
// The relay program, as a test sees it, and the TLS records in what it saw.
#pragma once

#include "tests/interop/process.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::test {

class Relay {
public:
    /// Between 127.0.0.1:port() and 127.0.0.1:`server_port`.
    explicit Relay(std::uint16_t server_port);
    std::uint16_t port() const noexcept { return port_; }

    struct Read {
        std::chrono::steady_clock::time_point time;
        bool up = false;  ///< From the client.
        std::size_t bytes = 0;
    };
    struct Connection {
        std::size_t up = 0;  ///< Bytes read from the client.
        std::size_t down = 0;
        std::size_t unread_up = 0;  ///< Bytes that wait in its socket to the client.
        std::size_t unread_down = 0;
        std::vector<Read> reads;
    };
    /// Its connections in the order they came. A turn of its event loop.
    std::vector<Connection> report();

    struct Traffic {
        std::string up;
        std::string down;
    };
    Traffic traffic(std::size_t connection);

private:
    std::string line();

    Process process_;
    std::uint16_t port_ = 0;
};

/// A TLS record on the wire (RFC 8446 §5.1).
struct WireRecord {
    std::uint8_t type = 0;  ///< 20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data.
    std::uint8_t first =
        0;  ///< First byte of its fragment: in the clear, the type of the handshake message.
    std::size_t fragment = 0;  ///< Bytes after the header.
};
/// All of `bytes` as records; throws std::runtime_error if they are anything else, or end in the middle of one.
std::vector<WireRecord> parse_records(std::string_view bytes);

}  // namespace omnitls::test
