// SPDX-License-Identifier: BSL-1.0
// See port.hpp. GnuTLS asks for a record's header and then for its body, and gets no more than it asked for.
#include "port.hpp"

#include <omnitls/spi/messages.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace omnitls::inline v0::gnutls_native {

void Port::install(gnutls_session_t session) noexcept {
    session_ = session;
    gnutls_transport_set_ptr(session, this);
    gnutls_transport_set_pull_function(
        session, [](gnutls_transport_ptr_t self, void* data, std::size_t size) {
            return static_cast<Port*>(self)->pull({static_cast<std::uint8_t*>(data), size});
        });
    gnutls_transport_set_push_function(
        session, [](gnutls_transport_ptr_t self, const void* data, std::size_t size) {
            static_cast<Port*>(self)->push({static_cast<const std::uint8_t*>(data), size});
            return static_cast<ssize_t>(size);
        });
}

ssize_t Port::pull(MutableBytes out) noexcept {
    const std::size_t size = take(out);
    if (counts) count(out.first(size));
    if (size > 0) return static_cast<ssize_t>(size);
    gnutls_transport_set_errno(session_, EAGAIN);
    return -1;
}

/// All of it, always: GnuTLS would resend the old bytes as the new ones if it had to try again.
void Port::push(ConstBytes out) noexcept {
    /// change_cipher_spec as every TLS 1.3 end writes it.
    constexpr std::array<std::uint8_t, 6> marker{20, 3, 3, 0, 1, 1};
    if (delays_marker && std::ranges::equal(out, marker)) {
        marker_owed = true;
    } else {
        if (sink != nullptr && std::exchange(marker_owed, false)) put(marker);
        put(out);
    }
}

void Port::count(ConstBytes taken) noexcept {
    constexpr std::uint8_t encrypted_type = 23;
    /// RFC 8446 §5.2: the tag of all our suites, and the inner content type.
    constexpr std::int64_t record_overhead = 16 + 1;
    while (!taken.empty()) {
        if (body_left_ > 0) {
            const std::size_t part = std::min(body_left_, taken.size());
            body_left_ -= part;
            taken = taken.subspan(part);
            continue;
        }
        header_[header_size_++] = taken.front();
        taken = taken.subspan(1);
        if (header_size_ < header_.size()) continue;
        header_size_ = 0;
        body_left_ = spi::number_at(header_, 3);
        if (header_[0] == encrypted_type)
            unread += static_cast<std::int64_t>(body_left_) - record_overhead;
    }
}

}  // namespace omnitls::inline v0::gnutls_native
