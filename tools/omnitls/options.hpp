// SPDX-License-Identifier: BSL-1.0
// Options that several commands share.
#pragma once

#include <omnitls/backend.hpp>
#include <omnitls/config.hpp>

#include <string>

namespace omnitls::tool {

/// "1.2" or "1.3": only that one; "": every version that `backend` has.
inline VersionRange parse_versions(const std::string& text, const TlsBackend& backend) {
    if (text == "1.2") return {ProtocolVersion::tls12, ProtocolVersion::tls12};
    if (text == "1.3") return {ProtocolVersion::tls13, ProtocolVersion::tls13};
    VersionRange all;
    if (!backend.capabilities().has("tls13")) all.max = ProtocolVersion::tls12;
    if (!backend.capabilities().has("tls12")) all.min = ProtocolVersion::tls13;
    return all;
}

}  // namespace omnitls::tool
