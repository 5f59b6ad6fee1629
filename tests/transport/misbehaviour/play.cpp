// SPDX-License-Identifier: BSL-1.0
// The only file here that is slow to compile besides the coroutine's: all that is done with a stream is done in it.
#include "tests/transport/misbehaviour/play.hpp"

#include "tests/support/certs.hpp"

#include <asio/bind_cancellation_slot.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kFromJudge = "from the judge";
constexpr std::string_view kFromPeer = "from the peer";
/// An alert under keys, and the change_cipher_spec that may come before it (RFC 8446 §D.4).
constexpr std::size_t kOneAlert = (5 + 2 + 1 + 16) + 6;

Verdict refusal() {
    return Verdict::rejected(Errc::certificate_rejected, Alert::access_denied, "no");
}

}  // namespace

Play::Play(Bench& bench, const Script& script) : bench_(bench), script_(script) {
    if (script.patient) options_.verdict_deadline = std::chrono::hours(1);
    auto ends = PipeStream::make(io_->get_executor());
    auto target = must(ClientTarget::host("omnitls.test"));
    auto client = must(bench.client_->make_engine(target));
    auto server = must(bench.server_->make_engine());
    const bool judges_servers = bench.cell_.role == Role::client;
    judge_pipe_ = ends.first.control();
    judge_.emplace(std::move(ends.first), std::move(judges_servers ? client : server), options_);
    StreamOptions endless;
    endless.handshake_deadline = std::chrono::hours(24);
    peer_.emplace(std::move(ends.second), std::move(judges_servers ? server : client), endless);
}

Play::~Play() {
    judge_.reset();
    peer_.reset();
    run();
    bench_.elsewhere_.join();
    ManualClock::drop_all();
}

void Play::start() {
    judge_->async_handshake(asio::bind_cancellation_slot(cancel_.slot(), handshake_.handler()));
    // A client of TLS 1.3 is done before it has been judged, and what it says then must wait.
    peer_->async_handshake([this, noted = peer_handshake_.handler()](std::error_code ec) {
        noted(ec);
        if (!ec) greet();
    });
    run();
}

void Play::greet() {
    peer_->async_read_some(asio::buffer(peer_room_), peer_read_.handler());
    peer_->async_write_some(asio::buffer(kFromPeer.data(), kFromPeer.size()),
                            peer_write_.handler());
}

void Play::run() {
    for (bool moved = true; moved;) {
        moved = false;
        if (io_) {
            io_->restart();
            moved = io_->poll() > 0;
        }
        bench_.elsewhere_.coroutines->restart();
        moved = bench_.elsewhere_.coroutines->poll() > 0 || moved;
        moved = bench_.elsewhere_.join() || moved;
    }
}

void Play::asked(const Hand& hand) {
    ++questions_;
    // A thread of its own does not look at the connection.
    if (!bench_.cell_.form.answers_on_its_thread) sent_at_question_ = sent();
    if (script_.asked.empty() || script_.asked.front() == Act::destroy) hand_ = hand;
    hand_.stop = hand.stop;
    hand_.evidence = hand.evidence;
    for (const Act act : script_.asked) of_the_verifier(act, hand);
}

void Play::of_the_verifier(Act act, const Hand& hand) {
    switch (act) {
        case Act::yes:
            return hand.answer(Verdict::trusted());
        case Act::no:
            return hand.answer(refusal());
        case Act::drop:
            return hand.drop();
        case Act::keeps_and_throws:
            hand_ = hand;
            throw std::runtime_error("and it was never seen again");
        case Act::throws:
            throw std::runtime_error("no");
        default:
            return later(act);
    }
}

