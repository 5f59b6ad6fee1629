// SPDX-License-Identifier: BSL-1.0
// A place for the result of one asynchronous operation.
#pragma once

#include <cstddef>
#include <memory>
#include <ostream>
#include <system_error>

namespace omnitls::test {

/// What came of one operation; give `handler()` as the token. May go out of scope before the operation ends.
struct Outcome {
    int calls = 0;
    std::error_code ec;
    std::size_t bytes = 0;

    Outcome() = default;
    Outcome(const Outcome& other) : calls(other.calls), ec(other.ec), bytes(other.bytes) {}
    Outcome& operator=(const Outcome& other) {
        calls = other.calls;
        ec = other.ec;
        bytes = other.bytes;
        unlink();
        return *this;
    }
    ~Outcome() { unlink(); }

    auto handler() {
        if (!link_) link_ = std::make_shared<Outcome*>(this);
        return [link = link_](std::error_code error, auto... n) {
            if (*link == nullptr) return;
            Outcome& self = **link;
            ++self.calls;
            self.ec = error;
            ((self.bytes = n), ...);
        };
    }
    bool ok() const { return calls == 1 && !ec; }
    bool failed(std::error_code with) const { return calls == 1 && ec == with; }

private:
    void unlink() {
        if (link_) *link_ = nullptr;
        link_.reset();
    }
    std::shared_ptr<Outcome*> link_;
};

inline std::ostream& operator<<(std::ostream& out, const Outcome& o) {
    return out << o.calls << " calls, " << o.ec << " (" << o.ec.message() << "), " << o.bytes
               << " bytes";
}

}  // namespace omnitls::test
