// SPDX-License-Identifier: BSL-1.0
// `StreamConnection`: the workloads over any pair of Asio streams, once with callbacks and once with coroutines. Both ends run in
// one thread on one io_context, so the process's CPU time is the whole cost of moving the data.
#pragma once

#include "bench/workloads.hpp"

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace bench {

inline void run(asio::io_context& io) {
    io.restart();
    io.run();
}

/// How the program on top of the streams is written.
enum class Form : std::uint8_t { callbacks, coroutines };

template <class Stream>
concept Flushable = requires(Stream& stream) {
    stream.async_flush(asio::detached);
};

/// Writes `message` `left` times; then, if a write does not mean that the bytes have left, waits until they have.
template <class Stream, class Message>
struct Writer {
    Stream& stream;
    Message message;
    std::size_t left;
    bool flushes;

    void start() { async_write(stream, message, std::move(*this)); }
    void operator()(std::error_code error, std::size_t bytes) {
        require_success(error, "write");
        require(bytes == asio::buffer_size(message), "a write was short");
        if (--left > 0) return start();
        if constexpr (Flushable<Stream>) {
            if (flushes) stream.async_flush(std::move(*this));
        }
    }
    void operator()(std::error_code error) { require_success(error, "flush"); }
};

template <class Stream>
struct Reader {
    Stream& stream;
    Inbox& inbox;
    std::size_t until;  // bytes

    void start() { stream.async_read_some(inbox.space(), std::move(*this)); }
    void operator()(std::error_code error, std::size_t bytes) {
        require_success(error, "read");
        inbox.took(bytes);
        if (inbox.received() < until) start();
    }
};

/// One end of ping-pong: sends when it has received a whole message (the one that serves first, at once).
template <class Stream, class Message>
struct Player {
    Stream& stream;
    Inbox& inbox;
    Message message;
    std::size_t to_send;
    std::size_t to_receive;
    bool flushes;
    bool writing = false;

    void send() {
        writing = true;
        --to_send;
        async_write(stream, message, std::move(*this));
    }
    void receive() {
        writing = false;
        stream.async_read_some(inbox.space(), std::move(*this));
    }
    void operator()(std::error_code error, std::size_t bytes) {
        require_success(error, writing ? "write" : "read");
        if (!writing) {
            inbox.took(bytes);
            if (!inbox.at_message_end()) return receive();
            --to_receive;
            if (to_send > 0) send();
            return;
        }
        if (to_receive > 0) return receive();
        if constexpr (Flushable<Stream>) {
            if (flushes) stream.async_flush(std::move(*this));
        }
    }
    void operator()(std::error_code error) { require_success(error, "flush"); }
};

template <class Stream>
asio::awaitable<void> flush(Stream& stream, bool flushes) {
    if constexpr (Flushable<Stream>) {
        if (flushes) co_await stream.async_flush(asio::use_awaitable);
    }
    co_return;
}
template <class Stream, class Message>
asio::awaitable<void> write_all(Stream& stream, Message message, std::size_t count, bool flushes) {
    for (; count > 0; --count) co_await async_write(stream, message, asio::use_awaitable);
    co_await flush(stream, flushes);
}
template <class Stream>
asio::awaitable<void> read_all(Stream& stream, Inbox& inbox, std::size_t until) {
    while (inbox.received() < until)
        inbox.took(co_await stream.async_read_some(inbox.space(), asio::use_awaitable));
}
template <class Stream, class Message>
asio::awaitable<void> play(Stream& stream, Inbox& inbox, Message message, std::size_t count,
                           bool serves, bool flushes) {
    for (; count > 0; --count) {
        if (serves) co_await async_write(stream, message, asio::use_awaitable);
        do {
            inbox.took(co_await stream.async_read_some(inbox.space(), asio::use_awaitable));
        } while (!inbox.at_message_end());
        if (!serves) co_await async_write(stream, message, asio::use_awaitable);
    }
    co_await flush(stream, flushes);
}

template <class Stream>
class StreamConnection final : public Connection {
public:
    /// `flushes`: writes complete before the bytes have left, so a workload ends with a flush.
    StreamConnection(asio::io_context& io, std::unique_ptr<Stream> client,
                     std::unique_ptr<Stream> server, Form form, bool flushes = false)
        : io_(io),
          client_(std::move(client)),
          server_(std::move(server)),
          form_(form),
          flushes_(flushes) {}

    void run(const Workload& workload, std::size_t amount, bool compare) override {
        const std::size_t total = workload.bytes() * amount;
        const bool both_ways = workload.direction == Direction::ping_pong;
        at_client_.begin(workload.bytes(), compare);
        at_server_.begin(workload.bytes(), compare);
        // One buffer is given as one: a sequence of one costs an iteration that no program would pay.
        if (workload.pieces == 1) {
            start(workload, asio::const_buffer(pattern().data(), workload.size), amount);
        } else {
            const std::vector<asio::const_buffer> pieces = pieces_of(workload);
            start(workload, BufferList(pieces), amount);
        }
        require(at_server_.received() == total && at_client_.received() == (both_ways ? total : 0),
                "bytes in and bytes out differ");
    }

private:
    template <class Message>
    void start(const Workload& workload, const Message& message, std::size_t amount) {
        const bool both_ways = workload.direction == Direction::ping_pong;
        const std::size_t total = workload.bytes() * amount;
        if (form_ == Form::coroutines) {
            if (both_ways) {
                spawn(play(*server_, at_server_, message, amount, false, flushes_));
                spawn(play(*client_, at_client_, message, amount, true, flushes_));
            } else {
                spawn(read_all(*server_, at_server_, total));
                spawn(write_all(*client_, message, amount, flushes_));
            }
        } else if (both_ways) {
            using End = Player<Stream, Message>;
            End{*server_, at_server_, message, amount, amount, flushes_}.receive();
            End{*client_, at_client_, message, amount, amount, flushes_}.send();
        } else {
            Reader<Stream>{*server_, at_server_, total}.start();
            Writer<Stream, Message>{*client_, message, amount, flushes_}.start();
        }
        bench::run(io_);
    }
    void spawn(asio::awaitable<void> task) {
        asio::co_spawn(io_, std::move(task), [](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error);
        });
    }

    asio::io_context& io_;
    std::unique_ptr<Stream> client_;
    std::unique_ptr<Stream> server_;
    Form form_;
    bool flushes_;
    Inbox at_client_;
    Inbox at_server_;
};

}  // namespace bench