void Play::later(Act act) {
    const milliseconds verdict = options_.verdict_deadline;
    const milliseconds all = options_.handshake_deadline;
    switch (act) {
        case Act::yes:
        case Act::no:
        case Act::drop:
            if (!bench_.cell_.form.answers_on_its_thread) return of_the_verifier(act, hand_);
            return on_another_thread([&] { of_the_verifier(act, hand_); });
        case Act::yes_elsewhere:
            return on_another_thread([&] { hand_.answer(Verdict::trusted()); });
        case Act::no_elsewhere:
            return on_another_thread([&] { hand_.answer(refusal()); });
        case Act::destroy:
            return judge_.reset();
        case Act::cancel:
            return cancel_.emit(asio::cancellation_type::terminal);
        case Act::lose:
            bench_.verifier_.reset();
            bench_.client_.reset();
            return bench_.server_.reset();
        case Act::over:
            judge_.reset();
            peer_.reset();
            ManualClock::drop_all();
            return io_.reset();
        case Act::run:
            return run();
        case Act::almost_late:
            return past(verdict, milliseconds(1));
        case Act::too_late:
            past(verdict, milliseconds(1));
            return past(milliseconds(1), milliseconds(0));
        case Act::almost_late_for_all:
            return past(all, milliseconds(1));
        case Act::too_late_for_all:
            past(all, milliseconds(1));
            return past(milliseconds(1), milliseconds(0));
        case Act::yes_while_cancelled:
        case Act::yes_while_destroyed:
            return while_it_answers(act);
        case Act::throws:
        case Act::keeps_and_throws:
            break;
    }
    throw std::logic_error("a script says what cannot be done then");
}

/// Where the verifier is a coroutine, that thread runs it.
void Play::on_another_thread(const std::function<void()>& act) {
    std::thread([&] {
        act();
        bench_.elsewhere_.coroutines->restart();
        bench_.elsewhere_.coroutines->poll();
    }).join();
}

void Play::while_it_answers(Act act) {
    bench_.elsewhere_.coroutines->restart();
    std::thread other([this] {
        hand_.answer(Verdict::trusted());
        bench_.elsewhere_.coroutines->poll();
    });
    later(act == Act::yes_while_cancelled ? Act::cancel : Act::destroy);
    other.join();
}

void Play::past(milliseconds deadline, milliseconds short_by) {
    EXPECT_EQ(handshake_.calls, 0) << "it waits up to its deadline";
    ManualClock::advance(deadline - short_by);
    run();
}

void Play::expect_waiting() {
    EXPECT_EQ(questions_, 1) << "asked";
    EXPECT_EQ(handshake_.calls, 0) << handshake_;
    if (!judge_) return;
    if (!sent_at_question_) sent_at_question_ = sent();
    EXPECT_EQ(judge_->engine().state(), State::verify_pending);
    EXPECT_FALSE(judge_->is_secure());
    EXPECT_FALSE(hand_.stop.stop_requested());
    Outcome read;
    Outcome write;
    judge_->async_read_some(asio::buffer(room_), read.handler());
    judge_->async_write_some(asio::buffer(kFromJudge.data(), kFromJudge.size()), write.handler());
    run();
    EXPECT_TRUE(read.failed(Errc::operation_in_progress)) << read;
    EXPECT_TRUE(write.failed(Errc::operation_in_progress)) << write;
    EXPECT_EQ(read.bytes + write.bytes + peer_read_.bytes, 0U);
    EXPECT_EQ(sent(), *sent_at_question_) << "nothing leaves before the verdict";
}

void Play::expect(End end) {
    EXPECT_EQ(questions_, 1) << "asked";
    if (hand_.stop.stop_possible()) {
        EXPECT_TRUE(hand_.stop.stop_requested()) << "nobody waits any more";
    }
    if (end == End::open_or_cancelled) end = handshake_.ec ? End::cancelled : End::open;
    switch (end) {
        case End::open:
            return expect_open();
        case End::rejected:
            return expect_failure({Errc::certificate_rejected, Alert::access_denied});
        case End::failed:
            return expect_failure({Errc::verifier_failed, Alert::certificate_unknown});
        case End::timed_out:
            return expect_failure({Errc::verdict_timeout, Alert::certificate_unknown});
        case End::handshake_timed_out:
            return expect_failure({Errc::handshake_timeout, Alert::user_canceled});
        case End::cancelled:
            return expect_failure({asio::error::operation_aborted, Alert::user_canceled});
        case End::gone:
            return expect_gone();
        case End::never_called:
            EXPECT_EQ(handshake_.calls, 0) << handshake_;
            EXPECT_EQ(peer_read_.bytes, 0U);
            return;
        case End::open_or_cancelled:
            break;
    }
    ADD_FAILURE() << "no such end";
}

