// SPDX-License-Identifier: BSL-1.0
// omnitls::Stream beside asio::ssl::stream on the same TLS library, version and cipher suite, over loopback TCP.
// Usage: bench_stream [--rounds N] [--slice-ms N] [--only WORKLOAD] [--json FILE] [--check]
// --check runs each workload once and compares every byte: it is the benchmark's own test.
#include "bench/measure.hpp"
#include "bench/workloads.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/transport/stream.hpp>

#include <openssl/ssl.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <asio/version.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Socket = asio::ip::tcp::socket;
using OmniStream = omnitls::Stream<Socket>;
using AsioStream = asio::ssl::stream<Socket>;
using bench::require;
using bench::require_success;

constexpr const char* server_name = "omnitls.test";

std::string data_file(const char* name) { return std::string(OMNITLS_BENCH_DATA) + "/" + name; }

template <class T>
T value_of(omnitls::Result<T> result) {
    require(result.has_value(), result ? "" : result.error().what);
    return std::move(result).value();
}

/// Two connected sockets on the loopback interface.
std::pair<Socket, Socket> connected_sockets(asio::io_context& io) {
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    Socket client(io);
    Socket server(io);
    client.connect(acceptor.local_endpoint());
    acceptor.accept(server);
    client.set_option(asio::ip::tcp::no_delay(true));
    server.set_option(asio::ip::tcp::no_delay(true));
    return {std::move(client), std::move(server)};
}

/// Both ends of one connection after the handshake.
template <class Stream>
struct Link {
    std::unique_ptr<Stream> client;
    std::unique_ptr<Stream> server;
};

Link<OmniStream> connect_omnitls(asio::io_context& io) {
    const omnitls::TlsBackend& backend = omnitls::backends::openssl();
    omnitls::ClientConfig client_config;
    client_config.trust = value_of(omnitls::TrustAnchors::from_file(data_file("root.pem")));
    client_config.versions = {omnitls::ProtocolVersion::tls13, omnitls::ProtocolVersion::tls13};
    omnitls::ServerConfig server_config;
    server_config.identity =
        value_of(omnitls::Identity::from_files(data_file("leaf_chain.pem"), data_file("leaf.key")));

    const auto client_context = value_of(backend.make_client_context(client_config));
    const auto server_context = value_of(backend.make_server_context(server_config));
    const omnitls::ClientTarget target = value_of(omnitls::ClientTarget::host(server_name));

    auto [client_socket, server_socket] = connected_sockets(io);
    Link<OmniStream> link;
    link.client = std::make_unique<OmniStream>(std::move(client_socket),
                                               value_of(client_context->make_engine(target)));
    link.server = std::make_unique<OmniStream>(std::move(server_socket),
                                               value_of(server_context->make_engine()));
    std::size_t done = 0;
    const auto count = [&done](std::error_code error) {
        require_success(error, "omnitls handshake");
        ++done;
    };
    link.client->async_handshake(count);
    link.server->async_handshake(count);
    bench::run(io);
    require(done == 2, "the omnitls handshake did not finish");
    return link;
}

/// `suite`: IANA name, so that both sides of the comparison encrypt alike.
Link<AsioStream> connect_asio(asio::io_context& io, const std::string& suite) {
    asio::ssl::context client_context(asio::ssl::context::tlsv13_client);
    client_context.load_verify_file(data_file("root.pem"));
    client_context.set_verify_mode(asio::ssl::verify_peer);
    require(SSL_CTX_set_ciphersuites(client_context.native_handle(), suite.c_str()) == 1,
            "OpenSSL does not know " + suite);
    asio::ssl::context server_context(asio::ssl::context::tlsv13_server);
    server_context.use_certificate_chain_file(data_file("leaf_chain.pem"));
    server_context.use_private_key_file(data_file("leaf.key"), asio::ssl::context::pem);

    auto [client_socket, server_socket] = connected_sockets(io);
    Link<AsioStream> link;
    link.client = std::make_unique<AsioStream>(std::move(client_socket), client_context);
    link.server = std::make_unique<AsioStream>(std::move(server_socket), server_context);
    link.client->set_verify_callback(asio::ssl::host_name_verification(server_name));
    std::size_t done = 0;
    const auto count = [&done](std::error_code error) {
        require_success(error, "asio::ssl handshake");
        ++done;
    };
    link.client->async_handshake(asio::ssl::stream_base::client, count);
    link.server->async_handshake(asio::ssl::stream_base::server, count);
    bench::run(io);
    require(done == 2, "the asio::ssl handshake did not finish");
    return link;
}

