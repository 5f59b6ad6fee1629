// SPDX-License-Identifier: BSL-1.0
// `omnitls verify`: judges a chain without a network, by the code a connection would run.
#include "tools/omnitls/backends.hpp"
#include "tools/omnitls/commands.hpp"
#include "tools/omnitls/hints.hpp"
#include "tools/omnitls/report.hpp"
#include "tools/omnitls/trust_options.hpp"

#include <iostream>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

namespace omnitls::tool {
namespace {

struct VerifyOptions {
    std::string backend;
    TrustOptions trust;
    std::string chain;
    std::string purpose = "server";
    bool json = false;
};

std::shared_ptr<const VerifyRequest> judge(const VerifyOptions& options, const TlsBackend& backend,
                                           const std::vector<Bytes>& chain) {
    ClientConfig config;
    options.trust.apply_to(config);
    const auto context = value_or_usage(backend.make_client_context(std::move(config)));
    ClientTarget target;
    target.names = options.trust.reference_identities();
    return context->judge(chain, target, options.purpose == "server" ? Role::client : Role::server);
}

/// What a connection would have failed with.
ErrorDetail to_error(const VerifyRequest& request, const TlsBackend& backend) {
    const Judgement judgement = judge_verdict(Verdict::trusted(), request);
    ErrorDetail error = make_error(judgement.code, judgement.text);
    error.phase = Phase::verification;
    error.certificate = judgement.certificate;
    error.backend = backend.name();
    return with_hint(std::move(error));
}

Exit verify(const VerifyOptions& options) {
    PeerInfo peer = value_or_usage(PeerInfo::from_file(options.chain));
    std::vector<Bytes> chain;
    for (PeerCertificate& certificate : peer.chain) chain.push_back(std::move(certificate.der));
    Exit exit = Exit::ok;
    Json results = Json::array();
    for (const TlsBackend* backend : options.backend.empty() ? std::vector{&select_backend("")}
                                                             : select_backends(options.backend)) {
        const auto evidence = judge(options, *backend, chain);
        const bool good = evidence->baseline_passed();
        if (!good) exit = Exit::certificate;
        if (options.json) {
            results.push_back(
                {{"backend", backend->name()},
                 {"backend_version", backend->version()},
                 {"evidence", evidence_json(*evidence, backend->crypto())},
                 {"error", good ? Json(nullptr) : error_json(to_error(*evidence, *backend))},
                 {"exit", static_cast<int>(good ? Exit::ok : Exit::certificate)}});
            continue;
        }
        std::cout << options.chain << " with " << backend->name() << " (" << backend->version()
                  << "): " << (good ? "trusted" : "not trusted");
        if (evidence->name.matched) std::cout << ", by " << evidence->name.matched_by;
        std::cout << '\n';
        print_evidence(std::cout, *evidence, backend->crypto());
        std::cout.flush();
        if (!good) print_error(std::cerr, to_error(*evidence, *backend));
    }
    if (options.json) {
        std::cout << Json{{"results", std::move(results)}, {"exit", static_cast<int>(exit)}}.dump(2)
                  << '\n';
    }
    return exit;
}

}  // namespace

void add_verify_command(CLI::App& app, Exit& exit) {
    CLI::App* command = app.add_subcommand("verify", "Judge a certificate chain without a network");
    command->footer(
        "Exit status: 0 trusted, 14 not trusted, 2 options or files that cannot be used,\n"
        "70 a fault of the command itself.\n");
    const auto options = std::make_shared<VerifyOptions>();
    command->add_option("--backend", options->backend, "A name, or all");
    command->add_option("--chain", options->chain, "The chain (PEM), leaf first")->required();
    options->trust.add_to(*command);
    command->get_option("--ca")->required();
    command->add_option("--purpose", options->purpose, "What the certificate is shown as")
        ->check(CLI::IsMember({"server", "client"}))
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print JSON");
    command->callback([options, &exit] {
        const bool server = options->purpose == "server";
        if (server && options->trust.names.empty())
            throw CLI::RequiredError("--name (for --purpose server)");
        if (!server && !options->trust.names.empty())
            throw CLI::ValidationError("--name", "a client's certificate is for no name");
        exit = verify(*options);
    });
}

}  // namespace omnitls::tool
