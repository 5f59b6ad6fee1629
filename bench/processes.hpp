// SPDX-License-Identifier: BSL-1.0
// Processes of a benchmark: a server in one whose heap nobody has used before, its clients in another whose time does not count.
// They are ended by their id when their object goes, and by the kernel if their parent does. For Linux.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <type_traits>

#include <sys/types.h>
#include <unistd.h>

namespace bench {

/// A child process.
class ChildProcess {
public:
    /// Runs `body` in it: exit status 0 when it returns, 1 with a line on standard error when it throws.
    explicit ChildProcess(const std::function<void()>& body);
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    /// Ends it.
    ~ChildProcess();
    /// Waits until it ends by itself. Returns whether it was successful.
    bool wait();

private:
    pid_t process_ = -1;
};

/// Runs `body` in a process of its own. `Result` travels as its bytes.
template <class Result>
Result in_own_process(const std::function<Result()>& body) {
    static_assert(std::is_trivially_copyable_v<Result>);
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    ChildProcess child([&] {
        close(ends[0]);
        const Result result = body();
        if (write(ends[1], &result, sizeof result) != sizeof result)
            throw std::runtime_error("the result was not taken");
    });
    close(ends[1]);
    Result result{};
    const bool complete = read(ends[0], &result, sizeof result) == sizeof result;
    close(ends[0]);
    if (!child.wait() || !complete) throw std::runtime_error("a server failed");
    return result;
}

/// Raises the limit of file descriptors as far as it goes and returns how many of the `wanted` connections it allows, at one end
/// in one process. Prints the limit, and when it is too low.
std::size_t possible_connections(std::size_t wanted);

}  // namespace bench
