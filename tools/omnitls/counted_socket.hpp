// SPDX-License-Identifier: BSL-1.0
// `CountedSocket`: a TCP socket under a `Stream` that counts the bytes it is given to send.
#pragma once

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <utility>

namespace omnitls::tool {

class CountedSocket {
public:
    using socket_type = asio::ip::tcp::socket;
    using executor_type = socket_type::executor_type;
    using lowest_layer_type = socket_type::lowest_layer_type;

    explicit CountedSocket(socket_type socket) : socket_(std::move(socket)) {}

    executor_type get_executor() { return socket_.get_executor(); }
    lowest_layer_type& lowest_layer() { return socket_.lowest_layer(); }
    /// Bytes of all writes begun so far. One that could be sent only in part counts again with its rest: never too few.
    std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return socket_.async_read_some(buffers, std::forward<Token>(token));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        bytes_sent_ += asio::buffer_size(buffers);
        return socket_.async_write_some(buffers, std::forward<Token>(token));
    }

private:
    socket_type socket_;
    std::uint64_t bytes_sent_ = 0;
};

}  // namespace omnitls::tool
