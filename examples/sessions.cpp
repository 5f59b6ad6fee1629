// SPDX-License-Identifier: BSL-1.0
// A client that comes back: its session is kept after the verdict, and the verifier is asked before it is offered again.
// In memory, so that it can be tried without a network; a client on `omnitls::Stream` has the same configuration.
//
//   sessions DIRECTORY yes|no [client]    with root.pem, leaf_chain.pem and leaf.key; what the verifier says of resuming;
//                                         client: with client_chain.pem and client.key, which the server asks for
//                                         exit status: 0 the second connection was resumed, 1 it was not
#include "memory_pair.hpp"
#include <omnitls/backends/openssl.hpp>

#include <iostream>
#include <string>

using example::End;
using example::need;
using omnitls::Verdict;

int main(int argc, char** argv) try {
    if (argc < 3 || argc > 4) throw std::runtime_error("usage: sessions DIRECTORY yes|no [client]");
    const std::string data = argv[1];
    const bool may_resume = argv[2] == std::string("yes");
    const omnitls::TlsBackend& backend = omnitls::backends::openssl();
    omnitls::ServerConfig server_config;
    server_config.identity =
        need(omnitls::Identity::from_files(data + "/leaf_chain.pem", data + "/leaf.key"));
    // [server]
    server_config.session_lifetime = std::chrono::hours(2);
    // [/server]
    if (argc == 4) {
        server_config.client_trust = need(omnitls::TrustAnchors::from_file(data + "/root.pem"));
        // [clients]
        server_config.client_auth = omnitls::ClientAuth::require;
        server_config.verifier = omnitls::make_verifier([](const omnitls::VerifyRequest&) {
            return Verdict::trusted().resumable_for(std::chrono::minutes(30));
        });
        // [/clients]
    }
    omnitls::ClientConfig config;
    config.trust = need(omnitls::TrustAnchors::from_file(data + "/root.pem"));
    if (argc == 4)
        config.identity =
            need(omnitls::Identity::from_files(data + "/client_chain.pem", data + "/client.key"));
    // [client]
    config.sessions = omnitls::memory_session_store();
    config.verifier = omnitls::make_verifier([may_resume](const omnitls::VerifyRequest& request) {
        // The chain is the stored one: is it still good enough? "No" costs a full handshake, and then its own question.
        if (request.resumed && !may_resume) return Verdict::rejected();
        return Verdict::trusted();
    });
    // [/client]
    const auto servers = need(backend.make_server_context(server_config));
    const auto clients = need(backend.make_client_context(config));
    bool resumed = false;
    for (const char* const which : {"first", "second"}) {
        End client{need(clients->make_engine(need(omnitls::ClientTarget::host("omnitls.test"))))};
        End server{need(servers->make_engine())};
        run(client, server);
        if (const omnitls::ErrorDetail* error = client.engine->last_error())
            throw std::runtime_error(error->to_string());
        resumed = client.engine->info().resumed;
        std::cout << which << " connection: " << (resumed ? "resumed" : "full handshake") << '\n';
    }
    return resumed ? 0 : 1;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
