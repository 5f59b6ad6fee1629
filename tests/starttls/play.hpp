// SPDX-License-Identifier: BSL-1.0
// Plays a server's side of a STARTTLS dialogue: turns are what the server says between two things the client says. Within a
// turn the bytes may be cut anywhere; between turns the client's output is sent.
#pragma once

#include <omnitls/starttls/dialogue.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace omnitls::test {

/// Everything a caller of the dialogue can see at its end.
struct Outcome {
    bool done = false;
    bool upgraded = false;
    std::error_code error;
    std::string what;
    std::string sent;      ///< All the client sent.
    std::string leftover;  ///< What the dialogue left of the turn it ended in.
    std::size_t turn = 0;  ///< The turn it ended in, or the number of turns.
    std::string step;
    std::string offer;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << "{done " << outcome.done << ", upgraded " << outcome.upgraded << ", error "
               << outcome.error.message() << ", what " << outcome.what << ", sent " << outcome.sent
               << ", leftover " << outcome.leftover << ", turn " << outcome.turn << ", step "
               << outcome.step << "}";
}

/// Cuts a turn into pieces.
using Chunking = std::function<std::vector<std::string_view>(std::string_view)>;

inline Chunking pieces_of(std::size_t size) {
    return [size](std::string_view text) {
        std::vector<std::string_view> pieces;
        for (; !text.empty(); text.remove_prefix(std::min(size, text.size()))) {
            pieces.push_back(text.substr(0, size));
        }
        return pieces;
    };
}
inline Chunking whole() { return pieces_of(std::string_view::npos); }
inline Chunking cut_at(std::size_t position) {
    return [position](std::string_view text) {
        const std::size_t cut = std::min(position, text.size());
        return std::vector<std::string_view>{text.substr(0, cut), text.substr(cut)};
    };
}

inline void send_output(starttls::Dialogue& dialogue, Outcome& outcome) {
    while (!dialogue.output().empty()) {
        // One byte at a time: the rest must stay in front.
        outcome.sent += as_text(dialogue.output().first(1));
        dialogue.consume_output(1);
    }
}

/// Plays `turns`; `eof`: the connection ends after the last one.
inline Outcome play(starttls::Dialogue& dialogue, const std::vector<std::string>& turns,
                    const Chunking& chunking = whole(), bool eof = false) {
    Outcome outcome;
    bool ended = false;
    const auto feed = [&](std::string_view bytes, bool at_end) {
        Input in{as_bytes(bytes), at_end};
        const Step step = dialogue.step(in);
        outcome.leftover += as_text(in.bytes);
        outcome.done = step.done();
        outcome.error = step.error;
        ended = step.done() || step.error;
    };
    for (const std::string& turn : turns) {
        if (ended) break;
        send_output(dialogue, outcome);
        for (const std::string_view piece : chunking(turn)) {
            if (ended) {
                outcome.leftover += piece;
            } else {
                feed(piece, false);
            }
        }
        if (!ended) ++outcome.turn;
    }
    if (!ended && eof) feed({}, true);
    if (!outcome.error) send_output(dialogue, outcome);
    if (dialogue.last_error() != nullptr) outcome.what = dialogue.last_error()->what;
    outcome.upgraded = dialogue.upgraded();
    outcome.step = dialogue.step_name();
    outcome.offer = dialogue.offer_text().for_display();
    return outcome;
}

}  // namespace omnitls::test
