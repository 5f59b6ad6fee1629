// SPDX-License-Identifier: BSL-1.0
// `probe`: one connection to one server with one backend, stage by stage, and what it found out.
#pragma once

#include "tools/omnitls/endpoint.hpp"
#include "tools/omnitls/report.hpp"
#include <omnitls/config.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace omnitls::tool {

struct ProbeRequest {
    HostPort where;
    std::string starttls;            ///< "smtp", "xmpp", or empty for TLS from the first byte.
    std::string name;                ///< Whom the certificate must be for.
    std::string domain;              ///< For xmpp: whose stream to open; empty: `name`.
    std::optional<std::string> sni;  ///< nullopt: by the name.
    std::string tls;                 ///< See parse_versions.
    ClientConfig config;             ///< Without verifier and versions: the probe brings its own.
    std::chrono::milliseconds verdict_delay{0};  ///< How long the verifier thinks.
    std::chrono::seconds timeout{30};            ///< For all of it.
};

/// Never throws for what a network does: that is in the report. Throws Failure (usage) if the configuration cannot be used.
Report probe(const ProbeRequest& request, const TlsBackend& backend);

}  // namespace omnitls::tool
