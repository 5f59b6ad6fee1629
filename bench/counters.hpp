// SPDX-License-Identifier: BSL-1.0
// What a program does, counted exactly: by functions of the C library that the program defines itself. Linking
// count_allocations.cpp or count_system_calls.cpp is what turns them on. Threads are not told apart.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

struct Allocations {
    std::uint64_t count = 0;  ///< Calls of malloc and its kin, `operator new` included.
    std::int64_t live_bytes = 0;
};
Allocations allocations() noexcept;

struct SystemCalls {
    std::uint64_t sends = 0;  ///< write, writev, send, sendto, sendmsg
    std::uint64_t receives =
        0;  ///< read, readv, recv, recvfrom, recvmsg, those that found nothing included
    std::uint64_t waits = 0;  ///< epoll_wait
    std::uint64_t bytes_sent = 0;
};
SystemCalls system_calls() noexcept;

}  // namespace bench
