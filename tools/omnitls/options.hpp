// SPDX-License-Identifier: BSL-1.0
// Options that several commands share.
#pragma once

#include <omnitls/config.hpp>

#include <string>

namespace omnitls::tool {

/// "1.2" or "1.3": only that one; "": both.
inline VersionRange parse_versions(const std::string& text) {
    if (text == "1.2") return {ProtocolVersion::tls12, ProtocolVersion::tls12};
    if (text == "1.3") return {ProtocolVersion::tls13, ProtocolVersion::tls13};
    return {};
}

}  // namespace omnitls::tool
