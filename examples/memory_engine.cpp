// SPDX-License-Identifier: BSL-1.0
// Two engines in memory, without socket, thread or clock: how a program tests its TLS, and its verifier above all.
//
//   memory_engine DIRECTORY      with root.pem, leaf_chain.pem and leaf.key; exit status: 0 all checks hold
#include <omnitls/backends/openssl.hpp>
#include <omnitls/pump.hpp>

#include <iostream>
#include <stdexcept>
#include <string>

using omnitls::Bytes;
using omnitls::TlsEngine;

template <class T>
T need(omnitls::Result<T> result) {
    return result ? *std::move(result) : throw std::runtime_error(result.error().to_string());
}
void check(bool holds, const char* what) {
    std::cout << (holds ? "ok     " : "FAILED ") << what << '\n';
    if (!holds) throw std::runtime_error("a check failed");
}

// [shuttle]
struct End {
    std::unique_ptr<TlsEngine> engine;
    Bytes inbox;  // ciphertext that has arrived and was not taken yet

    // Takes what `peer` has to send, and runs the handshake as far as it goes. False: nothing was left to do.
    bool turn(TlsEngine& peer) {
        const bool arrived = peer.output_size() > 0;
        while (peer.output_size() > 0) {
            const omnitls::ConstBytes out = peer.output();
            inbox.insert(inbox.end(), out.begin(), out.end());
            peer.consume_output(out.size());
        }
        omnitls::Input in{inbox};
        const omnitls::PumpStep step = pump_handshake(*engine, in);
        inbox.assign(in.bytes.begin(), in.bytes.end());
        if (step.action == omnitls::PumpAction::ask) pump_ask(*engine, nullptr);
        return arrived;
    }
};

void run(End& client, End& server) {
    client.turn(*server.engine);  // the ClientHello
    while (server.turn(*client.engine) || client.turn(*server.engine)) {
    }
}
// [/shuttle]

int main(int argc, char** argv) try {
    if (argc != 2) throw std::runtime_error("usage: memory_engine DIRECTORY");
    const std::string data = argv[1];
    const omnitls::TlsBackend& backend = omnitls::backends::openssl();
    const omnitls::Clock clock = [] { return *omnitls::from_rfc3339("2030-01-01T00:00:00Z"); };
    omnitls::ServerConfig server_config;
    server_config.identity =
        need(omnitls::Identity::from_files(data + "/leaf_chain.pem", data + "/leaf.key"));
    const auto server_context = need(backend.make_server_context(server_config));

    std::optional<omnitls::Question> kept;
    omnitls::ClientConfig config;
    config.trust = need(omnitls::TrustAnchors::from_file(data + "/root.pem"));
    config.clock = clock;
    config.verifier = omnitls::make_async_verifier(
        [&kept](omnitls::Question question) { kept.emplace(std::move(question)); });
    const auto context = need(backend.make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host("omnitls.test"));

    for (const bool accept : {true, false}) {
        End client{need(context->make_engine(target)), {}};
        End server{need(server_context->make_engine()), {}};
        // [held]
        run(client, server);
        check(kept.has_value(), "the verifier was asked");
        check(kept->request().baseline_passed(), "the certificate and its name are good");
        check(client.engine->output_size() == 0, "nothing leaves before the verdict");
        std::move(*kept).answer(accept ? omnitls::Verdict::trusted()
                                       : omnitls::Verdict::rejected());
        run(client, server);
        // [/held]
        kept.reset();
        check(client.engine->handshake_complete() == accept, "the client does as it was told");
        check(server.engine->handshake_complete() == accept, "the server sees the same");
        if (accept) continue;
        const omnitls::ErrorDetail* error = server.engine->last_error();
        check(error != nullptr && error->alert_received == omnitls::Alert::certificate_unknown,
              "the rejection reaches the server as an alert");
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
