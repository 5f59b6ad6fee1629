// SPDX-License-Identifier: BSL-1.0
// A mail server that brings mail to another one as RFC 7672 has it: the exchanger's TLSA records are looked up and validated in this
// process, and decide. The MX record itself has to be found securely, too: that is the caller's.
//
//   smtp_dane DOMAIN MX-HOST ADDRESS PORT RESOLVER ANCHOR-FILE     "" as RESOLVER: those of /etc/resolv.conf
//                                                              exit status: 0 accepted, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/starttls/protocols.hpp>
#include <omnitls/starttls/smtp.hpp>
#include <omnitls/transport/starttls.hpp>
#include <omnitls/unbound/tlsa_source.hpp>
#include <omnitls/verifiers/dane.hpp>

#include <asio/read_until.hpp>
#include <asio/write.hpp>

using example::need;
using example::tcp;

int main(int argc, char** argv) try {
    if (argc != 7)
        throw std::runtime_error(
            "usage: smtp_dane DOMAIN MX-HOST ADDRESS PORT RESOLVER ANCHOR-FILE");
    omnitls::ClientConfig config;
    omnitls::UnboundOptions options;
    options.resolver = argv[5];
    options.trust_anchor_file = argv[6];
    // [mx]
    // DANE-TA and DANE-EE only; the records of the exchanger, a certificate for it or for the domain.
    config.verifier =
        omnitls::dane(need(omnitls::unbound_tlsa(options)), omnitls::DaneOptions::smtp_mx());
    auto target = need(omnitls::starttls::smtp_mx_target(argv[1], argv[2]));
    // [/mx]
    target.dial_port = static_cast<std::uint16_t>(std::stoi(argv[4]));  // 25, but for tests
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    asio::io_context io;
    omnitls::Stream<tcp::socket> stream(example::connect(io, argv[3], argv[4]),
                                        need(context->make_engine(target)));
    const auto dialogue = need(omnitls::starttls::smtp_client("client.example.org"));
    std::error_code ec;
    omnitls::run_starttls(stream, *dialogue, ec);
    if (ec) throw std::runtime_error(stream.last_error()->to_string());
    asio::write(stream, asio::buffer(std::string_view("EHLO client.example.org\r\n")));
    std::string reply;
    asio::read_until(stream, asio::dynamic_buffer(reply), "250 ");
    std::cout << "accepted " << argv[2] << " for " << argv[1] << '\n';
    asio::write(stream, asio::buffer(std::string_view("QUIT\r\n")));
    stream.shutdown(ec);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
