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

/// RFC 8446 §5.1: plaintext of one record, at most.
inline constexpr std::size_t max_record_plaintext = 16384;

/// The blocks that omnitls asks for, whatever it is that they hold.
namespace block_size {
/// A lone small message, or the start of a flight.
inline constexpr std::size_t small = 4608;
/// One record of the largest size with what protects it (RFC 8446 §5.2: 5 + 16384 + 256 bytes).
inline constexpr std::size_t record = std::size_t{17} * 1024;
/// Four records, of which each grows by at most 29 bytes with the cipher suites of this library. One system call takes them.
inline constexpr std::size_t flight = std::size_t{66} * 1024;
}  // namespace block_size

/// Blocks of those sizes, of each of which a thread keeps at most 16 (1.4 MiB in all) to lend them again; larger ones, and
/// more of them, are the free store's. Thread-safe without a lock, lives for ever.
OMNITLS_API BlockSource& default_block_source() noexcept;

}  // namespace omnitls::inline v0
