// SPDX-License-Identifier: BSL-1.0
// Options that decide whom a client trusts: the same words for a connection and for a chain at hand.
#pragma once

#include <omnitls/config.hpp>

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace omnitls::tool {

struct TrustOptions {
    std::vector<std::string> ca;         ///< Files or directories.
    std::vector<std::string> untrusted;  ///< Files.
    std::vector<std::string> crl;        ///< Files.
    std::vector<std::string> names;      ///< "TYPE:VALUE", or a host.
    bool crl_required = false;
    std::optional<std::size_t> depth;
    unsigned strength = 112;
    std::string time;

    void add_to(CLI::App& command);
    /// Throws Failure (usage) for what cannot be used. Without `ca` the trust of `config` stays as it is.
    void apply_to(ClientConfig& config) const;
    std::vector<ReferenceIdentity> reference_identities() const;
};

}  // namespace omnitls::tool
