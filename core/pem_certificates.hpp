// SPDX-License-Identifier: BSL-1.0
// Certificates out of PEM texts, for identities and trust anchors alike.
#pragma once

#include "core/pem.hpp"
#include <omnitls/certificate.hpp>

namespace omnitls::inline v0::core {

/// What to do with a block that is no certificate the strict reader accepts.
enum class Unreadable : std::uint8_t { fail, skip };

/// Every CERTIFICATE block of `text`, in order, at least one; other blocks are passed over. Errors name `source`, and the number
/// and line of the certificate at fault.
Result<std::vector<Certificate>> certificates_from_pem(std::string_view text,
                                                       const std::string& source,
                                                       Unreadable unreadable);

/// The error for a text in which `wanted` ("CERTIFICATE block") was not found; says what was found instead.
ErrorDetail missing_block(std::string_view text, const std::vector<PemBlock>& blocks,
                          const std::string& source, const std::string& wanted);

/// Overwrites the content of every block.
void wipe_blocks(std::vector<PemBlock>& blocks) noexcept;

}  // namespace omnitls::inline v0::core
