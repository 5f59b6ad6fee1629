// SPDX-License-Identifier: BSL-1.0
// PEM (RFC 7468) to DER. Strict about what it takes, exact about where a text goes wrong.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0::core {

/// One block: its label ("CERTIFICATE"), its bytes, and the line (from 1) its BEGIN stands on.
struct PemBlock {
    std::string label;
    Bytes der;
    std::size_t line = 0;
};

/// All blocks of `text`, in order; text between blocks is ignored (RFC 7468 §2). `source` names the text in errors
/// (Errc::bad_input: source, line, what was expected, what came). No block at all is an empty vector, not an error.
/// Blocks with headers (RFC 1421 "Proc-Type", the old encrypted form) are refused by name.
Result<std::vector<PemBlock>> read_pem(std::string_view text, const std::string& source);

/// Largest file of one party's certificates or key, in bytes.
inline constexpr std::size_t max_chain_file = std::size_t{1024} * 1024;

/// A whole file of at most `limit` bytes. Errc::bad_input naming the path and the system's reason.
Result<std::string> read_file(const std::string& path, std::size_t limit);

}  // namespace omnitls::inline v0::core
