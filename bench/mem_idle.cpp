// SPDX-License-Identifier: BSL-1.0
// Memory of a server's connection that has gone quiet: handshake, a request of 512 B, a response of 16 KiB, then a pending read.
// Each kind of server runs in a process of its own with its clients in another one; live bytes are counted, not sampled.
// Exit status 1: over a bound.
#include "bench/count_report.hpp"
#include "bench/idle_clients.hpp"
#include "bench/links.hpp"
#include "bench/memory.hpp"
#include "bench/openssl_contexts.hpp"
#include "bench/processes.hpp"
#include <omnitls/transport/stream.hpp>

#include <openssl/ssl.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <omnitls_built_backends.hpp>

namespace {

using asio::ip::tcp;
using bench::require;
using bench::require_success;

const std::vector<std::uint8_t>& response() {
    static const std::vector<std::uint8_t> bytes(bench::response_size, 'r');
    return bytes;
}

/// What one more connection takes.
struct PerConnection {
    double heap_bytes = 0;
    double resident_bytes = 0;
};

/// A server that takes one connection after the other. `Peer` is one connection: it has begun when it is made, counts itself in
/// `served` when the response is out and it reads again, and gives back what it can with `rest`.
template <class Peer, class Make>
PerConnection measure(std::size_t connections, bool tls, const Make& make) {
    asio::io_context io(1);
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    const bench::IdleClients clients(acceptor.local_endpoint().port(), connections, tls);
    const auto add = make(io);
    std::deque<Peer> peers;
    std::size_t served = 0;
    // The first ones pay for what is made once.
    const std::size_t warm = std::min<std::size_t>(20, connections / 2);
    bench::Memory before{};
    const auto rest = [&peers] {
        for (Peer& peer : peers) peer.rest();
    };
    for (std::size_t i = 0; i < connections; ++i) {
        if (i == warm) {
            rest();
            before = bench::Memory::now();
        }
        tcp::socket socket(io);
        acceptor.accept(socket);
        socket.set_option(tcp::no_delay(true));
        add(peers, std::move(socket), served);
        while (served <= i) {
            io.restart();
            require(io.run_one() == 1, "a connection did not get its response");
        }
    }
    rest();
    const bench::Memory after = bench::Memory::now();
    const auto number = static_cast<double>(connections - warm);
    return {(after.heap_bytes - before.heap_bytes) / number,
            (after.resident_bytes - before.resident_bytes) / number};
}

template <class Stream>
class StreamPeer {
public:
    StreamPeer(Stream stream, std::size_t& served) : stream_(std::move(stream)), served_(served) {}
    StreamPeer(const StreamPeer&) = delete;
    StreamPeer& operator=(const StreamPeer&) = delete;

    Stream& stream() { return stream_; }
    void serve() {
        stream_.async_read_some(asio::buffer(request_),
                                [this](std::error_code error, std::size_t n) {
                                    require_success(error, "request");
                                    received_ += n;
                                    received_ < bench::request_size ? serve() : respond();
                                });
    }
    void rest() {
        if constexpr (requires { stream_.release_idle(); }) stream_.release_idle();
    }

private:
    void respond() {
        async_write(stream_, asio::buffer(response()), [this](std::error_code error, std::size_t) {
            require_success(error, "response");
            ++served_;
            // It stays pending until the process ends.
            stream_.async_read_some(asio::buffer(request_), [](std::error_code, std::size_t) {});
        });
    }

