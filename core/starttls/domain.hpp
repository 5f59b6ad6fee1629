// SPDX-License-Identifier: BSL-1.0
// Names that go into a command line.
#pragma once

#include <omnitls/export.hpp>

#include <string_view>

namespace omnitls::inline v0::core {

/// RFC 5321 §4.1.2: Domain, A-labels only.
bool is_domain(std::string_view name) noexcept;

}  // namespace omnitls::inline v0::core
