// SPDX-License-Identifier: BSL-1.0
#include "tests/support/capture.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace omnitls::test {
namespace {

constexpr std::uint8_t syn = 0x02, ack = 0x10, push = 0x08;
constexpr std::size_t ip_header = 20, tcp_header = 20;

void put16(Bytes& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8U & 0xffU));
    out.push_back(static_cast<std::uint8_t>(value & 0xffU));
}
void put32(Bytes& out, std::uint32_t value) {
    put16(out, value >> 16U);
    put16(out, value & 0xffffU);
}

}  // namespace

Capture::Capture() {
    // The classic pcap format, big-endian: magic, version 2.4, zone, accuracy, longest packet, raw IP.
    put32(file_, 0xa1b2c3d4U);
    put16(file_, 2), put16(file_, 4);
    put32(file_, 0), put32(file_, 0), put32(file_, 65535), put32(file_, 101);
    packet(Direction::to_server, syn, {});
    packet(Direction::to_client, syn | ack, {});
    packet(Direction::to_server, ack, {});
}

void Capture::send(Direction direction, ConstBytes bytes) {
    while (!bytes.empty()) {
        const ConstBytes part = bytes.first(std::min<std::size_t>(bytes.size(), 1400));
        packet(direction, ack | push, part);
        bytes = bytes.subspan(part.size());
    }
}

/// Checksums stay 0, as in captures of machines whose network card fills them in.
void Capture::packet(Direction direction, std::uint8_t flags, ConstBytes payload) {
    const auto from = static_cast<unsigned>(direction);
    const std::size_t size = ip_header + tcp_header + payload.size();
    put32(file_, 1893456000U + packets_ / 1000);  // 2030-01-01
    put32(file_, packets_ % 1000 * 1000);
    put32(file_, static_cast<std::uint32_t>(size)), put32(file_, static_cast<std::uint32_t>(size));
    // RFC 791 §3.1: version 4, 5 words; length; id, do not fragment; 64 hops, TCP; addresses.
    put16(file_, 0x4500), put16(file_, size);
    put16(file_, packets_ & 0xffffU), put16(file_, 0x4000);
    put16(file_, 0x4006), put16(file_, 0);
    put32(file_, 0xc0000201U + from), put32(file_, 0xc0000202U - from);
    // RFC 9293 §3.1: ports, numbers, 5 words and flags, window; checksum, urgent pointer.
    const bool to_server = direction == Direction::to_server;
    put16(file_, to_server ? 49152 : server_port), put16(file_, to_server ? server_port : 49152);
    put32(file_, sequence_[from]);
    put32(file_, (flags & ack) != 0 ? sequence_[1 - from] : 0);
    put16(file_, 0x5000U | flags), put16(file_, 65535);
    put16(file_, 0), put16(file_, 0);
    file_.insert(file_.end(), payload.begin(), payload.end());
    sequence_[from] += static_cast<std::uint32_t>(payload.size()) + ((flags & syn) != 0 ? 1 : 0);
    ++packets_;
}

void Capture::save(const std::string& path) const {
    std::ofstream file(path, std::ios::binary);
    file << as_text(file_);
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace omnitls::test
