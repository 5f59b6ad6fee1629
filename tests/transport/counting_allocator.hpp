// SPDX-License-Identifier: BSL-1.0
// A handler whose allocator counts.
#pragma once

#include <cstddef>
#include <memory>

#include <gtest/gtest.h>

namespace omnitls::test {

template <class T>
struct CountingAllocator {
    using value_type = T;
    CountingAllocator(int* a, int* l) : all(a), live(l) {}
    template <class U>
    CountingAllocator(const CountingAllocator<U>& o) : all(o.all), live(o.live) {}
    T* allocate(std::size_t n) {
        ++*all;
        ++*live;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) {
        --*live;
        std::allocator<T>().deallocate(p, n);
    }
    bool operator==(const CountingAllocator& o) const { return all == o.all; }
    int* all;
    int* live;
};

// A handler with an allocator; checks that all memory is back before it is called.
template <class F>
struct Allocating {
    using allocator_type = CountingAllocator<char>;
    allocator_type get_allocator() const { return {all, live}; }
    template <class... Args>
    void operator()(Args... args) {
        EXPECT_EQ(*live, 0) << "memory is given back before the handler is called";
        f(args...);
    }
    F f;
    int* all;
    int* live;
};

}  // namespace omnitls::test
