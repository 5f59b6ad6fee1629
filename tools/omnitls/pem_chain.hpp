// SPDX-License-Identifier: BSL-1.0
// A chain file as a peer would send it: the bytes of every certificate, whatever they are.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/result.hpp>

#include <string>
#include <vector>

namespace omnitls::tool {

/// The CERTIFICATE blocks of a PEM file (RFC 7468), in order, undecoded beyond base64: a malformed certificate is for the
/// judgement to find, as it would be on a connection. Errc::bad_input naming file and line for anything that is not PEM.
Result<std::vector<Bytes>> read_pem_chain(const std::string& path);

}  // namespace omnitls::tool
