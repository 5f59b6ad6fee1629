// SPDX-License-Identifier: BSL-1.0
// What omnitls is compared with: asio::ssl::stream, and OpenSSL on the file descriptor of a socket without an event loop.
#include "bench/links.hpp"
#include "bench/openssl_contexts.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <asio/ssl.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace bench {
namespace {

template <class Next>
std::unique_ptr<Connection> connect_streams(asio::io_context& io, Form form) {
    using Stream = asio::ssl::stream<Next>;
    asio::ssl::context client_context = openssl_client_context();
    asio::ssl::context server_context = openssl_server_context();
    auto [client_end, server_end] = connected(io, static_cast<const Next*>(nullptr));
    auto client = std::make_unique<Stream>(std::move(client_end), client_context);
    auto server = std::make_unique<Stream>(std::move(server_end), server_context);
    client->set_verify_callback(asio::ssl::host_name_verification(server_name));
    std::size_t done = 0;
    const auto count = [&done](std::error_code error) {
        require_success(error, "asio::ssl handshake");
        ++done;
    };
    client->async_handshake(asio::ssl::stream_base::client, count);
    server->async_handshake(asio::ssl::stream_base::server, count);
    run(io);
    require(done == 2, "the asio::ssl handshake did not finish");
    return std::make_unique<StreamConnection<Stream>>(io, std::move(client), std::move(server),
                                                      form);
}

/// Writes as long as the socket takes it or a burst is full, then reads until there is nothing: the least that a program can do.
class RawFd final : public Connection {
public:
    explicit RawFd(asio::io_context& io) : RawFd(connected_sockets(io)) {}

    void run(const Workload& workload, std::size_t amount, bool compare) override {
        const std::size_t total = workload.bytes() * amount;
        at_client_.begin(workload.bytes(), compare);
        at_server_.begin(workload.bytes(), compare);
        if (workload.direction == Direction::one_way) {
            stream(workload, total);
        } else {
            for (std::size_t i = 0; i < amount; ++i) {
                pass(*client_, *server_, at_server_, workload.bytes());
                pass(*server_, *client_, at_client_, workload.bytes());
            }
            require(at_client_.received() == total, "bytes in and bytes out differ");
        }
        require(at_server_.received() == total, "bytes in and bytes out differ");
    }

private:
    using Sockets = std::pair<asio::ip::tcp::socket, asio::ip::tcp::socket>;
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    using End = std::unique_ptr<SSL, Free>;

    explicit RawFd(Sockets sockets) : sockets_(std::move(sockets)) {
        asio::ssl::context client_context = openssl_client_context();
        asio::ssl::context server_context = openssl_server_context();
        client_ = make_end(client_context, sockets_.first);
        server_ = make_end(server_context, sockets_.second);
        require(SSL_set1_host(client_.get(), server_name) == 1, "host name");
        for (bool client_done = false, server_done = false; !client_done || !server_done;) {
            client_done = client_done || goes_on(*client_, SSL_connect(client_.get()));
            server_done = server_done || goes_on(*server_, SSL_accept(server_.get()));
        }
    }
    static End make_end(asio::ssl::context& context, asio::ip::tcp::socket& socket) {
        socket.native_non_blocking(true);
        End end(SSL_new(context.native_handle()));
        require(end != nullptr && SSL_set_fd(end.get(), socket.native_handle()) == 1, "SSL_new");
        SSL_set_mode(end.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        return end;
    }
    /// Whether the call did something; what else than the socket's state keeps it from that is an error.
    static bool goes_on(SSL& ssl, int result) {
        if (result > 0) return true;
        const int why = SSL_get_error(&ssl, result);
        require(why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE, "OpenSSL on a socket");
        ERR_clear_error();
        return false;
    }
    static std::size_t write(SSL& ssl, std::size_t offset, std::size_t size) {
        std::size_t written = 0;
        const int result = SSL_write_ex(&ssl, pattern().data() + offset, size, &written);
        return goes_on(ssl, result) ? written : 0;
    }
    static std::size_t read(SSL& ssl, Inbox& inbox) {
        const asio::mutable_buffer space = inbox.space();
        std::size_t got = 0;
        const int result = SSL_read_ex(&ssl, space.data(), space.size(), &got);
        if (!goes_on(ssl, result)) return 0;
        inbox.took(got);
        return got;
    }
    // A gather is a write of each piece: OpenSSL has no other.
    void stream(const Workload& workload, std::size_t total) {
        constexpr std::size_t burst = 256 * KiB;
        std::size_t sent = 0;
        while (at_server_.received() < total) {
            const std::size_t until = std::min(total, sent + burst);
            while (sent < until) {
                const std::size_t in_message = sent % workload.bytes();
                const std::size_t in_piece = in_message % workload.size;
                const std::size_t n = write(*client_, in_message, workload.size - in_piece);
                if (n == 0) break;
                sent += n;
            }
            while (read(*server_, at_server_) > 0) {
            }
        }
    }
    static void pass(SSL& from, SSL& to, Inbox& inbox, std::size_t message) {
        const std::size_t until = inbox.received() + message;
        for (std::size_t sent = 0; inbox.received() < until;) {
            while (sent < message) {
                const std::size_t n = write(from, sent, message - sent);
                if (n == 0) break;
                sent += n;
            }
            while (inbox.received() < until && read(to, inbox) > 0) {
            }
        }
    }

    Sockets sockets_;
    End client_;
    End server_;
    Inbox at_client_;
    Inbox at_server_;
};

}  // namespace

std::unique_ptr<Connection> connect_asio_ssl(asio::io_context& io, Medium medium, Form form) {
    if (medium == Medium::memory) return connect_streams<MemoryPipe>(io, form);
    return connect_streams<asio::ip::tcp::socket>(io, form);
}

std::unique_ptr<Connection> connect_raw_fd(asio::io_context& io) {
    return std::make_unique<RawFd>(io);
}

}  // namespace bench
