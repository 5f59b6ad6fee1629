// SPDX-License-Identifier: BSL-1.0
// One connection of `omnitls serve`: a PROXY header and an upgrade if asked for, the handshake, a service or echo or discard, the close; for
// a service also data connections and the way back to plain text. Every wait has an end.
#pragma once

#include "tools/omnitls/data_connection.hpp"
#include "tools/omnitls/served/service.hpp"
#include "tools/omnitls/transcript.hpp"
#include <omnitls/backend.hpp>
#include <omnitls/engine.hpp>
#include <omnitls/starttls/dialogue.hpp>
#include <omnitls/starttls/proxy_header.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

namespace omnitls::tool {

/// What became of a connection.
struct ServedResult {
    std::uint64_t number = 0;
    std::string peer;
    /// What the proxy has said, if one was to.
    std::optional<starttls::ProxyHeader> proxy;
    ConnectionInfo info;
    bool secure = false;  ///< The handshake was done.
    std::shared_ptr<const VerifyRequest>
        evidence;                            ///< On the client's certificate, if it sent one.
    std::shared_ptr<Transcript> transcript;  ///< Of the plain text, if it was asked for.
    std::optional<ServiceReport> service;    ///< Of the protocol inside TLS, if there is one.
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::string end;  ///< How it ended, if not by an error.
    std::optional<ErrorDetail> error;
};

class ServedConnection : public std::enable_shared_from_this<ServedConnection> {
public:
    using Stream = omnitls::Stream<asio::ip::tcp::socket>;
    struct Settings {
        std::uint64_t number = 0;
        bool echo = false;
        bool transcript = false;
        bool proxy_header = false;  ///< The client has to begin with one.
        std::chrono::seconds timeout{
            60};  ///< For plain text and handshake, for each silence after them, and for a data connection.
        std::shared_ptr<const ServerContext> context;  ///< For data connections.
    };

    /// What is said before TLS and inside it.
    struct Words {
        std::unique_ptr<starttls::Dialogue> dialogue;  ///< Null: TLS from the first byte.
        std::unique_ptr<Service> service;              ///< Null: echo or discard.
    };

    ServedConnection(asio::ip::tcp::socket socket, std::string peer,
                     std::unique_ptr<TlsEngine> engine, Words words, const Settings& settings,
                     std::function<void(ServedResult)> on_end);

    void start();
    /// Ends it now; `on_end` is called later, as for any end.
    void stop();

private:
    void arm();
    std::unique_ptr<starttls::Dialogue> noted(std::unique_ptr<starttls::Dialogue> dialogue) const;
    void hear_proxy();
    void upgrade(Bytes already_read);
    void on_secure(const std::error_code& ec);
    void read();
    void echo(std::size_t size);
    void answer();
    void go_on();
    void run(const Errand& errand);
    ErrandResult listen();
    void transfer(const Errand& errand);
    void stop_tls();
    void errand_done(const ErrandResult& result);
    void note(Transcript::Kind kind, std::string_view bytes);
    void on_eof();
    void shut_down();
    void end(std::string how);
    void fail(const std::error_code& error);
    void finish();

    Stream stream_;
    asio::steady_timer timer_;
    Settings settings_;
    Words words_;
    std::unique_ptr<starttls::Dialogue> proxy_;
    std::string answer_;  ///< Of the service, being sent.
    std::shared_ptr<DataConnection> data_;
    std::array<std::uint8_t, 16384> block_{};
    std::function<void(ServedResult)> on_end_;
    ServedResult result_;
    bool plain_again_ = false;  ///< TLS is over, and the connection is not.
    bool timed_out_ = false;
    bool stopped_ = false;
    bool ended_ = false;
};

}  // namespace omnitls::tool
