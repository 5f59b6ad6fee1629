// SPDX-License-Identifier: BSL-1.0
// The only way bytes get in and out of GnuTLS: the `Input` cursor and the `Sink` of the call that is running.
#pragma once

#include "compat.hpp"
#include <omnitls/spi/native_session.hpp>

#include <array>
#include <cstdint>
#include <utility>

namespace omnitls::inline v0::gnutls_native {

/// What GnuTLS pulls from and pushes to. Both pointers are set for the duration of one call only (`Loan`).
struct Port {
    Input* input = nullptr;
    spi::Sink* sink = nullptr;
    Bytes aside;  ///< The part of one record that was read ahead, whole or not.
    Input ahead;  ///< What of `aside` GnuTLS has not had yet; empty until it is whole.
    /// Handshake bytes in encrypted records that GnuTLS has pulled, less the messages it has made of them. Padding counts
    /// too, so 0 means for sure that nothing is left over.
    std::int64_t unread = 0;

    /// TLS 1.3 clients: GnuTLS writes change_cipher_spec as soon as it may. RFC 8446 §D.4 puts it right before the second
    /// flight, which waits for the verdict, and so does it.
    bool delays_marker = false;
    bool marker_owed = false;

    /// Moves the next record from `in` to `aside`, across calls if need be. True once it is whole. May throw std::bad_alloc.
    bool read_ahead(Input& in);
    void install(gnutls_session_t session) noexcept;
    std::size_t available() const noexcept {
        return ahead.bytes.size() + (input != nullptr ? input->bytes.size() : 0);
    }

private:
    void count(ConstBytes taken) noexcept;
    static ssize_t pull(gnutls_transport_ptr_t self, void* data, std::size_t size) noexcept;
    static ssize_t push(gnutls_transport_ptr_t self, const void* data, std::size_t size) noexcept;

    gnutls_session_t session_ = nullptr;
    std::array<std::uint8_t, 5> header_{};
    std::size_t header_size_ = 0;
    std::size_t body_left_ = 0;
};

/// Lends a port the caller's cursor and sink for one call.
class Loan {
public:
    Loan(Port& port, Input* in, spi::Sink* sink) noexcept : port_(port) {
        port_.input = in;
        port_.sink = sink;
    }
    ~Loan() { port_.input = nullptr, port_.sink = nullptr; }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

private:
    Port& port_;
};

/// How often to call GnuTLS again within one call of ours: it says "again" after every record, whatever else there is, and with
/// a message in parts even once without having looked.
class Patience {
public:
    explicit Patience(const Port& port) noexcept : port_(port), left_(port.available()) {}
    /// After a call that said "again": whether the next may get any further.
    bool goes_on() noexcept {
        const std::size_t before = std::exchange(left_, port_.available());
        const bool idle_before = std::exchange(idle_, left_ == before);
        return !idle_ || (left_ > 0 && !idle_before);
    }

private:
    const Port& port_;
    std::size_t left_;
    bool idle_ = false;
};

}  // namespace omnitls::inline v0::gnutls_native
