// SPDX-License-Identifier: BSL-1.0
// RFC 9525 service identity: does a certificate carry one of the names that are wanted?
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/identity.hpp>
#include <omnitls/verifier.hpp>

#include <vector>

namespace omnitls::inline v0::core {

/// Compares the presented names of `leaf` with `wanted`; any one match is enough. A wildcard is the whole leftmost label with at
/// least two labels behind it; presented names must be A-labels; the common name never counts; SAN of other types only is a
/// mismatch (design: "Names"). A null leaf (unparseable) never matches.
NameResult match_names(const Certificate* leaf, const std::vector<ReferenceIdentity>& wanted);

}  // namespace omnitls::inline v0::core
