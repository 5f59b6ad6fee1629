// SPDX-License-Identifier: BSL-1.0
// What a dialogue alone makes of a peer's turns, each in one piece: a whole connection has to come to the same.
#pragma once

#include "tests/starttls/transcripts.hpp"

#include <cstddef>
#include <string>
#include <system_error>
#include <vector>

namespace omnitls::test {

using Turns = std::vector<std::string>;

struct Decision {
    bool done = false;
    bool upgraded = false;
    bool tls_may_follow = false;
    std::error_code error;
    std::string what;
    std::string sent;      ///< Up to the decision.
    std::string unsent;    ///< What it would still have said after an error.
    std::string leftover;  ///< Of the turn it ended in.
    std::string step;
    std::size_t turns = 0;  ///< That it has taken, the one it ended in included.
};

Decision decide(const Transcript& transcript, const Turns& turns,
                starttls::Offer offer = starttls::Offer::required);

inline bool is_client(const Transcript& transcript) { return transcript.name.ends_with("_client"); }

/// Bytes.
std::size_t size_of(const Turns& turns);
/// The transcript's turns with another text at `turn`.
Turns with(const Transcript& transcript, std::size_t turn, std::string text);

}  // namespace omnitls::test
