// SPDX-License-Identifier: BSL-1.0
// The program's own functions for sending and receiving: they count, and ask the kernel themselves. Linux.
#include "bench/counters.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

bench::SystemCalls counts;

ssize_t sent(long result) noexcept {
    ++counts.sends;
    if (result > 0) counts.bytes_sent += static_cast<std::uint64_t>(result);
    return static_cast<ssize_t>(result);
}
ssize_t received(long result) noexcept {
    ++counts.receives;
    return static_cast<ssize_t>(result);
}

}  // namespace

extern "C" {
ssize_t write(int fd, const void* data, std::size_t size) {
    return sent(syscall(SYS_write, fd, data, size));
}
ssize_t writev(int fd, const iovec* pieces, int count) {
    return sent(syscall(SYS_writev, fd, pieces, count));
}
ssize_t send(int fd, const void* data, std::size_t size, int flags) {
    return sent(syscall(SYS_sendto, fd, data, size, flags, nullptr, 0));
}
ssize_t sendto(int fd, const void* data, std::size_t size, int flags, const sockaddr* address,
               socklen_t address_size) {
    return sent(syscall(SYS_sendto, fd, data, size, flags, address, address_size));
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    return sent(syscall(SYS_sendmsg, fd, message, flags));
}
ssize_t read(int fd, void* data, std::size_t size) {
    return received(syscall(SYS_read, fd, data, size));
}
ssize_t readv(int fd, const iovec* pieces, int count) {
    return received(syscall(SYS_readv, fd, pieces, count));
}
ssize_t recv(int fd, void* data, std::size_t size, int flags) {
    return received(syscall(SYS_recvfrom, fd, data, size, flags, nullptr, nullptr));
}
ssize_t recvfrom(int fd, void* data, std::size_t size, int flags, sockaddr* address,
                 socklen_t* address_size) {
    return received(syscall(SYS_recvfrom, fd, data, size, flags, address, address_size));
}
ssize_t recvmsg(int fd, msghdr* message, int flags) {
    return received(syscall(SYS_recvmsg, fd, message, flags));
}
int epoll_wait(int fd, epoll_event* events, int room, int timeout) {
    ++counts.waits;
    return static_cast<int>(
        syscall(SYS_epoll_pwait, fd, events, room, timeout, nullptr, std::size_t{8}));
}
}

namespace bench {

SystemCalls system_calls() noexcept { return counts; }

}  // namespace bench
