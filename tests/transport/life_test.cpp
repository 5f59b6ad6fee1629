// SPDX-License-Identifier: BSL-1.0
// The ordinary life of a stream: plain text, handshake, data both ways, half close, shutdown, and the order of things.
#include "tests/transport/harness.hpp"

#include <asio/write.hpp>

#include <vector>

namespace omnitls::test {
namespace {

TEST(Life, PlainThenSecureThenClosed) {
    Pair p;
    Reader r;
    Outcome w;
    EXPECT_FALSE(p.client->is_secure());
    r.start(*p.server);
    p.client->async_write_some(asio::buffer("hello", 5), w.handler());
    p.run();
    EXPECT_TRUE(w.ok()) << w;
    EXPECT_EQ(r.text(), "hello");
    EXPECT_EQ(std::string(p.client.pipe.sent().begin(), p.client.pipe.sent().end()), "hello");

    p.secure();
    EXPECT_TRUE(p.client->is_secure());
    EXPECT_TRUE(p.server->is_secure());
    EXPECT_TRUE(p.client.trace->reached("accepted"));
    EXPECT_EQ(p.client->info().version, ProtocolVersion::tls13);
    EXPECT_NE(p.client->evidence(), nullptr);
    EXPECT_EQ(p.client->last_error(), nullptr);

    w = {};
    r.start(*p.client);
    p.server->async_write_some(asio::buffer("secret", 6), w.handler());
    p.run();
    EXPECT_TRUE(w.ok()) << w;
    EXPECT_EQ(w.bytes, 6U);
    EXPECT_EQ(r.text(), "secret");
    const std::string wire(p.server.pipe.sent().begin(), p.server.pipe.sent().end());
    EXPECT_EQ(wire.find("secret"), std::string::npos);

    Outcome c;
    Outcome s;
    p.client->async_shutdown(c.handler());
    p.server->async_shutdown(s.handler());
    p.run();
    EXPECT_TRUE(c.ok()) << c;
    EXPECT_TRUE(s.ok()) << s;
    r.start(*p.client);
    p.run();
    EXPECT_TRUE(r.result.failed(asio::error::eof)) << r.result;
}

TEST(Life, OneByteSegmentsMakeNoDifference) {
    for (const std::size_t segment : {std::size_t{1}, std::size_t{7}, PipeStream::unlimited}) {
        Pair p;
        p.client.pipe.segment(segment);
        p.server.pipe.segment(segment);
        p.secure();
        std::string text(40000, 'x');
        for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 26);
        Outcome w;
        p.client->async_write_some(asio::buffer(text), w.handler());
        std::string got;
        while (got.size() < text.size()) {
            Reader r;
            r.start(*p.server);
            p.run();
            ASSERT_TRUE(r.result.ok()) << r.result;
            got += r.text();
        }
        EXPECT_EQ(got, text) << segment;
        EXPECT_TRUE(w.ok()) << w;
        EXPECT_EQ(w.bytes, text.size());
    }
}

TEST(Life, WriteTakesTheWholeSequenceBeyondTheHighWaterMark) {
    FakeScript script = client_script();
    script.high_water = 4096;
    script.record_bytes = 1000;
    Pair p(script);
    p.secure();
    std::vector<std::string> pieces;
    std::string all;
    for (int i = 0; i < 300; ++i) {
        pieces.push_back(
            i % 7 == 0 ? ""
                       : std::string(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26)));
        all += pieces.back();
    }
    std::vector<asio::const_buffer> buffers;
    for (const auto& piece : pieces) buffers.emplace_back(piece.data(), piece.size());
    Outcome w;
    p.client->async_write_some(buffers, w.handler());
    std::string got;
    while (got.size() < all.size()) {
        Reader r;
        r.start(*p.server);
        p.run();
        ASSERT_TRUE(r.result.ok()) << r.result;
        got += r.text();
    }
    EXPECT_TRUE(w.ok()) << w;
    EXPECT_EQ(w.bytes, all.size());
    EXPECT_EQ(got, all);
}

TEST(Life, ReadFillsAllBuffersWithAllRecordsAtHand) {
    Pair p;
    p.secure();
    for (const char* text : {"one", "two", "three"}) {
        Outcome w;
        p.client->async_write_some(asio::buffer(text, std::strlen(text)), w.handler());
        p.run();
        ASSERT_TRUE(w.ok()) << w;
    }
    std::array<char, 4> a{};
    std::array<char, 4> b{};
    std::array<char, 10> c{};
    Outcome r;
    p.server->async_read_some(
        std::array<asio::mutable_buffer, 3>{asio::buffer(a), asio::buffer(b), asio::buffer(c)},
        r.handler());
    EXPECT_EQ(r.calls, 0) << "never inline";
    p.run();
    EXPECT_TRUE(r.ok()) << r;
    EXPECT_EQ(r.bytes, 11U);
    EXPECT_EQ(std::string(a.data(), 4) + std::string(b.data(), 4) + std::string(c.data(), 3),
              "onetwothree");
}

