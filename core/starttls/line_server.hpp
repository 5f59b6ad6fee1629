// SPDX-License-Identifier: BSL-1.0
// The server's side of the line protocols, up to the go-ahead: what each says is a table. A server that does more before TLS has its own
// parser, and gives the stream what it has read beyond the client's command.
#pragma once

#include "core/starttls/line_dialogue.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace omnitls::inline v0::core {

/// In the answers "%n" stands for the server's name and "%t" for the tag of the command; lines end in CRLF.
struct LineCommand {
    enum class Then : unsigned char { go_on, upgrade, leave };
    std::string_view verb;  ///< All of the command, or its start where `argument` may follow.
    std::string_view answer;
    Then then = Then::go_on;
    bool argument = false;
};

struct LineService {
    std::string_view protocol;
    std::string_view upgrade;  ///< The step's name, and what is waited for.
    std::string_view greeting;
    std::span<const LineCommand> commands;
    std::string_view other;         ///< To a command that has to wait for TLS.
    std::string_view bad_argument;  ///< To the command for TLS with something behind it.
    bool tagged = false;            ///< Commands begin with a tag (IMAP).
};

/// `service` is borrowed, a constant of the protocol; `name` is a domain.
Result<std::unique_ptr<starttls::Dialogue>> line_server(const LineService& service,
                                                        std::string_view name);

}  // namespace omnitls::inline v0::core
