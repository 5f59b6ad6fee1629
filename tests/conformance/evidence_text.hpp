// SPDX-License-Identifier: BSL-1.0
// Evidence as lines of text, every field of it, and the file that says what they must be.
#pragma once

#include <omnitls/verifier.hpp>

#include <map>
#include <string>
#include <vector>

namespace omnitls::test {

using Lines = std::vector<std::string>;
/// "[section]", then lines "field: value" up to the next; what is empty or begins with "#" is for people.
using Golden = std::map<std::string, Lines>;

/// The file as it is committed.
const Golden& golden_evidence();
std::string golden_text(const Golden& golden);

/// Everything that a certificate says; digests are those of `crypto`.
Lines certificate_lines(const Certificate& certificate, const spi::Crypto& crypto);
/// Everything but the fields of the certificates, which are there by role. "as it was" stands for the connection's `version` and the
/// `staple` that was sent.
Lines evidence_lines(const VerifyRequest& request, ProtocolVersion version, ConstBytes staple);

/// The role of tests/data that a certificate is of, or its description.
std::string role_of(const Certificate& certificate);

}  // namespace omnitls::test