TEST(Life, NothingIsNothing) {
    Pair p;
    p.secure();
    const std::size_t before = p.client.pipe.sent().size();
    Outcome r;
    Outcome w;
    Outcome f;
    p.client->async_read_some(asio::mutable_buffer(), r.handler());
    p.client->async_write_some(asio::const_buffer(), w.handler());
    EXPECT_EQ(r.calls + w.calls, 0);
    p.run();
    EXPECT_TRUE(r.ok()) << r;
    EXPECT_TRUE(w.ok()) << w;
    p.client->async_flush(f.handler());
    EXPECT_EQ(f.calls, 0);
    p.run();
    EXPECT_TRUE(f.ok()) << f;
    EXPECT_EQ(p.client.pipe.sent().size(), before) << "no record for no bytes";
    // The twin: one byte is a record.
    w = {};
    p.client->async_write_some(asio::buffer("x", 1), w.handler());
    p.run();
    EXPECT_TRUE(w.ok()) << w;
    EXPECT_GT(p.client.pipe.sent().size(), before);
}

TEST(Life, HalfCloseReadsOn) {
    Pair p;
    p.secure();
    Outcome close;
    Reader r;
    p.client->async_close_write(close.handler());
    r.start(*p.server);
    p.run();
    EXPECT_TRUE(close.ok()) << close;
    EXPECT_TRUE(r.result.failed(asio::error::eof)) << r.result;

    Outcome w;
    r.start(*p.client);
    p.server->async_write_some(asio::buffer("late", 4), w.handler());
    p.run();
    EXPECT_TRUE(w.ok()) << w;
    EXPECT_EQ(r.text(), "late");
    // But writing is over.
    w = {};
    p.client->async_write_some(asio::buffer("x", 1), w.handler());
    p.run();
    EXPECT_TRUE(w.failed(Errc::wrong_state)) << w;
}

TEST(Life, ShutdownThrowsAwayWhatComesBeforeTheEnd) {
    Pair p;
    p.secure();
    Outcome w;
    Outcome c;
    Outcome s;
    p.server->async_write_some(asio::buffer("unread", 6), w.handler());
    p.run();
    p.client->async_shutdown(c.handler());
    p.run();
    EXPECT_EQ(c.calls, 0) << "the peer has not closed yet";
    p.server->async_shutdown(s.handler());
    p.run();
    EXPECT_TRUE(c.ok()) << c;
    EXPECT_TRUE(s.ok()) << s;
}

TEST(Life, WrongOrder) {
    Pair p;
    Outcome o;
    p.client->async_shutdown(o.handler());
    EXPECT_EQ(o.calls, 0);
    p.run();
    EXPECT_TRUE(o.failed(Errc::wrong_state)) << o;
    o = {};
    p.client->async_close_write(o.handler());
    p.run();
    EXPECT_TRUE(o.failed(Errc::wrong_state)) << o;
    o = {};
    p.client->async_flush(o.handler());
    p.run();
    EXPECT_TRUE(o.ok()) << o;
    p.secure();
    o = {};
    p.client->async_handshake(o.handler());
    p.run();
    EXPECT_TRUE(o.failed(Errc::wrong_state)) << o;
    EXPECT_TRUE(p.client->is_secure()) << "a call in the wrong order changes nothing";
    o = {};
    p.client->async_start_tls(no_leftover, o.handler());
    p.run();
    EXPECT_TRUE(o.failed(Errc::wrong_state)) << o;
    EXPECT_EQ(p.client->set_engine(nullptr), Errc::wrong_state);
}

TEST(Life, EngineCanComeLater) {
    asio::io_context ctx;
    auto ends = PipeStream::make(ctx.get_executor());
    Outcome o;
    {
        TestStream a(std::move(ends.first), nullptr);
        a.async_handshake(o.handler());
        ctx.poll();
        EXPECT_TRUE(o.failed(Errc::wrong_state)) << o;
        EXPECT_FALSE(a.set_engine(std::make_unique<FakeEngine>(client_script())));
        TestStream b(std::move(ends.second), std::make_unique<FakeEngine>(server_script()));
        Outcome c;
        Outcome s;
        a.async_handshake(c.handler());
        EXPECT_EQ(a.set_engine(std::make_unique<FakeEngine>(client_script())),
                  Errc::operation_in_progress);
        b.async_handshake(s.handler());
        ctx.restart();
        ctx.poll();
        EXPECT_TRUE(c.ok()) << c;
        EXPECT_TRUE(s.ok()) << s;
    }
}

TEST(Life, AsioWriteComposes) {
    Pair p;
    p.secure();
    Outcome w;
    const std::string text(100000, 'q');
    asio::async_write(*p.client, asio::buffer(text), w.handler());
    std::size_t got = 0;
    while (got < text.size()) {
        Reader r;
        r.start(*p.server);
        p.run();
        ASSERT_TRUE(r.result.ok()) << r.result;
        got += r.result.bytes;
    }
    EXPECT_TRUE(w.ok()) << w;
    EXPECT_EQ(w.bytes, text.size());
}

}  // namespace
}  // namespace omnitls::test
