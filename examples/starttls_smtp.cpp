// SPDX-License-Identifier: BSL-1.0
// Submits nothing, but upgrades an SMTP connection (RFC 3207) and prints what the server offers after it.
//
//   starttls_smtp HOST PORT CA-FILE       exit status: 0 upgraded and verified, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/starttls/smtp.hpp>
#include <omnitls/transport/starttls.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <iostream>

using example::need;
using example::tcp;

// [report]
void report(const omnitls::ErrorDetail& error) {
    std::cerr << error.to_string() << '\n'
              << "  cause: " << error.code.message() << ", phase: " << phase_name(error.phase);
    if (error.alert_sent) std::cerr << ", told the peer: " << alert_name(*error.alert_sent);
    if (error.alert_received) std::cerr << ", peer said: " << alert_name(*error.alert_received);
    std::cerr << '\n';
}
// [/report]

int main(int argc, char** argv) try {
    if (argc != 4) throw std::runtime_error("usage: starttls_smtp HOST PORT CA-FILE");
    omnitls::ClientConfig config;
    config.trust = need(omnitls::TrustAnchors::from_file(argv[3]));
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(argv[1]));
    asio::io_context io;
    tcp::socket socket = example::connect(io, argv[1], argv[2]);

    // [starttls]
    omnitls::Stream<tcp::socket> stream(std::move(socket), need(context->make_engine(target)));
    const auto dialogue = need(omnitls::starttls::smtp_client("client.example.org"));
    std::error_code ec;
    omnitls::run_starttls(stream, *dialogue, ec);  // greeting, EHLO, STARTTLS, TLS, verdict
    if (ec) {
        report(*stream.last_error());
        return 1;  // never go on in plain text
    }
    // What the server offered before does not count (RFC 3207 §4.2): ask again.
    asio::write(stream, asio::buffer(std::string_view("EHLO client.example.org\r\n")));
    std::string reply;
    asio::read_until(stream, asio::dynamic_buffer(reply), "250 ");
    // [/starttls]
    std::cout << omnitls::escape_untrusted(reply) << '\n';
    stream.shutdown(ec);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
