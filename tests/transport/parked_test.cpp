// SPDX-License-Identifier: BSL-1.0
// An operation that is set aside: where its memory comes from, and that it is given back in time.
#include "tests/transport/counting_allocator.hpp"
#include <omnitls/transport/detail/op_base.hpp>

#include <asio/io_context.hpp>

#include <memory>
#include <utility>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

/// Memory that a part of the handler owns, as in a session whose handlers keep it.
struct Arena {
    Arena() = default;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() { EXPECT_EQ(live, 0) << "some of it is still in use"; }
    int all = 0;
    int live = 0;
};

struct OwningOp {
    using executor_type = asio::io_context::executor_type;
    using allocator_type = CountingAllocator<char>;
    executor_type get_executor() const noexcept { return ex; }
    // Asio asks a handler that was moved from, too.
    allocator_type get_allocator() const noexcept { return {all, live}; }
    void operator()() { ++*runs; }

    std::shared_ptr<Arena> arena;
    int* all;
    int* live;
    executor_type ex;
    int* runs;
};

struct alignas(64) WideOp {
    using executor_type = asio::io_context::executor_type;
    using allocator_type = std::allocator<void>;
    executor_type get_executor() const noexcept { return ex; }
    allocator_type get_allocator() const noexcept { return {}; }
    void operator()() { ++*runs; }

    executor_type ex;
    int* runs;
};

template <class Op>
using ParkedOp = detail::Parked<Op, asio::io_context::executor_type>;

TEST(Parked, ItsHandlerMayOwnTheMemory) {
    for (const bool resumed : {false, true}) {
        asio::io_context ctx;
        int runs = 0;
        auto arena = std::make_shared<Arena>();
        const std::weak_ptr<Arena> gone = arena;
        int* const all = &arena->all;
        int* const live = &arena->live;
        detail::WaiterPtr waiter = ParkedOp<OwningOp>::make(
            OwningOp{std::move(arena), all, live, ctx.get_executor(), &runs}, ctx.get_executor());
        EXPECT_EQ(*live, 1);
        if (resumed) {
            waiter.release()->resume();
            EXPECT_EQ(*live, 1) << "what it is posted with, and no more";
            ctx.run();
        } else {
            waiter.reset();
        }
        EXPECT_EQ(runs, resumed ? 1 : 0);
        EXPECT_TRUE(gone.expired());
    }
}

TEST(Parked, ItMayBeAlignedAsItLikes) {
    for (const bool resumed : {false, true}) {
        asio::io_context ctx;
        int runs = 0;
        detail::WaiterPtr waiter =
            ParkedOp<WideOp>::make(WideOp{ctx.get_executor(), &runs}, ctx.get_executor());
        if (resumed) waiter.release()->resume();
        waiter.reset();
        ctx.run();
        EXPECT_EQ(runs, resumed ? 1 : 0);
    }
}

}  // namespace
}  // namespace omnitls::test
