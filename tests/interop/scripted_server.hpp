// SPDX-License-Identifier: BSL-1.0
// A peer that does what a test says, with blocking calls on a thread of its own: the other end of one connection.
#pragma once

#include "tests/support/certs.hpp"
#include <omnitls/backend.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace omnitls::test {

class ScriptedServer {
public:
    using Socket = asio::ip::tcp::socket;
    using Script = std::function<void(Socket&)>;

    /// Serves one connection with `script`. What it throws is a failure of the test.
    explicit ScriptedServer(Script script)
        : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}),
          port_(acceptor_.local_endpoint().port()),
          thread_([this, run = std::move(script)] { serve(run); }) {}
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;
    ~ScriptedServer() { finish(); }

    std::uint16_t port() const noexcept { return port_; }
    /// Waits for the end of the script.
    void finish() {
        if (!thread_.joinable()) return;
        // Wakes an accept that nobody came for.
        std::error_code ignored;
        Socket(io_).connect({asio::ip::make_address("127.0.0.1"), port_}, ignored);
        thread_.join();
    }

private:
    void serve(const Script& script) {
        try {
            Socket socket = acceptor_.accept();
            socket.set_option(asio::ip::tcp::no_delay(true));
            script(socket);
        } catch (const std::exception& error) {
            ADD_FAILURE() << "the server of the test: " << error.what();
        }
    }

    asio::io_context io_;
    asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_;
    std::thread thread_;
};

/// An engine for the server's end, with the good certificate.
inline std::unique_ptr<TlsEngine> make_server_engine(const TlsBackend& backend,
                                                     ProtocolVersion version) {
    ServerConfig config;
    config.identity = load_identity("leaf");
    config.versions = {version, version};
    config.clock = [] { return test_time(); };
    return must(must(backend.make_server_context(std::move(config)))->make_engine());
}

}  // namespace omnitls::test
