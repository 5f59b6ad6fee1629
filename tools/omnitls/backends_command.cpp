// SPDX-License-Identifier: BSL-1.0
// `omnitls backends`: what this build can do, as data.
#include "tools/omnitls/commands.hpp"

#include <iomanip>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <omnitls_built_backends.hpp>

namespace omnitls::tool {
namespace {

nlohmann::ordered_json to_json() {
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
                        {"capabilities", std::move(rows)}});
    }
    return {{"backends", std::move(list)}};
}

void print() {
    if (built_backends().empty()) std::cout << "no TLS backend in this build\n";
    for (const TlsBackend* backend : built_backends()) {
        std::cout << backend->name() << ": " << backend->version() << '\n';
        for (const Capability& row : backend->capabilities().rows()) {
            std::cout << "  " << std::left << std::setw(28) << row.name;
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
    CLI::App* command = app.add_subcommand("backends", "List the TLS libraries of this build");
    const auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "Print JSON");
    command->callback([json] {
        if (*json) {
            std::cout << to_json().dump(2) << '\n';
        } else {
            print();
        }
    });
}

}  // namespace omnitls::tool
