// SPDX-License-Identifier: BSL-1.0
// Makes the connections that are compared: on the same certificates, TLS 1.3 with TLS_AES_128_GCM_SHA256 and X25519 and no
// tickets, over loopback TCP or in memory. Each is handshaken when it is returned.
#pragma once

#include "bench/data_file.hpp"
#include "bench/memory_pipe.hpp"
#include "bench/stream_connection.hpp"
#include "bench/workloads.hpp"
#include <omnitls/backend.hpp>
#include <omnitls/result.hpp>
#include <omnitls/transport/options.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <utility>

namespace bench {

constexpr const char* server_name = "omnitls.test";
constexpr const char* cipher_suite = "TLS_AES_128_GCM_SHA256";
constexpr const char* key_exchange_group = "x25519";

template <class T>
T value_of(omnitls::Result<T> result) {
    if (!result) require(false, result.error().what);
    return std::move(result).value();
}

/// One backend's contexts for both ends, made once.
struct Contexts {
    std::shared_ptr<const omnitls::ClientContext> client;
    std::shared_ptr<const omnitls::ServerContext> server;
};
Contexts make_contexts(const omnitls::TlsBackend& backend);
omnitls::ClientTarget server_target();

enum class Medium : std::uint8_t { tcp, memory };

/// Two ends that are connected, client first.
std::pair<asio::ip::tcp::socket, asio::ip::tcp::socket> connected_sockets(asio::io_context& io);
inline auto connected(asio::io_context& io, const asio::ip::tcp::socket*) {
    return connected_sockets(io);
}
inline auto connected(asio::io_context& io, const MemoryPipe*) { return MemoryPipe::connected(io); }

std::unique_ptr<Connection> connect_omnitls(asio::io_context& io, Medium medium, Form form,
                                            omnitls::WriteCompletion completion);
std::unique_ptr<Connection> connect_asio_ssl(asio::io_context& io, Medium medium, Form form);
std::unique_ptr<Connection> connect_plain(asio::io_context& io, Medium medium);
/// SSL_read and SSL_write on non-blocking sockets, without an event loop.
std::unique_ptr<Connection> connect_raw_fd(asio::io_context& io);
/// Two engines that hand each other their output: no stream, no event loop, no I/O.
std::unique_ptr<Connection> connect_engines();

}  // namespace bench
