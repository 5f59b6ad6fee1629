// SPDX-License-Identifier: BSL-1.0
// Writes that complete when they are accepted: what waits is bounded, what comes in a row shares records, nothing is lost, and
// errors come with the next operation. The twin of each is the stream whose writes complete when sent.
#include "core/sanitizer.hpp"
#include "tests/transport/counting_allocator.hpp"
#include "tests/transport/harness.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace omnitls::test {
namespace {

StreamOptions behind() {
    StreamOptions options;
    options.write_completion = WriteCompletion::accepted;
    return options;
}

std::string some_text(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
    return text;
}

/// Sizes of the data records among what a pipe has carried from `begin` on.
std::vector<std::size_t> data_records(const std::vector<std::uint8_t>& wire, std::size_t begin) {
    std::vector<std::size_t> sizes;
    for (std::size_t at = begin; at + 5 <= wire.size();) {
        const std::size_t size = wire[at + 3] * 256U + wire[at + 4];
        if (wire[at] == 0x17) sizes.push_back(size);
        at += 5 + size;
    }
    return sizes;
}

/// Reads until `size` bytes have come, or nothing moves any more.
std::string read_all(Pair& p, TestStream& stream, std::size_t size) {
    std::string got;
    while (got.size() < size) {
        Reader r;
        r.start(stream);
        p.run();
        if (!r.result.ok()) break;
        got += r.text();
    }
    return got;
}

/// One write after the other, each begun when the one before has completed.
struct Sequence {
    TestStream& stream;
    std::string text;
    std::size_t piece;
    std::size_t at = 0;
    std::error_code error{};

