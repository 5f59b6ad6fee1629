// SPDX-License-Identifier: BSL-1.0
// What the records of a server make of the evidence (RFC 6698 §2.1, RFC 7671 §5). Without waiting and without a source.
#pragma once

#include <omnitls/verifier.hpp>
#include <omnitls/verifiers/dane.hpp>

#include <string>
#include <vector>

namespace omnitls::inline v0::verifiers {

/// The verdict of usable records, found at `base_domain`. `request` has a judge.
Verdict judge_by_records(const VerifyRequest& request, const std::vector<TlsaRecord>& records,
                         const ReferenceIdentity& base_domain);

}  // namespace omnitls::inline v0::verifiers
