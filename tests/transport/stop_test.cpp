// SPDX-License-Identifier: BSL-1.0
// The way back to plain text: byte exact whatever the segments, strict about what was not read, patient up to its deadline, and
// open for the next upgrade.
#include "tests/transport/harness.hpp"

#include <asio/bind_cancellation_slot.hpp>

#include <string>
#include <string_view>

namespace omnitls::test {
namespace {

constexpr PeerCloseNotify policies[] = {PeerCloseNotify::required, PeerCloseNotify::optional};

Bytes close_notify() { return fake_alert(Alert::close_notify); }
Bytes then(Bytes first, std::string_view text) {
    first.insert(first.end(), text.begin(), text.end());
    return first;
}

/// One write at `from` and reads at `to` until all of it has come.
void expect_passes(Pair& pair, Peer& from, Peer& to, std::string_view text) {
    Outcome write;
    async_write(*from, asio::buffer(text), write.handler());
    std::string got;
    while (got.size() < text.size()) {
        Reader reader;
        reader.start(*to);
        pair.run();
        ASSERT_TRUE(reader.result.ok()) << reader.result;
        got += reader.text();
    }
    EXPECT_TRUE(write.ok()) << write;
    EXPECT_EQ(got, text);
}

/// Both ends stop; both are plain then.
void stop_both(Pair& pair, PeerCloseNotify policy = PeerCloseNotify::required) {
    Outcome c;
    Outcome s;
    pair.client->async_stop_tls(policy, c.handler());
    pair.server->async_stop_tls(policy, s.handler());
    pair.run();
    ASSERT_TRUE(c.ok()) << c;
    ASSERT_TRUE(s.ok()) << s;
    EXPECT_FALSE(pair.client->is_secure());
    EXPECT_FALSE(pair.server->is_secure());
}

TEST(Stop, PlainTextGoesOnInAnySegments) {
    for (const std::size_t segment : {std::size_t{1}, std::size_t{3}, PipeStream::unlimited}) {
        for (const PeerCloseNotify policy : policies) {
            Pair p;
            p.client.pipe.segment(segment);
            p.server.pipe.segment(segment);
            p.secure();
            expect_passes(p, p.client, p.server, "secret");
            stop_both(p, policy);
            const std::size_t before = p.client.pipe.sent().size();
            expect_passes(p, p.client, p.server, "in the clear");
            expect_passes(p, p.server, p.client, "as well");
            const auto& sent = p.client.pipe.sent();
            EXPECT_EQ(std::string(sent.begin() + static_cast<std::ptrdiff_t>(before), sent.end()),
                      "in the clear");
            EXPECT_EQ(p.client.trace->plaintext_out, 0U) << "no plain byte goes through the engine";
            EXPECT_EQ(ManualClock::pending(), 0U);
        }
    }
}

TEST(Stop, WhatFollowsTheCloseNotifyInItsSegmentIsReadFirst) {
    for (const bool synchronous : {false, true}) {
        for (const PeerCloseNotify policy : policies) {
            Pair p;
            p.secure();
            p.client.pipe.inject(then(close_notify(), "230 plain\r\n"));
            Outcome o;
            if (synchronous) {
                p.client->stop_tls(policy, o.ec);
            } else {
                p.client->async_stop_tls(policy, o.handler());
                p.run();
                EXPECT_EQ(o.calls, 1);
            }
            EXPECT_FALSE(o.ec) << o;
            EXPECT_FALSE(p.client->is_secure());
            p.client.pipe.inject(as_bytes("later"));
            std::string got;
            for (const std::size_t size : {std::size_t{4}, std::size_t{0}, std::size_t{100}}) {
                std::array<char, 100> room{};
                Outcome read;
                if (synchronous) {
                    read.bytes = p.client->read_some(asio::buffer(room, size), read.ec);
                } else {
                    p.client->async_read_some(asio::buffer(room, size), read.handler());
                    EXPECT_EQ(read.calls, 0) << "not inside the function that starts it";
                    p.run();
                    EXPECT_EQ(read.calls, 1);
                }
                EXPECT_FALSE(read.ec) << read;
                got.append(room.data(), read.bytes);
            }
            EXPECT_EQ(got, "230 plain\r\n");
            Reader reader;
            reader.start(*p.client);
            p.run();
            EXPECT_EQ(reader.text(), "later");
        }
    }
}

TEST(Stop, UpgradesAgainWithANewEngineAndOnlyWithOne) {
    Pair p;
    p.secure();
    for (int round = 0; round < 3; ++round) {
        expect_passes(p, p.server, p.client, "over TLS " + std::to_string(round));
        stop_both(p);
        expect_passes(p, p.client, p.server, "in the clear");
        Outcome used;
        p.client->async_start_tls(no_leftover, used.handler());
        p.run();
        EXPECT_TRUE(used.failed(Errc::wrong_state)) << used;
        ASSERT_FALSE(p.client->set_engine(std::make_unique<FakeEngine>(client_script())));
        ASSERT_FALSE(p.server->set_engine(std::make_unique<FakeEngine>(server_script())));
        Outcome c;
        Outcome s;
        p.client->async_start_tls(no_leftover, c.handler());
        p.server->async_start_tls(no_leftover, s.handler());
        p.run();
        ASSERT_TRUE(c.ok()) << c;
        ASSERT_TRUE(s.ok()) << s;
        EXPECT_TRUE(p.client->is_secure() && p.server->is_secure());
    }
    expect_passes(p, p.client, p.server, "the end");
}

TEST(Stop, WhatWasNotReadIsAnErrorAndNotLost) {
    for (const bool read_first : {true, false}) {
        for (const PeerCloseNotify policy : policies) {
            Pair p;
            p.secure();
            p.client.pipe.inject(then(fake_data("200 ok"), ""));
            p.client.pipe.inject(close_notify());
            if (read_first) {
                Reader reader;
                reader.start(*p.client);
                p.run();
                ASSERT_EQ(reader.text(), "200 ok");
            }
            Outcome o;
            p.client->async_stop_tls(policy, o.handler());
            p.run();
            if (read_first) {
                EXPECT_TRUE(o.ok()) << o;
                continue;
            }
            EXPECT_TRUE(o.failed(Errc::unread_data)) << o;
            ASSERT_NE(p.client->last_error(), nullptr);
            EXPECT_NE(p.client->last_error()->what.find("6 bytes"), std::string::npos)
                << p.client->last_error()->what;
            EXPECT_EQ(p.client->last_error()->phase, Phase::closing);
            Reader reader;
            reader.start(*p.client);
            p.run();
            EXPECT_TRUE(reader.result.failed(Errc::unread_data)) << reader.result;
        }
    }
}

// The same silence: who needs the close_notify goes on waiting for it in TLS, who can do without is in plain text.
TEST(Stop, APeerThatNeverAnswers) {
    for (const PeerCloseNotify policy : policies) {
        Pair p;
        p.secure();
        Outcome o;
        p.client->async_stop_tls(policy, o.handler());
        p.run();
        ManualClock::advance(p.client->options().shutdown_deadline - std::chrono::milliseconds(1));
        p.run();
        EXPECT_EQ(o.calls, 0) << "it waits up to its deadline";
        EXPECT_TRUE(p.client->is_secure());
        ManualClock::advance(std::chrono::milliseconds(1));
        p.run();
        if (policy == PeerCloseNotify::optional) {
            EXPECT_TRUE(o.ok()) << o;
            EXPECT_FALSE(p.client->is_secure());
            p.client.pipe.inject(as_bytes("PWD\r\n"));
            Reader reader;
            reader.start(*p.client);
            p.run();
            EXPECT_EQ(reader.text(), "PWD\r\n");
            continue;
        }
        EXPECT_TRUE(o.failed(asio::error::timed_out)) << o;
        EXPECT_TRUE(p.client->is_secure()) << "half closed";
        Outcome again;
        p.client->async_stop_tls(policy, again.handler());
        p.client.pipe.inject(then(close_notify(), "late"));
        p.run();
        EXPECT_TRUE(again.ok()) << again;
        Reader reader;
        reader.start(*p.client);
        p.run();
        EXPECT_EQ(reader.text(), "late");
    }
}

TEST(Stop, HalfARecordIsNoSilence) {
    for (const bool half : {false, true}) {
        Pair p;
        p.secure();
        Outcome o;
        p.client->async_stop_tls(PeerCloseNotify::optional, o.handler());
        if (half) p.client.pipe.inject(ConstBytes(close_notify()).first(3));
        p.run();
        ManualClock::advance(p.client->options().shutdown_deadline);
        p.run();
        EXPECT_TRUE(o.failed(half ? asio::error::timed_out : std::error_code())) << o;
        EXPECT_EQ(p.client->is_secure(), half);
    }
}

TEST(Stop, APeerThatGoesOnInPlainTextWithoutACloseNotify) {
    for (const PeerCloseNotify policy : policies) {
        for (const std::size_t segment : {std::size_t{1}, PipeStream::unlimited}) {
            Pair p;
            p.secure();
            p.client.pipe.segment(segment);
            Outcome o;
            p.client->async_stop_tls(policy, o.handler());
            p.client.pipe.inject(as_bytes("PWD\r\n"));
            p.run();
            Reader reader;
            std::string got;
            while (got.size() < 5) {
                reader.start(*p.client);
                p.run();
                if (reader.result.ec || reader.result.calls == 0) break;
                got += reader.text();
            }
            if (policy == PeerCloseNotify::optional) {
                EXPECT_TRUE(o.ok()) << o;
                EXPECT_EQ(got, "PWD\r\n");
            } else {
                EXPECT_EQ(o.calls, 1);
                EXPECT_TRUE(o.failed(Errc::protocol_violation) || o.failed(Errc::plaintext_peer))
                    << o;
                EXPECT_EQ(got, "");
                EXPECT_EQ(p.client.trace->plaintext_out, 0U);
            }
        }
    }
}

TEST(Stop, TheEndOfTheConnectionIsNoWayBack) {
    enum class End { close_notify, fin, half_a_record, reset };
    for (const End end : {End::close_notify, End::fin, End::half_a_record, End::reset}) {
        for (const PeerCloseNotify policy : policies) {
            Pair p;
            p.secure();
            Outcome o;
            p.client->async_stop_tls(policy, o.handler());
            p.run();
            EXPECT_EQ(o.calls, 0);
            const Bytes record = close_notify();
            if (end == End::close_notify) p.client.pipe.inject(record);
            if (end == End::half_a_record) p.client.pipe.inject(ConstBytes(record).first(4));
            if (end == End::reset) p.client.pipe.break_with(asio::error::connection_reset);
            if (end != End::reset) p.client.pipe.inject_eof();
            p.run();
            const std::error_code expected = end == End::close_notify ? std::error_code()
                                             : end == End::reset ? asio::error::connection_reset
                                                                 : make_error_code(Errc::truncated);
            EXPECT_TRUE(o.failed(expected)) << o;
            EXPECT_EQ(p.client->is_secure(), end != End::close_notify);
            Reader reader;
            reader.start(*p.client);
            p.run();
            EXPECT_TRUE(reader.result.failed(expected ? expected : asio::error::eof))
                << reader.result;
        }
    }
}

TEST(Stop, AfterThePeerHasClosedItIsAtOnce) {
    Pair p;
    p.secure();
    p.client.pipe.inject(then(close_notify(), "plain"));
    Reader reader;
    reader.start(*p.client);
    p.run();
    ASSERT_TRUE(reader.result.failed(asio::error::eof)) << reader.result;
    Outcome o;
    p.client->async_stop_tls(o.handler());
    p.run();
    EXPECT_TRUE(o.ok()) << o;
    reader.start(*p.client);
    p.run();
    EXPECT_EQ(reader.text(), "plain");
}

TEST(Stop, WhatCannotLeaveHasNoWayBack) {
    for (const bool room : {true, false}) {
        Pair p;
        p.secure();
        if (!room) p.client.pipe.capacity(0);
        Outcome o;
        p.client->async_stop_tls(PeerCloseNotify::optional, o.handler());
        p.run();
        ManualClock::advance(p.client->options().shutdown_deadline);
        p.run();
        EXPECT_TRUE(o.failed(room ? std::error_code() : asio::error::timed_out)) << o;
        EXPECT_EQ(p.client->is_secure(), !room);
    }
}

TEST(Stop, WhatWasAcceptedLeavesBefore) {
    StreamOptions options;
    options.write_completion = WriteCompletion::accepted;
    Pair p(client_script(), server_script(), options);
    p.secure();
    Outcome write;
    p.client->async_write_some(asio::buffer("last words", 10), write.handler());
    Outcome c;
    p.client->async_stop_tls(c.handler());
    p.run();
    EXPECT_TRUE(c.failed(Errc::operation_in_progress)) << "the write is outstanding";
    EXPECT_TRUE(write.ok());
    Outcome again;
    p.client->async_stop_tls(again.handler());
    Reader reader;
    reader.start(*p.server);
    p.run();
    EXPECT_EQ(reader.text(), "last words");
    Outcome s;
    p.server->async_stop_tls(s.handler());
    p.run();
    EXPECT_TRUE(again.ok()) << again;
    EXPECT_TRUE(s.ok()) << s;
    expect_passes(p, p.client, p.server, "plain");
}

TEST(Stop, IsABarrier) {
    Pair p;
    Outcome early;
    p.client->async_stop_tls(early.handler());
    p.run();
    EXPECT_TRUE(early.failed(Errc::wrong_state)) << early;
    p.secure();
    Reader reader;
    reader.start(*p.client);
    Outcome busy;
    p.client->async_stop_tls(busy.handler());
    p.run();
    EXPECT_TRUE(busy.failed(Errc::operation_in_progress)) << busy;
    EXPECT_EQ(reader.result.calls, 0) << "and the read goes on";
    p.client.pipe.inject(fake_data("x"));
    p.run();
    ASSERT_TRUE(reader.result.ok());
    Outcome stop;
    p.client->async_stop_tls(stop.handler());
    reader.start(*p.client);
    Outcome write;
    p.client->async_write_some(asio::buffer("x", 1), write.handler());
    std::error_code sync;
    p.client->stop_tls(sync);
    p.run();
    EXPECT_TRUE(reader.result.failed(Errc::operation_in_progress)) << reader.result;
    EXPECT_TRUE(write.failed(Errc::operation_in_progress)) << write;
    EXPECT_EQ(sync, Errc::operation_in_progress);
    p.client.pipe.inject(close_notify());
    p.run();
    EXPECT_TRUE(stop.ok()) << stop;
    p.client->async_stop_tls(stop.handler());
    p.run();
    EXPECT_EQ(stop.ec, Errc::wrong_state) << "there is no TLS any more";
}

// Plain text that came after TLS and before the next upgrade is leftover, whoever holds it.
TEST(Stop, UnreadPlainTextDoesNotCrossTheNextUpgrade) {
    for (const bool unread : {false, true}) {
        for (const LeftoverPolicy policy :
             {LeftoverPolicy::reject, LeftoverPolicy::feed, LeftoverPolicy::hand_back}) {
            Pair p;
            p.secure();
            p.client.pipe.inject(then(close_notify(), unread ? "250 injected" : ""));
            Outcome stop;
            p.client->async_stop_tls(stop.handler());
            p.run();
            ASSERT_TRUE(stop.ok()) << stop;
            ASSERT_FALSE(p.client->set_engine(std::make_unique<FakeEngine>(client_script())));
            Outcome o;
            Leftover given = unread ? Leftover(as_bytes("read, ")) : Leftover(no_leftover);
            p.client->async_start_tls(std::move(given), policy, o.handler());
            p.run();
            if (!unread) {
                EXPECT_EQ(o.calls, 0) << "the handshake runs";
                continue;
            }
            EXPECT_TRUE(o.failed(Errc::plaintext_after_starttls)) << o;
            EXPECT_EQ(p.client->last_error()->peer_text, "read, 250 injected");
            const bool back = policy == LeftoverPolicy::hand_back;
            EXPECT_EQ(as_text(p.client->take_leftover()), back ? "read, 250 injected" : "");
        }
    }
}

TEST(Stop, UnreadPlainTextIsNoDirectTlsEither) {
    for (const bool unread : {false, true}) {
        Pair p;
        p.secure();
        p.client.pipe.inject(then(close_notify(), unread ? "x" : ""));
        Outcome stop;
        p.client->async_stop_tls(stop.handler());
        p.run();
        ASSERT_TRUE(stop.ok()) << stop;
        ASSERT_FALSE(p.client->set_engine(std::make_unique<FakeEngine>(client_script())));
        Outcome o;
        p.client->async_handshake(o.handler());
        p.run();
        EXPECT_EQ(o.calls, unread ? 1 : 0);
        EXPECT_EQ(o.ec,
                  unread ? make_error_code(Errc::plaintext_after_starttls) : std::error_code());
    }
}

TEST(Stop, CancelledOrDestroyedItCompletesOnce) {
    enum class How { none, cancel, destroy };
    for (const How how : {How::none, How::cancel, How::destroy}) {
        Pair p;
        p.secure();
        asio::cancellation_signal signal;
        Outcome o;
        p.client->async_stop_tls(asio::bind_cancellation_slot(signal.slot(), o.handler()));
        p.run();
        EXPECT_EQ(o.calls, 0);
        if (how == How::none) p.client.pipe.inject(close_notify());
        if (how == How::cancel) signal.emit(asio::cancellation_type::terminal);
        if (how == How::destroy) p.client.stream.reset();
        p.run();
        EXPECT_TRUE(o.failed(how == How::none ? std::error_code() : asio::error::operation_aborted))
            << o;
        if (how != How::cancel) continue;
        Reader reader;
        reader.start(*p.client);
        p.run();
        EXPECT_TRUE(reader.result.failed(asio::error::operation_aborted)) << reader.result;
    }
}

TEST(Stop, SynchronousDeadlineIsLookedAtBetweenReads) {
    enum class Peer { answers, says_half, only_goes_on };
    for (const PeerCloseNotify policy : policies) {
        for (const Peer peer : {Peer::answers, Peer::says_half, Peer::only_goes_on}) {
            Pair p;
            p.secure();
            p.client.pipe.segment(1);
            // A record that says nothing ends where the deadline has passed.
            const Bytes record = peer == Peer::only_goes_on ? fake_data("") : close_notify();
            const std::size_t missing = peer == Peer::answers ? 0 : 1;
            p.client.pipe.inject(ConstBytes(record).first(record.size() - missing));
            p.client.pipe.when_starved([&] {
                ManualClock::advance(p.client->options().shutdown_deadline);
                p.client.pipe.inject(
                    peer == Peer::says_half ? Bytes{} : Bytes(record.end() - 1, record.end()));
            });
            std::error_code ec;
            p.client->stop_tls(policy, ec);
            const bool plain = peer == Peer::answers ||
                               (peer == Peer::only_goes_on && policy == PeerCloseNotify::optional);
            EXPECT_EQ(p.client->is_secure(), !plain) << ec.message();
            EXPECT_EQ(bool(ec), !plain) << ec.message();
        }
    }
}

}  // namespace
}  // namespace omnitls::test
