// SPDX-License-Identifier: BSL-1.0
// The transport as a user links it: the header compiles with nothing but what the package brings, and a stream can be made.
#include <omnitls/transport/stream.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <iostream>

int main() {
    asio::io_context io;
    omnitls::Stream<asio::ip::tcp::socket> stream{asio::ip::tcp::socket{io}, nullptr};
    std::cout << "a stream, secure: " << stream.is_secure() << '\n';
    return stream.is_secure() ? 1 : 0;
}
