// SPDX-License-Identifier: BSL-1.0
// What the examples share: a connected socket, and the end of the program when something the user gave cannot be used.
#pragma once

#include <omnitls/backend.hpp>
#include <omnitls/result.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <iomanip>
#include <iostream>
#include <sstream>
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

/// Two lower-case digits for each byte.
inline std::string hex(omnitls::ConstBytes bytes) {
    std::ostringstream text;
    for (const unsigned byte : bytes) text << std::hex << std::setw(2) << std::setfill('0') << byte;
    return text.str();
}

inline tcp::socket connect(asio::io_context& io, const std::string& host, const std::string& port) {
    tcp::socket socket(io);
    asio::connect(socket, tcp::resolver(io).resolve(host, port));
    return socket;
}

/// Makes the handshake while `io` runs, free for other work while a verifier thinks. The exit status: 0 if it was accepted.
inline int handshake(asio::io_context& io, omnitls::Stream<tcp::socket>& stream) {
    int status = 1;
    stream.async_handshake([&](std::error_code ec) {
        if (ec) {
            std::cerr << stream.last_error()->to_string() << '\n';
            return;
        }
        std::cout << "secure\n";
        status = 0;
        stream.async_shutdown([](std::error_code) {});
    });
    io.run();
    return status;
}

/// Connects, makes the handshake with the verifier of `config`, and says whom it accepted.
inline void connect_and_report(const omnitls::TlsBackend& backend, omnitls::ClientConfig config,
                               const std::string& host, const std::string& port) {
    config.keep_evidence = true;
    const auto context = need(backend.make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(host));
    asio::io_context io;
    omnitls::Stream<tcp::socket> stream(connect(io, host, port),
                                        need(context->make_engine(target)));
    std::error_code ec;
    stream.handshake(ec);
    if (ec) throw std::runtime_error(stream.last_error()->to_string());
    std::cout << "accepted " << stream.evidence()->peer.leaf()->describe() << '\n';
    stream.shutdown(ec);
}

}  // namespace example
