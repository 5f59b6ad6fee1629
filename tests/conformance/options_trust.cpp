// SPDX-License-Identifier: BSL-1.0
// Options of who one is, who is trusted and who is asked.
#include "tests/conformance/options.hpp"

namespace omnitls::test {
namespace {

Identity leaf_only(const std::string& role) {
    return must(Identity::from_pem(read_data(role + ".pem"), read_data(role + ".key")));
}

/// What `judge` is shown is the certificate of `role`.
Predicate shows(Role judge, std::string role) {
    return [judge, role = std::move(role)](const Outcome& outcome) {
        const Side& side = judge == Role::client ? outcome.pair.client : outcome.pair.server;
        return outcome.open() && Outcome::shown(side, role);
    };
}

Option server_identity(const std::string& role) {
    return {"server identity " + role, server_shows(role), shows(Role::client, role)};
}
/// Whoever shows none is let in, but nobody is seen.
Option client_identity(const std::string& role) {
    return {"client identity " + role, [=](PairSetup& setup) { setup.client_role = role; },
            shows(Role::server, role),
            [](PairSetup& setup) { setup.client_auth = ClientAuth::request; }};
}

/// The verifier that the context has is the one that answers: it refuses whom the tests would let pass.
Option verifier_row(Role role) {
    const auto refuses = make_verifier([](const VerifyRequest&) {
        return Verdict::rejected(Errc::certificate_revoked, Alert::certificate_revoked);
    });
    return {name_of_side(role) + " verifier",
            on(role, [=](auto& config) { config.verifier = refuses; }),
            [=](const Outcome& outcome) {
                Pair again(outcome.setup);
                Side& side = role == Role::client ? again.client : again.server;
                side.decide = nullptr;
                exchange(again.client, again.server, Chunking::whole);
                if (!side.question) return false;
                side.engine->verifier()->verify(std::move(*side.question));
                side.run();
                return outcome.open() && Outcome::failed(side, Errc::certificate_revoked);
            },
            client_is_asked()};
}

/// Asked for, and let in without one.
Option request_row() {
    return {"client_auth request",
            [](PairSetup& setup) { setup.client_auth = ClientAuth::request; },
            [](const Outcome& outcome) {
                PairSetup anonymous = outcome.setup;
                anonymous.client_role.clear();
                Pair without(anonymous);
                exchange(without.client, without.server, Chunking::whole);
                return outcome.open() && Outcome::shown(outcome.pair.server, "client") &&
                       Outcome{without, anonymous}.open();
            },
            [](PairSetup& setup) { setup.client_role = "client"; }};
}

}  // namespace

std::vector<Option> options_of_trust() {
    const auto late = [](auto& config) {
        config.clock = [] { return test_time() + std::chrono::years(40); };
    };
    const auto knows_intermediates = [](auto& config) {
        config.intermediates = load_certificates("intermediate.pem");
    };
    const auto lists = [](const char* first) {
        return must(RevocationLists::from_text(read_data(first) + read_data("root.crl")));
    };
    const auto with_lists = [=](auto& config) {
        config.revocation_lists = lists("intermediate.crl");
    };
    const auto requires_lists = [](auto& config) { config.revocation = Revocation::required; };
    const auto strong = [](auto& config) { config.strength = Strength::bits_192; };
    const auto out_of_date = [=](auto& config) {
        config.revocation_lists = lists("intermediate_out_of_date.crl");
    };
    const auto one_certificate = [](auto& config) { config.limits.chain_certificates = 1; };
    return {
        {"client trust",
         on_client([](ClientConfig& config) { config.trust = load_anchors("other_root"); }),
         client_says(Errc::unknown_authority)},
        {"client intermediates", on_client(knows_intermediates), is_open(),
         on_server([](ServerConfig& config) { config.identity = leaf_only("leaf"); })},
        {"client revocation_lists", on_client(with_lists), client_says(Errc::certificate_revoked),
         server_shows("leaf_p384")},
        {"client revocation", on_client(requires_lists), client_says(Errc::revocation_unknown),
         on_client(out_of_date)},
        {"client strength", on_client(strong), client_says(Errc::certificate_rejected)},
        client_identity("client"),
        client_identity("client_rsa"),
        verifier_row(Role::client),
        {"client limits: chain_certificates", on_client(one_certificate),
         client_says(Errc::limit_exceeded)},
        {"client limits: chain_bytes",
         on_client([](ClientConfig& config) { config.limits.chain_bytes = 512; }),
         client_says(Errc::limit_exceeded)},
        {"client limits: path_depth",
         on_client([](ClientConfig& config) { config.limits.path_depth = 1; }),
         client_says(Errc::limit_exceeded)},
        {"client limits: path_signatures",
         on_client([](ClientConfig& config) { config.limits.path_signatures = 1; }),
         client_says(Errc::limit_exceeded)},
        {"client clock", on_client(late), client_says(Errc::certificate_expired)},
        server_identity("leaf_rsa"),
        server_identity("leaf_p384"),
        server_identity("leaf_ed25519"),
        server_identity("leaf_big"),
        {"server identity with an encrypted key", on_server([](ServerConfig& config) {
             config.identity =
                 must(Identity::from_pem(read_data("leaf_chain.pem"),
                                         read_data("leaf_encrypted.key"), encrypted_key_password));
         }),
         shows(Role::client, "leaf"), server_shows("leaf_rsa")},
        request_row(),
        {"client_auth require", [](PairSetup& setup) { setup.client_auth = ClientAuth::require; },
         server_says(Errc::certificate_required)},
        {"client_trust",
         on_server([](ServerConfig& config) { config.client_trust = load_anchors("other_root"); }),
         server_says(Errc::unknown_authority), client_is_asked()},
        {"server intermediates", on_server(knows_intermediates), is_open(),
         [](PairSetup& setup) {
             client_is_asked()(setup);
             add(setup.tune_client,
                 [](ClientConfig& config) { config.identity = leaf_only("client"); });
         }},
        {"server revocation_lists", on_server(with_lists), server_says(Errc::certificate_revoked),
         [](PairSetup& setup) {
             client_is_asked()(setup);
             setup.client_role = "client_rsa";
         }},
        {"server revocation", on_server(requires_lists), server_says(Errc::revocation_unknown),
         [=](PairSetup& setup) {
             client_is_asked()(setup);
             on_server(out_of_date)(setup);
         }},
        {"server strength", on_server(strong), server_says(Errc::certificate_rejected),
         client_is_asked()},
        verifier_row(Role::server),
        {"server limits: chain_certificates", on_server(one_certificate),
         server_says(Errc::limit_exceeded), client_is_asked()},
        {"server clock", on_server(late), server_says(Errc::certificate_expired),
         client_is_asked()},
    };
}

}  // namespace omnitls::test