    Stream stream_;
    std::array<std::uint8_t, bench::request_size> request_{};
    std::size_t received_ = 0;
    std::size_t& served_;
};

PerConnection plain(std::size_t connections) {
    using Peer = StreamPeer<tcp::socket>;
    return measure<Peer>(connections, false, [](asio::io_context&) {
        return [](std::deque<Peer>& peers, tcp::socket socket, std::size_t& served) {
            peers.emplace_back(std::move(socket), served).serve();
        };
    });
}

PerConnection asio_ssl(std::size_t connections) {
    using Stream = asio::ssl::stream<tcp::socket>;
    using Peer = StreamPeer<Stream>;
    return measure<Peer>(connections, true, [](asio::io_context&) {
        const auto context = std::make_shared<asio::ssl::context>(bench::openssl_server_context());
        return [context](std::deque<Peer>& peers, tcp::socket socket, std::size_t& served) {
            Peer& peer = peers.emplace_back(Stream(std::move(socket), *context), served);
            peer.stream().async_handshake(asio::ssl::stream_base::server,
                                          [&peer](std::error_code error) {
                                              require_success(error, "handshake");
                                              peer.serve();
                                          });
        };
    });
}

PerConnection omnitls_stream(std::size_t connections, const omnitls::TlsBackend& backend) {
    using Stream = omnitls::Stream<tcp::socket>;
    using Peer = StreamPeer<Stream>;
    return measure<Peer>(connections, true, [&backend](asio::io_context&) {
        omnitls::ServerConfig config;
        config.identity = bench::value_of(omnitls::Identity::from_files(
            bench::data_file("leaf_chain.pem"), bench::data_file("leaf.key")));
        // As the other servers here: OpenSSL 3.5 keeps 8 KiB of a hybrid group's key.
        config.algorithms =
            bench::value_of(omnitls::Algorithms::from_names({{}, {bench::key_exchange_group}, {}}));
        const auto context = bench::value_of(backend.make_server_context(std::move(config)));
        return [context](std::deque<Peer>& peers, tcp::socket socket, std::size_t& served) {
            Peer& peer = peers.emplace_back(
                Stream(std::move(socket), bench::value_of(context->make_engine())), served);
            peer.stream().async_handshake([&peer](std::error_code error) {
                require_success(error, "handshake");
                peer.serve();
            });
        };
    });
}

/// The library on a blocking socket: there is no less with this library.
class RawPeer {
public:
    RawPeer(SSL_CTX* context, tcp::socket socket, bool release)
        : socket_(std::move(socket)), ssl_(SSL_new(context)) {
        require(ssl_ != nullptr && SSL_set_fd(ssl_.get(), socket_.native_handle()) == 1, "SSL_new");
        if (release) SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
        require(SSL_accept(ssl_.get()) == 1, "handshake");
        std::array<std::uint8_t, bench::request_size> request{};
        std::size_t n = 0;
        for (std::size_t got = 0; got < request.size(); got += n)
            require(SSL_read_ex(ssl_.get(), request.data(), request.size() - got, &n) == 1,
                    "request");
        require(SSL_write_ex(ssl_.get(), response().data(), response().size(), &n) == 1,
                "response");
    }
    void rest() {}

private:
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    tcp::socket socket_;
    std::unique_ptr<SSL, Free> ssl_;
};

PerConnection raw(std::size_t connections, bool release) {
    return measure<RawPeer>(connections, true, [release](asio::io_context&) {
        const auto context = std::make_shared<asio::ssl::context>(bench::openssl_server_context());
        return [context, release](std::deque<RawPeer>& peers, tcp::socket socket,
                                  std::size_t& served) {
            peers.emplace_back(context->native_handle(), std::move(socket), release);
            ++served;
        };
    });
}

void measure_all(std::size_t connections, bench::CountReport& report) {
    const std::string workload = "idle, " + std::to_string(connections);
    const auto measured = [&](const std::string& name,
                              const std::function<PerConnection()>& server) {
        const PerConnection each = bench::in_own_process(server);
        report.add(workload, name, "heap bytes per connection", each.heap_bytes);
        report.add(workload, name, "resident bytes per connection", each.resident_bytes);
        return each.heap_bytes;
    };
    const double plain_bytes = measured("plain", [&] { return plain(connections); });
    measured("raw", [&] { return raw(connections, false); });
    const double raw_bytes = measured("raw_release", [&] { return raw(connections, true); });
    const double asio_bytes = measured("asio_ssl", [&] { return asio_ssl(connections); });
    for (const omnitls::TlsBackend* backend : omnitls::built_backends()) {
        const std::string name = "omnitls_" + std::string(backend->name());
        const double bytes = measured(name, [&] { return omnitls_stream(connections, *backend); });
        if (backend->name() != "openssl") continue;
        report.add(workload, name, "own: less raw_release less plain",
                   bytes - raw_bytes - plain_bytes, 2 * 1024);
        report.add(workload, name, "share of asio_ssl's", bytes / asio_bytes, 0.33);
    }
}

int run(const std::vector<std::size_t>& wanted, const std::string& json) {
    nlohmann::ordered_json facts;
    facts["openssl"] = OpenSSL_version(OPENSSL_VERSION);
    bench::CountReport report(std::move(facts));
    for (const std::size_t connections : wanted)
        measure_all(bench::possible_connections(connections), report);
    report.write(json);
    return report.exit_status();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App program("Measures the memory of idle server connections.");
    std::vector<std::size_t> connections = {480};
    std::string json;
    program
        .add_option("--connections", connections,
                    "Connections of each kind of server; several numbers: one after the other")
        ->check(CLI::Range(std::size_t{2}, std::size_t{1'000'000}))
        ->capture_default_str();
    program.add_option("--json", json, "File for the results");
    CLI11_PARSE(program, argc, argv);
    try {
        return run(connections, json);
    } catch (const std::exception& error) {
        std::cerr << "mem_idle: " << error.what() << '\n';
        return 1;
    }
}
