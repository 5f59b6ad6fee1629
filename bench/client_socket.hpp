// SPDX-License-Identifier: BSL-1.0
// A client's end of a connection on this machine, for clients that are a process of their own.
#pragma once

#include <cstdint>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace bench {

/// A blocking socket that is connected to `port` of the loopback and sends at once. The caller closes it. Throws if it cannot be had.
inline int connected_socket(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int at_once = 1;
    if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) != 0)
        throw std::runtime_error("a client does not connect");
    return fd;
}

}  // namespace bench
