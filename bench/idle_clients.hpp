// SPDX-License-Identifier: BSL-1.0
// Clients in a process of their own, so that what is measured is the server alone: each connects over the loopback interface,
// makes a request, reads the response and stays. The process is forked before there is any TLS and ends with its owner.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/types.h>

namespace bench {

constexpr std::size_t request_size = 512;
constexpr std::size_t response_size = 16 * 1024;

/// The child process with the clients. One after the other they connect; then they stay until this object ends.
class IdleClients {
public:
    IdleClients(std::uint16_t port, std::size_t connections, bool tls);
    IdleClients(const IdleClients&) = delete;
    IdleClients& operator=(const IdleClients&) = delete;
    /// Lets them end, and waits for that.
    ~IdleClients();

private:
    int stay_ = -1;  // they stay as long as this is open
    pid_t process_ = -1;
};

}  // namespace bench
