// SPDX-License-Identifier: BSL-1.0
// Remembers certificates that were read, so that a peer who comes back, and an authority of many peers, is read and hashed once.
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/spi/crypto.hpp>

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

namespace omnitls::inline v0::core {

using Fingerprint = std::array<std::uint8_t, 32>;

/// For one context. Knows a certificate by all of its bytes, so what it says is what reading and hashing them would. Of a fixed size:
/// a certificate may push out another one, and a large one is not kept. Any thread.
class CertificateMemory {
public:
    /// What `der` was read as; none if that is not known.
    std::optional<Certificate> find(ConstBytes der) const noexcept;
    /// SHA-256 of the certificate, known or made; none if the library does not hash.
    std::optional<Fingerprint> fingerprint(const spi::Crypto& crypto,
                                           const Certificate& certificate) const noexcept;
    /// For those of a good path: what anybody may send is not worth a place.
    void remember(const spi::Crypto& crypto, const Certificate& certificate) noexcept;

private:
    struct Known {
        Certificate certificate;
        Fingerprint fingerprint;
    };
    static constexpr std::size_t places = 64;
    static constexpr std::size_t largest = 8192;  // bytes; ten times as much as most have
    static std::size_t place_of(ConstBytes der) noexcept;
    const Known* known(ConstBytes der) const noexcept;

    mutable std::mutex mutex_;
    std::array<std::optional<Known>, places> known_;
};

}  // namespace omnitls::inline v0::core
