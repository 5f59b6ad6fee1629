// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <omnitls/verifier.hpp>

#include <string>
#include <vector>

namespace omnitls::test {

/// "category@depth ..." for short comparisons.
inline std::string brief(const std::vector<Finding>& findings) {
    std::string text;
    for (const Finding& finding : findings) {
        if (!text.empty()) text += " ";
        text += std::string(finding_name(finding.category)) + "@" + std::to_string(finding.depth);
    }
    return text;
}

}  // namespace omnitls::test
