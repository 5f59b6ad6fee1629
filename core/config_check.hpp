// SPDX-License-Identifier: BSL-1.0
// Checks configurations as a whole before a backend sees them: what core knows to be wrong is an error for every backend alike.
#pragma once

#include <omnitls/config.hpp>
#include <omnitls/error.hpp>

#include <optional>

namespace omnitls::inline v0::core {

/// Errc::bad_config naming the field, what was expected and what came; nullopt if the configuration can be used.
std::optional<ErrorDetail> check_config(const ClientConfig& config);
std::optional<ErrorDetail> check_config(const ServerConfig& config);
std::optional<ErrorDetail> check_target(const ClientTarget& target);

/// `target` with its SNI decided: nullopt becomes the first DNS name, or none.
ClientTarget with_sni(ClientTarget target);

}  // namespace omnitls::inline v0::core
