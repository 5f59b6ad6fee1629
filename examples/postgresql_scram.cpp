// SPDX-License-Identifier: BSL-1.0
// PostgreSQL (protocol 3.0): asks for TLS, verifies the server, logs in with SCRAM-SHA-256-PLUS, which is bound to the connection, and
// runs one query. The password never leaves, and neither does a proof that would be good on another connection.
//
//   postgresql_scram HOST PORT CA-FILE USER DATABASE QUERY < PASSWORD     exit status: 0 answered, 1 anything else
#include "scram.hpp"
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/starttls/postgresql.hpp>
#include <omnitls/transport/starttls.hpp>

#include <asio/read.hpp>
#include <asio/write.hpp>

using namespace std::string_literals;
using example::need;
using Stream = omnitls::Stream<example::tcp::socket>;

std::string number(std::size_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
    return bytes;
}

std::string_view take(std::string_view& bytes, std::size_t count) {
    if (bytes.size() < count) throw std::runtime_error("a message is cut short");
    return std::exchange(bytes, bytes.substr(count)).substr(0, count);
}

std::size_t take_number(std::string_view& bytes, std::size_t count) {
    std::size_t value = 0;
    for (const char c : take(bytes, count)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

void send(Stream& stream, const std::string& type, const std::string& content) {
    asio::write(stream, asio::buffer(type + number(4 + content.size()) + content));
}

// The type of the next message, but of those that may always come: settings, keys for cancelling, notices. An error is thrown.
char hear(Stream& stream, std::string& content) {
    for (;;) {
        content.resize(5);
        asio::read(stream, asio::buffer(content));
        std::string_view head = content;
        const char type = take(head, 1)[0];
        const std::size_t size = take_number(head, 4);
        if (size < 4 || size > 1U << 20U) throw std::runtime_error("a message that is none");
        content.resize(size - 4);
        asio::read(stream, asio::buffer(content));
        if (type == 'E') throw std::runtime_error(omnitls::escape_untrusted(content));
        if ("SKN"s.find(type) == std::string::npos) return type;
    }
}

// The data of an authentication message of that kind. With any other, "you are in" above all, the server has proven nothing.
std::string hear_authentication(Stream& stream, std::size_t kind) {
    std::string content;
    if (hear(stream, content) != 'R' || !content.starts_with(number(kind)))
        throw std::runtime_error("the server does not log in with SCRAM");
    return content.substr(4);
}

void log_in(Stream& stream, const std::string& who, const std::string& password) {
    send(stream, "", number(0x0003'0000) + who + "\0"s);
    const std::string mechanism = "SCRAM-SHA-256-PLUS\0"s;
    if (('\0' + hear_authentication(stream, 10)).find('\0' + mechanism) == std::string::npos)
        throw std::runtime_error("the server offers no login that is bound to the connection");
    // [scram]
    // The only type that PostgreSQL has, so not `best_channel_binding`.
    const auto binding = need(omnitls::channel_binding(
        stream.engine(), omnitls::ChannelBindingType::tls_server_end_point));
    example::ScramClient scram(omnitls::backends::openssl().crypto(), password, binding);
    const std::string first = scram.first_message();
    send(stream, "p", mechanism + number(first.size()) + first);
    send(stream, "p", scram.final_message(hear_authentication(stream, 11)));
    if (!scram.accepts(hear_authentication(stream, 12)))
        throw std::runtime_error("the server does not know the password");
    // [/scram]
    hear_authentication(stream, 0);
}

void print_row(std::string_view row) {
    for (std::size_t columns = take_number(row, 2); columns > 0; --columns) {
        const std::size_t size = take_number(row, 4);
        std::cout << (size == 0xffff'ffff ? "(null)" : omnitls::escape_untrusted(take(row, size)))
                  << (columns > 1 ? "\t" : "\n");
    }
}

int main(int argc, char** argv) try {
    if (argc != 7)
        throw std::runtime_error("usage: postgresql_scram HOST PORT CA-FILE USER DATABASE QUERY");
    std::string password;
    std::getline(std::cin, password);
    omnitls::ClientConfig config;
    config.trust = need(omnitls::TrustAnchors::from_file(argv[3]));
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(argv[1]));
    asio::io_context io;
    Stream stream(example::connect(io, argv[1], argv[2]), need(context->make_engine(target)));
    std::error_code ec;
    omnitls::run_starttls(stream, *need(omnitls::starttls::postgresql_client()), ec);
    if (ec) throw std::runtime_error(stream.last_error()->to_string());
    std::cout << "verified\n";
    log_in(stream, "user\0"s + argv[4] + "\0database\0"s + argv[5] + "\0"s, password);
    std::string row;
    while (hear(stream, row) != 'Z') continue;  // ready for a query
    std::cout << "logged in\n";
    send(stream, "Q", argv[6] + "\0"s);
    for (char type = 0; type != 'Z';)
        if ((type = hear(stream, row)) == 'D') print_row(row);
    send(stream, "X", "");
    stream.shutdown(ec);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
