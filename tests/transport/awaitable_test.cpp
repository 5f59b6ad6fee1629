// SPDX-License-Identifier: BSL-1.0
// Every operation in a coroutine. Left out where compiler and library do not agree on coroutines.
#include "tests/transport/harness.hpp"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/use_awaitable.hpp>

namespace omnitls::test {
namespace {

constexpr char text[] = "text";

asio::awaitable<void> converse(TestStream& stream, bool first, int& reached) {
    std::array<char, 16> room{};
    if (first) {
        co_await stream.async_handshake(asio::use_awaitable);
    } else {
        co_await stream.async_start_tls(no_leftover, LeftoverPolicy::reject, asio::use_awaitable);
    }
    ++reached;
    if (first) co_await stream.async_write_some(asio::buffer(text), asio::use_awaitable);
    const std::size_t n = co_await stream.async_read_some(asio::buffer(room), asio::use_awaitable);
    ++reached;
    if (!first) co_await stream.async_write_some(asio::buffer(room, n), asio::use_awaitable);
    co_await stream.async_flush(asio::use_awaitable);
    co_await stream.async_close_write(asio::use_awaitable);
    co_await stream.async_shutdown(asio::use_awaitable);
    ++reached;
    constexpr auto quiet = asio::experimental::as_tuple(asio::use_awaitable);
    const auto [ec, none] = co_await stream.async_read_some(asio::buffer(room), quiet);
    if (ec == asio::error::eof && none == 0) ++reached;
}

TEST(Token, Awaitable) {
    Pair p;
    int client = 0;
    int server = 0;
    asio::co_spawn(*p.ctx, converse(*p.client, true, client), asio::detached);
    asio::co_spawn(*p.ctx, converse(*p.server, false, server), asio::detached);
    p.run();
    EXPECT_EQ(client, 4);
    EXPECT_EQ(server, 4);
}

TEST(Types, AwaitableAsTheDefaultToken) {
    using Plain = Stream<asio::ip::tcp::socket>;
    using Awaiting = asio::use_awaitable_t<>::as_default_on_t<Plain>;
    asio::io_context ctx;
    Awaiting stream(ctx, nullptr);
    std::array<char, 4> room{};
    int reached = 0;
    asio::co_spawn(
        ctx,
        [&]() -> asio::awaitable<void> {
            try {
                co_await stream.async_handshake();
            } catch (const std::system_error& e) {
                reached += e.code() == Errc::wrong_state;
            }
            try {
                co_await stream.async_read_some(asio::buffer(room));
            } catch (const std::system_error&) {
                ++reached;
            }
        },
        asio::detached);
    ctx.run();
    EXPECT_EQ(reached, 2);
}

}  // namespace
}  // namespace omnitls::test
