// SPDX-License-Identifier: BSL-1.0
// Options that several commands share.
#pragma once

#include <omnitls/config.hpp>

#include <optional>
#include <string>

namespace omnitls::tool {

/// "1.2" or "1.3": only that one; "": every version that the backend has.
inline std::optional<VersionRange> parse_versions(const std::string& text) {
    if (text == "1.2") return VersionRange{ProtocolVersion::tls12, ProtocolVersion::tls12};
    if (text == "1.3") return VersionRange{ProtocolVersion::tls13, ProtocolVersion::tls13};
    return std::nullopt;
}

}  // namespace omnitls::tool
