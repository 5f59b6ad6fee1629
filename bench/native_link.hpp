// SPDX-License-Identifier: BSL-1.0
// One connection in memory, both ends in one thread: what bench_engine measures, once for each TLS library called natively
// (native_LIBRARY.cpp) and once for omnitls on top of it. Each file of a library is what a careful user of it would write: no
// copy that the library does not ask for, errors looked at, the server's chain and name verified.
#pragma once

#include "bench/data_file.hpp"
#include <omnitls/bytes.hpp>
#include <omnitls/iana.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

namespace bench {

using omnitls::ConstBytes;
using omnitls::MutableBytes;
using omnitls::ProtocolVersion;

/// Unsent ciphertext at which a sender waits for the receiver, as `Limits::output_high_water` has it.
inline constexpr std::size_t high_water = std::size_t{128} * 1024;
inline constexpr std::size_t largest_record = 16384;
/// Round trips after which a handshake is taken to be stuck.
inline constexpr int most_turns = 20;
inline constexpr const char* server_name = "omnitls.test";

inline void ensure(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(std::string("the benchmark is wrong: ") + what);
}

/// One connection. Everything throws if the library fails.
class Link {
public:
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    virtual ~Link() = default;

    /// To the end on both sides. The client has then read whatever the server had to say, tickets too.
    virtual void handshake() = 0;
    /// Both ends did what the benchmark is about: the wanted suite, and resumed or not.
    virtual bool agreed(bool resumed) = 0;
    /// From the client. Returns how much was encrypted: less than all when `high_water` is reached.
    virtual std::size_t send(ConstBytes plaintext) = 0;
    /// At the server: as much as there is and fits.
    virtual std::size_t receive(MutableBytes out) = 0;
};

/// Both ends' configuration, made once for many connections.
class Endpoints {
public:
    Endpoints() = default;
    Endpoints(const Endpoints&) = delete;
    Endpoints& operator=(const Endpoints&) = delete;
    virtual ~Endpoints() = default;
    /// Before the handshake. With resumption it offers what an earlier connection has left.
    virtual std::unique_ptr<Link> connect() = 0;
    /// Makes the client's configuration anew: whatever it has learned of the server is forgotten.
    virtual void renew_client() = 0;
};

/// Exactly this version, with AES-128-GCM, SHA-256, X25519 and ECDSA on P-256.
struct Terms {
    ProtocolVersion version = ProtocolVersion::tls13;
    bool resumption = false;

    bool tls13() const { return version == ProtocolVersion::tls13; }
};

/// What one library is called natively by.
struct NativeLibrary {
    const char* name;  ///< Of omnitls's backend on it.
    std::unique_ptr<Endpoints> (*make)(const Terms& terms);
};

/// One direction of a connection: the buffer that a user of a library has to have anyway.
class Wire {
public:
    std::size_t size() const { return end_ - begin_; }
    bool full() const { return size() >= high_water; }
    void put(const void* data, std::size_t size) {
        if (begin_ == end_) begin_ = end_ = 0;
        if (bytes_.size() - end_ < size) bytes_.resize(2 * (end_ + size));
        std::memcpy(bytes_.data() + end_, data, size);
        end_ += size;
    }
    std::size_t take(void* out, std::size_t room) {
        const std::size_t taken = std::min(room, size());
        std::memcpy(out, bytes_.data() + begin_, taken);
        begin_ += taken;
        return taken;
    }

private:
    omnitls::Bytes bytes_ = omnitls::Bytes(4096);
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// What one end reads from and writes to.
struct End {
    Wire& in;
    Wire& out;
};

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

}  // namespace bench
