// SPDX-License-Identifier: BSL-1.0
// The only way bytes get in and out of GnuTLS.
#pragma once

#include "compat.hpp"
#include <omnitls/spi/port.hpp>

#include <array>
#include <cstdint>

namespace omnitls::inline v0::gnutls_native {

/// What GnuTLS pulls from and pushes to.
class Port final : public spi::Port {
public:
    void install(gnutls_session_t session) noexcept;

    /// Handshake bytes in encrypted records that GnuTLS has pulled, less the messages it has made of them. Padding counts
    /// too, so 0 means for sure that nothing is left over.
    std::int64_t unread = 0;
    /// Whether `unread` is wanted still.
    bool counts = true;
    /// TLS 1.3 clients: GnuTLS writes change_cipher_spec as soon as it may. RFC 8446 §D.4 puts it right before the second
    /// flight, which waits for the verdict, and so does it.
    bool delays_marker = false;
    bool marker_owed = false;

private:
    ssize_t pull(MutableBytes out) noexcept;
    void push(ConstBytes out) noexcept;
    void count(ConstBytes taken) noexcept;

    gnutls_session_t session_ = nullptr;
    // Of the record that is being pulled.
    std::array<std::uint8_t, 5> header_{};
    std::size_t header_size_ = 0;
    std::size_t body_left_ = 0;
};

}  // namespace omnitls::inline v0::gnutls_native
