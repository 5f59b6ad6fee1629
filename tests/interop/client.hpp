// SPDX-License-Identifier: BSL-1.0
// An omnitls client of a test: a socket, a dialogue, an upgrade that waits for a late verdict, and words after it.
#pragma once

#include "tests/interop/conversation.hpp"
#include "tests/interop/late_verifier.hpp"
#include "tests/support/certs.hpp"
#include <omnitls/backend.hpp>
#include <omnitls/starttls/dialogue.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace omnitls::test {

struct ClientSetup {
    const TlsBackend* backend = nullptr;
    ProtocolVersion version = ProtocolVersion::tls13;
    std::string_view protocol = "smtp";  ///< Of the dialogue; empty: TLS from the first byte.
    std::string anchors = "root";        ///< Role of the trusted authority.
    std::string name = "omnitls.test";   ///< Whom the certificate must be for.
    UtcTime time = test_time();
    std::string identity{};  ///< Role of the client's own certificate; empty: none.
    /// Runs on another thread while the handshake is held. Default: trusts what the baseline trusts.
    LateVerifier::Decide decide = [](const VerifyRequest&) { return Verdict::trusted(); };
};

class Client final : public Conversation {
public:
    /// Connects to 127.0.0.1.
    Client(ClientSetup setup, std::uint16_t port);

    /// The plain-text dialogue and the upgrade, or the handshake alone.
    std::error_code upgrade();
    void send(const std::string& text) override;
    Got read() override;
    ProtocolVersion version() const override;
    std::error_code shut_down();

    Stream<asio::ip::tcp::socket>& stream() noexcept { return *stream_; }
    const ErrorDetail* last_error() const noexcept { return stream_->last_error(); }

    /// What this connection's own thread saw while another one held the question.
    struct Pending {
        State state{};
        bool secure = false;
        std::size_t output = 0;
        std::error_code read_error;  ///< Of a read that was tried.
        std::size_t read_bytes = 0;
    };
    const std::optional<Pending>& pending() const noexcept { return pending_; }
    LateVerifier::Facts verifier() const { return verifier_->facts(); }

private:
    template <class Start>
    std::error_code wait(const Start& start);
    void look_while_pending();

    ClientSetup setup_;
    asio::io_context io_;
    std::optional<Pending> pending_;
    std::array<char, 4096> block_{};
    std::unique_ptr<starttls::Dialogue> dialogue_;
    std::shared_ptr<const ClientContext> context_;
    std::optional<Stream<asio::ip::tcp::socket>> stream_;
    std::shared_ptr<LateVerifier> verifier_;  // Its threads end before the rest goes.
};

}  // namespace omnitls::test
