// SPDX-License-Identifier: BSL-1.0
// Options of versions, profiles, suites, groups and signature schemes.
#include "tests/conformance/options.hpp"

#include <algorithm>
#include <optional>

namespace omnitls::test {
namespace {

using enum ProtocolVersion;
using Numbers = std::vector<std::uint16_t>;

constexpr VersionRange only12{tls12, tls12};

Change versions_of(Role role, VersionRange versions) {
    return [=](PairSetup& setup) {
        (role == Role::client ? setup.versions : setup.server_versions) = versions;
    };
}
Role other(Role role) { return role == Role::client ? Role::server : Role::client; }

/// TLS 1.2 is what both would not do by themselves.
Option tls12_row(Role role) {
    return {
        name_of_side(role) + " versions TLS 1.2", versions_of(role, only12),
        [](const Outcome& outcome) { return outcome.open() && outcome.client().version == tls12; }};
}
/// TLS 1.3 is, so that it shows where the other side cannot.
Option tls13_row(const std::string& name, Role role, Change set) {
    return {name_of_side(role) + " " + name, std::move(set), client_says(Errc::no_common_version),
            versions_of(other(role), only12)};
}
Option modern_row(Role role) {
    return tls13_row("profile", role,
                     on(role, [](auto& config) { config.profile = Profile::modern; }));
}

std::uint16_t used(Numbers Algorithms::*list, const ConnectionInfo& info) {
    return list == &Algorithms::cipher_suites ? info.cipher_suite
           : list == &Algorithms::groups      ? info.group
                                              : info.signature_scheme;
}

/// Of the profile's lists, with one of them named. By themselves both would use nothing of it.
Option list_row(const std::string& name, Role role, Numbers Algorithms::*list, const Numbers& named,
                std::optional<VersionRange> versions = {}) {
    return {name_of_side(role) + " " + name,
            on(role, [=](auto& config) { config.algorithms.*list = named; }),
            [=](const Outcome& outcome) {
                return outcome.open() &&
                       std::ranges::find(named, used(list, outcome.client())) != named.end();
            },
            [=](PairSetup& setup) {
                setup.server_role = "leaf_rsa";
                setup.versions = versions;
            }};
}

/// The proof of the client is held to the list as well, whichever side has it.
Option client_proof_row(Role role) {
    return {name_of_side(role) + " signature_schemes with client certificates",
            on(role,
               [](auto& config) {
                   config.algorithms.signature_schemes = {0x0601, 0x0603};
               }),
            [](const Outcome& outcome) {
                return outcome.open() &&
                       outcome.pair.server.engine->info().signature_scheme == 0x0601;
            },
            [](PairSetup& setup) {
                setup.server_role = "leaf_rsa";
                setup.client_role = "client_rsa";
                setup.client_auth = ClientAuth::require;
                setup.versions = only12;
            }};
}

/// Whichever of the two the server takes in TLS 1.2, the client has said that it can do it.
Option pss_for_both_versions_row() {
    Option row = list_row("signature_schemes with PSS for both versions", Role::client,
                          &Algorithms::signature_schemes, {0x0501, 0x0805});
    row.scene = [](PairSetup& setup) {
        setup.server_role = "leaf_rsa";
        setup.versions = {tls12, tls13};
        setup.server_versions = only12;
    };
    return row;
}

/// A hybrid of the profile may be what both would use by themselves; this one is of no profile, so that both are told.
Option hybrid_row() {
    constexpr std::uint16_t hybrid = 0x11eb;
    const auto tune = [](auto& config) { config.algorithms.groups = {hybrid}; };
    return {
        "groups, a hybrid",
        [=](PairSetup& setup) {
            add(setup.tune_client, tune);
            add(setup.tune_server, tune);
        },
        [](const Outcome& outcome) { return outcome.open() && outcome.client().group == hybrid; }};
}

}  // namespace

std::vector<Option> options_of_algorithms() {
    using enum Role;
    const auto suites = &Algorithms::cipher_suites;
    const auto groups = &Algorithms::groups;
    const auto schemes = &Algorithms::signature_schemes;
    return {
        modern_row(client),
        modern_row(server),
        tls12_row(client),
        tls12_row(server),
        tls13_row("versions TLS 1.3", client, versions_of(client, {tls13, tls13})),
        tls13_row("versions TLS 1.3", server, versions_of(server, {tls13, tls13})),
        list_row("cipher_suites", client, suites, {0xcca8, 0xc02f}),
        list_row("cipher_suites", server, suites, {0xcca8, 0xc02f}),
        list_row("cipher_suites that are not all combinations", client, suites, {0x009f, 0xcca8}),
        list_row("groups", client, groups, {0x0018}),
        list_row("groups", server, groups, {0x0018}),
        hybrid_row(),
        // In TLS 1.2, which mbedTLS 2.28 has as well.
        list_row("signature_schemes", client, schemes, {0x0501, 0x0503}, only12),
        list_row("signature_schemes", server, schemes, {0x0501, 0x0503}, only12),
        list_row("signature_schemes, one", client, schemes, {0x0501}, only12),
        list_row("signature_schemes, one", server, schemes, {0x0501}, only12),
        list_row("signature_schemes with PSS", client, schemes, {0x0805}),
        list_row("signature_schemes with PSS", server, schemes, {0x0805}),
        pss_for_both_versions_row(),
        client_proof_row(client),
        client_proof_row(server),
    };
}

}  // namespace omnitls::test
