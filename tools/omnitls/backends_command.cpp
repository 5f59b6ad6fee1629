// SPDX-License-Identifier: BSL-1.0
// `omnitls backends`: what this build can do, as data, and what it would do by the options given.
#include "tools/omnitls/commands.hpp"
#include "tools/omnitls/options.hpp"

#include <iomanip>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <omnitls_built_backends.hpp>

namespace omnitls::tool {
namespace {

/// Of a client that is told nothing else.
Result<EffectiveSettings> effective(const TlsBackend& backend, const ClientConfig& config) {
    const auto context = backend.make_client_context(config);
    if (!context) return context.error();
    return (*context)->effective();
}

nlohmann::ordered_json to_json(const Result<EffectiveSettings>& settings) {
    if (!settings) return {{"refused", settings.error().what}};
    const AlgorithmNames names = settings->algorithms.names();
    return {
        {"versions", {version_name(settings->versions.min), version_name(settings->versions.max)}},
        {"cipher_suites", names.cipher_suites},
        {"groups", names.groups},
        {"signature_schemes", names.signature_schemes}};
}

nlohmann::ordered_json to_json(const ClientConfig& config) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const TlsBackend* backend : built_backends()) {
        nlohmann::ordered_json rows = nlohmann::ordered_json::array();
        for (const Capability& row : backend->capabilities().rows()) {
            rows.push_back({{"name", row.name},
                            {"state", capability_state_name(row.state)},
                            {"reason", row.reason}});
        }
        list.push_back({{"name", backend->name()},
                        {"version", backend->version()},
                        {"effective", to_json(effective(*backend, config))},
                        {"capabilities", std::move(rows)}});
    }
    return {{"backends", std::move(list)}};
}

void print(const char* what, const std::vector<std::string>& names) {
    std::cout << "  " << what << ':';
    for (const std::string& name : names) std::cout << ' ' << name;
    std::cout << '\n';
}

void print(const Result<EffectiveSettings>& settings) {
    if (!settings) {
        std::cout << "  refused: " << settings.error().what << '\n';
        return;
    }
    const AlgorithmNames names = settings->algorithms.names();
    print("versions",
          {version_name(settings->versions.min), "to", version_name(settings->versions.max)});
    print("suites", names.cipher_suites);
    print("groups", names.groups);
    print("signature schemes", names.signature_schemes);
}

void print(const ClientConfig& config) {
    if (built_backends().empty()) std::cout << "no TLS backend in this build\n";
    for (const TlsBackend* backend : built_backends()) {
        std::cout << backend->name() << ": " << backend->version() << '\n';
        print(effective(*backend, config));
        for (const Capability& row : backend->capabilities().rows()) {
            std::cout << "  " << std::left << std::setw(27) << row.name << ' ';
            if (row.reason.empty()) {
                std::cout << capability_state_name(row.state) << '\n';
            } else {
                std::cout << std::setw(10) << capability_state_name(row.state) << row.reason
                          << '\n';
            }
        }
    }
}

}  // namespace

void add_backends_command(CLI::App& app, Exit&) {
    CLI::App* command = app.add_subcommand(
        "backends", "List the TLS libraries of this build, and what they would negotiate");
    const auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "Print JSON");
    const auto options = std::make_shared<AlgorithmOptions>();
    options->add_to(*command);
    command->callback([json, options] {
        ClientConfig config;
        config.verifier = baseline_verifier();
        options->apply_to(config);
        if (*json) {
            std::cout << to_json(config).dump(2) << '\n';
        } else {
            print(config);
        }
    });
}

}  // namespace omnitls::tool
