// SPDX-License-Identifier: BSL-1.0
#include "core/certificate_memory.hpp"

#include <algorithm>
#include <utility>

namespace omnitls::inline v0::core {

// A certificate ends with its signature, which is as good as random.
std::size_t CertificateMemory::place_of(ConstBytes der) noexcept {
    std::size_t sum = 0;
    for (const std::uint8_t byte : der.last(std::min<std::size_t>(der.size(), 8)))
        sum = sum * 31 + byte;
    return sum % places;
}

const CertificateMemory::Known* CertificateMemory::known(ConstBytes der) const noexcept {
    const std::optional<Known>& place = known_[place_of(der)];
    if (!place) return nullptr;
    const Bytes& there = place->certificate.der();
    const bool same = there.data() == der.data() ||
                      (there.size() == der.size() && std::ranges::equal(there, der));
    return same ? &*place : nullptr;
}

std::optional<Certificate> CertificateMemory::find(ConstBytes der) const noexcept {
    const std::scoped_lock lock(mutex_);
    const Known* const place = known(der);
    if (place == nullptr) return std::nullopt;
    return place->certificate;
}

std::optional<Fingerprint> CertificateMemory::fingerprint(
    const spi::Crypto& crypto, const Certificate& certificate) const noexcept {
    {
        const std::scoped_lock lock(mutex_);
        if (const Known* const place = known(certificate.der())) return place->fingerprint;
    }
    return certificate.fingerprint(crypto);
}

void CertificateMemory::remember(const spi::Crypto& crypto,
                                 const Certificate& certificate) noexcept {
    const ConstBytes der = certificate.der();
    if (der.size() > largest || find(der)) return;
    const std::optional<Fingerprint> fresh = certificate.fingerprint(crypto);
    if (!fresh) return;
    // What is pushed out is freed when nobody waits for it.
    std::optional<Known> place{Known{certificate, *fresh}};
    {
        const std::scoped_lock lock(mutex_);
        std::swap(known_[place_of(der)], place);
    }
}

}  // namespace omnitls::inline v0::core
