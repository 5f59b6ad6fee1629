// SPDX-License-Identifier: BSL-1.0
// A handshake that waits for its verdict: inline, later, never, refused; what the peer does meanwhile; and the deadlines.
#include "tests/transport/harness.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/post.hpp>

#include <chrono>

namespace omnitls::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Waiting {
    explicit Waiting(StreamOptions options = {})
        : verifier(std::make_shared<PatientVerifier>()),
          pair(script(verifier), server_script(), options) {
        pair.client->async_handshake(client.handler());
        pair.server->async_handshake(server.handler());
        pair.run();
        EXPECT_EQ(client.calls, 0);
        EXPECT_EQ(verifier->questions.size(), 1U);
        sent = pair.client.pipe.sent().size();
    }
    static FakeScript script(std::shared_ptr<CertificateVerifier> verifier) {
        FakeScript s = client_script();
        s.verifier = std::move(verifier);
        return s;
    }
    std::size_t sent_since() const { return pair.client.pipe.sent().size() - sent; }

    std::shared_ptr<PatientVerifier> verifier;
    Outcome client;
    Outcome server;
    Pair pair;
    std::size_t sent = 0;
};

TEST(Verdict, AcceptAndReject) {
    for (const bool accept : {true, false}) {
        Waiting w;
        EXPECT_EQ(w.sent_since(), 0U) << "nothing leaves while the verdict is out";
        EXPECT_FALSE(w.pair.client->is_secure());
        w.verifier->answer(accept ? Verdict::trusted()
                                  : Verdict::rejected(Errc::unknown_authority, Alert::unknown_ca));
        EXPECT_EQ(w.client.calls, 0) << "never inside answer()";
        w.pair.run();
        EXPECT_EQ(w.pair.client.trace->output_while_pending, 0U);
        if (accept) {
            EXPECT_TRUE(w.client.ok()) << w.client;
            EXPECT_TRUE(w.server.ok()) << w.server;
            continue;
        }
        EXPECT_TRUE(w.client.failed(Errc::unknown_authority)) << w.client;
        EXPECT_TRUE(w.server.failed(Errc::alert_received)) << w.server;
        EXPECT_EQ(w.pair.server->last_error()->alert_received, Alert::unknown_ca)
            << "the alert was flushed";
        EXPECT_FALSE(w.pair.client->is_secure());
    }
}

TEST(Verdict, DroppedAndThrownAreRejections) {
    struct Throwing final : CertificateVerifier {
        void verify(Question) override { throw std::runtime_error("no"); }
    };
    for (const auto& verifier : {std::shared_ptr<CertificateVerifier>(std::make_shared<Throwing>()),
                                 make_async_verifier([](Question) {})}) {
        Pair p(Waiting::script(verifier));
        Outcome c;
        Outcome s;
        p.client->async_handshake(c.handler());
        p.server->async_handshake(s.handler());
        p.run();
        EXPECT_TRUE(c.failed(Errc::verifier_failed)) << c;
        EXPECT_TRUE(p.client.trace->reached("verdict_asked"));
        EXPECT_EQ(s.calls, 1);
    }
}

TEST(Verdict, ServerJudgesToo) {
    for (const bool accept : {true, false}) {
        const auto verifier = std::make_shared<PatientVerifier>();
        FakeScript script = server_script();
        script.judges = true;
        script.verifier = verifier;
        Pair p(client_script(), script);
        Outcome c;
        Outcome s;
        p.client->async_handshake(c.handler());
        p.server->async_handshake(s.handler());
        p.run();
        EXPECT_TRUE(c.ok()) << "a client is done before the server has judged it";
        EXPECT_EQ(s.calls, 0);
        // The client's data waits in the server's block.
        Outcome w;
        p.client->async_write_some(asio::buffer("early", 5), w.handler());
        p.run();
        EXPECT_TRUE(w.ok());
        EXPECT_EQ(p.server.trace->plaintext_out, 0U);
        verifier->answer(accept ? Verdict::trusted() : Verdict::rejected());
        p.run();
        Reader r;
        r.start(*p.server);
        p.run();
        if (accept) {
            EXPECT_TRUE(s.ok()) << s;
            EXPECT_EQ(r.text(), "early");
        } else {
            EXPECT_TRUE(s.failed(Errc::certificate_rejected)) << s;
            EXPECT_TRUE(r.result.failed(Errc::certificate_rejected)) << r.result;
            EXPECT_EQ(p.server.trace->plaintext_out, 0U);
        }
    }
}

