// SPDX-License-Identifier: BSL-1.0
// Clients in a process of their own, so that what is measured is the server alone: each connects over the loopback interface,
// makes a request, reads the response and stays. The process is forked before there is any TLS and ends with its owner.
#pragma once

#include "bench/processes.hpp"

#include <cstddef>
#include <cstdint>

namespace bench {

constexpr std::size_t request_size = 512;
constexpr std::size_t response_size = 16 * 1024;

/// The child process with the clients. One after the other they connect; then they stay until this object ends.
class IdleClients {
public:
    IdleClients(std::uint16_t port, std::size_t connections, bool tls);

private:
    ChildProcess process_;
};

}  // namespace bench
