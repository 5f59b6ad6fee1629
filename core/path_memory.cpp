// SPDX-License-Identifier: BSL-1.0
#include "core/path_memory.hpp"

#include <omnitls/certificate.hpp>

namespace omnitls::inline v0::core {

std::optional<PathKey> path_key(const spi::Crypto& crypto, spi::PathView path,
                                spi::Purpose purpose) {
    Bytes content{static_cast<std::uint8_t>(purpose)};
    for (const spi::PathElement& element : path) {
        const ConstBytes der = element.certificate->der();
        // Each with its size before it, so that no two lists look alike.
        for (unsigned shift = 0; shift < 64; shift += 8)
            content.push_back(
                static_cast<std::uint8_t>(static_cast<std::uint64_t>(der.size()) >> shift));
        content.insert(content.end(), der.begin(), der.end());
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
