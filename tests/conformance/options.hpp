// SPDX-License-Identifier: BSL-1.0
// Rows of options: the scene one is set in, and what must be so with it and must not be so without it.
#pragma once

#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace omnitls::test {

/// What an option's row looks at after the handshake.
struct Outcome {
    Pair& pair;
    const PairSetup& setup;

    bool open() const {
        return pair.client.engine->state() == State::open &&
               pair.server.engine->state() == State::open;
    }
    static bool failed(const Side& side, Errc code) {
        const ErrorDetail* const error = side.engine->last_error();
        return error != nullptr && error->code == code;
    }
    const ConnectionInfo& client() const { return pair.client.engine->info(); }
    /// Whether `judge` was shown the certificate of `role`.
    static bool shown(const Side& judge, const std::string& role) {
        const auto evidence = judge.engine->evidence();
        return evidence != nullptr && evidence->peer.leaf() != nullptr &&
               *evidence->peer.leaf() == load_certificate(role);
    }
};

using Change = std::function<void(PairSetup&)>;
using Predicate = std::function<bool(const Outcome&)>;

struct Option {
    std::string name;
    Change set;
    Predicate works;
    Change scene{};  ///< What is so with the option and without it; may be empty.
};

/// Of algorithms and versions; of who is trusted and who is asked; of everything else.
std::vector<Option> options_of_algorithms();
std::vector<Option> options_of_trust();
std::vector<Option> options_of_use();

// ---- Words for rows ----

/// Adds to what a setup says of a configuration: scene and option may both have something to say.
template <class Config>
void add(std::function<void(Config&)>& to,
         std::type_identity_t<std::function<void(Config&)>> more) {
    to = [before = std::move(to), more = std::move(more)](Config& config) {
        if (before) before(config);
        more(config);
    };
}
inline Change on_client(std::function<void(ClientConfig&)> tune) {
    return [tune = std::move(tune)](PairSetup& setup) { add(setup.tune_client, tune); };
}
inline Change on_server(std::function<void(ServerConfig&)> tune) {
    return [tune = std::move(tune)](PairSetup& setup) { add(setup.tune_server, tune); };
}
/// `tune`, which fits both, on one of them.
template <class Tune>
Change on(Role role, Tune tune) {
    return role == Role::client ? on_client(std::move(tune)) : on_server(std::move(tune));
}
inline Change server_shows(std::string role) {
    return [role = std::move(role)](PairSetup& setup) { setup.server_role = role; };
}
/// A client with a certificate, and a server that wants one.
inline Change client_is_asked() {
    return [](PairSetup& setup) {
        setup.client_role = "client";
        setup.client_auth = ClientAuth::require;
    };
}

inline Predicate is_open() {
    return [](const Outcome& outcome) { return outcome.open(); };
}
inline Predicate client_says(Errc code) {
    return [code](const Outcome& outcome) { return Outcome::failed(outcome.pair.client, code); };
}
inline Predicate server_says(Errc code) {
    return [code](const Outcome& outcome) { return Outcome::failed(outcome.pair.server, code); };
}

inline std::string name_of_side(Role role) { return role == Role::client ? "client" : "server"; }

}  // namespace omnitls::test
