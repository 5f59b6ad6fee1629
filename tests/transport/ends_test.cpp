// SPDX-License-Identifier: BSL-1.0
// How connections end, and who is told: eof, truncated and reset are three results; a write-side error is the writer's; a
// failed handshake says why; a read and a write go on side by side.
#include "tests/transport/harness.hpp"

#include <string>

namespace omnitls::test {
namespace {

TEST(Ends, EofTruncatedAndResetAreThree) {
    enum class End { none, close_notify, fin, reset };
    for (const End end : {End::none, End::close_notify, End::fin, End::reset}) {
        Pair p;
        p.secure();
        Reader r;
        r.start(*p.client);
        p.run();
        EXPECT_EQ(r.result.calls, 0);
        p.client.pipe.inject(fake_data("last"));
        p.run();
        EXPECT_EQ(r.text(), "last");
        r.start(*p.client);
        switch (end) {
            case End::none:
                p.client.pipe.inject(fake_data("more"));
                break;
            case End::close_notify:
                p.client.pipe.inject(fake_alert(Alert::close_notify));
                break;
            case End::fin:
                p.client.pipe.inject_eof();
                break;
            case End::reset:
                p.client.pipe.break_with(asio::error::connection_reset);
                break;
        }
        p.run();
        const std::error_code expected = end == End::none           ? std::error_code()
                                         : end == End::close_notify ? asio::error::eof
                                         : end == End::fin ? make_error_code(Errc::truncated)
                                                           : asio::error::connection_reset;
        EXPECT_TRUE(r.result.failed(expected)) << r.result;
        // Asked again, the answer is the same.
        if (end == End::none) continue;
        r.start(*p.client);
        p.run();
        EXPECT_TRUE(r.result.failed(expected)) << r.result;
        EXPECT_EQ(r.result.bytes, 0U);
    }
}

TEST(Ends, FinInTheMiddleOfARecordIsTruncated) {
    for (const bool whole : {true, false}) {
        Pair p;
        p.secure();
        const Bytes record = fake_data("complete");
        p.client.pipe.inject(ConstBytes(record).first(record.size() - (whole ? 0 : 1)));
        p.client.pipe.inject_eof();
        Reader r;
        r.start(*p.client);
        p.run();
        if (whole) {
            EXPECT_EQ(r.text(), "complete");
            r.start(*p.client);
            p.run();
        }
        EXPECT_TRUE(r.result.failed(Errc::truncated)) << r.result;
        EXPECT_EQ(p.client.trace->plaintext_out, whole ? 8U : 0U);
    }
}

TEST(Ends, ShutdownReportsTruncation) {
    for (const bool clean : {true, false}) {
        Pair p;
        p.secure();
        Outcome c;
        p.client->async_shutdown(c.handler());
        p.run();
        if (clean) p.client.pipe.inject(fake_alert(Alert::close_notify));
        p.client.pipe.inject_eof();
        p.run();
        EXPECT_TRUE(c.failed(clean ? std::error_code() : make_error_code(Errc::truncated))) << c;
    }
}

TEST(Ends, HandshakeSaysWhy) {
    struct Case {
        const char* name;
        std::error_code expected;
        void (*happens)(const PipeStream::Control&);
    };
    const Case cases[] = {
        {"alert", Errc::alert_received,
         [](const PipeStream::Control& pipe) {
             pipe.inject(fake_alert(Alert::handshake_failure));
         }},
        {"close_notify", asio::error::eof,
         [](const PipeStream::Control& pipe) { pipe.inject(fake_alert(Alert::close_notify)); }},
        {"fin", Errc::truncated, [](const PipeStream::Control& pipe) { pipe.inject_eof(); }},
        {"reset", asio::error::connection_reset,
         [](const PipeStream::Control& pipe) { pipe.break_with(asio::error::connection_reset); }},
        {"garbage", Errc::protocol_violation,
         [](const PipeStream::Control& pipe) { pipe.inject(fake_record(0x16, "?")); }},
    };
    for (const Case& c : cases) {
        Pair p;
        Outcome o;
        p.client->async_handshake(o.handler());
        p.run();
        EXPECT_EQ(o.calls, 0);
        c.happens(p.client.pipe);
        p.run();
        EXPECT_TRUE(o.failed(c.expected)) << c.name << ": " << o;
        ASSERT_NE(p.client->last_error(), nullptr) << c.name;
        EXPECT_EQ(p.client->last_error()->phase, Phase::handshake) << c.name;
        EXPECT_FALSE(p.client->last_error()->what.empty());
        EXPECT_FALSE(p.client->is_secure());
        EXPECT_EQ(ManualClock::pending(), 0U);
        // Whatever is tried then fails alike.
        Outcome again;
        p.client->async_write_some(asio::buffer("x", 1), again.handler());
        p.run();
        EXPECT_TRUE(again.failed(c.expected)) << c.name << ": " << again;
    }
}

TEST(Ends, FailedHandshakeFlushesItsAlert) {
    for (const bool refuse : {true, false}) {
        FakeScript server = server_script();
        if (refuse) server.refuse_hello = Errc::no_common_parameters;
        Pair p(client_script(), server);
        Outcome c;
        Outcome s;
        p.client->async_handshake(c.handler());
        p.server->async_handshake(s.handler());
        p.run();
        EXPECT_TRUE(
            s.failed(refuse ? make_error_code(Errc::no_common_parameters) : std::error_code()))
            << s;
        EXPECT_TRUE(c.failed(refuse ? make_error_code(Errc::alert_received) : std::error_code()))
            << c;
        if (refuse) {
            EXPECT_EQ(p.client->last_error()->alert_received, Alert::handshake_failure);
        }
    }
}

TEST(Ends, WriteErrorIsTheWritersAndTheAlertIsStillRead) {
    Pair p;
    p.secure();
    Reader r;
    Outcome w;
    // The peer has refused us, said so, and closed: what we write meets a closed connection.
    p.client.pipe.inject(fake_data("first"));
    p.client.pipe.inject(fake_alert(Alert::access_denied));
    p.server.stream.reset();
    p.client->async_write_some(asio::buffer("x", 1), w.handler());
    p.run();
    EXPECT_TRUE(w.failed(asio::error::broken_pipe)) << w;
    r.start(*p.client);
    p.run();
    EXPECT_EQ(r.text(), "first") << "a read never reports it";
    r.start(*p.client);
    p.run();
    EXPECT_TRUE(r.result.failed(Errc::alert_received)) << r.result;
    EXPECT_EQ(p.client->last_error()->alert_received, Alert::access_denied);
    Outcome f;
    p.client->async_flush(f.handler());
    p.run();
    EXPECT_TRUE(f.failed(asio::error::broken_pipe)) << f;
}

TEST(Ends, ReadSideErrorOfTheFlusherIsReportedByTheNextWrite) {
    Pair p;
    p.secure();
    p.server.stream.reset();
    Reader r;
    r.start(*p.client);
    p.client.pipe.inject(fake_record(0x16, "K"));  // wants a reply, which cannot leave
    p.client.pipe.inject(fake_data("data"));
    p.run();
    EXPECT_EQ(r.text(), "data");
    for (int i = 0; i < 2; ++i) {
        Outcome w;
        p.client->async_write_some(asio::buffer("x", 1), w.handler());
        p.run();
        EXPECT_TRUE(w.failed(asio::error::broken_pipe)) << w;
    }
    Outcome s;
    p.client->async_shutdown(s.handler());
    p.run();
    EXPECT_TRUE(s.failed(asio::error::broken_pipe)) << s;
}

// The client's last flight cannot leave because the server has already refused it.
TEST(Ends, HandshakeReadsTheAlertWhenItsLastFlightFails) {
    for (const bool alert : {true, false}) {
        const auto verifier = std::make_shared<PatientVerifier>();
        FakeScript script = client_script();
        script.verifier = verifier;
        Pair p(script);
        Outcome c;
        Outcome s;
        p.client->async_handshake(c.handler());
        p.server->async_handshake(s.handler());
        p.run();
        ASSERT_EQ(verifier->questions.size(), 1U);
        if (alert) p.client.pipe.inject(fake_alert(Alert::access_denied));
        if (!alert) p.client.pipe.inject(fake_data("x"));
        p.server.stream.reset();
        p.run();
        EXPECT_EQ(c.calls, 0);
        verifier->answer(Verdict::trusted());
        p.run();
        EXPECT_TRUE(
            c.failed(alert ? make_error_code(Errc::alert_received) : asio::error::broken_pipe))
            << c;
    }
}

TEST(Concurrency, OneReadAndOneWrite) {
    Pair p;
    p.secure();
    p.client.pipe.capacity(0);
    Reader r;
    Reader second_read;
    Outcome w;
    Outcome second_write;
    r.start(*p.client);
    p.client->async_write_some(asio::buffer("out", 3), w.handler());
    second_read.start(*p.client);
    p.client->async_write_some(asio::buffer("two", 3), second_write.handler());
    Outcome shutdown;
    p.client->async_shutdown(shutdown.handler());
    p.run();
    EXPECT_TRUE(second_read.result.failed(Errc::operation_in_progress)) << second_read.result;
    EXPECT_TRUE(second_write.failed(Errc::operation_in_progress)) << second_write;
    EXPECT_TRUE(shutdown.failed(Errc::operation_in_progress)) << shutdown;
    EXPECT_EQ(r.result.calls + w.calls, 0);
    // The write is stuck; the read is not.
    p.client.pipe.inject(fake_data("in"));
    p.run();
    EXPECT_EQ(r.text(), "in");
    EXPECT_EQ(w.calls, 0);
    p.client.pipe.capacity(PipeStream::unlimited);
    p.run();
    EXPECT_TRUE(w.ok()) << w;
    Reader got;
    got.start(*p.server);
    p.run();
    EXPECT_EQ(got.text(), "out") << "the refused write left no trace";
}

TEST(Concurrency, ReadNeverWaitsForTheFlusher) {
    Pair p;
    p.secure();
    p.client.pipe.capacity(0);
    Reader r;
    r.start(*p.client);
    p.client.pipe.inject(fake_record(0x16, "K"));
    p.client.pipe.inject(fake_data("one"));
    p.run();
    EXPECT_EQ(r.text(), "one") << "although the reply is stuck";
    // A write now waits behind the reply, in order, and a read goes on.
    Outcome w;
    p.client->async_write_some(asio::buffer("after", 5), w.handler());
    r.start(*p.client);
    p.client.pipe.inject(fake_data("two"));
    p.run();
    EXPECT_EQ(r.text(), "two");
    EXPECT_EQ(w.calls, 0);
    p.client.pipe.capacity(PipeStream::unlimited);
    p.run();
    EXPECT_TRUE(w.ok()) << w;
    Reader got;
    got.start(*p.server);
    p.run();
    EXPECT_EQ(got.text(), "after");
    EXPECT_TRUE(p.server.trace->reached("post_handshake_k"));
}

TEST(Concurrency, FlushWaitsForTheReadSideToo) {
    Pair p;
    p.secure();
    p.client.pipe.capacity(0);
    Reader r;
    r.start(*p.client);
    p.client.pipe.inject(fake_record(0x16, "K"));
    p.run();
    Outcome f;
    p.client->async_flush(f.handler());
    p.run();
    EXPECT_EQ(f.calls, 0);
    p.client.pipe.capacity(PipeStream::unlimited);
    p.run();
    EXPECT_TRUE(f.ok()) << f;
    EXPECT_EQ(r.result.calls, 0);
}

TEST(Concurrency, EngineThatDrainsReadsIsWaitedFor) {
    FakeScript script = client_script();
    script.drains_reads = true;
    Pair p(script);
    p.secure();
    p.client.pipe.capacity(0);
    Reader r;
    p.client.pipe.inject(fake_record(0x16, "K"));
    p.client.pipe.inject(fake_data("one"));
    r.start(*p.client);
    p.run();
    EXPECT_EQ(r.result.calls, 0);
    p.client.pipe.capacity(PipeStream::unlimited);
    p.run();
    EXPECT_EQ(r.text(), "one") << r.result;
}

TEST(Concurrency, DrainAfterAWriteErrorDoesNotHang) {
    FakeScript script = client_script();
    script.drains_reads = true;
    Pair p(script);
    p.secure();
    p.server.stream.reset();
    Reader r;
    p.client.pipe.inject(fake_record(0x16, "K"));
    p.client.pipe.inject(fake_data("one"));
    r.start(*p.client);
    p.run();
    EXPECT_EQ(r.text(), "one") << r.result;
}

}  // namespace
}  // namespace omnitls::test
