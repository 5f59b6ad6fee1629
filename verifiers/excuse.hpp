// SPDX-License-Identifier: BSL-1.0
// How verifiers that know a peer's key by other means let it in: by naming what they excuse, and nothing else.
#pragma once

#include <omnitls/verifier.hpp>

#include <functional>
#include <vector>

namespace omnitls::inline v0::verifiers {

/// The failures of `request` that `excused` says yes to.
std::vector<Finding> excused_failures(const VerifyRequest& request,
                                      const std::function<bool(const Finding&)>& excused);
/// Trusts the peer despite these; with none, only what the baseline passes.
Verdict trust_despite(std::vector<Finding> findings);
/// What a key that is known stands for: an authority; and what the program names besides.
bool is_excused_by_key(const Finding& finding, const std::vector<FindingCategory>& also) noexcept;
/// "DNS:example.org, DNS:example.net"; what a person calls the peer.
std::string names_of(const VerifyRequest& request);

}  // namespace omnitls::inline v0::verifiers
