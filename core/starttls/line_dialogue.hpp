// SPDX-License-Identifier: BSL-1.0
// The base of dialogues that speak in lines (SMTP; IMAP, POP3, NNTP and Sieve have the same needs), and the reader of replies
// with three-digit codes. Lines end in CRLF and in nothing else: what two readers could see differently is refused.
#pragma once

#include "core/starttls/dialogue_base.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0::core {

/// Cuts what comes into lines. A protocol overrides `on_line`.
class LineDialogue : public DialogueBase {
protected:
    using DialogueBase::DialogueBase;
    /// One whole line without its CRLF: no CR, LF or NUL, at most 4 KiB, otherwise any bytes.
    virtual void on_line(std::string_view line) = 0;

private:
    void feed(std::uint8_t byte) final;

    std::string line_;
    bool carriage_return_ = false;
};

/// Puts lines "250-text" ... "250 text" together (RFC 5321 §4.2, RFC 3977 §3.2 has the single-line form).
class ReplyReader {
public:
    enum class State : unsigned char {
        more,           ///< The line was a continuation.
        complete,       ///< The reply is whole: `code`, `texts`.
        malformed,      ///< Not a reply line.
        code_mismatch,  ///< A continuation with another code than the line before it.
    };
    State add(std::string_view line);
    void clear() noexcept { *this = ReplyReader(); }

    int code() const noexcept { return code_; }
    /// Without codes, one per line, raw.
    const std::vector<std::string>& texts() const noexcept { return texts_; }
    /// Code and texts as one line, raw: "454 TLS not available".
    std::string to_string() const;

private:
    int code_ = 0;
    std::vector<std::string> texts_;
};

/// ASCII letters only, whatever the locale: protocol keywords.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace omnitls::inline v0::core
