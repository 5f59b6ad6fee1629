// SPDX-License-Identifier: BSL-1.0
#include "bench/processes.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace bench {

ChildProcess::ChildProcess(const std::function<void()>& body) {
    std::fflush(stdout);
    const pid_t parent = getpid();
    process_ = fork();
    if (process_ < 0) throw std::runtime_error("no process");
    if (process_ > 0) return;
    int status = 1;
    // The parent may have ended before the kernel was asked to watch it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(status);
    try {
        body();
        status = 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
    }
    std::fflush(stdout);
    _exit(status);
}

ChildProcess::~ChildProcess() {
    if (process_ < 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
}

bool ChildProcess::wait() {
    int status = 1;
    const bool ended = waitpid(process_, &status, 0) == process_;
    process_ = -1;
    return ended && status == 0;
}

std::size_t possible_connections(std::size_t wanted) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) throw std::runtime_error("RLIMIT_NOFILE");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) throw std::runtime_error("RLIMIT_NOFILE");
    constexpr rlim_t others = 64;
    const std::size_t possible =
        std::min<rlim_t>(wanted, limit.rlim_cur - std::min(limit.rlim_cur, others));
    std::printf("# file descriptors: %llu\n", static_cast<unsigned long long>(limit.rlim_cur));
    if (possible < wanted)
        std::printf("# %zu connections instead of %zu: there are no more file descriptors\n",
                    possible, wanted);
    if (possible < 2) throw std::runtime_error("too few file descriptors");
    return possible;
}

}  // namespace bench
