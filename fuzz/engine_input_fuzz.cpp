// SPDX-License-Identifier: BSL-1.0
// The engine's input: bytes of a hostile peer, in any split, to a client and a server of every backend. Nothing may crash, nothing
// may be delivered before a verdict, no step may contradict itself, and what is not consumed stays what it was.
#include "tests/support/certs.hpp"
#include <omnitls/danger/accept_any.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <omnitls_built_backends.hpp>

namespace {

using namespace omnitls;

struct Contexts {
    std::vector<std::shared_ptr<const ClientContext>> clients;
    std::vector<std::shared_ptr<const ServerContext>> servers;
    Contexts() {
        for (const TlsBackend* backend : built_backends()) {
            ClientConfig client;
            client.trust = test::load_anchors("root");
            client.clock = test::test_time;
            clients.push_back(*backend->make_client_context(client));
            ServerConfig server;
            server.identity = test::load_identity("leaf");
            server.client_auth = ClientAuth::require;
            server.client_trust = test::load_anchors("root");
            server.clock = test::test_time;
            servers.push_back(*backend->make_server_context(server));
        }
    }
};

void require(bool condition) {
    if (!condition) std::abort();
}

void run(TlsEngine& engine, ConstBytes bytes, std::size_t chunk) {
    bool failed = false;
    std::error_code first;
    std::array<std::uint8_t, 512> plain{};
    const MutableBytes out(plain);
    Bytes left;
    for (int guard = 0; guard < 4096 && (!bytes.empty() || guard == 0); ++guard) {
        const std::size_t n = std::min(chunk, bytes.size());
        left.insert(left.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
        bytes = bytes.subspan(n);
        Input in{left, bytes.empty()};
        const Step step =
            engine.handshake_complete() ? engine.read(in, {&out, 1}) : engine.handshake(in);
        require(!(step.bytes > 0 && step.error));
        require(!(step.error && step.want != Want::nothing));
        // Random bytes never prove possession of a key: nobody gets as far as a question or plaintext.
        require(step.want != Want::verdict && step.bytes == 0);
        require(!engine.handshake_complete());
        if (failed) require(step.error == first);
        if (step.error && !failed) {
            failed = true;
            first = step.error;
            require(engine.last_error() != nullptr && engine.last_error()->code == first);
            require(engine.last_error()->peer_text.size() <= 256);
        }
        const std::vector<std::uint8_t> rest(in.bytes.begin(), in.bytes.end());
        require(rest.size() <= left.size() &&
                std::equal(rest.rbegin(), rest.rend(), left.rbegin()));
        left = rest;
        while (!engine.output().empty()) engine.consume_output(engine.output().size());
    }
    require(failed);  // the end of the transport came in the middle of the handshake at the latest
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Contexts contexts;
    if (size < 1) return 0;
    const std::size_t chunk = data[0] < 128 ? std::size_t{data[0]} + 1 : size;
    const ConstBytes bytes(data + 1, size - 1);
    for (const auto& context : contexts.clients) {
        run(**context->make_engine(*ClientTarget::host("omnitls.test")), bytes, chunk);
    }
    for (const auto& context : contexts.servers) run(**context->make_engine(), bytes, chunk);
    return 0;
}
