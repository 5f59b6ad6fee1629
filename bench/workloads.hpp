// SPDX-License-Identifier: BSL-1.0
// What is measured, apart from what it is measured on: the workloads and their list, the bytes that travel, and `Inbox`, which
// counts what arrives and on request compares it: a number that is too good is usually a byte that did not travel.
#pragma once

#include <asio/buffer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace bench {

// Called for every operation: a text is only made of what has failed.
inline void require(bool holds, std::string_view what) {
    if (!holds) throw std::runtime_error("the benchmark is wrong: " + std::string(what));
}
inline void require_success(std::error_code error, const char* what) {
    if (error) require(false, std::string(what) + ": " + error.message());
}

constexpr std::size_t KiB = 1024;
constexpr std::size_t read_space = 64 * KiB;

enum class Direction : std::uint8_t {
    one_way,    ///< Writes from client to server, each begun when the one before has completed.
    ping_pong,  ///< There and back.
};

/// One operation is a write (or a round trip) of `pieces` buffers of `size` bytes.
struct Workload {
    const char* name;
    const char* unit;
    Direction direction;
    std::size_t size;
    std::size_t pieces = 1;

    std::size_t bytes() const { return size * pieces; }
    /// Of one operation, both ways.
    std::size_t bytes_moved() const {
        return direction == Direction::ping_pong ? 2 * bytes() : bytes();
    }
};

inline constexpr std::array workloads = {
    Workload{"bulk_16k", "writes of 16 KiB", Direction::one_way, 16 * KiB},
    Workload{"bulk_64k", "writes of 64 KiB", Direction::one_way, 64 * KiB},
    Workload{"bulk_1m", "writes of 1 MiB", Direction::one_way, 1024 * KiB},
    Workload{"messages_64", "writes of 64 B", Direction::one_way, 64},
    Workload{"gather_64x64", "writes of 64 x 64 B", Direction::one_way, 64, 64},
    Workload{"gather_64x1k", "writes of 64 x 1 KiB", Direction::one_way, KiB, 64},
    Workload{"ping_pong_64", "round trips of 64 B", Direction::ping_pong, 64},
    Workload{"ping_pong_4k", "round trips of 4 KiB", Direction::ping_pong, 4 * KiB},
    Workload{"ping_pong_64k", "round trips of 64 KiB", Direction::ping_pong, 64 * KiB},
};

inline const Workload& workload_named(std::string_view name) {
    for (const Workload& workload : workloads)
        if (name == workload.name) return workload;
    throw std::invalid_argument("there is no workload " + std::string(name));
}

/// What is sent, again and again: a pattern that no record or block size divides.
inline const std::vector<std::uint8_t>& pattern() {
    static const std::vector<std::uint8_t> bytes = [] {
        std::vector<std::uint8_t> made(1024 * KiB);
        for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::uint8_t>(i % 251);
        return made;
    }();
    return bytes;
}

/// The buffers of one write: a view, so that passing it by value allocates nothing. `Buffer` is always `asio::const_buffer`; as
/// a template argument it makes Asio's functions found for streams of this namespace, too.
template <class Buffer>
class BufferList {
public:
    using value_type = Buffer;
    using const_iterator = const Buffer*;

    explicit BufferList(const std::vector<Buffer>& buffers)
        : begin_(buffers.data()), end_(buffers.data() + buffers.size()) {}
    const_iterator begin() const noexcept { return begin_; }
    const_iterator end() const noexcept { return end_; }

private:
    const_iterator begin_;
    const_iterator end_;
};

/// A write of `workload`: its bytes are contiguous in the pattern, its buffers are not one.
inline std::vector<asio::const_buffer> pieces_of(const Workload& workload) {
    require(workload.bytes() <= pattern().size(), "the pattern is too short");
    std::vector<asio::const_buffer> buffers;
    for (std::size_t i = 0; i < workload.pieces; ++i)
        buffers.push_back(asio::buffer(pattern().data() + i * workload.size, workload.size));
    return buffers;
}

/// Where one end receives messages of `message` bytes.
class Inbox {
public:
    void begin(std::size_t message, bool compare) {
        message_ = message;
        compare_ = compare;
        received_ = 0;
    }
    asio::mutable_buffer space() { return asio::buffer(space_); }
    void took(std::size_t bytes) {
        for (std::size_t i = 0; compare_ && i < bytes; ++i)
            require(space_[i] == pattern()[(received_ + i) % message_],
                    "a byte changed on its way");
        received_ += bytes;
    }
    std::size_t received() const { return received_; }
    bool at_message_end() const { return received_ % message_ == 0; }

private:
    std::size_t message_ = 1;
    bool compare_ = false;
    std::size_t received_ = 0;
    std::vector<std::uint8_t> space_ = std::vector<std::uint8_t>(read_space);
};

/// A client and a server that are connected, in one thread.
class Connection {
public:
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection() = default;
    /// Does `amount` operations and receives every byte of them.
    virtual void run(const Workload& workload, std::size_t amount, bool compare) = 0;
};

}  // namespace bench
