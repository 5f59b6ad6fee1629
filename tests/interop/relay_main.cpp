// SPDX-License-Identifier: BSL-1.0
// A relay between a client and a server, as a program of its own: what it has not seen has not been sent.
//   omnitls-test-relay PORT-OF-THE-SERVER
// Says "listening PORT"; then answers each line of its standard input:
//   report   one line per connection, then "end": number, bytes up (from the client) and down, bytes that wait unread in its
//            sockets, and one word per read "TIME:up:SIZE" or "TIME:down:SIZE", TIME in nanoseconds of the steady clock
//   bytes N  the bytes up of connection N in hexadecimal, then those down
// Ends with its standard input.
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/read_until.hpp>
#include <asio/streambuf.hpp>
#include <asio/write.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using asio::ip::tcp;

/// One connection, through to the server.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(tcp::socket client, tcp::socket server)
        : up_{std::move(client), "up"}, down_{std::move(server), "down"} {}

    void start() {
        pass(up_, down_);
        pass(down_, up_);
    }

    void report(std::ostream& out) {
        out << up_.seen.size() << ' ' << down_.seen.size() << ' ' << waiting(up_) << ' '
            << waiting(down_) << reads_.str() << '\n';
    }
    void bytes(std::ostream& out) const {
        hex(out, up_.seen);
        hex(out, down_.seen);
    }

private:
    /// One end: what is read from it goes to the other.
    struct End {
        tcp::socket socket;
        const char* direction;
        std::array<char, 16384> block{};
        std::string seen{};
    };

    void pass(End& from, End& to) {
        from.socket.async_read_some(
            asio::buffer(from.block),
            [self = shared_from_this(), &from, &to](const std::error_code& ec, std::size_t n) {
                if (ec) return self->end(ec, to);
                self->note(from, n);
                asio::async_write(to.socket, asio::buffer(from.block.data(), n),
                                  [self, &from, &to](const std::error_code& write_ec, std::size_t) {
                                      if (write_ec) return self->close();
                                      self->pass(from, to);
                                  });
            });
    }
    void note(End& from, std::size_t n) {
        from.seen.append(from.block.data(), n);
        reads_ << ' '
               << std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1)
               << ':' << from.direction << ':' << n;
    }
    void end(const std::error_code& ec, End& to) {
        if (ec != asio::error::eof) return close();
        std::error_code ignored;
        to.socket.shutdown(tcp::socket::shutdown_send, ignored);
    }
    void close() {
        std::error_code ignored;
        up_.socket.close(ignored);
        down_.socket.close(ignored);
    }
    static std::size_t waiting(const End& end) {
        std::error_code ec;
        const std::size_t n = end.socket.available(ec);
        return ec ? 0 : n;
    }
    static void hex(std::ostream& out, std::string_view bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        std::string text;
        for (const char c : bytes) {
            const auto byte = static_cast<unsigned char>(c);
            text += digits[byte >> 4U];
            text += digits[byte & 15U];
        }
        out << text << '\n';
    }

    End up_;
    End down_;
    std::ostringstream reads_;
};

class Relay {
public:
    explicit Relay(std::uint16_t server_port)
        : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}),
          server_(asio::ip::make_address("127.0.0.1"), server_port),
          input_(io_, ::dup(STDIN_FILENO)) {}

    void run() {
        std::cout << "listening " << acceptor_.local_endpoint().port() << std::endl;
        accept();
        listen();
        io_.run();
    }

private:
    void accept() {
        acceptor_.async_accept([this](const std::error_code& ec, tcp::socket client) {
            if (ec) return;
            std::error_code connect_ec;
            tcp::socket server(io_);
            server.connect(server_, connect_ec);
            if (!connect_ec) {
                client.set_option(tcp::no_delay(true));
                server.set_option(tcp::no_delay(true));
                connections_.push_back(
                    std::make_shared<Connection>(std::move(client), std::move(server)));
                connections_.back()->start();
            }
            accept();
        });
    }
    void listen() {
        asio::async_read_until(input_, commands_, '\n',
                               [this](const std::error_code& ec, std::size_t) {
                                   if (ec) return io_.stop();
                                   std::istream lines(&commands_);
                                   std::string line;
                                   std::getline(lines, line);
                                   obey(line);
                                   listen();
                               });
    }
    void obey(const std::string& line) {
        std::istringstream words(line);
        std::string command;
        std::size_t number = 0;
        words >> command >> number;
        if (command == "report") {
            for (const auto& connection : connections_) connection->report(std::cout);
            std::cout << "end" << std::endl;
        } else if (command == "bytes" && number < connections_.size()) {
            connections_[number]->bytes(std::cout);
            std::cout << std::flush;
        } else {
            std::cout << "what?" << std::endl;
        }
    }

    asio::io_context io_{1};
    tcp::acceptor acceptor_;
    tcp::endpoint server_;
    asio::posix::stream_descriptor input_;
    asio::streambuf commands_;
    std::vector<std::shared_ptr<Connection>> connections_;
};

}  // namespace

int main(int argc, char** argv) {
    const long port = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 0;
    if (port < 1 || port > 65535) {
        std::cerr << "usage: " << argv[0] << " PORT-OF-THE-SERVER\n";
        return 2;
    }
    Relay(static_cast<std::uint16_t>(port)).run();
    return 0;
}
