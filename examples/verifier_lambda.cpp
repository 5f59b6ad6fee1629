// SPDX-License-Identifier: BSL-1.0
// A verifier that decides at once: besides the usual checks, the certificate must be good for some days more.
//
//   verifier_lambda HOST PORT CA-FILE DAYS    exit status: 0 accepted, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/transport/stream.hpp>

#include <chrono>
#include <iostream>

using example::need;
using example::tcp;

int main(int argc, char** argv) try {
    if (argc != 5) throw std::runtime_error("usage: verifier_lambda HOST PORT CA-FILE DAYS");
    omnitls::ClientConfig config;
    config.trust = need(omnitls::TrustAnchors::from_file(argv[3]));
    const std::chrono::days needed(std::stoi(argv[4]));
    // [lambda]
    using omnitls::Verdict;
    config.verifier = omnitls::make_verifier([needed](const omnitls::VerifyRequest& request) {
        const omnitls::Certificate* leaf = request.peer.leaf();
        if (leaf != nullptr && leaf->fields().not_after - request.time < needed) {
            return Verdict::rejected(omnitls::Errc::certificate_rejected,
                                     omnitls::Alert::certificate_expired,
                                     leaf->describe() + " is about to expire");
        }
        return Verdict::trusted();  // the baseline and the name check decide the rest
    });
    // [/lambda]
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(argv[1]));
    asio::io_context io;
    omnitls::Stream<tcp::socket> stream(example::connect(io, argv[1], argv[2]),
                                        need(context->make_engine(target)));
    std::error_code ec;
    stream.handshake(ec);
    if (ec) throw std::runtime_error(stream.last_error()->to_string());
    std::cout << "accepted " << stream.evidence()->peer.leaf()->describe() << '\n';
    stream.shutdown(ec);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
