// SPDX-License-Identifier: BSL-1.0
#include "unbound/inbox.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace omnitls::inline v0::unbound_native {

Inbox::Inbox() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "a pipe");
    }
    read_end_ = ends[0];
    write_end_ = ends[1];
}

Inbox::~Inbox() {
    ::close(read_end_);
    ::close(write_end_);
}

void Inbox::add(Request request) {
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
    }
    wake();
}

void Inbox::quit() noexcept {
    {
        const std::lock_guard lock(mutex_);
        quit_ = true;
    }
    wake();
}

void Inbox::wake() const noexcept {
    const int before = errno;  // This runs within calls of other people.
    const char any = 0;
    // A pipe that is full wakes as well as one with a byte more.
    while (::write(write_end_, &any, 1) < 0 && errno == EINTR) {
    }
    errno = before;
}

bool Inbox::take(std::vector<Request>& requests) {
    // The pipe first: what is added after this wakes again.
    std::array<char, 256> bytes{};
    while (::read(read_end_, bytes.data(), bytes.size()) > 0) {
    }
    const std::lock_guard lock(mutex_);
    requests.swap(requests_);
    return quit_;
}

}  // namespace omnitls::inline v0::unbound_native
