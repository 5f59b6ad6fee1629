// SPDX-License-Identifier: BSL-1.0
// Strict lines: CRLF ends one, and nothing else does.
#include "tools/omnitls/served/line_service.hpp"

#include <algorithm>
#include <charconv>

namespace omnitls::tool {
namespace {

/// Bytes of a line with all that belongs to it.
constexpr std::size_t line_limit = std::size_t{8} * 1024;

struct Literal {
    std::size_t size = 0;
    bool waits = false;
};
/// The literal that `line` announces at its end, if it does.
std::optional<Literal> announced(std::string_view line) {
    const std::size_t open = line.rfind('{');
    if (open == std::string_view::npos || !line.ends_with('}')) return std::nullopt;
    std::string_view digits = line.substr(open + 1, line.size() - open - 2);
    Literal literal;
    literal.waits = !digits.ends_with('+');
    if (!literal.waits) digits.remove_suffix(1);
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, literal.size);
    if (digits.empty() || end != last) return std::nullopt;
    // Too large for a number is too large for us, and is told as that.
    if (error != std::errc()) literal.size = line_limit;
    return literal;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::optional<std::string> take_quoted(std::string_view& line) {
    std::string text;
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '"') {
            line.remove_prefix(i + 1);
            return text;
        }
        if (line[i] == '\\' && ++i == line.size()) break;
        text += line[i];
    }
    return std::nullopt;
}

std::optional<std::string> take_literal(std::string_view& line) {
    const std::size_t end = line.find("}\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const auto literal = announced(line.substr(0, end + 1));
    if (!literal || line.size() - (end + 3) < literal->size) return std::nullopt;
    std::string text(line.substr(end + 3, literal->size));
    line.remove_prefix(end + 3 + literal->size);
    return text;
}

}  // namespace

std::size_t LineService::take(std::string_view bytes) {
    std::size_t start = 0;
    std::size_t waiting = 0;
    for (;;) {
        const std::size_t end = bytes.find('\n', start);
        if (std::min(end, bytes.size()) >= line_limit) {
            too_long("a line of more than 8192 bytes");
            return 0;
        }
        if (end == std::string_view::npos) return 0;
        if (!check_line(bytes.substr(start, end - start))) return 0;
        const std::string_view line = bytes.substr(start, end - 1 - start);
        const auto literal = literals_ == Literals::none ? std::nullopt : announced(line);
        if (!literal || (literal->waits && literals_ == Literals::unprompted)) {
            prompts_ = 0;
            on_line(bytes.substr(0, end - 1));
            return end + 1;
        }
        if (literal->size >= line_limit) {
            too_long("a literal of more than 8192 bytes");
            return 0;
        }
        if (literal->waits && ++waiting > prompts_) {
            ++prompts_;
            reply("+ go on");
        }
        start = end + 1 + literal->size;
        if (start > bytes.size()) return 0;
    }
}

/// `line`: up to its LF.
bool LineService::check_line(std::string_view line) {
    const std::string_view content = line.substr(0, line.empty() ? 0 : line.size() - 1);
    if (!line.ends_with('\r') || content.find('\r') != std::string_view::npos) {
        nonsense("client ended a line without CRLF: " + in_quotes(line),
                 "curl wants --crlf, openssl s_client -crlf, omnitls connect -i --crlf");
        return false;
    }
    if (content.find('\0') != std::string_view::npos) {
        nonsense("client sent a NUL byte: " + in_quotes(line));
        return false;
    }
    return true;
}

std::string_view take_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    return word;
}

std::optional<std::string> take_string(std::string_view& line) {
    if (line.empty()) return std::nullopt;
    std::optional<std::string> text;
    if (line[0] == '"') {
        text = take_quoted(line);
    } else if (line[0] == '{') {
        text = take_literal(line);
    } else {
        const std::string_view word = line.substr(0, line.find(' '));
        if (!word.empty()) text = word;
        line.remove_prefix(word.size());
    }
    if (!line.empty() && line[0] != ' ') return std::nullopt;
    line.remove_prefix(std::min<std::size_t>(line.size(), 1));
    return text;
}

bool same_word(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace omnitls::tool
