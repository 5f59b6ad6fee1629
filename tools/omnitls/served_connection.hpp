// SPDX-License-Identifier: BSL-1.0
// One connection of `omnitls serve`: an upgrade if asked for, the handshake, echo or discard, the close. Every wait has an end.
#pragma once

#include "tools/omnitls/serve_script.hpp"
#include <omnitls/engine.hpp>
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
    ConnectionInfo info;
    bool secure = false;  ///< The handshake was done.
    std::shared_ptr<const VerifyRequest>
        evidence;  ///< On the client's certificate, if it sent one.
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
        std::chrono::seconds timeout{
            60};  ///< For plain text and handshake, and for each silence after them.
        std::string starttls;
    };

    ServedConnection(asio::ip::tcp::socket socket, std::string peer,
                     std::unique_ptr<TlsEngine> engine, Settings settings,
                     std::function<void(ServedResult)> on_end);

    void start();
    /// Ends it now; `on_end` is called later, as for any end.
    void stop();

private:
    void arm();
    void send_plain(ScriptStep step);
    void read_plain();
    void secure();
    void read();
    void echo(std::size_t size);
    void shut_down();
    void end(std::string how);
    void fail(const std::error_code& error);
    void finish();

    Stream stream_;
    asio::steady_timer timer_;
    Settings settings_;
    std::unique_ptr<ServeScript> script_;
    std::string received_;  ///< Plain text that the script has not taken.
    std::string sending_;
    std::array<std::uint8_t, 16384> block_{};
    std::function<void(ServedResult)> on_end_;
    ServedResult result_;
    bool timed_out_ = false;
    bool stopped_ = false;
    bool ended_ = false;
};

}  // namespace omnitls::tool
