// SPDX-License-Identifier: BSL-1.0
#include "tests/transport/misbehaviour/behaviour.hpp"

namespace omnitls::test {

const std::vector<Misbehaviour>& misbehaviours() {
    using enum Act;
    static const Script kept_yes{{}, {yes}, End::open};
    static const Script at_once{{yes}, {}, End::open};
    static const std::vector<Misbehaviour> all{
        {"answers_at_once", at_once, {{no}, {}, End::rejected}},
        {"answers_late", kept_yes, {{}, {no}, End::rejected}},
        {"answers_from_another_thread",
         {{}, {yes_elsewhere}, End::open},
         {{}, {no_elsewhere}, End::rejected}},
        {"answers_twice", {{yes, no}, {}, End::open}, {{no, yes}, {}, End::rejected}},
        {"answers_twice_late", {{}, {yes, no}, End::open}, {{}, {no, yes}, End::rejected}},
        {"answers_again_when_open",
         {{}, {yes, run, no}, End::open},
         {{}, {no, run, yes}, End::rejected}},
        {"never_answers", {{}, {too_late}, End::timed_out}, kept_yes},
        {"throws", {{throws}, {}, End::failed}, at_once},
        {"throws_after_the_answer",
         {{yes, throws}, {}, End::open},
         {{no, throws}, {}, End::rejected}},
        {"keeps_the_question_and_throws", {{keeps_and_throws}, {yes}, End::failed}, kept_yes},
        {"drops", {{drop}, {}, End::failed}, at_once},
        {"drops_late", {{}, {drop}, End::failed}, kept_yes},
        {"destroys_the_stream", {{destroy}, {yes}, End::gone}, kept_yes},
        {"destroys_the_stream_and_answers", {{destroy, yes}, {}, End::gone}, at_once},
        {"answers_and_destroys_the_stream", {{yes, destroy}, {}, End::gone}, at_once},
        {"destroys_everything_and_answers",
         {{lose, destroy, yes}, {}, End::gone},
         {{lose, yes}, {}, End::open}},
        {"loses_the_verifier", {{lose, yes}, {}, End::open}, {{lose, no}, {}, End::rejected}},
        {"loses_the_verifier_late", {{}, {lose, yes}, End::open}, {{}, {lose, no}, End::rejected}},
        {"cancels", {{cancel, yes}, {}, End::cancelled}, at_once},
        {"is_cancelled_before_the_answer", {{}, {cancel, yes}, End::cancelled}, kept_yes},
        {"is_cancelled_with_the_answer_on_its_way", {{}, {yes, cancel}, End::cancelled}, kept_yes},
        {"is_cancelled_when_open", {{yes}, {cancel}, End::open}, {{no}, {cancel}, End::rejected}},
        {"is_cancelled_while_it_answers",
         {{}, {yes_while_cancelled}, End::open_or_cancelled},
         kept_yes},
        {"is_too_slow", {{}, {too_late, yes}, End::timed_out}, {{}, {almost_late, yes}, End::open}},
        {"is_too_slow_for_the_handshake",
         {{}, {too_late_for_all, yes}, End::handshake_timed_out, true},
         {{}, {almost_late_for_all, yes}, End::open, true}},
        {"answers_when_the_stream_is_gone", {{}, {destroy, run, yes}, End::gone}, kept_yes},
        {"answers_while_the_stream_goes", {{}, {yes_while_destroyed}, End::gone}, kept_yes},
        {"answers_when_all_is_over", {{}, {over, yes}, End::never_called}, kept_yes},
    };
    return all;
}

namespace {

void leave_out(std::vector<LeftOut>& all, const char* form, const char* reason,
               std::initializer_list<const char*> names) {
    for (const char* name : names) all.push_back({form, name, reason});
}

}  // namespace

const std::vector<LeftOut>& left_out() {
    static const std::vector<LeftOut> all = [] {
        std::vector<LeftOut> table;
        leave_out(table, "function", "it cannot keep the question: it answers by returning",
                  {"answers_late", "answers_from_another_thread", "answers_twice_late",
                   "answers_again_when_open", "never_answers", "keeps_the_question_and_throws",
                   "drops_late", "destroys_the_stream", "loses_the_verifier_late",
                   "is_cancelled_before_the_answer", "is_cancelled_with_the_answer_on_its_way",
                   "is_cancelled_while_it_answers", "is_too_slow", "is_too_slow_for_the_handshake",
                   "answers_when_the_stream_is_gone", "answers_while_the_stream_goes",
                   "answers_when_all_is_over"});
        leave_out(table, "function", "its answer is the last that it does, and there is one",
                  {"answers_twice", "throws_after_the_answer", "drops",
                   "answers_and_destroys_the_stream"});
        leave_out(table, "coroutine", "its answer is the last that it does, and there is one",
                  {"answers_twice", "answers_twice_late", "answers_again_when_open",
                   "throws_after_the_answer", "answers_and_destroys_the_stream"});
        leave_out(table, "coroutine", "it is given the evidence: the question is not in its hands",
                  {"drops", "keeps_the_question_and_throws"});
        leave_out(table, "thread", "what leaves a thread by an exception ends the program",
                  {"throws", "throws_after_the_answer", "keeps_the_question_and_throws"});
        leave_out(table, "thread", "a stream and who holds it belong to the thread that drives it",
                  {"destroys_the_stream", "destroys_the_stream_and_answers",
                   "answers_and_destroys_the_stream", "destroys_everything_and_answers",
                   "loses_the_verifier", "cancels"});
        leave_out(table, "thread", "it never answers otherwise", {"answers_from_another_thread"});
        return table;
    }();
    return all;
}

}  // namespace omnitls::test
