// SPDX-License-Identifier: BSL-1.0
// `connect --proxy-header`: what is said in front of everything, as if a proxy had passed the connection on.
#pragma once

#include "tools/omnitls/probe.hpp"

#include <string>

#include <CLI/CLI.hpp>

namespace omnitls::tool {

struct ClientProxy {
    std::string version;  ///< "v1", "v2"; empty: no header.
    std::string source;   ///< "ADDRESS:PORT"; empty: this side's own.

    void add_to(CLI::App& command);
    /// Throws Failure (usage) for a source that is none.
    void apply_to(ProbeRequest& request) const;
};

}  // namespace omnitls::tool
