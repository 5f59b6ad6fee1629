// SPDX-License-Identifier: BSL-1.0
#include "tests/transport/attacks/contexts.hpp"

#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"

#include <map>
#include <tuple>
#include <utility>

namespace omnitls::test {
namespace {

Contexts make_contexts(const Stacks& stacks, Role our_role) {
    const bool client = our_role == Role::client;
    PairSetup setup;
    setup.versions = setup.server_versions = {stacks.version, stacks.version};
    if (!client) {
        setup.client_role = "client";
        setup.client_auth = ClientAuth::require;
    }
    Contexts contexts{std::make_shared<CountingVerifier>(*stacks.ours), {}, {}};
    ClientConfig of_client = client_config(setup);
    ServerConfig of_server = server_config(setup);
    (client ? of_client.verifier : of_server.verifier) = contexts.verifier;
    const auto& [client_backend, server_backend] =
        client ? std::pair{stacks.ours, stacks.theirs} : std::pair{stacks.theirs, stacks.ours};
    contexts.client = must(client_backend->make_client_context(std::move(of_client)));
    contexts.server = must(server_backend->make_server_context(std::move(of_server)));
    return contexts;
}

Bytes output_of(TlsEngine& engine) {
    Bytes out;
    while (!engine.output().empty()) {
        const ConstBytes view = engine.output();
        out.insert(out.end(), view.begin(), view.end());
        engine.consume_output(view.size());
    }
    return out;
}

}  // namespace

void CountingVerifier::verify(Question question) {
    ++questions;
    Verdict verdict = trusted_on(backend_, question.request());
    std::move(question).answer(std::move(verdict));
}

const Contexts& contexts_of(const Stacks& stacks, Role our_role) {
    static std::map<std::tuple<const TlsBackend*, const TlsBackend*, ProtocolVersion, Role>,
                    Contexts>
        all;
    const std::tuple key(stacks.ours, stacks.theirs, stacks.version, our_role);
    auto known = all.find(key);
    if (known == all.end()) known = all.emplace(key, make_contexts(stacks, our_role)).first;
    return known->second;
}

Bytes first_flight(const Stacks& stacks, Role our_role) {
    const Contexts& contexts = contexts_of(stacks, our_role);
    const auto client =
        must(contexts.client->make_engine(must(ClientTarget::host("omnitls.test"))));
    Input nothing{};
    client->handshake(nothing);
    Bytes hello = output_of(*client);
    if (our_role == Role::server) return hello;
    const auto server = must(contexts.server->make_engine());
    Input in{hello, false};
    server->handshake(in);
    return output_of(*server);
}

}  // namespace omnitls::test
