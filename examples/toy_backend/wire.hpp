// SPDX-License-Identifier: BSL-1.0
// Bytes of the toy protocol, which has the shape of TLS 1.2 (RFC 5246) and none of its strength: numbers, vectors, a checksum.
#pragma once

#include <omnitls/bytes.hpp>

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace toy {

using omnitls::as_bytes;
using omnitls::as_text;
using omnitls::Bytes;
using omnitls::ConstBytes;

inline constexpr std::size_t header_size = 5, most_content = 16384, tag_size = 8;

enum Record : std::uint8_t { change_cipher_spec = 20, alert = 21, handshake = 22, data = 23 };
enum Message : std::uint8_t {
    nothing_yet = 0xff,
    change_cipher_spec_next = 0xfe,  // the record before the Finished
    client_hello = 1,
    server_hello = 2,
    certificate = 11,
    server_proof = 12,  // where TLS has its ServerKeyExchange
    certificate_request = 13,
    hello_done = 14,
    client_proof = 15,
    key_exchange = 16,
    finished = 20,
};
enum Extension : std::uint16_t {
    server_name = 0,
    groups = 10,
    schemes = 13,
    alpn = 16,
    versions = 43
};

inline void put(Bytes& out, ConstBytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
/// Big-endian.
inline void put(Bytes& out, std::size_t width, std::uint64_t value) {
    while (width-- > 0) out.push_back(static_cast<std::uint8_t>(value >> (8 * width)));
}
/// Its length in `width` bytes, then the content.
inline void put_vector(Bytes& out, std::size_t width, ConstBytes content) {
    put(out, width, content.size());
    put(out, content);
}
inline Bytes number(std::size_t width, std::uint64_t value) {
    Bytes out;
    put(out, width, value);
    return out;
}
inline Bytes vector(std::size_t width, ConstBytes content) {
    Bytes out;
    put_vector(out, width, content);
    return out;
}

using Numbers = std::vector<std::uint16_t>;
inline Bytes vector(std::size_t width, const Numbers& numbers) {
    Bytes content;
    for (const std::uint16_t one : numbers) put(content, 2, one);
    return vector(width, content);
}

/// A cursor that remembers whether anything was missing; then everything is zero and empty.
class Reader {
public:
    explicit Reader(ConstBytes bytes) : bytes_(bytes) {}
    bool good() const { return good_; }
    /// All of it was there, and no more.
    bool done() const { return good_ && bytes_.empty(); }
    bool more() const { return good_ && !bytes_.empty(); }
    ConstBytes bytes(std::size_t n) {
        if (n > bytes_.size()) {
            good_ = false;
            return {};
        }
        const ConstBytes taken = bytes_.first(n);
        bytes_ = bytes_.subspan(n);
        return taken;
    }
    std::size_t number(std::size_t width) {
        std::size_t value = 0;
        for (const std::uint8_t byte : bytes(width)) value = (value << 8U) | byte;
        return value;
    }
    ConstBytes vector(std::size_t width) { return bytes(number(width)); }

private:
    ConstBytes bytes_;
    bool good_ = true;
};

/// The first of `own` that stands in a list of two-byte numbers; 0 if none does.
inline std::uint16_t first_common(const Numbers& own, ConstBytes theirs) {
    for (const std::uint16_t one : own) {
        for (Reader reader(theirs); reader.more();)
            if (reader.number(2) == one) return one;
    }
    return 0;
}

/// FNV-1a: finds accidents. Against an attacker it is worth nothing.
inline Bytes checksum(std::initializer_list<ConstBytes> parts) {
    std::uint64_t sum = 0xcbf29ce484222325U;
    for (const ConstBytes part : parts) {
        for (const std::uint8_t byte : part) sum = (sum ^ byte) * 0x100000001b3U;
    }
    return number(tag_size, sum);
}

inline bool same(ConstBytes a, ConstBytes b) { return std::ranges::equal(a, b); }

}  // namespace toy
