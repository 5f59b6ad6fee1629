// SPDX-License-Identifier: BSL-1.0
// Remembers paths that were found good, so that a peer who comes back costs no public-key operation again. Only of what is the
// same each time: signatures, and the library's veto. Dates, names, limits and verdicts are for each connection.
#pragma once

#include "core/certificate_memory.hpp"
#include "core/revocation_check.hpp"
#include <omnitls/spi/crypto.hpp>
#include <omnitls/spi/native_context.hpp>

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

namespace omnitls::inline v0::core {

/// A digest of the fingerprints of all certificates of a path in their order, the anchor included, and of what they are for: no two
/// have the same.
using PathKey = std::array<std::uint8_t, 32>;
/// None if the library cannot make one. May throw std::bad_alloc.
std::optional<PathKey> path_key(const spi::Crypto& crypto, const CertificateMemory& certificates,
                                spi::PathView path, spi::Purpose purpose);

/// For one context, whose library and configuration never change. Of a fixed size: a path may push out another one, which is
/// then checked again. What is not good is never kept. Any thread.
class PathMemory {
public:
    bool has(const PathKey& key) const noexcept;
    void add(const PathKey& key) noexcept;

private:
    static constexpr std::size_t places = 256;
    mutable std::mutex mutex_;
    std::array<std::optional<PathKey>, places> keys_;  // by first byte
};

/// What a context remembers of the peers that it has seen.
struct PeerMemory {
    CertificateMemory certificates;
    PathMemory paths;
    RevocationMemory lists;
};

}  // namespace omnitls::inline v0::core
