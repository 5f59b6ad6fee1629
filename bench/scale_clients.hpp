// SPDX-License-Identifier: BSL-1.0
// Many clients in a process of their own, driven by epoll: they connect, ask and go when they are told to. Their time and memory
// are nobody's measurement; that they get every byte and that a session is really resumed, they check.
// A request is `scale_request` bytes and begins with the size of the response it wants, in native byte order.
#pragma once

#include "bench/processes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace bench {

constexpr std::size_t scale_request = 64;

enum class Task : std::uint32_t {
    visit,     ///< Connect, ask once, go.
    come,      ///< Connect, ask once, stay.
    converse,  ///< Of those who stay, `connections`, evenly picked, ask `rounds` times each.
    leave,     ///< All who stay go.
};

struct Command {
    Task task{};
    std::uint32_t connections = 0;
    std::uint32_t in_flight = 0;  ///< Connections that are at it at a time, when they connect.
    std::uint32_t rounds = 1;
    std::uint32_t response = scale_request;  ///< Bytes.
    bool resume = false;  ///< With sessions of earlier visits, each used once; it must be taken.
};

struct Reply {
    std::uint64_t responses = 0;
    std::uint64_t bytes = 0;  ///< Of responses; each was compared.
    std::uint64_t resumed = 0;
    double seconds = 0;  ///< By the clock on the wall.
};

/// The clients of one server. One command at a time.
class ScaleClients {
public:
    /// The process is forked here: before the server has threads.
    explicit ScaleClients(std::uint16_t port);
    ScaleClients(const ScaleClients&) = delete;
    ScaleClients& operator=(const ScaleClients&) = delete;
    ~ScaleClients();

    void begin(const Command& command);
    /// Waits until it is done. Throws if the clients have failed.
    Reply finish();
    /// Readable when `finish` will not wait.
    int descriptor() const { return control_[0]; }

private:
    std::array<int, 2> control_;  // Ours and theirs.
    ChildProcess process_;
};

}  // namespace bench
