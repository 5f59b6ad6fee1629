// SPDX-License-Identifier: BSL-1.0
// The client of README.md: connects, verifies the server's certificate and name, fetches a page.
//
//   client HOST PORT [CA-FILE]        exit status: 0 whole page, 1 anything else
// [client]
#include <omnitls/backends/openssl.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio.hpp>

template <class T>
T need(omnitls::Result<T> result) {
    return result ? *std::move(result) : throw std::runtime_error(result.error().to_string());
}

std::string fetch(const std::string& host, const std::string& port, omnitls::TrustAnchors trust) {
    omnitls::ClientConfig config;
    config.trust = std::move(trust);
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(host));
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    asio::connect(socket, asio::ip::tcp::resolver(io).resolve(host, port));
    omnitls::Stream<asio::ip::tcp::socket> stream(std::move(socket),
                                                  need(context->make_engine(target)));
    std::error_code ec;
    stream.handshake(ec);  // fails unless path, dates, purpose and name are right
    if (ec) throw std::runtime_error(stream.last_error()->to_string());
    asio::write(stream, asio::buffer("GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n"));
    std::string page;
    asio::read(stream, asio::dynamic_buffer(page), ec);
    if (ec != asio::error::eof) throw std::system_error(ec);  // e.g. Errc::truncated: cut off
    stream.shutdown(ec);
    return page;
}
// [/client]

#include <iostream>

int main(int argc, char** argv) try {
    using omnitls::TrustAnchors;
    if (argc < 3) throw std::runtime_error("usage: client HOST PORT [CA-FILE]");
    auto trust = need(argc > 3 ? TrustAnchors::from_file(argv[3]) : TrustAnchors::system());
    std::cout << fetch(argv[1], argv[2], std::move(trust));
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
