// SPDX-License-Identifier: BSL-1.0
// Plays the input as the turns of a peer (0xff separates them), once whole and once in single
// bytes, and require the same result. A difference, a lost byte or an unbounded error text ends the program.
#pragma once

#include <omnitls/starttls/dialogue.hpp>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::fuzz {

using MakeDialogue = std::function<std::unique_ptr<starttls::Dialogue>(starttls::Offer)>;

inline void require(bool condition) {
    if (!condition) std::abort();
}

struct Outcome {
    bool upgraded = false;
    std::error_code error;
    std::string what;
    std::string sent;
    std::string leftover;
    std::string step;
    std::string offer;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline std::vector<std::string_view> turns_of(std::string_view text) {
    std::vector<std::string_view> turns;
    for (;;) {
        const std::size_t end = text.find('\xff');
        turns.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return turns;
        text.remove_prefix(end + 1);
    }
}

inline Outcome play(starttls::Dialogue& dialogue, const std::vector<std::string_view>& turns,
                    std::size_t piece) {
    Outcome outcome;
    bool ended = false;
    const auto feed = [&](std::string_view bytes, bool eof) {
        Input in{as_bytes(bytes), eof};
        const Step step = dialogue.step(in);
        outcome.leftover += as_text(in.bytes);
        outcome.error = step.error;
        ended = step.done() || step.error;
        require(ended || (step.want == Want::input && in.bytes.empty()));
        require((dialogue.last_error() != nullptr) == static_cast<bool>(step.error));
    };
    for (std::string_view turn : turns) {
        if (!ended) {
            outcome.sent += as_text(dialogue.output());
            dialogue.consume_output(dialogue.output().size());
        }
        while (!turn.empty()) {
            const std::string_view bytes = turn.substr(0, piece);
            turn.remove_prefix(bytes.size());
            if (ended) {
                outcome.leftover += bytes;
            } else {
                feed(bytes, false);
            }
        }
    }
    if (!ended) feed({}, true);
    require(ended);
    if (const ErrorDetail* detail = dialogue.last_error()) {
        outcome.what = detail->what;
        require(detail->code == outcome.error && detail->what.size() < 4096 &&
                detail->peer_text.size() <= 256);
        for (const char c : detail->what + detail->peer_text + detail->hint) {
            require(c >= 0x20 && c < 0x7f);
        }
    }
    outcome.upgraded = dialogue.upgraded();
    require(!(outcome.upgraded && outcome.error));
    outcome.step = dialogue.step_name();
    outcome.offer = dialogue.offer_text().for_display();
    return outcome;
}

/// The first byte chooses the policy; the rest is what the server says.
inline void run(const std::uint8_t* data, std::size_t size, const MakeDialogue& make) {
    if (size == 0) return;
    const auto offer =
        (data[0] & 1U) != 0 ? starttls::Offer::if_offered : starttls::Offer::required;
    const auto turns = turns_of(as_text({data + 1, size - 1}));
    const auto whole = play(*make(offer), turns, std::string_view::npos);
    const auto bytes = play(*make(offer), turns, 1);
    require(whole == bytes);
    const bool plain_end = !whole.error && !whole.upgraded;
    require(!plain_end || offer == starttls::Offer::if_offered);
}

}  // namespace omnitls::fuzz
