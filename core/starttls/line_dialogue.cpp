// SPDX-License-Identifier: BSL-1.0
// Strict lines and three-digit replies.
#include "core/starttls/line_dialogue.hpp"

#include <algorithm>
#include <utility>

namespace omnitls::inline v0::core {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return to_lower(x) == to_lower(y); });
}

void LineDialogue::feed(std::uint8_t byte) {
    const char c = static_cast<char>(byte);
    if (carriage_return_ && c == '\n') {
        carriage_return_ = false;
        const std::string line = std::exchange(line_, {});
        on_line(line);
        return;
    }
    // RFC 5321 §2.3.8: CR and LF occur only together, as the end of a line.
    if (carriage_return_ || c == '\n') {
        fail(Errc::starttls_protocol,
             std::string(peer()) + " ended a line without CRLF: " + in_quotes(line_));
        return;
    }
    if (c == '\0') {
        fail(Errc::starttls_protocol,
             std::string(peer()) + " sent a NUL byte after " + in_quotes(line_));
        return;
    }
    // The CRLF counts: two bytes are kept free for it.
    if (c != '\r' && line_.size() + 2 >= dialogue_unit_limit) {
        fail(Errc::limit_exceeded,
             std::string(peer()) + " sent a line of more than 4096 bytes: " + in_quotes(line_));
        return;
    }
    if (c == '\r') {
        carriage_return_ = true;
    } else {
        line_.push_back(c);
    }
}

ReplyReader::State ReplyReader::add(std::string_view line) {
    const bool has_code = line.size() >= 3 && line[0] >= '1' && line[0] <= '5' &&
                          is_digit(line[1]) && is_digit(line[2]);
    if (!has_code || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) return State::malformed;
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (!texts_.empty() && code != code_) return State::code_mismatch;
    code_ = code;
    texts_.emplace_back(line.size() > 4 ? line.substr(4) : std::string_view{});
    return line.size() > 3 && line[3] == '-' ? State::more : State::complete;
}

std::string ReplyReader::to_string() const {
    std::string text = std::to_string(code_);
    for (const std::string& part : texts_) {
        if (!part.empty()) text.append(" ").append(part);
    }
    return text;
}

}  // namespace omnitls::inline v0::core
