// SPDX-License-Identifier: BSL-1.0
// An omnitls server that demands a certificate and takes its time over it. The first connection is TLS, later ones are echoed in
// plain text by the same event loop.
#pragma once

#include "tests/interop/client.hpp"
#include "tests/interop/late_verifier.hpp"
#include <omnitls/backend.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace omnitls::test {

class HeldServer {
public:
    /// `decide` runs on another thread while the handshake is held.
    HeldServer(const TlsBackend& backend, ProtocolVersion version,
               std::function<Verdict(HeldServer&)> decide);

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    /// Of the TLS connection. Any thread, once there is a question.
    int socket() { return stream_->lowest_layer().native_handle(); }

    /// Waits for the connection and secures it.
    std::error_code handshake();
    /// Reads once; empty on any error.
    std::string read();
    void write(const std::string& text);
    void close();

    const std::optional<Client::Pending>& pending() const noexcept { return pending_; }
    LateVerifier::Facts verifier() const { return verifier_->facts(); }

private:
    void accept();
    void echo(asio::ip::tcp::socket socket);
    template <class Start>
    std::error_code wait(const Start& start);
    void look_while_pending();

    asio::io_context io_;
    asio::ip::tcp::acceptor acceptor_;
    std::optional<Client::Pending> pending_;
    std::function<void(std::error_code)> on_handshake_;
    std::shared_ptr<const ServerContext> context_;
    std::optional<Stream<asio::ip::tcp::socket>> stream_;
    std::shared_ptr<LateVerifier> verifier_;  // Its threads end before the rest goes.
};

}  // namespace omnitls::test
