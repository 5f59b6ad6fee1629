// SPDX-License-Identifier: BSL-1.0
// What libunbound's results mean.
#pragma once

#include <omnitls/verifiers/dane.hpp>

#include <string>

struct ub_result;

namespace omnitls::inline v0::unbound_native {

/// The answer that a result about TLSA records is. Status and detail are right for every type.
TlsaAnswer answer_of(const ub_result& result);
/// Nothing is known, for this reason.
TlsaAnswer failed(std::string why);
/// Where the aliases of the name that was asked for end, without a trailing dot, in small letters; empty if it is no alias.
std::string end_of_aliases(const ub_result& result);

}  // namespace omnitls::inline v0::unbound_native
