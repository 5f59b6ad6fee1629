// SPDX-License-Identifier: BSL-1.0
// The base of services that speak in lines, the words in these, and tables of commands.
#pragma once

#include "tools/omnitls/served/service.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace omnitls::tool {

/// Whether a line that ends in "{SIZE}" goes on behind its CRLF with as many bytes, and then as a line.
enum class Literals : std::uint8_t {
    none,
    prompted,   ///< "{5}" waits for "+", "{5+}" does not (RFC 9051 §4.3).
    unprompted  ///< "{5+}" only (RFC 5804 §4).
};

/// Cuts what comes into lines. A protocol overrides `on_line`.
class LineService : public Service {
protected:
    LineService(std::string_view protocol, ServiceTerms terms, Literals literals = Literals::none)
        : Service(protocol, std::move(terms)), literals_(literals) {}

    /// A whole line without its CRLF, of at most 8 KiB, with its literals in it. Has no NUL, and outside of literals no CR and LF.
    virtual void on_line(std::string_view line) = 0;
    /// A line; the CRLF is added.
    void reply(std::string_view line) {
        say(line);
        say("\r\n");
    }

private:
    std::size_t take(std::string_view bytes) final;
    bool check_line(std::string_view line);

    Literals literals_;
    std::size_t prompts_ = 0;  ///< Given for this line.
};

/// Takes the first word off `line`, and one space behind it.
std::string_view take_word(std::string_view& line);
/// Takes an atom, a quoted string or a literal off `line`, and one space behind it; nullopt: there is none.
std::optional<std::string> take_string(std::string_view& line);
/// ASCII letters only, whatever the locale.
bool same_word(std::string_view a, std::string_view b) noexcept;

/// A command of a protocol: `run` gets what stands behind the word.
template <class Self>
struct Verb {
    std::string_view word;
    void (Self::*run)(std::string_view argument);
    bool needs_login = false;
};
template <class Self, std::size_t n>
const Verb<Self>* find_verb(const Verb<Self> (&verbs)[n], std::string_view word) {
    for (const Verb<Self>& verb : verbs)
        if (same_word(verb.word, word)) return &verb;
    return nullptr;
}

}  // namespace omnitls::tool