    void next() {
        if (error || at == text.size()) return;
        const std::size_t size = std::min(piece, text.size() - at);
        async_write(stream, asio::buffer(text.data() + at, size),
                    [this](std::error_code ec, std::size_t n) {
                        error = ec;
                        at += n;
                        next();
                    });
    }
};

TEST(WriteBehind, CompletesWhenAcceptedAndNotWhenSent) {
    for (const bool accepted : {true, false}) {
        Pair p(client_script(), server_script(), accepted ? behind() : StreamOptions{});
        p.secure();
        p.client.pipe.capacity(0);
        Outcome w;
        p.client->async_write_some(asio::buffer("data", 4), w.handler());
        EXPECT_EQ(w.calls, 0) << "never inside the function that starts it";
        p.run();
        EXPECT_EQ(w.calls, accepted ? 1 : 0);
        EXPECT_EQ(w.bytes, accepted ? 4U : 0U);
        p.client.pipe.capacity(PipeStream::unlimited);
        EXPECT_EQ(read_all(p, *p.server, 4), "data");
        EXPECT_TRUE(w.ok()) << w;
    }
}

TEST(WriteBehind, WhatWaitsIsBounded) {
    for (const std::size_t piece :
         {std::size_t{64}, std::size_t{5000}, std::size_t{16384}, std::size_t{100'000}}) {
        Pair p(client_script(), server_script(), behind());
        p.secure();
        p.client.pipe.capacity(0);
        Sequence writes{*p.client, some_text(1'000'000), piece};
        writes.next();
        p.run();
        // A flight under way, one that waits, a record that is staged.
        EXPECT_LE(writes.at, 64U * 1024 + 64 * 1024 + 16 * 1024) << piece;
        if (piece < 64 * 1024) {
            EXPECT_GE(writes.at, 64U * 1024) << piece;
        }
        EXPECT_LE(p.client->engine().output_size(), 2 * 66U * 1024) << piece;
        p.client.pipe.capacity(PipeStream::unlimited);
        EXPECT_EQ(read_all(p, *p.server, writes.text.size()), writes.text) << piece;
        EXPECT_EQ(writes.at, writes.text.size());
        EXPECT_FALSE(writes.error);
    }
}

TEST(WriteBehind, WritesInARowShareRecords) {
    for (const bool accepted : {true, false}) {
        Pair p(client_script(), server_script(), accepted ? behind() : StreamOptions{});
        p.secure();
        const std::size_t before = p.client.pipe.sent().size();
        Sequence writes{*p.client, some_text(64'000), 64};
        writes.next();
        EXPECT_EQ(read_all(p, *p.server, writes.text.size()), writes.text);
        EXPECT_EQ(writes.at, writes.text.size());
        const auto records = data_records(p.client.pipe.sent(), before);
        if (accepted) {
            EXPECT_LE(records.size(), 8U);
            EXPECT_EQ(*std::max_element(records.begin(), records.end()), 16384U);
        } else {
            EXPECT_EQ(records, std::vector<std::size_t>(1000, 64));
        }
    }
}

TEST(WriteBehind, AnAnswerIsSentAtOnce) {
    Pair p(client_script(), server_script(), behind());
    p.secure();
    for (int round = 0; round < 5; ++round) {
        const std::size_t before = p.client.pipe.sent().size();
        Outcome w;
        p.client->async_write_some(asio::buffer("question", 8), w.handler());
        EXPECT_EQ(data_records(p.client.pipe.sent(), before), std::vector<std::size_t>{8})
            << "no turn of the executor later";
        EXPECT_EQ(read_all(p, *p.server, 8), "question");
        Outcome a;
        p.server->async_write_some(asio::buffer("answer", 6), a.handler());
        EXPECT_EQ(read_all(p, *p.client, 6), "answer");
        EXPECT_TRUE(w.ok() && a.ok());
    }
}

TEST(WriteBehind, FlushWaitsUntilEverythingHasLeft) {
    Pair p(client_script(), server_script(), behind());
    p.secure();
    p.client.pipe.capacity(0);
    Sequence writes{*p.client, some_text(10 * 64), 64};
    writes.next();
    p.run();
    ASSERT_EQ(writes.at, writes.text.size());
    Outcome f;
    p.client->async_flush(f.handler());
    p.run();
    EXPECT_EQ(f.calls, 0);
    p.client.pipe.capacity(PipeStream::unlimited);
    p.run();
    EXPECT_TRUE(f.ok()) << f;
    EXPECT_EQ(p.server.pipe.unread() > writes.text.size(), true);
    EXPECT_EQ(read_all(p, *p.server, writes.text.size()), writes.text);
}

TEST(WriteBehind, HalfCloseAndShutdownSendWhatWasAcceptedFirst) {
    for (const bool whole : {false, true}) {
        Pair p(client_script(), server_script(), behind());
        p.secure();
        p.client.pipe.capacity(0);
        Sequence writes{*p.client, some_text(60'000), 60};
        writes.next();
        p.run();
        ASSERT_EQ(writes.at, writes.text.size());
        Outcome c;
        if (whole) {
            p.client->async_shutdown(c.handler());
        } else {
            p.client->async_close_write(c.handler());
        }
        p.run();
        EXPECT_EQ(c.calls, 0);
        p.client.pipe.capacity(PipeStream::unlimited);
        EXPECT_EQ(read_all(p, *p.server, writes.text.size()), writes.text);
        Reader r;
        r.start(*p.server);
        p.run();
        EXPECT_TRUE(r.result.failed(asio::error::eof)) << r.result;
        Outcome s;
        p.server->async_shutdown(s.handler());
        p.run();
        EXPECT_TRUE(c.ok()) << c;
    }
}

TEST(WriteBehind, TheErrorComesWithTheNextOperation) {
    using Next = std::function<void(TestStream&, Outcome&)>;
    const Next nexts[] = {
        [](TestStream& s, Outcome& o) { s.async_write_some(asio::buffer("x", 1), o.handler()); },
        [](TestStream& s, Outcome& o) { s.async_flush(o.handler()); },
        [](TestStream& s, Outcome& o) { s.async_close_write(o.handler()); },
        [](TestStream& s, Outcome& o) { s.async_shutdown(o.handler()); },
    };
    for (const Next& next : nexts) {
        for (const bool breaks : {true, false}) {
            Pair p(client_script(), server_script(), behind());
            p.secure();
            p.client.pipe.inject(fake_data("answer"));
            if (breaks) p.server.stream.reset();
            Outcome w;
            p.client->async_write_some(asio::buffer("data", 4), w.handler());
            p.run();
            EXPECT_TRUE(w.ok()) << w;
            Reader r;
            r.start(*p.client);
            p.run();
            EXPECT_EQ(r.text(), "answer") << "a read never reports it";
            Outcome o;
            next(*p.client, o);
            Outcome s;
            if (!breaks) p.server->async_shutdown(s.handler());
            p.run();
            EXPECT_EQ(o.calls, 1);
            EXPECT_EQ(o.ec, breaks ? std::error_code(asio::error::broken_pipe) : std::error_code());
        }
    }
}

TEST(WriteBehind, WhatTheEngineRefusesLaterIsReported) {
    for (const bool refused : {true, false}) {
        Pair p(client_script(), server_script(), behind());
        p.secure();
        p.client.pipe.capacity(0);
        Sequence writes{*p.client, some_text(10 * 64), 64};
        writes.next();
        p.run();
        ASSERT_EQ(writes.at, writes.text.size()) << "some of it is staged and not encrypted";
        Reader r;
        r.start(*p.client);
        if (refused) p.client.pipe.inject(fake_alert(Alert::internal_error));
        p.run();
        EXPECT_EQ(r.result.calls, refused ? 1 : 0);
        p.client.pipe.capacity(PipeStream::unlimited);
        Outcome f;
        p.client->async_flush(f.handler());
        p.run();
        EXPECT_EQ(f.calls, 1);
        EXPECT_EQ(f.ec, refused ? make_error_code(Errc::alert_received) : std::error_code());
        Outcome w;
        p.client->async_write_some(asio::buffer("x", 1), w.handler());
        p.run();
        EXPECT_EQ(w.ec, refused ? make_error_code(Errc::alert_received) : std::error_code());
    }
}

TEST(WriteBehind, MovedOrDestroyedAtAnyMoment) {
    for (int turns = 0; turns < 12; ++turns) {
        for (const bool moves : {true, false}) {
            Pair p(client_script(), server_script(), behind());
            p.secure();
            p.client.pipe.capacity(turns % 2 == 0 ? 0 : PipeStream::unlimited);
            Outcome w[5];
            Outcome f;
            p.ctx->restart();
            for (Outcome& one : w) {
                p.client->async_write_some(asio::buffer("data", 4), one.handler());
                for (int i = 0; i < turns % 4; ++i) p.ctx->poll_one();
            }
            p.client->async_flush(f.handler());
            for (int i = 0; i < turns; ++i) p.ctx->poll_one();
            if (moves) {
                TestStream moved = std::move(*p.client);
                p.client.pipe.capacity(PipeStream::unlimited);
                p.run();
                for (const Outcome& one : w) EXPECT_EQ(one.calls, 1);
                EXPECT_EQ(f.calls, 1);
            } else {
                p.client.stream.reset();
                p.run();
                for (const Outcome& one : w) EXPECT_EQ(one.calls, 1);
                EXPECT_EQ(f.calls, 1);
                EXPECT_TRUE(p.client.pipe.closed());
            }
        }
    }
}

TEST(WriteBehind, AWriteThatWaitsCanBeCancelled) {
    Pair p(client_script(), server_script(), behind());
    p.secure();
    p.client.pipe.capacity(0);
    const std::string text = some_text(300'000);
    asio::cancellation_signal stop;
    Outcome w;
    async_write(*p.client, asio::buffer(text),
                asio::bind_cancellation_slot(stop.slot(), w.handler()));
    p.run();
    EXPECT_EQ(w.calls, 0);
    stop.emit(asio::cancellation_type::terminal);
    p.run();
    EXPECT_TRUE(w.failed(asio::error::operation_aborted)) << w;
    w = {};
    p.client->async_write_some(asio::buffer("x", 1), w.handler());
    p.run();
    EXPECT_TRUE(w.failed(asio::error::operation_aborted)) << "the stream is of no more use: " << w;
}

TEST(WriteBehind, AWriteThatWaitsIsKeptByItsHandlersAllocator) {
    for (const bool waits : {false, true}) {
        Pair p(client_script(), server_script(), behind());
        p.secure();
        p.client.pipe.capacity(0);
        const std::string text = some_text(waits ? 300'000 : 1000);
        Outcome first;
        p.client->async_write_some(asio::buffer(text, 1000), first.handler());
        p.run();
        EXPECT_TRUE(first.ok()) << first;  // It is under way, so that nobody else can send.
        int all = 0;
        int live = 0;
        Outcome w;
        async_write(*p.client, asio::buffer(text),
                    Allocating<decltype(w.handler())>{w.handler(), &all, &live});
        p.run();
        EXPECT_EQ(w.calls, waits ? 0 : 1);
        EXPECT_EQ(live, waits ? 1 : 0) << "one piece of memory at a time";
        EXPECT_EQ(all, waits ? 1 : 0);
        p.client.pipe.capacity(SIZE_MAX);
        p.run();
        EXPECT_TRUE(w.ok()) << w;
        EXPECT_EQ(live, 0);
    }
}

// The thread's next block is the one that was given back, so what is left in it can be seen.
TEST(WriteStage, IsWipedWhenItGoes) {
    detail::WriteStage stage;
    const std::string text = some_text(10'000);
    ASSERT_EQ(stage.put(as_bytes(text)), text.size());
    [[maybe_unused]] const std::uint8_t* const place = stage.bytes().data();
    EXPECT_EQ(as_text(stage.bytes()), text);
    stage.clear();
    EXPECT_TRUE(stage.empty());
#if !defined(OMNITLS_HAS_ADDRESS_SANITIZER)  // There no block is lent again.
    const MutableBytes next = default_block_source().acquire(max_record_plaintext);
    EXPECT_EQ(next.data(), place);
    EXPECT_TRUE(std::all_of(next.begin(), next.begin() + 10'000, [](auto b) { return b == 0; }));
    default_block_source().release(next);
#endif
}

// Whatever is written how, with which segments and how much room, arrives once and in order.
TEST(WriteBehind, AnyMixtureKeepsTheBytes) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        std::mt19937 random(seed);
        FakeScript script = client_script();
        if (seed % 3 == 0) script.high_water = 1 + random() % 100'000;
        Pair p(std::move(script), server_script(), behind());
        p.secure();
        p.server.pipe.segment(seed % 4 == 0 ? 1 + random() % 5000 : PipeStream::unlimited);
        p.client.pipe.capacity(seed % 2 == 0 ? 1 + random() % 100'000 : PipeStream::unlimited);
        const std::string text = some_text(400'000);
        std::size_t at = 0;
        std::function<void()> next = [&] {
            if (at == text.size()) return;
            StreamOptions options = behind();
            if (random() % 5 == 0) options.write_completion = WriteCompletion::sent;
            p.client->set_options(options);
            std::vector<asio::const_buffer> buffers(1 + random() % 5);
            std::size_t end = at;
            for (asio::const_buffer& buffer : buffers) {
                const std::size_t most = random() % 4 == 0 ? 60'000 : 300;
                const std::size_t size = std::min(random() % most, text.size() - end);
                buffer = asio::buffer(text.data() + end, size);
                end += size;
            }
            async_write(*p.client, buffers,
                        [&, size = end - at](std::error_code ec, std::size_t n) {
                            ASSERT_FALSE(ec) << ec.message();
                            ASSERT_EQ(n, size);
                            at += n;
                            next();
                        });
        };
        next();
        ASSERT_EQ(read_all(p, *p.server, text.size()), text) << seed;
        ASSERT_EQ(at, text.size());
    }
}

TEST(AsyncWrite, PassesTheWholeSequenceInPlainTextAndInTls) {
    for (const bool tls : {false, true}) {
        Pair p;
        if (tls) p.secure();
        p.client.pipe.capacity(1000);
        std::vector<std::string> texts(300, some_text(1000));
        std::vector<asio::const_buffer> buffers(texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) buffers[i] = asio::buffer(texts[i]);
        const std::size_t before = p.client.pipe.sent().size();
        Outcome w;
        async_write(*p.client, buffers, w.handler());
        std::string expected;
        for (const std::string& text : texts) expected += text;
        EXPECT_EQ(read_all(p, *p.server, expected.size()), expected);
        EXPECT_TRUE(w.ok()) << w;
        EXPECT_EQ(w.bytes, expected.size());
        if (tls) {
            const auto records = data_records(p.client.pipe.sent(), before);
            EXPECT_EQ(records.size(), (expected.size() + 16383) / 16384)
                << "as few as there can be";
        }
    }
}

TEST(ReleaseIdle, ReachesTheEngineAndDisturbsNothing) {
    Pair p(client_script(), server_script(), behind());
    EXPECT_EQ(p.client.trace->releases, 0);
    p.client->release_idle();
    EXPECT_EQ(p.client.trace->releases, 1);
    p.secure();
    Reader r;
    r.start(*p.client);
    p.client->release_idle();
    Outcome w;
    p.server->async_write_some(asio::buffer("data", 4), w.handler());
    p.server->release_idle();
    p.run();
    EXPECT_EQ(r.text(), "data");
    EXPECT_TRUE(w.ok()) << w;
}

}  // namespace
}  // namespace omnitls::test
