// SPDX-License-Identifier: BSL-1.0
// The server that scale_clients.hpp's clients visit: it answers every request and lets its clients decide when they go. The same
// for every kind of stream, on as many threads as run its executor.
#pragma once

#include "bench/openssl_contexts.hpp"
#include "bench/scale_clients.hpp"
#include "bench/workloads.hpp"
#include <omnitls/spi/native_context.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <asio/strand.hpp>
#include <asio/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

namespace bench {

/// omnitls on one of its backends; OpenSSL's servers here send as many tickets.
class OmnitlsKind {
public:
    using Stream = omnitls::Stream<asio::ip::tcp::socket>;

    explicit OmnitlsKind(const omnitls::TlsBackend& backend) {
        omnitls::ServerConfig config;
        config.identity = value_of(
            omnitls::Identity::from_files(data_file("leaf_chain.pem"), data_file("leaf.key")));
        config.algorithms =
            value_of(omnitls::Algorithms::from_names({{}, {key_exchange_group}, {}}));
        config.session_lifetime = std::chrono::hours(1);
        context_ = value_of(backend.make_server_context(std::move(config)));
    }
    Stream stream(asio::ip::tcp::socket socket) const {
        return Stream(std::move(socket), value_of(context_->make_engine()));
    }
    template <class Handler>
    static void handshake(Stream& stream, Handler handler) {
        stream.async_handshake(std::move(handler));
    }
    static bool resumed(Stream& stream) { return stream.info().resumed; }
    static void rest(Stream& stream) { stream.release_idle(); }

private:
    std::shared_ptr<const omnitls::ServerContext> context_;
};

class AsioSslKind {
public:
    using Stream = asio::ssl::stream<asio::ip::tcp::socket>;

    AsioSslKind() {
        require(SSL_CTX_set_num_tickets(context_->native_handle(),
                                        omnitls::spi::tickets_per_handshake) == 1,
                "tickets");
    }
    Stream stream(asio::ip::tcp::socket socket) const {
        return Stream(std::move(socket), *context_);
    }
    template <class Handler>
    static void handshake(Stream& stream, Handler handler) {
        stream.async_handshake(asio::ssl::stream_base::server, std::move(handler));
    }
    static bool resumed(Stream& stream) { return SSL_session_reused(stream.native_handle()) == 1; }
    static void rest(Stream&) {}

private:
    std::shared_ptr<asio::ssl::context> context_ =
        std::make_shared<asio::ssl::context>(openssl_server_context());
};

/// What has happened at a server so far; requests only of connections that are gone.
struct Tally {
    std::uint64_t accepted = 0;
    std::uint64_t resumed = 0;
    std::uint64_t closed = 0;
    std::uint64_t requests = 0;
};

template <class Kind>
class ScaleServer {
public:
    /// `strands`: a strand for each connection, for an `io` that several threads run.
    ScaleServer(asio::io_context& io, const Kind& kind, bool strands)
        : io_(io),
          kind_(kind),
          strands_(strands),
          acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {
        accept();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    Tally tally() const {
        const std::lock_guard lock(mutex_);
        return tally_;
    }
    /// Only while no thread runs the executor.
    void rest() {
        for (Peer& peer : peers_) Kind::rest(peer.stream);
    }

private:
    struct Peer {
        explicit Peer(typename Kind::Stream given) : stream(std::move(given)) {}
        typename Kind::Stream stream;
        std::array<std::uint8_t, scale_request> request{};
        std::size_t received = 0;
        std::uint64_t requests = 0;
    };
    using Place = typename std::list<Peer>::iterator;

    void accept() {
        const auto on_accepted = [this](std::error_code error, asio::ip::tcp::socket socket) {
            require_success(error, "accept");
            begin(std::move(socket));
            accept();
        };
        if (strands_)
            acceptor_.async_accept(asio::make_strand(io_), on_accepted);
        else
            acceptor_.async_accept(on_accepted);
    }
    void begin(asio::ip::tcp::socket socket) {
        socket.set_option(asio::ip::tcp::no_delay(true));
        const Place peer = add(kind_.stream(std::move(socket)));
        // What runs here is not in the strand.
        asio::dispatch(peer->stream.get_executor(), [this, peer] {
            Kind::handshake(peer->stream, [this, peer](std::error_code error) {
                require_success(error, "handshake");
                if (Kind::resumed(peer->stream)) count_resumed();
                receive(peer);
            });
        });
    }
    void receive(Place peer) {
        const auto space = asio::buffer(peer->request) + peer->received;
        peer->stream.async_read_some(space, [this, peer](std::error_code error, std::size_t n) {
            if (error == asio::error::eof && peer->received == 0) return remove(peer);
            require_success(error, "request");
            peer->received += n;
            peer->received < peer->request.size() ? receive(peer) : respond(peer);
        });
    }
    void respond(Place peer) {
        std::uint32_t size = 0;
        std::memcpy(&size, peer->request.data(), sizeof size);
        peer->received = 0;
        ++peer->requests;
        async_write(peer->stream, asio::buffer(pattern().data(), size),
                    [this, peer](std::error_code error, std::size_t) {
                        require_success(error, "response");
                        receive(peer);
                    });
    }
    Place add(typename Kind::Stream stream) {
        const std::lock_guard lock(mutex_);
        ++tally_.accepted;
        peers_.emplace_front(std::move(stream));
        return peers_.begin();
    }
    void count_resumed() {
        const std::lock_guard lock(mutex_);
        ++tally_.resumed;
    }
    void remove(Place peer) {
        const std::lock_guard lock(mutex_);
        ++tally_.closed;
        tally_.requests += peer->requests;
        peers_.erase(peer);
    }

    asio::io_context& io_;
    const Kind& kind_;
    bool strands_;
    asio::ip::tcp::acceptor acceptor_;
    mutable std::mutex
        mutex_;  // for the list and the tally; taken when a connection begins and ends
    Tally tally_;
    std::list<Peer> peers_;
};

}  // namespace bench
