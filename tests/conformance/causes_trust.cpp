// SPDX-License-Identifier: BSL-1.0
// Failures of trust and policy: certificates that are wrong in one way each, verdicts, choices and limits.
#include "tests/conformance/causes.hpp"
#include <omnitls/pump.hpp>

namespace omnitls::test {
namespace {

auto server_shows(std::string role) {
    return [role = std::move(role)](Scene& scene) {
        scene.setup.server_role = role;
        scene.settle();
    };
}

auto client_shows(std::string role) {
    return [role = std::move(role)](Scene& scene) {
        scene.setup.client_auth = ClientAuth::require;
        scene.setup.client_role = role;
        scene.settle();
    };
}

/// Both ends show a certificate, so that either may be the one to judge.
void both_show(Scene& scene) {
    scene.setup.client_auth = ClientAuth::require;
    scene.setup.client_role = "client";
}

/// The victim's verdict.
auto verdict(std::function<Verdict(const VerifyRequest&)> decide) {
    return [decide = std::move(decide)](Scene& scene) {
        both_show(scene);
        scene.victim().decide = decide;
        scene.settle();
    };
}

/// The victim's question stays open; then `go_on`.
auto undecided(std::function<void(Scene&)> go_on) {
    return [go_on = std::move(go_on)](Scene& scene) {
        both_show(scene);
        scene.victim().decide = nullptr;
        scene.settle();
        go_on(scene);
        scene.victim().run();
        scene.settle();
    };
}

auto limited(std::function<void(Limits&)> change) {
    return [change = std::move(change)](Scene& scene) {
        both_show(scene);
        if (scene.role == Role::client)
            scene.setup.tune_client = [&](ClientConfig& config) { change(config.limits); };
        else
            scene.setup.tune_server = [&](ServerConfig& config) { change(config.limits); };
        scene.settle();
    };
}

auto chosen(std::function<void(ClientHelloQuestion)> choose) {
    return [choose = std::move(choose)](Scene& scene) {
        scene.setup.chooser = make_async_chooser(choose);
        scene.settle();
    };
}

}  // namespace

const std::vector<Cause>& causes_of_trust() {
    static const char* const constraints = "critical_name_constraints";
    static const std::vector<Cause> causes{
        {"expired", On::client, server_shows("leaf_expired")},
        {"not_yet_valid", On::client, server_shows("leaf_not_yet")},
        {"unknown_authority", On::client, server_shows("leaf_unknown_ca")},
        {"self_signed", On::client, server_shows("leaf_self_signed")},
        {"wrong_name", On::client, server_shows("leaf_wrong_name")},
        {"common_name_only", On::client, server_shows("leaf_cn_only")},
        {"wrong_purpose", On::client, server_shows("leaf_wrong_eku")},
        {"no_digital_signature", On::client, server_shows("leaf_no_digital_signature")},
        {"expired_intermediate", On::client, server_shows("leaf_under_expired_intermediate")},
        {"not_a_ca", On::client, server_shows("leaf_under_not_ca")},
        {"no_cert_sign", On::client, server_shows("leaf_under_no_cert_sign")},
        {"path_length", On::client, server_shows("leaf_path_length")},
        {"outside_constraints", On::client, server_shows("leaf_constrained_outside"), constraints},
        {"excluded_by_constraints", On::client, server_shows("leaf_constrained_excluded"),
         constraints},
        {"unknown_critical_extension", On::client, server_shows("leaf_unknown_critical"),
         constraints},
        {"expired", On::server, client_shows("client_expired")},
        {"unknown_authority", On::server, client_shows("client_unknown_ca")},
        {"self_signed", On::server, client_shows("client_self_signed")},
        {"wrong_purpose", On::server, client_shows("client_wrong_eku")},
        {"no_client_certificate", On::server, client_shows("")},
        {"verdict_revoked", On::both, verdict([](const VerifyRequest&) {
             return Verdict::rejected(Errc::certificate_revoked, Alert::certificate_revoked,
                                      "on my list");
         })},
        {"verdict_of_no_reason", On::both, verdict([](const VerifyRequest&) { return Verdict(); })},
        {"question_dropped", On::both, undecided([](Scene& s) { s.victim().question.reset(); })},
        {"verdict_out_of_time", On::both, undecided([](Scene& s) {
             s.victim().engine->abandon(Errc::verdict_timeout, Alert::access_denied);
         })},
        {"end_while_undecided_then_refused", On::both, undecided([](Scene& s) {
             s.end_of_input(s.victim());
             std::move(*s.victim().question).answer(Verdict::rejected());
         })},
        {"handshake_out_of_time", On::both,
         [](Scene& s) {
             s.role == Role::server ? (void)s.second() : (void)s.flight();
             s.victim().engine->abandon(Errc::handshake_timeout, Alert::access_denied);
             s.settle();
         }},
        {"chain_of_too_many", On::both, limited([](Limits& l) { l.chain_certificates = 1; })},
        {"chain_of_too_many_bytes", On::both, limited([](Limits& l) { l.chain_bytes = 512; })},
        {"handshake_of_too_many_bytes", On::both,
         limited([](Limits& l) { l.handshake_bytes = 1024; })},
        {"client_hello_of_too_many_bytes", On::server,
         [](Scene& s) {
             s.setup.client_alpn.assign(8, std::string(31, 'p'));
             const std::string label(60, 'a');
             s.setup.host = label + "." + label + "." + label + "." + label;
             limited([](Limits& l) { l.client_hello_bytes = 512; })(s);
         }},
        {"chooser_refuses", On::server, chosen([](ClientHelloQuestion q) {
             std::move(q).answer(ServerChoice::refused(Alert::access_denied, "not you"));
         })},
        {"choice_dropped", On::server, chosen([](ClientHelloQuestion) {})},
    };
    return causes;
}

}  // namespace omnitls::test
