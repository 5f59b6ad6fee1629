// SPDX-License-Identifier: BSL-1.0
// Connections made of omnitls: of its streams, and of its engines alone.
#include "bench/links.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/blocks.hpp>
#include <omnitls/pump.hpp>
#include <omnitls/transport/stream.hpp>

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace bench {
namespace {

template <class Next>
std::unique_ptr<Connection> connect_streams(asio::io_context& io, Form form,
                                            omnitls::WriteCompletion completion) {
    using Stream = omnitls::Stream<Next>;
    const Contexts contexts = make_contexts(omnitls::backends::openssl());
    omnitls::StreamOptions options;
    options.write_completion = completion;
    auto [client_end, server_end] = connected(io, static_cast<const Next*>(nullptr));
    auto client = std::make_unique<Stream>(
        std::move(client_end), value_of(contexts.client->make_engine(server_target())), options);
    auto server = std::make_unique<Stream>(std::move(server_end),
                                           value_of(contexts.server->make_engine()), options);
    std::size_t done = 0;
    const auto count = [&done](std::error_code error) {
        require_success(error, "omnitls handshake");
        ++done;
    };
    client->async_handshake(count);
    server->async_handshake(count);
    run(io);
    require(done == 2, "the omnitls handshake did not finish");
    require(omnitls::cipher_suite_name(client->info().cipher_suite) == cipher_suite &&
                omnitls::group_name(client->info().group) == key_exchange_group,
            "omnitls agreed on other algorithms");
    return std::make_unique<StreamConnection<Stream>>(
        io, std::move(client), std::move(server), form,
        completion == omnitls::WriteCompletion::accepted);
}

/// What one engine puts out goes straight into the other, as far as it has whole records.
class EnginePair final : public Connection {
public:
    EnginePair() {
        const Contexts contexts = make_contexts(omnitls::backends::openssl());
        client_ = value_of(contexts.client->make_engine(server_target()));
        server_ = value_of(contexts.server->make_engine());
        while (!client_->handshake_complete() || !server_->handshake_complete()) {
            handshake(*client_, at_client_);
            move(*client_, at_server_);
            handshake(*server_, at_server_);
            move(*server_, at_client_);
        }
        require(client_->state() == omnitls::State::open && server_->state() == client_->state(),
                "the engines' handshake did not finish");
    }

    void run(const Workload& workload, std::size_t amount, bool compare) override {
        std::vector<omnitls::ConstBytes> message;
        for (const asio::const_buffer& piece : pieces_of(workload))
            message.emplace_back(static_cast<const std::uint8_t*>(piece.data()), piece.size());
        client_inbox_.begin(workload.bytes(), compare);
        server_inbox_.begin(workload.bytes(), compare);
        const bool both_ways = workload.direction == Direction::ping_pong;
        for (std::size_t i = 0; i < amount; ++i) {
            send(*client_, message, *server_, at_server_, server_inbox_);
            if (both_ways) send(*server_, message, *client_, at_client_, client_inbox_);
        }
        const std::size_t total = workload.bytes() * amount;
        require(server_inbox_.received() == total &&
                    client_inbox_.received() == (both_ways ? total : 0),
                "bytes in and bytes out differ");
    }

private:
    using Unread = omnitls::Bytes;  // what came of a record whose rest is in the next block

    static void handshake(omnitls::TlsEngine& engine, Unread& unread) {
        omnitls::Input in{unread};
        if (omnitls::pump_handshake(engine, in).action == omnitls::PumpAction::ask) {
            omnitls::pump_ask(engine, nullptr);
            omnitls::pump_handshake(engine, in);
        }
        unread.assign(in.bytes.begin(), in.bytes.end());
    }
    static void move(omnitls::TlsEngine& from, Unread& to) {
        while (from.output_size() > 0) {
            const omnitls::ConstBytes out = from.output();
            to.insert(to.end(), out.begin(), out.end());
            from.consume_output(out.size());
        }
    }
    static void send(omnitls::TlsEngine& from, const std::vector<omnitls::ConstBytes>& message,
                     omnitls::TlsEngine& to, Unread& unread, Inbox& inbox) {
        std::span<const omnitls::ConstBytes> left(message);
        omnitls::ConstBytes rest;  // of a buffer that was taken in part
        while (!left.empty() || !rest.empty()) {
            const omnitls::Step step = rest.empty() ? from.write(left) : from.write({&rest, 1});
            require(!step.error && (step.bytes > 0 || from.output_size() > 0), "engine write");
            std::size_t taken = step.bytes;
            if (!rest.empty()) {
                rest = rest.subspan(taken);
            } else {
                while (!left.empty() && taken >= left.front().size()) {
                    taken -= left.front().size();
                    left = left.subspan(1);
                }
                if (taken > 0) {
                    rest = left.front().subspan(taken);
                    left = left.subspan(1);
                }
            }
            receive(from, to, unread, inbox);
        }
    }
    static void receive(omnitls::TlsEngine& from, omnitls::TlsEngine& to, Unread& unread,
                        Inbox& inbox) {
        while (from.output_size() > 0) {
            const omnitls::ConstBytes out = from.output();
            if (unread.empty()) {
                const omnitls::ConstBytes rest = read(to, out, inbox);
                unread.assign(rest.begin(), rest.end());
            } else {
                unread.insert(unread.end(), out.begin(), out.end());
                const std::size_t rest = read(to, unread, inbox).size();
                unread.erase(unread.begin(), unread.end() - static_cast<std::ptrdiff_t>(rest));
            }
            from.consume_output(out.size());
        }
    }
    /// Returns what was not used.
    static omnitls::ConstBytes read(omnitls::TlsEngine& engine, omnitls::ConstBytes bytes,
                                    Inbox& inbox) {
        omnitls::Input in{bytes};
        for (;;) {
            const asio::mutable_buffer space = inbox.space();
            const omnitls::MutableBytes out(static_cast<std::uint8_t*>(space.data()), space.size());
            const omnitls::Step step = engine.read(in, {&out, 1});
            require(!step.error, "engine read");
            inbox.took(step.bytes);
            // A full buffer may have left something inside the engine.
            if (step.want == omnitls::Want::input ||
                (in.bytes.empty() && step.bytes < space.size()))
                return in.bytes;
        }
    }

    std::unique_ptr<omnitls::TlsEngine> client_;
    std::unique_ptr<omnitls::TlsEngine> server_;
    Unread at_client_;
    Unread at_server_;
    Inbox client_inbox_;
    Inbox server_inbox_;
};

}  // namespace

omnitls::ClientTarget server_target() { return value_of(omnitls::ClientTarget::host(server_name)); }

Contexts make_contexts(const omnitls::TlsBackend& backend) {
    const auto algorithms =
        value_of(omnitls::Algorithms::from_names({{cipher_suite}, {key_exchange_group}, {}}));
    const omnitls::VersionRange version{omnitls::ProtocolVersion::tls13,
                                        omnitls::ProtocolVersion::tls13};
    omnitls::ClientConfig client;
    client.trust = value_of(omnitls::TrustAnchors::from_file(data_file("root.pem")));
    client.versions = version;
    client.algorithms = algorithms;
    omnitls::ServerConfig server;
    server.identity =
        value_of(omnitls::Identity::from_files(data_file("leaf_chain.pem"), data_file("leaf.key")));
    server.versions = version;
    server.algorithms = algorithms;
    return {value_of(backend.make_client_context(std::move(client))),
            value_of(backend.make_server_context(std::move(server)))};
}

std::unique_ptr<Connection> connect_omnitls(asio::io_context& io, Medium medium, Form form,
                                            omnitls::WriteCompletion completion) {
    if (medium == Medium::memory) return connect_streams<MemoryPipe>(io, form, completion);
    return connect_streams<asio::ip::tcp::socket>(io, form, completion);
}

std::unique_ptr<Connection> connect_engines() { return std::make_unique<EnginePair>(); }

}  // namespace bench
