// SPDX-License-Identifier: BSL-1.0
// All the SQL that there is: SELECT with a number.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace omnitls::tool {

/// `text` without white space at its ends and a semicolon behind it.
std::string_view statement(std::string_view text);
/// "select 1": the number, of at most nine digits; nullopt: it is another statement.
std::optional<std::string> selected_number(std::string_view statement);

}  // namespace omnitls::tool
