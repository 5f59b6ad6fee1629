// SPDX-License-Identifier: BSL-1.0
// Small files, read and replaced as a whole.
#pragma once

#include <omnitls/result.hpp>

#include <optional>
#include <string>

namespace omnitls::inline v0::verifiers {

/// What a file may at most be, in bytes.
inline constexpr std::size_t kMaxFile = 1024 * 1024;

/// The file's text. Errc::bad_input naming it and why it cannot be read; more than `kMaxFile` cannot.
Result<std::string> read_text_file(const std::string& path);
/// There is nothing of this name, as far as can be seen.
bool is_absent(const std::string& path) noexcept;
/// Puts a file with this text, for its owner alone, in the place of what is there: whatever happens, `path` is the old file or the new
/// one, and after a success the new one is on the disk. Errc::bad_input naming the path and the system's reason.
std::optional<ErrorDetail> replace_file(const std::string& path, const std::string& text);

}  // namespace omnitls::inline v0::verifiers
