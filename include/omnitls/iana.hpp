// SPDX-License-Identifier: BSL-1.0
// Names of the IANA TLS registries (TLS Parameters, RFC 8447), so that every backend reports the same words.
#pragma once

#include <omnitls/export.hpp>

#include <cstdint>
#include <string>

namespace omnitls::inline v0 {

/// TLS versions omnitls speaks, with their wire value (RFC 8446 §4.2.1).
enum class ProtocolVersion : std::uint16_t { tls12 = 0x0303, tls13 = 0x0304 };

/// "TLSv1.2" or "TLSv1.3".
OMNITLS_API std::string version_name(ProtocolVersion version);
/// E.g. 0x1301 -> "TLS_AES_128_GCM_SHA256"; "0x...." for a value that is not listed.
OMNITLS_API std::string cipher_suite_name(std::uint16_t id);
/// Supported Groups, e.g. 0x001d -> "x25519".
OMNITLS_API std::string group_name(std::uint16_t id);
/// SignatureScheme, e.g. 0x0403 -> "ecdsa_secp256r1_sha256".
OMNITLS_API std::string signature_scheme_name(std::uint16_t id);

}  // namespace omnitls::inline v0