void Play::expect_open() {
    ASSERT_TRUE(handshake_.ok()) << handshake_;
    ASSERT_TRUE(peer_handshake_.ok()) << peer_handshake_;
    EXPECT_TRUE(judge_->is_secure());
    EXPECT_EQ(judge_->engine().state(), State::open);
    EXPECT_EQ(judge_->info().version, bench_.cell_.version);
    Outcome read;
    Outcome write;
    judge_->async_read_some(asio::buffer(room_), read.handler());
    judge_->async_write_some(asio::buffer(kFromJudge.data(), kFromJudge.size()), write.handler());
    run();
    ASSERT_TRUE(read.ok()) << read;
    EXPECT_EQ(std::string_view(room_.data(), read.bytes), kFromPeer);
    EXPECT_TRUE(write.ok()) << write;
    ASSERT_TRUE(peer_read_.ok()) << peer_read_;
    EXPECT_EQ(std::string_view(peer_room_.data(), peer_read_.bytes), kFromJudge);
    EXPECT_EQ(handshake_.calls, 1);
}

void Play::expect_failure(const Failure& failure) {
    EXPECT_TRUE(handshake_.failed(failure.code)) << handshake_;
    if (reads_on_after(failure.alert)) {
        EXPECT_FALSE(what_the_peer_saw()) << what_the_peer_saw().message();
    } else {
        EXPECT_EQ(what_the_peer_saw(), Errc::alert_received) << what_the_peer_saw().message();
        ASSERT_NE(peer_->last_error(), nullptr);
        EXPECT_EQ(peer_->last_error()->alert_received, failure.alert);
    }
    ASSERT_NE(judge_->last_error(), nullptr);
    EXPECT_EQ(judge_->last_error()->code, failure.code) << judge_->last_error()->to_string();
    if (sent_at_question_) {
        EXPECT_LE(sent() - *sent_at_question_, kOneAlert) << "an alert and nothing else";
    }
    expect_nothing_delivered();
    if (!reads_on_after(failure.alert)) return;
    judge_.reset();
    run();
    EXPECT_EQ(what_the_peer_saw(), Errc::truncated) << what_the_peer_saw().message();
}

/// RFC 8446 §6.1: who receives user_canceled reads on until the end. OpenSSL alone does so.
bool Play::reads_on_after(Alert alert) const {
    return alert == Alert::user_canceled && bench_.cell_.version == ProtocolVersion::tls13 &&
           bench_.cell_.backend->name() == "openssl";
}

void Play::expect_nothing_delivered() {
    EXPECT_FALSE(judge_->is_secure());
    Outcome read;
    judge_->async_read_some(asio::buffer(room_), read.handler());
    run();
    EXPECT_EQ(read.calls, 1);
    EXPECT_TRUE(read.ec);
    EXPECT_EQ(read.bytes, 0U);
    EXPECT_EQ(peer_read_.bytes, 0U);
    EXPECT_LE(peer_handshake_.calls, 1);
    EXPECT_EQ(handshake_.calls, 1);
}

void Play::expect_gone() {
    EXPECT_TRUE(handshake_.failed(asio::error::operation_aborted)) << handshake_;
    EXPECT_TRUE(judge_pipe_->closed());
    EXPECT_EQ(what_the_peer_saw(), Errc::truncated) << what_the_peer_saw().message();
    EXPECT_EQ(peer_handshake_.calls, 1);
    EXPECT_EQ(peer_read_.bytes, 0U);
    if (sent_at_question_) {
        EXPECT_EQ(sent(), *sent_at_question_) << "nothing leaves";
    }
}

/// When nobody holds it, it is not there.
void Play::expect_no_leak() {
    judge_.reset();
    peer_.reset();
    run();
    const std::weak_ptr evidence = hand_.evidence;
    hand_ = {};
    EXPECT_TRUE(evidence.expired()) << "the evidence is still held";
    EXPECT_EQ(ManualClock::pending(), 0U);
}

}  // namespace omnitls::test
