// SPDX-License-Identifier: BSL-1.0
#include "bench/scale_clients.hpp"

#include "bench/client_socket.hpp"
#include "bench/links.hpp"
#include "bench/workloads.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace bench {
namespace {

struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, Free>;

/// Every server gets the same: the algorithms of links.hpp, in TLS 1.2 if it has no other, where the list of groups is for
/// certificates too (RFC 8422 §5.1). Certificates are not checked.
std::unique_ptr<SSL_CTX, Free> make_context() {
    std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
    require(context && SSL_CTX_set_ciphersuites(context.get(), cipher_suite) == 1 &&
                SSL_CTX_set_cipher_list(context.get(), "ECDHE-ECDSA-AES128-GCM-SHA256") == 1 &&
                SSL_CTX_set1_groups_list(context.get(), "X25519:P-256") == 1,
            "client context");
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

int nonblocking_socket(std::uint16_t port) {
    const int fd = connected_socket(port);
    require(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
    return fd;
}

class Client {
public:
    Client(SSL_CTX* context, std::uint16_t port, const Session& session)
        : fd_(nonblocking_socket(port)), ssl_(SSL_new(context)) {
        require(ssl_ && SSL_set_fd(ssl_.get(), fd_) == 1, "SSL_new");
        if (session) require(SSL_set_session(ssl_.get(), session.get()) == 1, "SSL_set_session");
        SSL_set_connect_state(ssl_.get());
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { close(fd_); }

    int descriptor() const { return fd_; }
    bool idle() const { return rounds_ == 0; }
    bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    void ask(std::uint32_t rounds, std::uint32_t response) {
        rounds_ = rounds;
        response_ = response;
        received_ = 0;
        asking_ = true;
    }
    /// As far as the connection allows. Returns whether all responses are there.
    bool advance() {
        while (rounds_ > 0)
            if (!(asking_ ? send() : receive())) return false;
        return true;
    }
    /// What the server has left for the next visit.
    Session session() const {
        Session session(SSL_get1_session(ssl_.get()));
        require(session && SSL_SESSION_is_resumable(session.get()) == 1, "no session to resume");
        return session;
    }
    void say_goodbye() { SSL_shutdown(ssl_.get()); }

private:
    bool goes_on(int result, const char* what) {
        if (result == 1) return true;
        const int error = SSL_get_error(ssl_.get(), result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            require(false,
                    std::string(what) + ": " + ERR_error_string(ERR_peek_last_error(), nullptr));
        return false;
    }
    bool send() {
        std::array<std::uint8_t, scale_request> request{};
        std::memcpy(request.data(), &response_, sizeof response_);
        std::size_t n = 0;
        if (!goes_on(SSL_write_ex(ssl_.get(), request.data(), request.size(), &n), "request"))
            return false;
        asking_ = false;
        return true;
    }
    bool receive() {
        static std::array<std::uint8_t, 16 * KiB> space;
        std::size_t n = 0;
        if (!goes_on(SSL_read_ex(ssl_.get(), space.data(), space.size(), &n), "response"))
            return false;
        require(received_ + n <= response_ &&
                    std::memcmp(space.data(), pattern().data() + received_, n) == 0,
                "a response differs from what was to come");
        received_ += n;
        if (received_ < response_) return true;
        received_ = 0;
        asking_ = --rounds_ > 0;
        return true;
    }

    int fd_;
    std::unique_ptr<SSL, Free> ssl_;
    std::uint32_t rounds_ = 0;
    std::uint32_t response_ = 0;
    std::size_t received_ = 0;
    bool asking_ = false;
};

/// All clients of one process.
class Crowd {
public:
    explicit Crowd(std::uint16_t port) : port_(port), poll_(epoll_create1(EPOLL_CLOEXEC)) {
        require(poll_ >= 0, "epoll");
    }
    Reply obey(const Command& command) {
        const auto started = std::chrono::steady_clock::now();
        reply_ = {};
        command_ = command;
        if (command.task == Task::leave) {
            for (const int fd : staying_) go(fd);
            staying_.clear();
        } else if (command.task == Task::converse) {
            converse();
        } else {
            arrive();
        }
        reply_.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
        return reply_;
    }

private:
    void arrive() {
        std::uint32_t begun = 0;
        std::uint32_t done = 0;
        while (done < command_.connections) {
            for (; begun < command_.connections && begun - done < command_.in_flight; ++begun)
                done += start();
            if (done < begun) done += turn();
        }
    }
    std::uint32_t start() {
        Session session;
        if (command_.resume) {
            require(!sessions_.empty(), "there are not as many sessions as connections");
            session = std::move(sessions_.back());
            sessions_.pop_back();
        }
        auto client = std::make_unique<Client>(context_.get(), port_, session);
        const int fd = client->descriptor();
        client->ask(1, command_.response);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.fd = fd;
        require(epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
        const auto place = static_cast<std::size_t>(fd);
        if (place >= clients_.size()) clients_.resize(place + 1);
        clients_[place] = std::move(client);
        return proceed(fd);
    }
    void converse() {
        const std::size_t number = command_.connections;
        require(number > 0 && number <= staying_.size(), "fewer connections than are to be busy");
        std::size_t done = 0;
        for (std::size_t i = 0; i < number; ++i) {
            const int fd = staying_[i * staying_.size() / number];
            at(fd).ask(command_.rounds, command_.response);
            done += proceed(fd);
        }
        while (done < number) done += turn();
    }
    /// Serves what has happened. Returns how many clients have become done.
    std::uint32_t turn() {
        constexpr int patience = 60'000;  // milliseconds without any event: the server is stuck
        std::array<epoll_event, 64> events{};
        const int n = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), patience);
        require(n > 0, "the server does nothing");
        std::uint32_t done = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
            done += proceed(events[i].data.fd);
        return done;
    }
    /// Returns 1 if the client has become done, which it may be at once: the server does not wait for us.
    std::uint32_t proceed(int fd) {
        const auto& client = clients_[static_cast<std::size_t>(fd)];
        if (!client || client->idle() || !client->advance()) return 0;
        finish(fd);
        return 1;
    }
    void finish(int fd) {
        const Client& client = at(fd);
        const std::uint32_t rounds = command_.task == Task::converse ? command_.rounds : 1;
        reply_.responses += rounds;
        reply_.bytes += std::uint64_t{rounds} * command_.response;
        if (command_.task == Task::converse) return;
        require(client.resumed() == command_.resume,
                "a handshake was resumed and should not, or the reverse");
        reply_.resumed += client.resumed() ? 1U : 0U;
        if (command_.task == Task::come) return staying_.push_back(fd);
        if (sessions_.size() < most_sessions) sessions_.push_back(client.session());
        go(fd);
    }
    void go(int fd) {
        at(fd).say_goodbye();
        clients_[static_cast<std::size_t>(fd)].reset();
    }
    Client& at(int fd) { return *clients_[static_cast<std::size_t>(fd)]; }

    static constexpr std::size_t most_sessions = 20'000;
    std::uint16_t port_;
    int poll_;
    std::unique_ptr<SSL_CTX, Free> context_ = make_context();
    std::vector<std::unique_ptr<Client>> clients_;  // by descriptor
    std::vector<int> staying_;
    std::vector<Session> sessions_;
    Command command_;
    Reply reply_;
};

void be_clients(std::uint16_t port, int control) {
    // A server that is gone is an error of a write, with a text.
    std::signal(SIGPIPE, SIG_IGN);
    Crowd crowd(port);
    Command command;
    while (read(control, &command, sizeof command) == sizeof command) {
        const Reply reply = crowd.obey(command);
        require(write(control, &reply, sizeof reply) == sizeof reply, "nobody wants the reply");
    }
}

std::array<int, 2> control_pair() {
    std::array<int, 2> ends{};
    require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0, "socketpair");
    return ends;
}

}  // namespace

ScaleClients::ScaleClients(std::uint16_t port)
    : control_(control_pair()), process_([this, port] {
          close(control_[0]);
          be_clients(port, control_[1]);
      }) {
    close(control_[1]);
}

ScaleClients::~ScaleClients() { close(control_[0]); }

void ScaleClients::begin(const Command& command) {
    require(write(control_[0], &command, sizeof command) == sizeof command, "the clients are gone");
}

Reply ScaleClients::finish() {
    Reply reply;
    require(read(control_[0], &reply, sizeof reply) == sizeof reply, "the clients have failed");
    return reply;
}

}  // namespace bench
