// SPDX-License-Identifier: BSL-1.0
#include "verifiers/excuse.hpp"

#include <algorithm>
#include <utility>

namespace omnitls::inline v0::verifiers {

std::vector<Finding> excused_failures(const VerifyRequest& request,
                                      const std::function<bool(const Finding&)>& excused) {
    std::vector<Finding> failures = request.failures();
    std::erase_if(failures, [&](const Finding& failure) { return !excused(failure); });
    return failures;
}

Verdict trust_despite(std::vector<Finding> findings) {
    return findings.empty() ? Verdict::trusted() : Verdict::trusted_despite(std::move(findings));
}

bool is_excused_by_key(const Finding& finding, const std::vector<FindingCategory>& also) noexcept {
    return finding.category == FindingCategory::unknown_authority ||
           finding.category == FindingCategory::self_signed ||
           std::find(also.begin(), also.end(), finding.category) != also.end();
}

std::string names_of(const VerifyRequest& request) {
    std::string text;
    for (const ReferenceIdentity& identity : request.reference_identities) {
        if (!text.empty()) text += ", ";
        text += escape_untrusted(identity.to_string());
    }
    return text.empty() ? "a peer without a name" : text;
}

}  // namespace omnitls::inline v0::verifiers
