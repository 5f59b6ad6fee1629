// SPDX-License-Identifier: BSL-1.0
// `probe`: one connection to one server with one backend, stage by stage, and what it found out.
#pragma once

#include "tools/omnitls/endpoint.hpp"
#include "tools/omnitls/report.hpp"
#include <omnitls/config.hpp>
#include <omnitls/starttls/proxy_header.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace omnitls::tool {

/// What a person or a script says over the connection.
struct Interactive {
    bool crlf = false;
    std::function<void(const Report&)> on_secure;  ///< Called before, with all that is known then.
};

/// What a proxy would say.
struct ProxyWords {
    starttls::ProxyVersion version{};
    std::optional<starttls::ProxyEndpoint> source;  ///< nullopt: this side.
};

struct ProbeRequest {
    HostPort where;
    std::optional<ProxyWords> proxy;  ///< Said before anything else; nullopt: nothing.
    std::string
        starttls;  ///< One of `starttls::protocols()`, or empty for TLS from the first byte.
    std::vector<ReferenceIdentity> names;  ///< Whom the certificate must be for: any one.
    std::string domain;                    ///< For XMPP: whose stream to open.
    std::optional<std::string>
        client_name;                 ///< This side's; nullopt: the own address, or "localhost".
    std::optional<std::string> sni;  ///< nullopt: by the name.
    std::string dial_name;  ///< The host that is dialled, for a verifier; empty: its address.
    std::string tls;        ///< See parse_versions.
    /// Without versions: the probe brings its own. The verifier is asked when the probe has thought; null: the baseline.
    ClientConfig config;
    bool transcript = false;                     ///< Whether the plain text is noted.
    std::optional<Interactive> interactive;      ///< nullopt: the connection is closed at once.
    std::chrono::milliseconds verdict_delay{0};  ///< How long the verifier thinks.
    std::chrono::seconds timeout{30};            ///< For all of it.
};

/// Never throws for what a network does: that is in the report. Throws Failure (usage) if the configuration cannot be used.
Report probe(const ProbeRequest& request, const TlsBackend& backend);

}  // namespace omnitls::tool
