// SPDX-License-Identifier: BSL-1.0
// One event loop for the TLS connection and for the plain ones beside it.
#include "tests/interop/held_server.hpp"

#include "tests/interop/wait.hpp"
#include "tests/support/certs.hpp"

#include <asio/write.hpp>

#include <utility>

namespace omnitls::test {

using asio::ip::tcp;

HeldServer::HeldServer(const TlsBackend& backend, ProtocolVersion version,
                       std::function<Verdict(HeldServer&)> decide)
    : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}),
      verifier_(std::make_shared<LateVerifier>(
          io_, [this, decide = std::move(decide)](const VerifyRequest&) { return decide(*this); },
          [this] { look_while_pending(); })) {
    ServerConfig config;
    config.identity = load_identity("leaf");
    config.client_auth = ClientAuth::require;
    config.client_trust = load_anchors("root");
    config.versions = {version, version};
    config.clock = [] { return test_time(); };
    config.verifier = verifier_;
    context_ = must(backend.make_server_context(std::move(config)));
    accept();
}

void HeldServer::accept() {
    acceptor_.async_accept([this](const std::error_code& ec, tcp::socket socket) {
        if (ec) return;
        if (stream_) {
            echo(std::move(socket));
        } else {
            socket.set_option(tcp::no_delay(true));
            stream_.emplace(std::move(socket), must(context_->make_engine()));
            stream_->async_handshake([this](std::error_code done) { on_handshake_(done); });
        }
        accept();
    });
}

void HeldServer::echo(tcp::socket socket) {
    struct Plain {
        explicit Plain(tcp::socket from) : socket(std::move(from)) {}
        tcp::socket socket;
        std::array<char, 64> block{};
    };
    const auto plain = std::make_shared<Plain>(std::move(socket));
    plain->socket.async_read_some(
        asio::buffer(plain->block), [plain](const std::error_code& ec, std::size_t n) {
            if (ec) return;
            asio::async_write(plain->socket, asio::buffer(plain->block.data(), n),
                              [plain](const std::error_code&, std::size_t) {});
        });
}

template <class Start>
std::error_code HeldServer::wait(const Start& start) {
    return run_until_done(io_, start);
}

std::error_code HeldServer::handshake() {
    return wait([this](auto done) { on_handshake_ = std::move(done); });
}

void HeldServer::look_while_pending() {
    Client::Pending seen;
    seen.state = stream_->engine().state();
    seen.secure = stream_->is_secure();
    seen.output = stream_->engine().output_size();
    std::array<char, 16> room;
    seen.read_bytes = stream_->read_some(asio::buffer(room), seen.read_error);
    pending_ = seen;
}

std::string HeldServer::read() {
    std::array<char, 4096> block;
    std::string text;
    wait([&](auto done) {
        stream_->async_read_some(asio::buffer(block),
                                 [&text, &block, done](std::error_code ec, std::size_t n) mutable {
                                     text.assign(block.data(), n);
                                     done(ec);
                                 });
    });
    return text;
}

void HeldServer::write(const std::string& text) {
    const std::error_code ec =
        wait([&](auto done) { asio::async_write(*stream_, asio::buffer(text), std::move(done)); });
    if (ec) throw std::system_error(ec, "writing");
}

void HeldServer::close() { stream_->lowest_layer().close(); }

}  // namespace omnitls::test
