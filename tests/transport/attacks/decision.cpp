// SPDX-License-Identifier: BSL-1.0
#include "tests/transport/attacks/decision.hpp"

#include <numeric>
#include <utility>

namespace omnitls::test {

Decision decide(const Transcript& transcript, const Turns& turns, starttls::Offer offer) {
    const auto dialogue = transcript.make(offer);
    Decision decision;
    decision.tls_may_follow = dialogue->tls_may_follow();
    const auto send = [&](std::string& into) {
        while (!dialogue->output().empty()) {
            const ConstBytes out = dialogue->output();
            into += as_text(out);
            dialogue->consume_output(out.size());
        }
    };
    for (const std::string& turn : turns) {
        send(decision.sent);
        Input in{as_bytes(turn), false};
        const Step step = dialogue->step(in);
        ++decision.turns;
        decision.leftover = as_text(in.bytes);
        decision.done = step.done();
        decision.error = step.error;
        if (step.done() || step.error) break;
    }
    send(decision.error ? decision.unsent : decision.sent);
    decision.upgraded = decision.done && dialogue->upgraded();
    if (dialogue->last_error() != nullptr) decision.what = dialogue->last_error()->what;
    decision.step = dialogue->step_name();
    return decision;
}

std::size_t size_of(const Turns& turns) {
    return std::accumulate(
        turns.begin(), turns.end(), std::size_t{0},
        [](std::size_t sum, const std::string& turn) { return sum + turn.size(); });
}

Turns with(const Transcript& transcript, std::size_t turn, std::string text) {
    Turns turns = transcript.turns;
    turns[turn] = std::move(text);
    return turns;
}

}  // namespace omnitls::test
