// SPDX-License-Identifier: BSL-1.0
// A verifier that decides at once: besides the usual checks, the certificate must be good for some days more.
//
//   verifier_lambda HOST PORT CA-FILE DAYS    exit status: 0 accepted, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>

#include <chrono>
#include <iostream>

using example::need;

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
    example::connect_and_report(omnitls::backends::openssl(), config, argv[1], argv[2]);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
