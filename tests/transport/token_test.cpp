// SPDX-License-Identifier: BSL-1.0
// Every operation with every completion token but awaitables, and what handlers carry along: executor, allocator, strand, being move-only.
#include "tests/transport/harness.hpp"

#include <asio/bind_executor.hpp>
#include <asio/experimental/deferred.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/strand.hpp>
#include <asio/use_future.hpp>

#include <future>
#include <memory>

namespace omnitls::test {
namespace {

// All six operations in an order that works, on one side each; `run` drives between them.
constexpr char text[] = "text";

TEST(Token, Future) {
    Pair p;
    auto ch = p.client->async_handshake(asio::use_future);
    auto sh = p.server->async_start_tls(no_leftover, asio::use_future);
    p.run();
    EXPECT_NO_THROW(ch.get());
    EXPECT_NO_THROW(sh.get());
    std::array<char, 16> room{};
    auto w = p.client->async_write_some(asio::buffer(text), asio::use_future);
    auto r = p.server->async_read_some(asio::buffer(room), asio::use_future);
    auto f = p.server->async_flush(asio::use_future);
    p.run();
    EXPECT_EQ(w.get(), sizeof text);
    EXPECT_EQ(r.get(), sizeof text);
    EXPECT_NO_THROW(f.get());
    auto c = p.client->async_close_write(asio::use_future);
    auto s = p.server->async_shutdown(asio::use_future);
    p.run();
    EXPECT_NO_THROW(c.get());
    EXPECT_NO_THROW(s.get());
    auto end = p.client->async_read_some(asio::buffer(room), asio::use_future);
    p.run();
    EXPECT_THROW(end.get(), std::system_error);
}

TEST(Token, Deferred) {
    Pair p;
    using asio::experimental::deferred;
    Outcome c;
    Outcome s;
    auto hello = p.client->async_handshake(deferred);
    auto reply = p.server->async_start_tls(no_leftover, deferred);
    p.run();
    EXPECT_TRUE(p.client.pipe.sent().empty()) << "not before it is launched";
    // The handle may have moved until then.
    TestStream moved = std::move(*p.client);
    p.client.stream.reset();
    p.client.stream.emplace(std::move(moved));
    std::move(hello)(c.handler());
    std::move(reply)(s.handler());
    p.run();
    EXPECT_TRUE(c.ok()) << c;
    EXPECT_TRUE(s.ok()) << s;
    std::array<char, 16> room{};
    Outcome w;
    Outcome r;
    Outcome f;
    Outcome e;
    Outcome d;
    auto write = p.client->async_write_some(asio::buffer(text), deferred);
    auto read = p.server->async_read_some(asio::buffer(room), deferred);
    std::move(write)(w.handler());
    std::move(read)(r.handler());
    p.run();
    EXPECT_EQ(r.bytes, sizeof text);
    auto flush = p.client->async_flush(deferred);
    std::move(flush)(f.handler());
    p.run();
    auto close = p.client->async_close_write(deferred);
    std::move(close)(e.handler());
    auto shut = p.server->async_shutdown(deferred);
    std::move(shut)(d.handler());
    p.run();
    EXPECT_TRUE(w.ok() && f.ok() && e.ok()) << w << f << e;
    EXPECT_TRUE(d.ok()) << d;
}

TEST(Token, DeferredAfterTheHandleIsGone) {
    Pair p;
    auto hello = p.client->async_handshake(asio::experimental::deferred);
    p.client.stream.reset();
    Outcome c;
    std::move(hello)(c.handler());
    p.run();
    EXPECT_TRUE(c.failed(asio::error::operation_aborted)) << c;
}

TEST(Token, MoveOnlyHandlers) {
    Pair p;
    int calls = 0;
    const auto handler = [&calls] {
        return [&calls, only = std::make_unique<int>(1)](std::error_code ec, auto...) {
            EXPECT_FALSE(ec) << ec.message();
            calls += *only;
        };
    };
    p.client->async_handshake(handler());
    p.server->async_start_tls(no_leftover, handler());
    p.run();
    EXPECT_EQ(calls, 2);
    std::array<char, 16> room{};
    p.client->async_write_some(asio::buffer(text), handler());
    p.server->async_read_some(asio::buffer(room), handler());
    p.run();
    p.client->async_flush(handler());
    p.run();
    p.client->async_close_write(handler());
    p.run();
    p.server->async_close_write(handler());
    p.run();
    EXPECT_EQ(calls, 7);
    p.client->async_shutdown(handler());
    p.server->async_shutdown(handler());
    p.run();
    EXPECT_EQ(calls, 9);
}

// An executor that counts what runs on it.
TEST(Association, HandlersAndWhatLeadsToThemRunOnTheirExecutor) {
    Pair p;
    asio::io_context other;
    int calls = 0;
    const auto on_other = [&](auto handler) {
        return asio::bind_executor(other.get_executor(), std::move(handler));
    };
    const auto count = [&calls](std::error_code ec, auto...) {
        EXPECT_FALSE(ec) << ec.message();
        ++calls;
    };
    Outcome s;
    p.client->async_handshake(on_other(count));
    p.server->async_handshake(s.handler());
    p.run();
    EXPECT_FALSE(p.client.trace->reached("got_S"))
        << "the engine is driven on the handler's executor";
    const auto both = [&] {
        for (int i = 0; i < 50; ++i) {
            p.run();
            other.restart();
            other.poll();
        }
    };
    both();
    EXPECT_EQ(calls, 1);
    std::array<char, 16> room{};
    Outcome w;
    p.client->async_read_some(asio::buffer(room), on_other(count));
    p.server->async_write_some(asio::buffer(text), w.handler());
    p.run();
    EXPECT_EQ(calls, 1);
    both();
    EXPECT_EQ(calls, 2);
    p.client->async_write_some(asio::buffer(text), on_other(count));
    p.run();
    EXPECT_EQ(calls, 2);
    both();
    p.client->async_flush(on_other(count));
    both();
    EXPECT_EQ(calls, 4);
    // Also what completes at once, and what is refused.
    p.client->async_write_some(asio::const_buffer(), on_other(count));
    p.client->async_start_tls(no_leftover, on_other([&](std::error_code ec) {
                                  EXPECT_EQ(ec, Errc::operation_in_progress);
                                  ++calls;
                              }));
    p.run();
    EXPECT_EQ(calls, 4);
    both();
    EXPECT_EQ(calls, 6);
}

TEST(Types, Rebind) {
    using Socket = asio::ip::tcp::socket;
    using Plain = Stream<Socket>;
    static_assert(std::is_same_v<Plain::next_layer_type, Socket>);
    static_assert(std::is_same_v<Plain::lowest_layer_type, Socket::lowest_layer_type>);
    static_assert(std::is_same_v<Stream<Socket&>::next_layer_type, Socket>);
    static_assert(std::is_nothrow_move_constructible_v<Plain> &&
                  !std::is_copy_constructible_v<Plain>);
    using Io = asio::io_context::executor_type;
    using Rebound = Plain::rebind_executor<Io>::other;
    static_assert(std::is_same_v<Rebound::executor_type, Io>);
}

}  // namespace
}  // namespace omnitls::test
