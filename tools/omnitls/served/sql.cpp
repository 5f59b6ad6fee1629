// SPDX-License-Identifier: BSL-1.0
// Enough to see that a query and its answer come through.
#include "tools/omnitls/served/sql.hpp"

#include "tools/omnitls/served/line_service.hpp"

#include <algorithm>

namespace omnitls::tool {
namespace {

constexpr std::string_view space = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const std::size_t start = text.find_first_not_of(space);
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(space) + 1 - start);
}

}  // namespace

std::string_view statement(std::string_view text) {
    text = trimmed(text);
    if (text.ends_with(';')) text.remove_suffix(1);
    return trimmed(text);
}

std::optional<std::string> selected_number(std::string_view statement) {
    constexpr std::string_view select = "select";
    if (!same_word(statement.substr(0, select.size()), select)) return std::nullopt;
    const std::string_view rest = statement.substr(select.size());
    const std::string_view number = trimmed(rest);
    const bool digits =
        !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits || number.size() > 9 || number.size() == rest.size()) return std::nullopt;
    // As a number is written: without zeros before it.
    return std::string(number.substr(std::min(number.find_first_not_of('0'), number.size() - 1)));
}

}  // namespace omnitls::tool
