// SPDX-License-Identifier: BSL-1.0
#include "tests/conformance/causes.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace omnitls::test {
namespace {

std::string describe(const Side& side) {
    const ErrorDetail* error = side.engine->last_error();
    if (error == nullptr) {
        std::string text(state_name(side.engine->state()));
        if (side.error) text += " " + std::string(errc_name(static_cast<Errc>(side.error.value())));
        return text;
    }
    std::string text(errc_name(static_cast<Errc>(error->code.value())));
    text += "@" + std::string(phase_name(error->phase));
    if (error->alert_sent) text += " >" + std::string(alert_name(*error->alert_sent));
    if (error->alert_received) text += " <" + std::string(alert_name(*error->alert_received));
    return text;
}

}  // namespace

Scene::Scene(const TlsBackend& on, ProtocolVersion with, Role victim)
    : role(victim), version(with), backend(on) {
    setup.client_backend = setup.server_backend = &on;
    setup.versions = setup.server_versions = VersionRange{with, with};
}

void Scene::make() {
    const auto tuned = setup.tune_client;
    setup.tune_client = [this, tuned](ClientConfig& config) {
        if (backend.capabilities().has("key_log")) config.key_log = secrets;
        if (tuned) tuned(config);
    };
    pair_.emplace(setup);
}

Pair& Scene::pair() {
    if (!pair_) make();
    return *pair_;
}

Side& Scene::client() { return pair().client; }
Side& Scene::server() { return pair().server; }

Bytes Scene::hello() {
    client().run();
    return client().take();
}

Bytes Scene::flight() {
    server().feed(hello());
    Bytes bytes = server().take();
    constexpr std::size_t kRandomAt = 5 + 4 + 2;
    if (bytes.size() > kRandomAt + 32)
        server_random_.assign(bytes.begin() + kRandomAt, bytes.begin() + kRandomAt + 32);
    return bytes;
}

Bytes Scene::second() {
    client().feed(flight());
    return client().take();
}

void Scene::open() {
    server().feed(second());
    settle();
    if (client().engine->state() != State::open || server().engine->state() != State::open)
        throw std::runtime_error("the two do not open: " + outcome());
}

void Scene::settle() { exchange(client(), server(), Chunking::whole); }

void Scene::end_of_input(Side& side) {
    side.eof = true;
    side.run();
}

Forger Scene::forger(bool handshake_keys) {
    Forger forger({.crypto = &backend.crypto(),
                   .secrets = secrets.get(),
                   .version = version,
                   .suite = client().engine->info().cipher_suite,
                   .sender = role == Role::client ? Role::server : Role::client,
                   .handshake_keys = handshake_keys,
                   .server_random = server_random_,
                   // In TLS 1.2 the Finished was record 0 under these keys.
                   .sequence = version == ProtocolVersion::tls12 && !handshake_keys ? 1U : 0U});
    return forger;
}

void Scene::forge(std::uint8_t type, std::string_view content) {
    victim().feed(forger().seal(type, content));
}

std::string Scene::outcome() {
    if (!said.empty()) return said;
    return describe(victim()) + " | " + describe(peer());
}

const std::vector<Expected>& expected_errors() {
    static const std::vector<Expected> rows = [] {
        std::vector<Expected> all;
        std::ifstream file(OMNITLS_EXPECTED_ERRORS);
        std::string line;
        std::getline(file, line);  // the columns' names
        while (std::getline(file, line)) {
            std::istringstream fields(line);
            Expected row;
            std::string side;
            std::getline(fields, row.cause, ',');
            std::getline(fields, side, ',');
            std::getline(fields, row.tls12, ',');
            std::getline(fields, row.tls13, ',');
            if (side != "client" && side != "server")
                throw std::runtime_error("expected_errors.csv: no side in \"" + line + "\"");
            row.role = side == "client" ? Role::client : Role::server;
            all.push_back(std::move(row));
        }
        if (all.empty()) throw std::runtime_error("no rows in " OMNITLS_EXPECTED_ERRORS);
        return all;
    }();
    return rows;
}

std::size_t find_message(ConstBytes flight, std::uint8_t type) {
    constexpr std::uint8_t kHandshake = 22;
    for (std::size_t at = 0; at + 9 <= flight.size();) {
        const std::size_t end =
            at + 5 + static_cast<std::size_t>((flight[at + 3] << 8U) | flight[at + 4]);
        for (std::size_t message = at + 5; flight[at] == kHandshake && message + 4 <= end;) {
            if (flight[message] == type) return message;
            message +=
                4 + static_cast<std::size_t>((flight[message + 1] << 16U) |
                                             (flight[message + 2] << 8U) | flight[message + 3]);
        }
        at = end;
    }
    throw std::runtime_error("no handshake message of type " + std::to_string(type));
}

}  // namespace omnitls::test
