// SPDX-License-Identifier: BSL-1.0
// What the examples share: a connected socket, and the end of the program when something the user gave cannot be used.
#pragma once

#include <omnitls/result.hpp>

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace example {

using asio::ip::tcp;

/// The value, or an exception with the words of the error.
template <class T>
T need(omnitls::Result<T> result) {
    return result ? *std::move(result) : throw std::runtime_error(result.error().to_string());
}

inline tcp::socket connect(asio::io_context& io, const std::string& host, const std::string& port) {
    tcp::socket socket(io);
    asio::connect(socket, tcp::resolver(io).resolve(host, port));
    return socket;
}

}  // namespace example
