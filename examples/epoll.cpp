// SPDX-License-Identifier: BSL-1.0
// The engine on a socket and epoll, without Asio: what a program does that has an event loop of its own. Asks an HTTP server for a page.
//
//   epoll HOST PORT CA-FILE               exit status: 0 the whole page has come, 1 anything else
#include "memory_pair.hpp"
#include <omnitls/backends/openssl.hpp>

#include <cerrno>
#include <iostream>
#include <system_error>

#include <fcntl.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

using example::need;

int good(int result, const char* what) {
    return result >= 0 ? result : throw std::system_error(errno, std::system_category(), what);
}

// [connection]
class Connection {
public:
    Connection(int fd, std::unique_ptr<omnitls::TlsEngine> engine)
        : fd_(fd), engine_(std::move(engine)) {}

    // Whatever woke the loop: reads what there is, lets the engine go on, sends what it has to say. False: it is over.
    bool run() {
        receive();
        const std::error_code ended = step();
        if (ended) engine_->close_notify();  // after a failure the alert is all there is to say
        flush();
        if (ended && ended != omnitls::Errc::closed)
            throw std::runtime_error(engine_->last_error()->to_string());
        return !ended;
    }
    int answered() const { return answered_; }  // readable when the verifier has answered
private:
    void receive() {
        for (ssize_t n = 1; n > 0;) {
            n = ::recv(fd_, room_.data(), room_.size(), 0);
            if (n > 0) inbox_.insert(inbox_.end(), room_.data(), room_.data() + n);
            if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) eof_ = true;
        }
    }
    // Until it has to wait (no error) or has ended.
    std::error_code step() {
        const omnitls::MutableBytes out(room_);
        omnitls::Input in{inbox_, eof_};
        omnitls::PumpStep next;
        do {
            const bool open = engine_->handshake_complete();
            next = open ? pump_read(*engine_, in, {&out, 1}) : pump_handshake(*engine_, in);
            // The verifier may answer at once, or later and from another thread: the loop wakes up then.
            if (next.action == omnitls::PumpAction::ask)
                pump_ask(*engine_, [fd = answered_] { ::eventfd_write(fd, 1); });
            if (next.action != omnitls::PumpAction::done || next.error) break;
            if (open) std::cout << omnitls::as_text(out.first(next.bytes));
            if (!open) ask_for_page();
        } while (true);
        inbox_.assign(in.bytes.begin(), in.bytes.end());
        return next.error;
    }
    void ask_for_page() {
        const omnitls::ConstBytes request = omnitls::as_bytes("GET / HTTP/1.0\r\n\r\n");
        pump_write(*engine_, {&request, 1});
    }
    void flush() {
        while (!engine_->output().empty()) {
            const omnitls::ConstBytes out = engine_->output();
            const ssize_t n = ::send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
            if (n <= 0) return;  // there will be room, or reading will tell that there is nobody
            engine_->consume_output(static_cast<std::size_t>(n));
        }
    }

    const int fd_;
    const int answered_ = good(::eventfd(0, EFD_NONBLOCK), "eventfd");
    std::unique_ptr<omnitls::TlsEngine> engine_;
    std::array<std::uint8_t, 16384> room_{};
    omnitls::Bytes inbox_;  // ciphertext that has come and was not taken yet
    bool eof_ = false;
};
// [/connection]

int connect_to(const char* host, const char* port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host, port, &hints, &found); error != 0)
        throw std::runtime_error(::gai_strerror(error));
    const int fd = good(::socket(found->ai_family, SOCK_STREAM, 0), "socket");
    good(::connect(fd, found->ai_addr, found->ai_addrlen), "connect");
    ::freeaddrinfo(found);
    return good(::fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl"), fd;
}

int main(int argc, char** argv) try {
    if (argc != 4) throw std::runtime_error("usage: epoll HOST PORT CA-FILE");
    omnitls::ClientConfig config;
    config.trust = need(omnitls::TrustAnchors::from_file(argv[3]));
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(argv[1]));
    // [loop]
    const int fd = connect_to(argv[1], argv[2]);
    Connection connection(fd, need(context->make_engine(target)));
    const int loop = good(::epoll_create1(0), "epoll_create1");
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {}};
    for (const int watched : {fd, connection.answered()})
        good(::epoll_ctl(loop, EPOLL_CTL_ADD, watched, &event), "epoll_ctl");
    while (connection.run()) good(::epoll_wait(loop, &event, 1, 30'000), "epoll_wait");
    // [/loop]
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
