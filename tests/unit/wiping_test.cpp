// SPDX-License-Identifier: BSL-1.0
// Secrets are wiped before their memory goes. A program of its own, since it replaces the global operators.
#include <omnitls/identity.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

/// Looks at the memory of one block at the moment it is given back.
struct FreedBlock {
    const void* block = nullptr;
    std::size_t size = 0;
    Bytes bytes;
    int seen = 0;
};
FreedBlock* watched = nullptr;

void release(void* block) noexcept {
    if (watched != nullptr && block == watched->block) {
        std::copy_n(static_cast<const std::uint8_t*>(block), watched->size, watched->bytes.begin());
        ++watched->seen;
    }
    std::free(block);
}

}  // namespace
}  // namespace omnitls

// Replaces the global operators of this test program: a destructor's work can only be seen just before the memory goes.
void* operator new(std::size_t size) {
    if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
    throw std::bad_alloc{};
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* block) noexcept { omnitls::release(block); }
void operator delete(void* block, std::size_t) noexcept { omnitls::release(block); }

namespace omnitls {
namespace {

ConstBytes content_of(const SecretBytes& holder) { return holder.bytes(); }
ConstBytes content_of(const Bytes& holder) { return holder; }

/// How many bytes of the secret 0xa5... are left when the holder's memory is given back.
template <class Holder>
std::ptrdiff_t left_after(std::size_t size) {
    FreedBlock freed;
    freed.bytes.resize(size);
    {
        const Holder holder{Holder(Bytes(size, 0xa5))};
        asm volatile("" : : "r"(&holder) : "memory");  // keeps the compiler from leaving it out
        freed.block = content_of(holder).data();
        freed.size = size;
        watched = &freed;
    }
    watched = nullptr;
    EXPECT_EQ(freed.seen, 1);
    return std::count(freed.bytes.begin(), freed.bytes.end(), 0xa5);
}

TEST(SecretBytes, AreWipedBeforeTheMemoryIsGivenBack) {
    EXPECT_EQ(left_after<SecretBytes>(1733), 0);
    EXPECT_EQ(left_after<Bytes>(1733), 1733) << "the twin that is not wiped";
}

}  // namespace
}  // namespace omnitls
