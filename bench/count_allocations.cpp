// SPDX-License-Identifier: BSL-1.0
// The allocation functions of the program, over those of glibc.
#include "bench/counters.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>

#include <malloc.h>

// glibc's own, under the names it keeps for exactly this. NOLINTBEGIN(bugprone-reserved-identifier,cert-*)
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}
// NOLINTEND(bugprone-reserved-identifier,cert-*)

namespace {

std::atomic<std::uint64_t> made{0};
std::atomic<std::int64_t> live{0};

void* counted(void* memory) noexcept {
    if (memory != nullptr) {
        made.fetch_add(1, std::memory_order_relaxed);
        live.fetch_add(static_cast<std::int64_t>(malloc_usable_size(memory)),
                       std::memory_order_relaxed);
    }
    return memory;
}
void forget(void* memory) noexcept {
    if (memory != nullptr)
        live.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(memory)),
                       std::memory_order_relaxed);
}

}  // namespace

extern "C" {
void* malloc(std::size_t size) noexcept { return counted(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) noexcept {
    return counted(__libc_calloc(count, size));
}
void* realloc(void* memory, std::size_t size) noexcept {
    const std::size_t before = memory != nullptr ? malloc_usable_size(memory) : 0;
    void* const moved = __libc_realloc(memory, size);
    if (moved != nullptr || size == 0)
        live.fetch_sub(static_cast<std::int64_t>(before), std::memory_order_relaxed);
    return counted(moved);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
    return counted(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    return counted(__libc_memalign(alignment, size));
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
    *memory = counted(__libc_memalign(alignment, size));
    return *memory != nullptr ? 0 : ENOMEM;
}
void free(void* memory) noexcept {
    forget(memory);
    __libc_free(memory);
}
}

namespace bench {

Allocations allocations() noexcept {
    return {made.load(std::memory_order_relaxed), live.load(std::memory_order_relaxed)};
}

}  // namespace bench
