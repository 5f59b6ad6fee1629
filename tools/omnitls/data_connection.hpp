// SPDX-License-Identifier: BSL-1.0
// `DataConnection`: one data connection of FTP, from the port to the end of the file, in TLS or in plain text.
#pragma once

#include "tools/omnitls/served/errand.hpp"
#include <omnitls/engine.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>

namespace omnitls::tool {

class DataConnection : public std::enable_shared_from_this<DataConnection> {
public:
    using Tcp = asio::ip::tcp;
    using Done = std::function<void(const ErrandResult&)>;

    explicit DataConnection(const asio::any_io_executor& executor)
        : acceptor_(executor), timer_(executor) {}

    /// Opens a port at `address` for the client at `peer`.
    ErrandResult listen(const asio::ip::address& address, const asio::ip::address& peer);
    /// Takes the client's connection and runs `errand` on it, within `timeout`. `engine`: null without TLS.
    void run(Errand errand, std::unique_ptr<TlsEngine> engine, std::chrono::seconds timeout,
             Done done);
    /// Ends it now; `done` is called later.
    void stop();

private:
    using Stream = omnitls::Stream<Tcp::socket>;
    using Outcome = ErrandResult::Outcome;

    void accept();
    void begin(Tcp::socket socket);
    void transfer();
    void send();
    void receive();
    void close();
    void drain();
    void fail(Outcome outcome, const std::error_code& ec);
    void finish();

    Tcp::acceptor acceptor_;
    asio::steady_timer timer_;
    asio::ip::address peer_;
    std::unique_ptr<TlsEngine> engine_;
    std::optional<Stream> stream_;
    Errand errand_;
    ErrandResult result_;
    Done done_;
    std::array<std::uint8_t, 16384> block_{};
    bool timed_out_ = false;
    bool stopped_ = false;
};

}  // namespace omnitls::tool
