// SPDX-License-Identifier: BSL-1.0
// A good transcript of every dialogue. What an attacker makes of them is generated (attacks_test.cpp), so a dialogue that stands here has
// been attacked.
#pragma once

#include <omnitls/starttls/dialogue.hpp>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace omnitls::test {

struct Transcript {
    std::string name;  ///< "smtp_client".
    std::function<std::unique_ptr<starttls::Dialogue>(starttls::Offer)> make;
    std::vector<std::string> turns;  ///< What the peer says, one by one.
    std::string sent;                ///< All that the dialogue says.
    /// A turn, and what the peer says there instead when it does not offer TLS; often with the keyword overwritten by as many X, as
    /// inspecting firewalls do. Empty: the peer cannot say so (servers have no such peer).
    std::vector<std::pair<std::size_t, std::string>> without_offer{};
    /// A turn, and what the peer says there to refuse.
    std::vector<std::pair<std::size_t, std::string>> refusals{};
    bool text = true;           ///< Lines or XML: no NUL is part of it.
    bool takes_groups = false;  ///< Of commands: a server that may be told several at once.
    /// A turn, and what the peer says there to be past the point where TLS could begin.
    std::vector<std::pair<std::size_t, std::string>> preauthenticated{};
};

const std::vector<Transcript>& transcripts();

inline std::ostream& operator<<(std::ostream& out, const Transcript& transcript) {
    return out << transcript.name;
}

}  // namespace omnitls::test
