// SPDX-License-Identifier: BSL-1.0
// What is measured, written once for every kind of stream: a one-way stream of writes, and ping-pong. Both ends run in one
// thread on one io_context, so the process's CPU time is the whole cost of moving the data. Every byte is counted, and on
// request compared: a number that is too good is usually a byte that did not travel.
#pragma once

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/write.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace bench {

/// What is sent, again and again: a pattern that no record or block size divides.
inline const std::vector<std::uint8_t>& pattern() {
    static const std::vector<std::uint8_t> bytes = [] {
        std::vector<std::uint8_t> made(std::size_t{64} * 1024);
        for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::uint8_t>(i % 251);
        return made;
    }();
    return bytes;
}

inline void require(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error("the benchmark is wrong: " + what);
}
inline void require_success(std::error_code error, const char* what) {
    require(!error, std::string(what) + ": " + error.message());
}

/// One end that receives messages of `size` bytes: counts them, and compares them if asked to.
class Inbox {
public:
    Inbox(std::size_t size, bool compare) : size_(size), compare_(compare) {}
    asio::mutable_buffer space() { return asio::buffer(space_); }
    void took(std::size_t bytes) {
        for (std::size_t i = 0; compare_ && i < bytes; ++i) {
            require(space_[i] == pattern()[(received_ + i) % size_], "a byte changed on its way");
        }
        received_ += bytes;
    }
    std::size_t received() const { return received_; }

private:
    std::size_t size_;
    bool compare_;
    std::size_t received_ = 0;
    std::vector<std::uint8_t> space_ = std::vector<std::uint8_t>(std::size_t{64} * 1024);
};

template <class Stream>
struct Writer {
    Stream& stream;
    std::size_t size;
    std::size_t left;  // messages

    void start() {
        asio::async_write(stream, asio::buffer(pattern().data(), size), std::move(*this));
    }
    void operator()(std::error_code error, std::size_t bytes) {
        require_success(error, "write");
        require(bytes == size, "a write was short");
        if (--left > 0) start();
    }
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

inline void run(asio::io_context& io) {
    io.restart();
    io.run();
}

/// `count` writes of `size` bytes from `from` to `to`, each begun when the one before has completed.
template <class Stream>
void one_way(asio::io_context& io, Stream& from, Stream& to, std::size_t size, std::size_t count,
             bool compare) {
    Inbox inbox(size, compare);
    Reader<Stream>{to, inbox, size * count}.start();
    Writer<Stream>{from, size, count}.start();
    run(io);
    require(inbox.received() == size * count, "bytes in and bytes out differ");
}

/// One end of ping-pong: sends when it has received a whole message (the one that serves first, at once).
template <class Stream>
struct Player {
    Stream& stream;
    Inbox& inbox;
    std::size_t size;
    std::size_t to_send;
    std::size_t to_receive;
    bool writing = false;

    void send() {
        writing = true;
        --to_send;
        asio::async_write(stream, asio::buffer(pattern().data(), size), std::move(*this));
    }
    void receive() {
        writing = false;
        stream.async_read_some(inbox.space(), std::move(*this));
    }
    void operator()(std::error_code error, std::size_t bytes) {
        require_success(error, writing ? "write" : "read");
        if (!writing) {
            inbox.took(bytes);
            if (inbox.received() % size != 0) return receive();
            --to_receive;
            if (to_send > 0) return send();
            return;
        }
        if (to_receive > 0) receive();
    }
};

/// `count` messages of `size` bytes there and back.
template <class Stream>
void ping_pong(asio::io_context& io, Stream& client, Stream& server, std::size_t size,
               std::size_t count, bool compare) {
    Inbox at_client(size, compare);
    Inbox at_server(size, compare);
    Player<Stream>{server, at_server, size, count, count}.receive();
    Player<Stream>{client, at_client, size, count, count}.send();
    run(io);
    require(at_client.received() == size * count && at_server.received() == size * count,
            "bytes in and bytes out differ");
}

}  // namespace bench