TEST(Verdict, HoldsOneBlockWhileItWaits) {
    StreamOptions options;
    options.read_block = StreamOptions::min_read_block;
    Waiting w(options);
    w.pair.client.pipe.inject(Bytes(100'000, 0x17));
    w.pair.run();
    EXPECT_EQ(w.pair.client.pipe.unread(), 100'000 - StreamOptions::min_read_block);
    EXPECT_FALSE(w.pair.client.pipe.reading());
    EXPECT_EQ(w.client.calls, 0);
}

TEST(Verdict, PeerThatGoesAwayEndsTheWait) {
    struct Case {
        const char* name;
        std::error_code expected;
        void (*happens)(const PipeStream::Control&);
    };
    const Case cases[] = {
        {"stays", {}, [](const PipeStream::Control&) {}},
        {"fin", Errc::truncated, [](const PipeStream::Control& pipe) { pipe.inject_eof(); }},
        {"reset", asio::error::connection_reset,
         [](const PipeStream::Control& pipe) { pipe.break_with(asio::error::connection_reset); }},
    };
    for (const Case& c : cases) {
        Waiting w;
        c.happens(w.pair.client.pipe);
        w.pair.run();
        if (!c.expected) {
            EXPECT_EQ(w.client.calls, 0);
            EXPECT_FALSE(w.verifier->stop.stop_requested());
            w.verifier->answer(Verdict::trusted());
            w.pair.run();
            EXPECT_TRUE(w.client.ok()) << w.client;
            continue;
        }
        EXPECT_TRUE(w.client.failed(c.expected)) << c.name << ": " << w.client;
        EXPECT_TRUE(w.verifier->stop.stop_requested()) << c.name;
        ASSERT_NE(w.pair.client->last_error(), nullptr);
        EXPECT_EQ(w.pair.client->last_error()->code, c.expected);
        w.verifier->answer(Verdict::trusted());  // too late: nothing happens
        w.pair.run();
        EXPECT_EQ(w.client.calls, 1);
        EXPECT_FALSE(w.pair.client->is_secure());
    }
}

TEST(Verdict, EndAfterBytesWaitsForTheVerdict) {
    Waiting w;
    w.pair.client.pipe.inject(fake_data("last words"));
    w.pair.client.pipe.inject_eof();
    w.pair.run();
    EXPECT_EQ(w.client.calls, 0);
    w.verifier->answer(Verdict::trusted());
    w.pair.run();
    EXPECT_TRUE(w.client.ok()) << w.client;
    Reader r;
    r.start(*w.pair.client);
    w.pair.run();
    EXPECT_EQ(r.text(), "last words");
    r.start(*w.pair.client);
    w.pair.run();
    EXPECT_TRUE(r.result.failed(Errc::truncated)) << r.result;
}

TEST(Verdict, Deadline) {
    for (const bool late : {false, true}) {
        StreamOptions options;
        options.verdict_deadline = seconds(3);
        Waiting w(options);
        ManualClock::advance(late ? milliseconds(3000) : milliseconds(2999));
        w.pair.run();
        if (!late) {
            EXPECT_EQ(w.client.calls, 0);
            w.verifier->answer(Verdict::trusted());
            w.pair.run();
            EXPECT_TRUE(w.client.ok()) << w.client;
            EXPECT_EQ(ManualClock::pending(), 0U);
            continue;
        }
        EXPECT_TRUE(w.client.failed(Errc::verdict_timeout)) << w.client;
        EXPECT_TRUE(w.verifier->stop.stop_requested());
        EXPECT_EQ(w.pair.server->last_error()->alert_received, Alert::certificate_unknown);
        w.verifier->answer(Verdict::trusted());
        w.pair.run();
        EXPECT_EQ(w.client.calls, 1) << "exactly once";
    }
}

TEST(Deadline, Handshake) {
    for (const bool late : {false, true}) {
        StreamOptions options;
        options.handshake_deadline = seconds(2);
        Pair p(client_script(), server_script(), options);
        Outcome c;
        Outcome s;
        p.client->async_handshake(c.handler());
        p.run();
        ManualClock::advance(late ? milliseconds(2000) : milliseconds(1999));
        p.run();
        p.server->async_handshake(s.handler());
        p.run();
        if (late) {
            EXPECT_TRUE(c.failed(Errc::handshake_timeout)) << c;
            EXPECT_TRUE(p.client.trace->reached("abandoned_handshake_timeout"));
            EXPECT_EQ(p.server->last_error()->alert_received, Alert::user_canceled);
        } else {
            EXPECT_TRUE(c.ok()) << c;
        }
    }
}

TEST(Deadline, AlertThatCannotLeaveDoesNotHang) {
    for (const bool stuck : {false, true}) {
        StreamOptions options;
        options.shutdown_deadline = seconds(5);
        Waiting w(options);
        if (stuck) w.pair.client.pipe.capacity(0);
        w.verifier->answer(Verdict::rejected());
        w.pair.run();
        EXPECT_EQ(w.client.calls, stuck ? 0 : 1);
        ManualClock::advance(milliseconds(4999));
        w.pair.run();
        EXPECT_EQ(w.client.calls, stuck ? 0 : 1);
        ManualClock::advance(milliseconds(1));
        w.pair.run();
        EXPECT_TRUE(w.client.failed(Errc::certificate_rejected)) << w.client;
        EXPECT_EQ(w.sent_since(), stuck ? 0U : 7U);
    }
}

TEST(Deadline, HandshakeWhoseFlightCannotLeave) {
    StreamOptions options;
    options.handshake_deadline = seconds(2);
    options.shutdown_deadline = seconds(1);
    Pair p(client_script(), server_script(), options);
    p.client.pipe.capacity(0);
    Outcome c;
    p.client->async_handshake(c.handler());
    p.run();
    ManualClock::advance(seconds(2));
    p.run();
    EXPECT_EQ(c.calls, 0) << "the alert has its own deadline";
    ManualClock::advance(seconds(1));
    p.run();
    EXPECT_TRUE(c.failed(Errc::handshake_timeout)) << c;
    EXPECT_FALSE(p.client.pipe.writing());
}

TEST(Deadline, Shutdown) {
    for (const bool late : {false, true}) {
        StreamOptions options;
        options.shutdown_deadline = seconds(4);
        Pair p(client_script(), server_script(), options);
        p.secure();
        Outcome c;
        Outcome s;
        p.client->async_shutdown(c.handler());
        p.run();
        ManualClock::advance(late ? milliseconds(4000) : milliseconds(3999));
        p.run();
        EXPECT_EQ(c.calls, late ? 1 : 0);
        p.server->async_shutdown(s.handler());
        p.run();
        if (late) {
            EXPECT_TRUE(c.failed(asio::error::timed_out)) << c;
        } else {
            EXPECT_TRUE(c.ok()) << c;
        }
        EXPECT_TRUE(s.ok()) << s;
        EXPECT_EQ(ManualClock::pending(), 0U);
    }
}

// The read that watched the peer while the verdict was out is taken over by whoever reads next.
TEST(Verdict, WatchingReadLosesNothing) {
    for (const bool already : {false, true}) {
        Waiting w;
        w.verifier->answer(Verdict::trusted());
        if (already) w.pair.client.pipe.inject(fake_data("greeting"));
        w.pair.run();
        ASSERT_TRUE(w.client.ok()) << w.client;
        EXPECT_FALSE(w.pair.client.pipe.reading()) << "nothing keeps the program running";
        Reader r;
        r.start(*w.pair.client);
        if (!already) w.pair.client.pipe.inject(fake_data("greeting"));
        w.pair.run();
        EXPECT_EQ(r.text(), "greeting") << r.result;
    }
}

// A layer that cannot end the watching read: the next read takes it over, wherever that ends.
TEST(Verdict, ReadTakesOverTheWatchingRead) {
    enum class Then { data, cancel, fin, destroy };
    for (const Then then : {Then::data, Then::cancel, Then::fin, Then::destroy}) {
        const auto verifier = std::make_shared<PatientVerifier>();
        FakeScript script = server_script();
        script.judges = true;
        script.ticket = false;
        script.verifier = verifier;
        Pair p(client_script(), script);
        p.server.pipe.deaf();
        Outcome c;
        Outcome s;
        p.client->async_handshake(c.handler());
        p.server->async_handshake(s.handler());
        p.run();
        verifier->answer(Verdict::trusted());
        p.run();
        ASSERT_TRUE(s.ok()) << s;
        EXPECT_TRUE(p.server.pipe.reading()) << "still out";
        Reader r;
        Reader second;
        asio::cancellation_signal signal;
        p.server->async_read_some(asio::buffer(r.room),
                                  asio::bind_cancellation_slot(signal.slot(), r.result.handler()));
        second.start(*p.server);
        p.run();
        EXPECT_TRUE(second.result.failed(Errc::operation_in_progress)) << second.result;
        EXPECT_EQ(r.result.calls, 0);
        // The sync forms do not get in between.
        std::error_code ec;
        p.server->read_some(asio::buffer(second.room), ec);
        EXPECT_EQ(ec, Errc::operation_in_progress);
        Outcome w;
        switch (then) {
            case Then::cancel:
                signal.emit(asio::cancellation_type::total);
                [[fallthrough]];
            case Then::data:
                p.client->async_write_some(asio::buffer("now", 3), w.handler());
                break;
            case Then::fin:
                p.client.stream.reset();
                break;
            case Then::destroy:
                p.server.stream.reset();
                break;
        }
        p.run();
        if (then == Then::cancel) {
            EXPECT_TRUE(r.result.failed(asio::error::operation_aborted)) << r.result;
            r.start(*p.server);
            p.run();
        }
        if (then == Then::fin) {
            EXPECT_TRUE(r.result.failed(Errc::truncated)) << r.result;
        } else if (then == Then::destroy) {
            EXPECT_TRUE(r.result.failed(asio::error::operation_aborted)) << r.result;
        } else {
            EXPECT_EQ(r.text(), "now") << r.result;
        }
    }
}

TEST(Verdict, DestroyedInsideVerify) {
    std::optional<TestStream>* stream = nullptr;
    int asked = 0;
    Pair p(Waiting::script(make_async_verifier([&](Question question) {
        ++asked;
        stream->reset();
        std::move(question).answer(Verdict::trusted());
    })));
    stream = &p.client.stream;
    Outcome c;
    Outcome s;
    p.client->async_handshake(c.handler());
    p.server->async_handshake(s.handler());
    p.run();
    EXPECT_EQ(asked, 1);
    EXPECT_TRUE(c.failed(asio::error::operation_aborted)) << c;
    EXPECT_TRUE(s.failed(Errc::truncated) || s.failed(Errc::alert_received)) << s;
    EXPECT_TRUE(p.client.pipe.closed());
}

}  // namespace
}  // namespace omnitls::test
