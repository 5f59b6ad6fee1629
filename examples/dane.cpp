// SPDX-License-Identifier: BSL-1.0
// A client that goes by DANE: the TLSA records of the server's name are looked up and validated in this process, and decide.
//
//   dane HOST PORT NAME RESOLVER ANCHOR-FILE   connects to HOST, wants NAME; "" as RESOLVER: those of /etc/resolv.conf
//                                              exit status: 0 accepted, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/unbound/tlsa_source.hpp>
#include <omnitls/verifiers/dane.hpp>

#include <iostream>

using asio::ip::tcp;
using example::need;

int main(int argc, char** argv) try {
    if (argc != 6) throw std::runtime_error("usage: dane HOST PORT NAME RESOLVER ANCHOR-FILE");
    omnitls::ClientConfig config;
    // [source]
    omnitls::UnboundOptions options;
    options.resolver = argv[4];           // empty: those of /etc/resolv.conf
    options.trust_anchor_file = argv[5];  // the default is the root's, from dns-root-data
    config.verifier = omnitls::dane(need(omnitls::unbound_tlsa(options)));
    auto target = need(omnitls::ClientTarget::host(argv[3]));
    target.dial_port = static_cast<std::uint16_t>(std::stoi(argv[2]));  // _443._tcp.NAME
    // [/source]
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    asio::io_context io;
    omnitls::Stream<tcp::socket> stream(example::connect(io, argv[1], argv[2]),
                                        need(context->make_engine(target)));
    std::error_code ec;
    stream.handshake(ec);
    if (ec) throw std::runtime_error(stream.last_error()->to_string());
    std::cout << "accepted " << argv[3] << '\n';
    stream.shutdown(ec);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
