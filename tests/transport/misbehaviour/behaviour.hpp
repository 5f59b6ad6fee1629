// SPDX-License-Identifier: BSL-1.0
// What a verifier does wrong, as data: what it does when it is asked, what happens afterwards, and the one outcome there must be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace omnitls::test {

enum class Act : std::uint8_t {
    // Of the verifier, when it is asked or later.
    yes,
    no,
    drop,              ///< Lets go of the question.
    yes_elsewhere,     ///< On another thread.
    no_elsewhere,      ///< On another thread.
    throws,            ///< When it is asked, the question with it.
    keeps_and_throws,  ///< The question is still in somebody's hands.
    // Of the program, on the thread that drives the connection; in some rows it is the verifier that does it.
    destroy,      ///< The stream.
    cancel,       ///< The handshake, terminally.
    lose,         ///< Its hold on verifier and contexts.
    over,         ///< Both streams and their execution context go, without another turn of it.
    run,          ///< Until nothing moves any more.
    almost_late,  ///< Just before the deadline of a verdict.
    too_late,     ///< To the deadline of a verdict.
    almost_late_for_all,  ///< The same with the deadline of the handshake.
    too_late_for_all,
    yes_while_cancelled,  ///< On another thread, both at once.
    yes_while_destroyed,
};

enum class End : std::uint8_t {
    open,
    rejected,             ///< By the verdict, with its code and its alert.
    failed,               ///< There was no verdict.
    timed_out,            ///< The verdict's deadline.
    handshake_timed_out,  ///< The handshake's deadline.
    cancelled,
    gone,               ///< The stream was destroyed: operation_aborted, and the peer sees the end.
    never_called,       ///< The execution context was: its handlers go uncalled.
    open_or_cancelled,  ///< It depends on who was first.
};

/// One connection. With nothing in `asked` the question is kept.
struct Script {
    std::vector<Act> asked{};
    std::vector<Act> later{};
    End end = End::open;
    bool patient = false;  ///< The deadline of the verdict is beyond that of the handshake.
};

/// `twin` is the same but for one property, and ends otherwise.
struct Misbehaviour {
    std::string name;
    Script script;
    Script twin;
};
const std::vector<Misbehaviour>& misbehaviours();

/// What a form of verifier cannot do, and why.
struct LeftOut {
    std::string form;
    std::string misbehaviour;
    std::string reason;
};
const std::vector<LeftOut>& left_out();

}  // namespace omnitls::test
