// SPDX-License-Identifier: BSL-1.0
// An SMTP server that offers STARTTLS (RFC 3207) and takes mail only behind it. Serves one client, says what it was sent, and ends.
//
//   smtp_server CHAIN-FILE KEY-FILE       prints "listening on PORT" first; exit status: 0 the client said QUIT, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/starttls/smtp.hpp>
#include <omnitls/transport/starttls.hpp>

#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <cctype>

using example::need;
using example::tcp;

// Everything a client says over TLS. What it said before is forgotten: this begins with its second EHLO.
class Session {
public:
    Session(tcp::socket socket, std::unique_ptr<omnitls::TlsEngine> engine)
        : stream_(std::move(socket), std::move(engine)),
          dialogue_(need(omnitls::starttls::smtp_server("mail.example.org"))) {}

    // [upgrade]
    void start() {
        async_starttls(stream_, *dialogue_, [this](std::error_code ec) {
            if (ec) return end(stream_.last_error()->to_string());
            std::cout << "secure" << std::endl;
            read_line();
        });
    }
    // [/upgrade]
    bool has_quit() const { return has_quit_; }

private:
    void read_line() {
        // A line of RFC 5321 §4.5.3.1 has at most 1000 bytes; who sends more is cut off.
        asio::async_read_until(stream_, asio::dynamic_buffer(in_, 1000), "\r\n",
                               [this](std::error_code ec, std::size_t size) {
                                   if (ec) return end("reading: " + ec.message());
                                   const std::string line = in_.substr(0, size - 2);
                                   in_.erase(0, size);
                                   in_data_ ? take(line) : answer(line);
                               });
    }
    void take(const std::string& line) {
        if (line != ".") {
            mail_bytes_ += line.size() + 2;
            return read_line();
        }
        in_data_ = false;
        std::cout << "mail of " << mail_bytes_ << " bytes for" << recipient_ << std::endl;
        say("250 taken\r\n");
    }
    void answer(const std::string& line) {
        std::string verb = line.substr(0, 4);
        for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        if (verb == "EHLO" || verb == "HELO") return say("250 mail.example.org\r\n");
        if (verb == "MAIL" || verb == "NOOP" || verb == "RSET") return say("250 ok\r\n");
        if (verb == "RCPT") {
            recipient_ = omnitls::escape_untrusted(line.substr(4));
            return say("250 ok\r\n");
        }
        in_data_ = verb == "DATA";
        has_quit_ = verb == "QUIT";
        if (in_data_) return say("354 go on\r\n");
        say(has_quit_ ? "221 bye\r\n" : "500 what?\r\n");
    }
    void say(const std::string& text) {
        out_ = text;
        async_write(stream_, asio::buffer(out_), [this](std::error_code ec, std::size_t) {
            if (ec) return end("writing: " + ec.message());
            if (!has_quit_) return read_line();
            stream_.async_shutdown([](std::error_code) {});
        });
    }
    static void end(const std::string& why) { std::cout << why << std::endl; }

    omnitls::Stream<tcp::socket> stream_;
    std::unique_ptr<omnitls::starttls::Dialogue> dialogue_;
    std::string in_;
    std::string out_;
    std::string recipient_ = "nobody";
    std::size_t mail_bytes_ = 0;
    bool in_data_ = false;
    bool has_quit_ = false;
};

int main(int argc, char** argv) try {
    if (argc != 3) throw std::runtime_error("usage: smtp_server CHAIN-FILE KEY-FILE");
    omnitls::ServerConfig config;
    config.identity = need(omnitls::Identity::from_files(argv[1], argv[2]));
    const auto context = need(omnitls::backends::openssl().make_server_context(config));
    asio::io_context io;
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    std::cout << "listening on " << acceptor.local_endpoint().port() << std::endl;
    Session session(acceptor.accept(), need(context->make_engine()));
    session.start();
    io.run();
    return session.has_quit() ? 0 : 1;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
