// SPDX-License-Identifier: BSL-1.0
// Where a system keeps the authorities it trusts.
#pragma once

#include <omnitls/identity.hpp>

#include <span>
#include <string>

namespace omnitls::inline v0::core {

/// The first of `paths` that exists, as trust anchors. A certificate in it that the strict reader refuses is left out: it is
/// trusted less then, and one odd authority among 140 does not take the others away. Errc::bad_input if none exists, if it
/// cannot be read, or if nothing in it can be used.
Result<TrustAnchors> anchors_from_first(std::span<const std::string> paths);

}  // namespace omnitls::inline v0::core
