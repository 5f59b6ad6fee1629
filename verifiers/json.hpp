// SPDX-License-Identifier: BSL-1.0
// The one form of JSON that is kept here: {"key": ["text", ...], ...}.
#pragma once

#include <omnitls/result.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0::verifiers {

/// What is at most read; `kMaxFile` bytes besides. Crossing it is Errc::bad_input.
inline constexpr std::size_t kMaxKeys = 10'000;
inline constexpr std::size_t kMaxValues = 64;  // for one key

using StringLists = std::map<std::string, std::vector<std::string>>;

/// Errc::bad_input naming `source`, the key and the number of the value, for anything else, and for a key that comes twice.
Result<StringLists> read_string_lists(std::string_view json, const std::string& source);
/// One key a line.
std::string write_string_lists(const StringLists& lists);

}  // namespace omnitls::inline v0::verifiers
