// SPDX-License-Identifier: BSL-1.0
// `Capture`: what two ends in memory said to each other, as a capture file of one TCP connection, for programs that read those.
#pragma once

#include <omnitls/bytes.hpp>

#include <cstdint>
#include <string>

namespace omnitls::test {

/// Client 192.0.2.1:49152, server 192.0.2.2:4433, IPv4, a packet per millisecond.
class Capture {
public:
    static constexpr std::uint16_t server_port = 4433;

    /// Begins with the handshake of TCP.
    Capture();
    /// Bytes on their way, in packets of at most 1,400.
    void from_client(ConstBytes bytes) { send(Direction::to_server, bytes); }
    void from_server(ConstBytes bytes) { send(Direction::to_client, bytes); }
    /// Writes a pcap file; throws std::runtime_error if it cannot.
    void save(const std::string& path) const;

private:
    enum class Direction : unsigned { to_server, to_client };
    void send(Direction direction, ConstBytes bytes);
    void packet(Direction direction, std::uint8_t flags, ConstBytes payload);

    Bytes file_;
    std::uint32_t sequence_[2] = {1000, 2000};  ///< The next of each side, by direction.
    std::uint32_t packets_ = 0;
};

}  // namespace omnitls::test
