// SPDX-License-Identifier: BSL-1.0
// `--starttls PROTOCOL` or `--protocol PROTOCOL`, and the names that are said before TLS.
#pragma once

#include "tools/omnitls/probe.hpp"
#include "tools/omnitls/served/service.hpp"

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace omnitls::tool {

/// What `connect` and `cert` share.
struct ClientStarttls {
    std::string protocol;  ///< Empty: TLS from the first byte.
    std::string
        direct;  ///< Whose ALPN protocol is offered in TLS from the first byte; empty: none.
    std::optional<std::string> domain;
    std::optional<std::string> client_name;
    bool transcript = false;

    void add_to(CLI::App& command);
    /// `wanted`: the domain if none is given. Throws Failure (usage) for a name that the protocol has no word for.
    void apply_to(ProbeRequest& request, const std::string& wanted) const;
    /// What is spoken inside TLS; empty: not said.
    const std::string& inside() const { return protocol.empty() ? direct : protocol; }
};

/// What `serve` has.
struct ServerStarttls {
    std::string protocol;  ///< Empty: TLS from the first byte.
    std::string direct;    ///< The protocol inside TLS from the first byte; empty: none.
    std::optional<std::string> domain;  ///< nullopt: "localhost", or any domain of XMPP.
    bool transcript = false;
    std::optional<std::string> user;  ///< "NAME:PASSWORD"; nullopt: everybody may log in.

    void add_to(CLI::App& command);
    void check() const;
    /// What is spoken inside TLS; empty: nothing.
    const std::string& inside() const { return protocol.empty() ? direct : protocol; }
    /// The domain, or what stands for it.
    std::string name() const;
    /// The only one who may log in.
    std::optional<Account> account() const;
};

}  // namespace omnitls::tool
