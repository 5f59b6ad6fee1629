// SPDX-License-Identifier: BSL-1.0
// The ready-made verifiers, put together: a pin, else DANE, else a key that is known since its first use. In memory, so that it can be
// tried without a network; a client on `omnitls::Stream` has the same configuration.
//
//   ready_made CHAIN.pem KEY.pem PINS.json KEYS.json|memory [TLSA-RECORD...]   the server's; what is pinned and remembered; what the
//                                                                     program's resolver has found for _443._tcp.omnitls.test
//                                                                     exit status: 0 accepted twice, 1 anything else
#include "memory_pair.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/verifiers/compose.hpp>
#include <omnitls/verifiers/dane.hpp>
#include <omnitls/verifiers/pin.hpp>
#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <iostream>
#include <string>

using example::End;
using example::need;
using VerifierPtr = std::shared_ptr<omnitls::CertificateVerifier>;

// [pins]
VerifierPtr by_pins(const std::string& file, const omnitls::spi::Crypto& crypto) {
    const auto kind = omnitls::Pin::Kind::certificate;
    return omnitls::pin(need(omnitls::PinSet::from_file(file, kind, crypto)));
}
// [/pins]

// [dane]
VerifierPtr by_dane(const std::vector<std::string>& found) {
    std::vector<omnitls::TlsaRecord> records;
    for (const std::string& text : found) {
        records.push_back(need(omnitls::TlsaRecord::from_text(text)));
    }
    return omnitls::dane(omnitls::fixed_tlsa(std::move(records)));
}
// [/dane]

// [first-use]
VerifierPtr by_first_use(std::shared_ptr<omnitls::TrustStore> store) {
    omnitls::TrustOptions options;
    options.protocol = "example";
    options.decide = [](omnitls::TrustQuestion question) {
        // A program with a person at hand keeps the question until there is an answer. Letting it go refuses.
        if (question.event() == omnitls::TrustEvent::changed) return;
        std::cout << "new: " << question.key().to_string() << '\n';
        std::move(question).accept();
    };
    return need(omnitls::trust_on_first_use(std::move(store), std::move(options)));
}
// [/first-use]

int main(int argc, char** argv) try {
    if (argc < 5) {
        throw std::runtime_error(
            "usage: ready_made CHAIN.pem KEY.pem PINS.json KEYS.json|memory [TLSA-RECORD...]");
    }
    const omnitls::TlsBackend& backend = omnitls::backends::openssl();
    omnitls::ServerConfig server_config;
    server_config.identity = need(omnitls::Identity::from_files(argv[1], argv[2]));
    const VerifierPtr pins = by_pins(argv[3], backend.crypto());
    const VerifierPtr keys =
        by_first_use(argv[4] == std::string("memory") ? omnitls::memory_trust_store()
                                                      : need(omnitls::file_trust_store(argv[4])));
    const VerifierPtr records = by_dane(std::vector<std::string>(argv + 5, argv + argc));
    omnitls::ClientConfig config;
    // [together]
    const auto in_time = need(omnitls::with_deadline(records, std::chrono::seconds(5), "DANE"));
    config.verifier = need(omnitls::any_of({pins, in_time, keys}));
    // [/together]
    const auto servers = need(backend.make_server_context(server_config));
    const auto clients = need(backend.make_client_context(config));
    auto target = need(omnitls::ClientTarget::host("omnitls.test"));
    target.dial_port = 443;
    for (const char* const which : {"first", "second"}) {
        End client{need(clients->make_engine(target))};
        End server{need(servers->make_engine())};
        run(client, server);
        if (const omnitls::ErrorDetail* error = client.engine->last_error())
            throw std::runtime_error(error->to_string());
        std::cout << which << " connection: accepted\n";
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
