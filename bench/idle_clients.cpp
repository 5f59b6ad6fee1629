// SPDX-License-Identifier: BSL-1.0
#include "bench/idle_clients.hpp"

#include "bench/client_socket.hpp"

#include <openssl/ssl.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace bench {
namespace {

// The child has no one to report to but its exit status.
void expect(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "idle client: %s\n", what);
    _exit(1);
}

template <class Write, class Read>
void ask(const Write& write_some, const Read& read_some) {
    std::array<std::uint8_t, response_size> bytes{};
    expect(write_some(bytes.data(), request_size) == static_cast<long>(request_size), "request");
    for (std::size_t got = 0; got < response_size;) {
        const long n = read_some(bytes.data(), bytes.size());
        expect(n > 0, "response");
        got += static_cast<std::size_t>(n);
    }
}

[[noreturn]] void be_clients(std::uint16_t port, std::size_t connections, bool tls) {
    // The certificate is not checked: the client's memory and time are nobody's measurement here.
    SSL_CTX* const context = tls ? SSL_CTX_new(TLS_client_method()) : nullptr;
    expect(!tls || context != nullptr, "SSL_CTX_new");
    for (std::size_t i = 0; i < connections; ++i) {
        const int fd = connected_socket(port);
        if (!tls) {
            ask([fd](const void* data, std::size_t size) { return write(fd, data, size); },
                [fd](void* data, std::size_t size) { return read(fd, data, size); });
            continue;
        }
        SSL* const ssl = SSL_new(context);
        expect(ssl != nullptr && SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1, "handshake");
        SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
        ask([ssl](const void* data,
                  std::size_t size) { return SSL_write(ssl, data, static_cast<int>(size)); },
            [ssl](void* data, std::size_t size) {
                return SSL_read(ssl, data, static_cast<int>(size));
            });
    }
    for (;;) pause();
}

}  // namespace

IdleClients::IdleClients(std::uint16_t port, std::size_t connections, bool tls)
    : process_([=] { be_clients(port, connections, tls); }) {}

}  // namespace bench
