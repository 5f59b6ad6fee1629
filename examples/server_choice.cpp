// SPDX-License-Identifier: BSL-1.0
// A server that shows a certificate for the name its client asks for: from a table at once, or later from wherever it is.
// In memory, so that it can be tried without a network; a server on `omnitls::Stream` has the same configuration.
//
//   server_choice DIRECTORY NAME [later]      with root.pem and the chain and key of leaf and leaf_wrong_name
//                                             exit status: 0 the client was served, 1 it was not
#include "memory_pair.hpp"
#include <omnitls/backends/openssl.hpp>

#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

using example::End;
using example::need;
using omnitls::ClientHello;
using omnitls::ServerChoice;

// Names of hosts have no case, and a client may write them as it likes.
std::string lower_case(std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
}

using Contexts = std::map<std::string, std::shared_ptr<const omnitls::ServerContext>>;

int main(int argc, char** argv) try {
    if (argc < 3) throw std::runtime_error("usage: server_choice DIRECTORY NAME [later]");
    const std::string data = argv[1];
    const std::string name = argv[2];
    const bool later = argc > 3;
    const omnitls::TlsBackend& backend = omnitls::backends::openssl();
    const auto context_for = [&](const std::string& role) {
        omnitls::ServerConfig config;
        config.identity = need(omnitls::Identity::from_files(data + "/" + role + "_chain.pem",
                                                             data + "/" + role + ".key"));
        return need(backend.make_server_context(config));
    };
    omnitls::ServerConfig config;
    config.identity =
        need(omnitls::Identity::from_files(data + "/leaf_chain.pem", data + "/leaf.key"));
    // [choose]
    const Contexts contexts{{"omnitls.test", context_for("leaf")},
                            {"elsewhere.test", context_for("leaf_wrong_name")}};
    config.chooser = omnitls::make_chooser([contexts](const ClientHello& hello) {
        const auto found = contexts.find(lower_case(hello.sni));
        if (found == contexts.end()) {
            return ServerChoice::refused(omnitls::Alert::unrecognized_name,
                                         "nobody of that name is here");
        }
        return ServerChoice::use(found->second);
    });
    // [/choose]
    std::optional<omnitls::ClientHelloQuestion> kept;
    if (later) {
        // [later]
        config.chooser = omnitls::make_async_chooser(
            [&kept](omnitls::ClientHelloQuestion question) { kept.emplace(std::move(question)); });
        // [/later]
    }
    omnitls::ClientConfig client_config;
    client_config.trust = need(omnitls::TrustAnchors::from_file(data + "/root.pem"));
    client_config.keep_evidence = true;  // It is printed.
    const auto servers = need(backend.make_server_context(config));
    const auto clients = need(backend.make_client_context(client_config));

    End client{need(clients->make_engine(need(omnitls::ClientTarget::host(name)))), {}};
    End server{need(servers->make_engine()), {}};
    run(client, server);
    if (kept) {
        std::cout << "waiting with " << server.engine->output_size() << " bytes sent\n";
        // [answer]
        const auto found = contexts.find(lower_case(kept->request().sni));
        std::move(*kept).answer(found == contexts.end() ? ServerChoice::refused()
                                                        : ServerChoice::use(found->second));
        // [/answer]
        run(client, server);
    }
    if (const omnitls::ErrorDetail* error = server.engine->last_error()) {
        throw std::runtime_error(error->to_string());
    }
    if (const omnitls::ErrorDetail* error = client.engine->last_error()) {
        throw std::runtime_error(error->to_string());
    }
    if (!server.engine->handshake_complete()) throw std::runtime_error("the two are stuck");
    std::cout << "served " << server.engine->info().sni << " with "
              << client.engine->evidence()->peer.leaf()->describe() << '\n';
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
