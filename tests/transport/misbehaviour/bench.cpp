// SPDX-License-Identifier: BSL-1.0
#include "tests/transport/misbehaviour/bench.hpp"

#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"
#include "tests/transport/misbehaviour/play.hpp"

#include <utility>

namespace omnitls::test {

Bench::Bench(const MatrixCell& cell) : cell_(cell) {}
Bench::~Bench() = default;

void Bench::make_contexts() {
    // Also when one is left of those that the program has let go of.
    if (client_ && server_ && !std::exchange(elsewhere_.renewed, false)) return;
    verifier_ = cell_.form.make([this](const Hand& hand) { hook_(hand); }, elsewhere_);
    PairSetup setup;
    setup.versions = setup.server_versions = {cell_.version, cell_.version};
    ClientConfig client = client_config(setup);
    if (cell_.role == Role::server) {
        setup.client_auth = ClientAuth::require;
        client.identity = load_identity("client");
    } else {
        client.verifier = verifier_;
        client.limits.pending_questions = 1;
    }
    ServerConfig server = server_config(setup);
    if (cell_.role == Role::server) {
        server.verifier = verifier_;
        server.limits.pending_questions = 1;
    }
    client_ = must(cell_.backend->make_client_context(std::move(client)));
    server_ = must(cell_.backend->make_server_context(std::move(server)));
}

void Bench::play(const Script& script) {
    make_contexts();
    Play play(*this, script);
    hook_ = [&play](const Hand& hand) { play.asked(hand); };
    play.start();
    if (script.asked.empty()) play.expect_waiting();
    for (const Act act : script.later) play.later(act);
    play.run();
    play.expect(script.end);
    play.expect_no_leak();
}

}  // namespace omnitls::test
