// SPDX-License-Identifier: BSL-1.0
// What was said in plain text before TLS, line by line, up to the boundary or to where it failed, and after the way back.
#pragma once

#include "tools/omnitls/report.hpp"
#include <omnitls/starttls/dialogue.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::tool {

class Transcript {
public:
    enum class Kind : std::uint8_t { sent, received, boundary };
    struct Line {
        Kind kind = Kind::sent;
        std::string step;  ///< Of the dialogue: "EHLO".
        std::string
            text;  ///< Escaped. A line's CRLF is left out; what is no line has all its bytes.
    };

    void note(Kind kind, std::string_view step, std::string_view bytes);
    /// The plain text is over; `upgraded`: TLS begins, of that version if the handshake came so far.
    void finish(bool upgraded, std::optional<ProtocolVersion> version);
    void boundary(std::string text);
    /// What has come of a line is all that comes of it.
    void end_line();
    const std::vector<Line>& lines() const noexcept { return lines_; }

private:
    std::vector<Line> lines_;
    Line open_;
    std::string pending_;  ///< Raw, of `open_`.
};

/// `dialogue`, noting in `transcript` what it takes and what of it is sent.
std::unique_ptr<starttls::Dialogue> transcribed(std::unique_ptr<starttls::Dialogue> dialogue,
                                                std::shared_ptr<Transcript> transcript);

/// "<- [EHLO] 250 STARTTLS", a line each, and the boundary as "---- TLS 1.3 starts here ----".
void print(std::ostream& out, const Transcript& transcript);
Json to_json(const Transcript& transcript);

}  // namespace omnitls::tool
