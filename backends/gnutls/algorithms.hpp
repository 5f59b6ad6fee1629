// SPDX-License-Identifier: BSL-1.0
// Between the numbers of the IANA registries and GnuTLS's own, and the priority string that says them.
#pragma once

#include "compat.hpp"
#include <omnitls/algorithms.hpp>
#include <omnitls/engine.hpp>

#include <string>

namespace omnitls::inline v0::gnutls_native {

/// 0 for what the registry does not have or omnitls does not use.
std::uint16_t group_id(gnutls_group_t group);
std::uint16_t scheme_id(gnutls_sign_algorithm_t scheme) noexcept;

/// As `spi::NativeBackend::available`.
Algorithms available(Algorithms candidates, VersionRange versions);

/// Everything is named, so that no default of GnuTLS or of a distribution counts. Of suites it can only say ciphers and key exchanges.
std::string priority_text(Role role, const EffectiveSettings& wanted);
/// What GnuTLS has made of it.
Algorithms algorithms_of(gnutls_priority_t priority);

}  // namespace omnitls::inline v0::gnutls_native
