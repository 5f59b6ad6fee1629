// SPDX-License-Identifier: BSL-1.0
// How other threads reach the source's thread: what they want of it, and a pipe that wakes it.
#pragma once

#include <omnitls/verifiers/dane.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace omnitls::inline v0::unbound_native {

/// A look-up as the program asked for it.
struct Request {
    std::string name;
    std::stop_token stop;
    std::function<void(TlsaAnswer)> done;
};

/// Every method from any thread, but for `take`, which is the source's thread's.
class Inbox {
public:
    /// Throws std::system_error if there is no pipe.
    Inbox();
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;
    ~Inbox();

    void add(Request request);
    void quit() noexcept;
    /// Has the source's thread look around.
    void wake() const noexcept;

    /// Readable when there is something to do.
    int fd() const noexcept { return read_end_; }
    /// Everything that was added since, and whether it is time to quit. `fd()` is quiet then.
    bool take(std::vector<Request>& requests);

private:
    int read_end_ = -1;
    int write_end_ = -1;
    std::mutex mutex_;
    std::vector<Request> requests_;
    bool quit_ = false;
};

}  // namespace omnitls::inline v0::unbound_native
