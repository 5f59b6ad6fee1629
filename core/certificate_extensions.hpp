// SPDX-License-Identifier: BSL-1.0
// Reads the extensions of a certificate (RFC 5280 §4.2) and notes the critical ones nobody here processes.
#pragma once

#include "core/der_reader.hpp"

namespace omnitls::inline v0::core {

/// Counts names of all kinds against the limit of one certificate.
inline constexpr std::size_t kMaxNames = 1000;
inline constexpr std::size_t kMaxExtensions = 64;
inline constexpr std::size_t kMaxKeyPurposes = 100;

/// Reads `Extensions`, the SEQUENCE inside tag [3], into `fields`.
void read_extensions(DerReader& reader, CertificateFields& fields);

}  // namespace omnitls::inline v0::core