struct Workload {
    const char* name;
    const char* unit;
    bool both_ways;
    std::size_t size;
};
constexpr Workload workloads[] = {
    {"bulk_64k", "writes of 64 KiB", false, std::size_t{64} * 1024},
    {"bulk_16k", "writes of 16 KiB", false, std::size_t{16} * 1024},
    {"messages_64", "writes of 64 B", false, 64},
    {"ping_pong_64", "round trips of 64 B", true, 64},
    {"ping_pong_4k", "round trips of 4 KiB", true, std::size_t{4} * 1024},
};

template <class Stream>
void run_workload(const Workload& workload, asio::io_context& io, Link<Stream>& link,
                  std::size_t amount, bool compare) {
    if (workload.both_ways) {
        bench::ping_pong(io, *link.client, *link.server, workload.size, amount, compare);
    } else {
        bench::one_way(io, *link.client, *link.server, workload.size, amount, compare);
    }
}

struct Options {
    std::size_t rounds = 21;
    double slice_seconds = 0.015;
    std::string only;
    std::string json;
    bool check = false;
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--check") {
            options.check = true;
            continue;
        }
        require(i + 1 < argc, "what does " + std::string(name) + " mean?");
        const std::string value = argv[++i];
        if (name == "--rounds") {
            options.rounds = std::stoul(value);
        } else if (name == "--slice-ms") {
            options.slice_seconds = std::stod(value) / 1000;
        } else if (name == "--only") {
            options.only = value;
        } else if (name == "--json") {
            options.json = value;
        } else {
            require(false, "what does " + std::string(name) + " mean?");
        }
    }
    require(options.rounds > 0 && options.slice_seconds > 0, "rounds and slices must be positive");
    return options;
}

/// One line of the table, and its object in the JSON file. Goals are not set yet.
std::string report(const Workload& workload, const std::vector<bench::Outcome>& outcomes) {
    const bench::Outcome& asio_ssl = outcomes[0];
    const bench::Outcome& ours = outcomes[1];
    std::printf("%-14s %12.0f %12.0f   %5.2f  [%4.2f - %4.2f]   %s per CPU second\n", workload.name,
                ours.rate.median, asio_ssl.rate.median, ours.ratio.median, ours.ratio.min,
                ours.ratio.max, workload.unit);
    char json[320];
    const int size = std::snprintf(
        json, sizeof json,
        R"({"workload":"%s","variant":"%s","versus":"%s","ratio":%.4f,"min":%.4f,"max":%.4f,"goal":null,"better":"higher"})",
        workload.name, ours.variant.c_str(), asio_ssl.variant.c_str(), ours.ratio.median,
        ours.ratio.min, ours.ratio.max);
    require(size > 0 && static_cast<std::size_t>(size) < sizeof json, "a result is too long");
    return json;
}

int run_benchmark(const Options& options) {
    asio::io_context io(1);
    Link<OmniStream> omni = connect_omnitls(io);
    const std::string suite(omnitls::cipher_suite_name(omni.client->info().cipher_suite));
    Link<AsioStream> plain_asio = connect_asio(io, suite);
    std::printf("omnitls::Stream versus asio::ssl::stream: OpenSSL %s, Asio %d.%d.%d, %s\n",
                omnitls::backends::openssl().version().c_str(), ASIO_VERSION / 100000,
                ASIO_VERSION / 100 % 1000, ASIO_VERSION % 100, suite.c_str());

    if (!options.check) {
        std::printf("%-14s %12s %12s   %5s  %s\n", "workload", "omnitls", "asio::ssl", "ratio",
                    "[min - max]");
    }
    std::string results;
    std::size_t done = 0;
    for (const Workload& workload : workloads) {
        if (!options.only.empty() && options.only != workload.name) continue;
        ++done;
        if (options.check) {
            run_workload(workload, io, plain_asio, 50, true);
            run_workload(workload, io, omni, 50, true);
            std::printf("%-14s every byte arrived\n", workload.name);
            continue;
        }
        const auto outcomes = bench::interleave(
            {{"asio_ssl", [&](std::size_t n) { run_workload(workload, io, plain_asio, n, false); }},
             {"omnitls", [&](std::size_t n) { run_workload(workload, io, omni, n, false); }}},
            options.rounds, options.slice_seconds);
        results += (results.empty() ? "" : ",\n") + report(workload, outcomes);
    }
    require(done > 0, "there is no workload " + options.only);
    if (!options.json.empty()) {
        std::ofstream file(options.json);
        file << "{\"results\":[\n" << results << "\n]}\n";
        file.close();
        require(file.good(), "cannot write " + options.json);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run_benchmark(parse(argc, argv));
    } catch (const std::exception& error) {
        std::cerr << "bench_stream: " << error.what() << '\n';
        return 1;
    }
}
