// SPDX-License-Identifier: BSL-1.0
#include "core/path_memory.hpp"

namespace omnitls::inline v0::core {

std::optional<PathKey> path_key(const spi::Crypto& crypto, const CertificateMemory& certificates,
                                spi::PathView path, spi::Purpose purpose) {
    Bytes content{static_cast<std::uint8_t>(purpose)};
    for (const spi::PathElement& element : path) {
        const auto fingerprint = certificates.fingerprint(crypto, *element.certificate);
        if (!fingerprint) return std::nullopt;
        content.insert(content.end(), fingerprint->begin(), fingerprint->end());
    }
    PathKey key{};
    if (!crypto.digest(spi::Hash::sha256, content, key)) return std::nullopt;
    return key;
}

bool PathMemory::has(const PathKey& key) const noexcept {
    const std::scoped_lock lock(mutex_);
    return keys_[key[0]] == key;
}

void PathMemory::add(const PathKey& key) noexcept {
    const std::scoped_lock lock(mutex_);
    keys_[key[0]] = key;
}

}  // namespace omnitls::inline v0::core
