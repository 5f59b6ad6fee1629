// SPDX-License-Identifier: BSL-1.0
// What a connection may be made of: a profile, lists by their registered names, and what has come of it.
//
//   algorithms intermediate|modern [GROUP...]      exit status 1 if it cannot be had
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>

#include <iostream>

using example::need;
using omnitls::Algorithms;
using omnitls::Profile;

// [print]
void print(const omnitls::EffectiveSettings& settings) {
    const omnitls::AlgorithmNames names = settings.algorithms.names();
    std::cout << omnitls::version_name(settings.versions.min) << " to "
              << omnitls::version_name(settings.versions.max) << '\n';
    for (const auto& list : {names.cipher_suites, names.groups, names.signature_schemes}) {
        for (const std::string& name : list) std::cout << "  " << name << '\n';
    }
}
// [/print]

int main(int argc, char** argv) try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const omnitls::TlsBackend& backend = omnitls::backends::openssl();
    omnitls::ClientConfig config;
    config.verifier = omnitls::baseline_verifier();
    const std::string wanted = arguments.empty() ? "intermediate" : arguments[0];
    const std::vector<std::string> groups(
        arguments.empty() ? arguments.begin() : arguments.begin() + 1, arguments.end());
    // [choose]
    config.profile = wanted == "modern" ? Profile::modern : Profile::intermediate;
    config.algorithms = need(Algorithms::from_names({.groups = groups}));  // e.g. {"x25519"}
    const auto context = need(backend.make_client_context(config));
    print(context->effective());
    // [/choose]
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
