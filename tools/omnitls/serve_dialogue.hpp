// SPDX-License-Identifier: BSL-1.0
// What `omnitls serve --starttls` says before TLS and inside it.
#pragma once

#include "tools/omnitls/served/service.hpp"
#include "tools/omnitls/starttls_options.hpp"
#include <omnitls/backend.hpp>
#include <omnitls/starttls/dialogue.hpp>

#include <memory>

namespace omnitls::tool {

/// The server's dialogue; null without a protocol. Throws Failure (usage) for a name that cannot be used.
std::unique_ptr<starttls::Dialogue> make_serve_dialogue(const ServerStarttls& options,
                                                        const spi::Crypto& crypto);

/// The protocol's server inside TLS; null without one.
std::unique_ptr<Service> make_served(const ServerStarttls& options, const spi::Crypto& crypto);

}  // namespace omnitls::tool
