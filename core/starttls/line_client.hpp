// SPDX-License-Identifier: BSL-1.0
// The client's side of the line protocols: greeting, capabilities, the command that asks for TLS, the go-ahead. A protocol says in
// `on_line` what its lines mean; the order of the steps, the check of the offer and the words of errors are here.
#pragma once

#include "core/starttls/line_dialogue.hpp"

#include <string_view>

namespace omnitls::inline v0::core {

/// What a protocol calls its steps, and what it waits for in each; "220 to STARTTLS".
struct LineWords {
    std::string_view protocol;
    std::string_view ask;  ///< The command for capabilities; empty: they come with the greeting.
    std::string_view upgrade;  ///< The command for TLS.
    std::string_view keyword;  ///< The capability that offers it; empty: nothing does.
    std::string_view expect_greeting;
    std::string_view expect_capabilities;
    std::string_view expect_keyword;  ///< "the STARTTLS keyword".
    std::string_view expect_go_ahead;
    std::string_view hint;  ///< For a peer that speaks something else: "is this an SMTP port?".
};

class LineClient : public LineDialogue {
public:
    std::string_view protocol() const noexcept final { return words_.protocol; }
    std::string_view step_name() const noexcept final;

protected:
    enum class LineStep : unsigned char { greeting, capabilities, go_ahead };

    /// `words` is borrowed, a constant of the protocol.
    LineClient(const LineWords& words, starttls::Offer offer)
        : LineDialogue(offer), words_(words) {}

    LineStep at() const noexcept { return step_; }
    /// The greeting was good: sends `words.ask` with `before` in front of it and `argument` behind.
    void ask_capabilities(std::string_view before = {}, std::string_view argument = {});
    /// One line of capabilities: its first word is a keyword.
    void add_capability(std::string_view line);
    /// What follows is a list of capabilities, up to a line with a dot alone (RFC 1939 §3, RFC 3977 §3.1.1).
    void begin_list() noexcept { in_list_ = true; }
    /// Takes `line` if such a list is being read; at its end TLS is asked for.
    bool take_listed(std::string_view line);
    /// The capabilities are complete: sends `words.upgrade`, unless it was not offered.
    void ask_upgrade(std::string_view before = {});
    /// The peer said no. `text` is all of its answer, raw.
    void refused(std::string_view text);
    /// The peer sent what has no place here.
    void nonsense(std::string_view found);
    /// The peer does not know the command that asks what it offers, or for TLS.
    void unknown_to_peer(std::string_view text);

private:
    std::string_view expected() const final;

    const LineWords& words_;
    LineStep step_ = LineStep::greeting;
    bool in_list_ = false;
    bool offered_ = false;
    bool listed_ = false;  ///< The capabilities were read; only their content can be wrong now.
};

}  // namespace omnitls::inline v0::core
