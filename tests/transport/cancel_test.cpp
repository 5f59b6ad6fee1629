// SPDX-License-Identifier: BSL-1.0
// Cancellation of single operations: what it ends, what it does not, and what is left.
#include "tests/transport/harness.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

namespace omnitls::test {
namespace {

using asio::cancellation_type;

TEST(CancelRead, LosesNothing) {
    for (const auto type :
         {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
        Pair p;
        p.secure();
        const Bytes record = fake_data("kept");
        // Half a record has come, and the read waits for the rest.
        p.client.pipe.inject(ConstBytes(record).first(7));
        Reader r;
        asio::cancellation_signal signal;
        p.client->async_read_some(asio::buffer(r.room),
                                  asio::bind_cancellation_slot(signal.slot(), r.result.handler()));
        p.run();
        EXPECT_EQ(r.result.calls, 0);
        signal.emit(type);
        EXPECT_EQ(r.result.calls, 0) << "never inline";
        p.run();
        EXPECT_TRUE(r.result.failed(asio::error::operation_aborted)) << r.result;
        p.client.pipe.inject(ConstBytes(record).subspan(7));
        r.start(*p.client);
        p.run();
        EXPECT_EQ(r.text(), "kept") << r.result;
        signal.emit(type);  // after the fact: nothing
        p.run();
        EXPECT_EQ(r.result.calls, 1);
    }
}

TEST(CancelRead, ThatHasSucceededDelivers) {
    FakeScript script = server_script();
    script.ticket = false;  // nothing but the data is to be read
    Pair p(client_script(), script);
    p.secure();
    Reader r;
    asio::cancellation_signal signal;
    p.client->async_read_some(asio::buffer(r.room),
                              asio::bind_cancellation_slot(signal.slot(), r.result.handler()));
    p.client.pipe.inject(fake_data("won"));  // the handler of the next layer is on its way
    signal.emit(cancellation_type::terminal);
    p.run();
    EXPECT_EQ(r.text(), "won") << r.result;
}

TEST(CancelRead, ParkedBehindAnother) {
    FakeScript script = client_script();
    script.drains_reads = true;
    Pair p(script);
    p.secure();
    p.client.pipe.capacity(0);
    p.client.pipe.inject(fake_record(0x16, "K"));
    p.client.pipe.inject(fake_data("later"));
    Reader r;
    asio::cancellation_signal signal;
    p.client->async_read_some(asio::buffer(r.room),
                              asio::bind_cancellation_slot(signal.slot(), r.result.handler()));
    p.run();
    EXPECT_EQ(r.result.calls, 0);
    signal.emit(cancellation_type::total);
    p.run();
    EXPECT_TRUE(r.result.failed(asio::error::operation_aborted)) << r.result;
    p.client.pipe.capacity(PipeStream::unlimited);
    p.run();
    r.start(*p.client);
    p.run();
    EXPECT_EQ(r.text(), "later");
}

TEST(CancelWrite, TerminalOnly) {
    for (const bool parked : {false, true}) {
        for (const auto type :
             {cancellation_type::total, cancellation_type::partial, cancellation_type::terminal}) {
            Pair p;
            p.secure();
            p.client.pipe.capacity(0);
            Reader r;
            if (parked) {
                r.start(*p.client);
                p.client.pipe.inject(fake_record(0x16, "K"));
                p.run();
            }
            Outcome w;
            asio::cancellation_signal signal;
            p.client->async_write_some(asio::buffer("x", 1),
                                       asio::bind_cancellation_slot(signal.slot(), w.handler()));
            p.run();
            signal.emit(type);
            EXPECT_EQ(w.calls, 0);
            p.run();
            if (type != cancellation_type::terminal) {
                EXPECT_EQ(w.calls, 0);
                p.client.pipe.capacity(PipeStream::unlimited);
                p.run();
                EXPECT_TRUE(w.ok()) << w;
                continue;
            }
            EXPECT_TRUE(w.failed(asio::error::operation_aborted)) << w;
            Outcome again;
            p.client->async_write_some(asio::buffer("x", 1), again.handler());
            p.run();
            EXPECT_TRUE(again.failed(asio::error::operation_aborted))
                << "of no more use: " << again;
        }
    }
}

TEST(CancelHandshake, WithdrawsTheQuestion) {
    for (const bool cancel : {false, true}) {
        const auto verifier = std::make_shared<PatientVerifier>();
        FakeScript script = client_script();
        script.verifier = verifier;
        Pair p(script);
        Outcome c;
        Outcome s;
        asio::cancellation_signal signal;
        p.client->async_handshake(asio::bind_cancellation_slot(signal.slot(), c.handler()));
        p.server->async_handshake(s.handler());
        p.run();
        ASSERT_EQ(verifier->questions.size(), 1U);
        signal.emit(cancellation_type::total);
        p.run();
        EXPECT_EQ(c.calls, 0) << "terminal only";
        if (cancel) signal.emit(cancellation_type::terminal);
        EXPECT_EQ(c.calls, 0);
        EXPECT_EQ(verifier->stop.stop_requested(), cancel);
        verifier->answer(Verdict::trusted());
        p.run();
        EXPECT_TRUE(
            c.failed(cancel ? std::error_code(asio::error::operation_aborted) : std::error_code()))
            << c;
        EXPECT_EQ(p.client->is_secure(), !cancel);
        EXPECT_EQ(s.calls, 1);
        if (cancel) {
            EXPECT_EQ(p.server->last_error()->alert_received, Alert::user_canceled)
                << "the peer is told";
            ASSERT_NE(p.client->last_error(), nullptr);
            EXPECT_EQ(p.client->last_error()->code, asio::error::operation_aborted)
                << p.client->last_error()->to_string();
        }
        EXPECT_EQ(ManualClock::pending(), 0U);
    }
}

TEST(CancelHandshake, ByTheLowestLayer) {
    Pair p;
    Outcome c;
    p.client->async_handshake(c.handler());
    p.run();
    std::error_code ec;
    p.client->lowest_layer().cancel(ec);
    p.run();
    EXPECT_TRUE(c.failed(asio::error::operation_aborted)) << c;
}

TEST(CancelShutdown, IsTerminal) {
    for (const bool cancel : {false, true}) {
        Pair p;
        p.secure();
        Outcome c;
        Outcome s;
        asio::cancellation_signal signal;
        p.client->async_shutdown(asio::bind_cancellation_slot(signal.slot(), c.handler()));
        p.run();
        if (cancel) signal.emit(cancellation_type::terminal);
        p.server->async_shutdown(s.handler());
        p.run();
        EXPECT_TRUE(
            c.failed(cancel ? std::error_code(asio::error::operation_aborted) : std::error_code()))
            << c;
        EXPECT_TRUE(s.ok()) << s;
    }
}

}  // namespace
}  // namespace omnitls::test
