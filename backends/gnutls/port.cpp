// SPDX-License-Identifier: BSL-1.0
// See port.hpp. GnuTLS asks for a record's header and then for its body, and gets no more than it asked for.
#include "port.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace omnitls::inline v0::gnutls_native {
namespace {

constexpr std::uint8_t encrypted_type = 23;
/// change_cipher_spec as every TLS 1.3 end writes it.
constexpr std::array<std::uint8_t, 6> marker{20, 3, 3, 0, 1, 1};
/// RFC 8446 §5.2: the tag of all our suites, and the inner content type.
constexpr std::int64_t record_overhead = 16 + 1;

std::size_t body_size(std::uint8_t high, std::uint8_t low) noexcept {
    return std::size_t{high} * 256 + low;
}

}  // namespace

bool Port::read_ahead(Input& in) {
    for (;;) {
        std::size_t whole = header_.size();
        if (aside.size() >= whole) whole += body_size(aside[3], aside[4]);
        if (aside.size() == whole) {
            ahead.bytes = aside;
            return true;
        }
        if (in.bytes.empty()) return false;
        std::ranges::copy(in.take(std::min(whole - aside.size(), in.bytes.size())),
                          std::back_inserter(aside));
    }
}

void Port::install(gnutls_session_t session) noexcept {
    session_ = session;
    gnutls_transport_set_ptr(session, this);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_push_function(session, push);
}

void Port::count(ConstBytes taken) noexcept {
    while (!taken.empty()) {
        if (header_size_ < header_.size()) {
            header_[header_size_++] = taken.front();
            taken = taken.subspan(1);
            if (header_size_ < header_.size()) continue;
            body_left_ = body_size(header_[3], header_[4]);
            if (header_[0] == encrypted_type)
                unread += static_cast<std::int64_t>(body_left_) - record_overhead;
        } else {
            const std::size_t part = std::min(body_left_, taken.size());
            body_left_ -= part;
            taken = taken.subspan(part);
        }
        if (body_left_ == 0) header_size_ = 0;
    }
}

ssize_t Port::pull(gnutls_transport_ptr_t self, void* data, std::size_t size) noexcept {
    auto& port = *static_cast<Port*>(self);
    Input& from = port.ahead.bytes.empty() && port.input != nullptr ? *port.input : port.ahead;
    const ConstBytes taken = from.take(std::min(size, from.bytes.size()));
    port.count(taken);
    std::ranges::copy(taken, static_cast<std::uint8_t*>(data));
    if (!taken.empty()) return static_cast<ssize_t>(taken.size());
    // Never an end: a cut-off is the session's to report, without an alert to a transport that is gone.
    gnutls_transport_set_errno(port.session_, EAGAIN);
    return -1;
}

ssize_t Port::push(gnutls_transport_ptr_t self, const void* data, std::size_t size) noexcept {
    auto& port = *static_cast<Port*>(self);
    const ConstBytes out{static_cast<const std::uint8_t*>(data), size};
    // All of it, always: GnuTLS would resend the old bytes as the new ones if it had to try again.
    if (port.delays_marker && std::ranges::equal(out, marker)) {
        port.marker_owed = true;
    } else if (port.sink != nullptr) {
        if (std::exchange(port.marker_owed, false)) port.sink->write(marker);
        port.sink->write(out);
    }
    return static_cast<ssize_t>(size);
}

}  // namespace omnitls::inline v0::gnutls_native
