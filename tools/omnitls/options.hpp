// SPDX-License-Identifier: BSL-1.0
// Options that several commands share.
#pragma once

#include "tools/omnitls/exit_codes.hpp"
#include <omnitls/config.hpp>

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace omnitls::tool {

/// "1.2" or "1.3": only that one; "": every version that the backend has.
inline std::optional<VersionRange> parse_versions(const std::string& text) {
    if (text == "1.2") return VersionRange{ProtocolVersion::tls12, ProtocolVersion::tls12};
    if (text == "1.3") return VersionRange{ProtocolVersion::tls13, ProtocolVersion::tls13};
    return std::nullopt;
}

/// What a connection may be made of, by names.
struct AlgorithmOptions {
    std::string profile = "intermediate";
    AlgorithmNames names;

    void add_to(CLI::App& command) {
        command.add_option("--profile", profile, "What holds for lists that are not given")
            ->check(CLI::IsMember({"intermediate", "modern"}))
            ->capture_default_str();
        const auto list = [&](const char* option, std::vector<std::string>& to, const char* what) {
            command.add_option(option, to, what)->delimiter(',')->type_name("NAME,...");
        };
        list("--suites", names.cipher_suites, "Only these cipher suites, most wanted first");
        list("--groups", names.groups, "Only these groups");
        list("--signature-schemes", names.signature_schemes, "Only these signature schemes");
    }
    template <class Config>
    void apply_to(Config& config) const {
        config.profile = profile == "modern" ? Profile::modern : Profile::intermediate;
        config.algorithms = value_or_usage(Algorithms::from_names(names));
    }
};

}  // namespace omnitls::tool
