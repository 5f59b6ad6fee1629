// SPDX-License-Identifier: BSL-1.0
// Attacks with time: one byte per second, and silence after every turn. The clock is the test's.
#include "tests/transport/attacks/cells.hpp"

#include <chrono>

namespace omnitls::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds moment{1};

/// The step that the dialogue is in after the first `bytes` of the turns.
std::string step_after(const Transcript& transcript, std::size_t bytes) {
    Turns turns;
    for (const std::string& turn : transcript.turns) {
        turns.push_back(turn.substr(0, bytes));
        bytes -= turns.back().size();
        if (turns.back().size() < turn.size()) break;
    }
    return decide(transcript, turns).step;
}

std::string in_quotes(const std::string& step) { return "\"" + step + "\""; }

TEST_P(Attacks, OneBytePerSecond) {
    const std::size_t bytes = size_of(transcript().turns);
    ConnectionSetup slow = setup();
    slow.to_us = in_pieces(1);
    slow.pause = seconds(1);
    slow.handshake_deadline = std::chrono::hours(24);
    {
        SCOPED_TRACE("the twin, whose deadlines are long enough");
        slow.dialogue_deadline = seconds(bytes) + moment;
        Connection c(slow);
        c.play();
        expect_open(c);
    }
    for (const std::size_t late : {bytes, (bytes + 1) / 2, std::size_t{1}}) {
        SCOPED_TRACE(late);
        slow.dialogue_deadline = seconds(late) - moment;
        Connection c(slow);
        c.say_turns();
        expect_dialogue_failed(c, Errc::handshake_timeout);
        const std::string& what = c.us().last_error()->what;
        EXPECT_NE(what.find(in_quotes(step_after(transcript(), late - 1))), std::string::npos)
            << what;
    }
    // The deadline of TLS is another one.
    slow.dialogue_deadline = std::chrono::hours(24);
    slow.handshake_deadline = seconds(60);
    Connection c(slow);
    c.play();
    EXPECT_TRUE(c.upgrade().failed(Errc::handshake_timeout)) << c.upgrade();
    expect_no_tls(c);
    EXPECT_EQ(c.questions(), 0U);
}

TEST_P(Attacks, Silence) {
    const auto [dialogue, handshake] =
        std::pair{setup().dialogue_deadline, setup().handshake_deadline};
    std::size_t bytes = 0;
    for (std::size_t turns = 0; turns < transcript().turns.size(); ++turns) {
        for (const bool to_the_end : {true, false}) {
            SCOPED_TRACE(turns);
            Connection c(setup());
            c.say_turns(turns);
            c.pass(dialogue - moment);
            EXPECT_EQ(c.upgrade().calls, 0) << "it waits up to its deadline";
            if (to_the_end) {
                c.pass(moment);
                expect_dialogue_failed(c, Errc::handshake_timeout);
                const std::string& what = c.us().last_error()->what;
                EXPECT_NE(what.find(in_quotes(step_after(transcript(), bytes))), std::string::npos)
                    << what;
            } else {
                c.play();
                expect_open(c);
            }
        }
        bytes += transcript().turns[turns].size();
    }
    for (const bool to_the_end : {true, false}) {
        Connection c(setup());
        c.say_turns();
        c.pass(handshake - moment);
        EXPECT_EQ(c.upgrade().calls, 0) << "it waits up to its deadline";
        if (to_the_end) {
            c.pass(moment);
            EXPECT_TRUE(c.upgrade().failed(Errc::handshake_timeout)) << c.upgrade();
            expect_no_tls(c);
            EXPECT_EQ(c.questions(), 0U);
        } else {
            c.begin_tls();
            expect_open(c);
        }
    }
}

}  // namespace
}  // namespace omnitls::test
