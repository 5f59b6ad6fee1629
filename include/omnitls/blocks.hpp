// SPDX-License-Identifier: BSL-1.0
// Where an engine's output lives: blocks borrowed from a source, so that a view stays valid while a write is in flight.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/export.hpp>

#include <cstddef>
#include <cstdint>

namespace omnitls::inline v0 {

/// Lends blocks of memory. Not thread-safe unless an implementation says so; it must outlive every engine that uses it.
class OMNITLS_API BlockSource {
public:
    virtual ~BlockSource() = default;
    /// A block of at least `min_bytes`; null data when memory is out.
    virtual MutableBytes acquire(std::size_t min_bytes) noexcept = 0;
    /// Takes back exactly what `acquire` gave.
    virtual void release(MutableBytes block) noexcept = 0;
};

/// Blocks of 4.5, 17 and 66 KiB, of each of which a thread keeps at most 16 (1.4 MiB in all) to lend them again; larger ones, and
/// more of them, are the free store's. Thread-safe without a lock, lives for ever.
OMNITLS_API BlockSource& default_block_source() noexcept;

}  // namespace omnitls::inline v0
