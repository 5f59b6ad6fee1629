// SPDX-License-Identifier: BSL-1.0
// The boundary between plain text and TLS: what was said before it must not cross it. Every refusal has its twin that is
// alike but for those bytes and goes through.
#include "tests/transport/harness.hpp"

#include <string>
#include <string_view>

namespace omnitls::test {
namespace {

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

// The client has read `go-ahead` and `after` in one segment; `after` is its leftover.
Outcome upgrade_with(Pair& p, Bytes leftover, LeftoverPolicy policy, bool serve = true) {
    Outcome c;
    Outcome s;
    p.client->async_start_tls(
        leftover.empty() ? Leftover(no_leftover) : Leftover(std::move(leftover)), policy,
        c.handler());
    EXPECT_EQ(c.calls, 0) << "never inline";
    if (serve) p.server->async_start_tls(no_leftover, s.handler());
    p.run();
    return c;
}

TEST(Boundary, SameSegment) {
    for (const std::string_view injected :
         {"", "250 injected\r\n", "2"}) {  // nothing (the twin), a line, a part of one
        Pair p;
        p.server.pipe.inject(as_bytes(""));
        const Outcome c = upgrade_with(p, bytes(injected), LeftoverPolicy::reject);
        if (injected.empty()) {
            EXPECT_TRUE(c.ok()) << c;
            EXPECT_TRUE(p.client->is_secure());
            EXPECT_TRUE(p.client.trace->reached("open"));
            continue;
        }
        EXPECT_TRUE(c.failed(Errc::plaintext_after_starttls)) << c;
        EXPECT_FALSE(p.client->is_secure());
        EXPECT_FALSE(p.client.trace->reached("hello_sent"));
        EXPECT_TRUE(p.client.pipe.sent().empty());
        ASSERT_NE(p.client->last_error(), nullptr);
        EXPECT_EQ(p.client->last_error()->code, Errc::plaintext_after_starttls);
        EXPECT_EQ(p.client->last_error()->peer_text, escape_untrusted(injected));
        // Nothing is ever readable, and nothing else works either.
        Reader r;
        Outcome w;
        Outcome again;
        r.start(*p.client);
        p.client->async_write_some(asio::buffer("x", 1), w.handler());
        p.client->async_handshake(again.handler());
        p.run();
        EXPECT_TRUE(r.result.failed(Errc::plaintext_after_starttls)) << r.result;
        EXPECT_TRUE(w.failed(Errc::plaintext_after_starttls)) << w;
        EXPECT_TRUE(again.failed(Errc::plaintext_after_starttls)) << again;
        EXPECT_TRUE(p.client->take_leftover().empty());
    }
}

TEST(Boundary, LaterSegment) {
    for (const std::string_view injected : {"", "250 injected\r\n", "2", "250 half a li"}) {
        Pair p;
        Outcome c;
        Outcome s;
        p.client->async_start_tls(no_leftover, c.handler());
        p.client.pipe.inject(as_bytes(injected));
        p.run();
        if (injected.empty()) {
            p.server->async_start_tls(no_leftover, s.handler());
            p.run();
            EXPECT_TRUE(c.ok()) << c;
            continue;
        }
        EXPECT_TRUE(c.failed(Errc::plaintext_after_starttls)) << c;
        EXPECT_TRUE(p.client.trace->reached("hello_sent"));
        EXPECT_FALSE(p.client.trace->reached("verdict_asked"));
        EXPECT_FALSE(p.client->is_secure());
        EXPECT_EQ(p.client.trace->plaintext_out, 0U);
        ASSERT_NE(p.client->last_error(), nullptr);
        EXPECT_EQ(p.client->last_error()->peer_text, escape_untrusted(injected));
        Reader r;
        r.start(*p.client);
        p.run();
        EXPECT_TRUE(r.result.failed(Errc::plaintext_after_starttls)) << r.result;
    }
}

TEST(Boundary, DirectTlsCallsItAPlaintextPeer) {
    Pair p;
    Outcome c;
    p.client->async_handshake(c.handler());
    p.client.pipe.inject(as_bytes("220 hello\r\n"));
    p.run();
    EXPECT_TRUE(c.failed(Errc::plaintext_peer)) << c;
    EXPECT_EQ(p.client->last_error()->peer_text, "220 hello\\r\\n");
}

// Server side: bytes that came before the go-ahead was sent are leftover.
TEST(Boundary, FeedTakesTheStartOfARecord) {
    const Bytes hello = fake_record(0x16, std::string(1, 'C') + std::string(63, '\0'));
    struct Case {
        Bytes leftover;
        bool accepted;
    };
    Bytes wrong_version = hello;
    wrong_version[1] = 0x02;
    for (const Case& c :
         {Case{hello, true}, Case{Bytes(hello.begin(), hello.begin() + 1), true},
          Case{Bytes(hello.begin(), hello.begin() + 20), true}, Case{wrong_version, false},
          Case{bytes("EHLO x\r\n"), false}, Case{fake_data("GET / HTTP/1.1"), false}}) {
        Pair p;
        Outcome s;
        Outcome f;
        p.server->async_start_tls(c.leftover, LeftoverPolicy::feed, s.handler());
        p.run();
        if (!c.accepted) {
            EXPECT_TRUE(s.failed(Errc::plaintext_after_starttls)) << s;
            EXPECT_FALSE(p.server.trace->reached("got_C"));
            continue;
        }
        EXPECT_EQ(s.calls, 0);
        p.server.pipe.inject(ConstBytes(hello).subspan(c.leftover.size()));
        p.server.pipe.inject(fake_record(0x16, "F"));
        p.run();
        EXPECT_TRUE(s.ok()) << s;
        EXPECT_TRUE(p.server.trace->reached("got_C"));
        // The same bytes are refused by the default policy.
        Pair twin;
        f = {};
        twin.server->async_start_tls(c.leftover, f.handler());
        twin.run();
        EXPECT_TRUE(f.failed(Errc::plaintext_after_starttls)) << f;
    }
}

TEST(Boundary, LeftoverLargerThanTheBlockIsFed) {
    StreamOptions options;
    options.read_block = 1;  // counts as the minimum
    FakeScript script = client_script();
    Pair p(script, server_script(), options);
    p.secure();
    EXPECT_EQ(p.client->options().read_block, StreamOptions::min_read_block);
    Pair q(script, server_script(), options);
    Bytes leftover = fake_record(0x16, std::string(1, 'C'));
    const Bytes finished = fake_record(0x16, "F");
    leftover.insert(leftover.end(), finished.begin(), finished.end());
    for (int i = 0; i < 5; ++i) {
        const Bytes data = fake_data(std::string(16000, static_cast<char>('a' + i)));
        leftover.insert(leftover.end(), data.begin(), data.end());
    }
    Outcome s;
    q.server->async_start_tls(leftover, LeftoverPolicy::feed, s.handler());
    q.run();
    ASSERT_TRUE(s.ok()) << s;
    std::string got;
    while (got.size() < 80000) {
        Reader r;
        r.start(*q.server);
        q.run();
        ASSERT_TRUE(r.result.ok()) << r.result;
        got += r.text();
    }
    EXPECT_EQ(got.substr(79990), "eeeeeeeeee");
}

TEST(Boundary, HandBackLeavesThePlainStreamAlone) {
    Pair p;
    const Outcome c = upgrade_with(p, bytes("250 more\r\n"), LeftoverPolicy::hand_back, false);
    EXPECT_TRUE(c.failed(Errc::plaintext_after_starttls)) << c;
    EXPECT_EQ(p.client->take_leftover(), bytes("250 more\r\n"));
    EXPECT_TRUE(p.client->take_leftover().empty()) << "once";
    Reader r;
    Outcome w;
    r.start(*p.client);
    p.server->async_write_some(asio::buffer("still plain", 11), w.handler());
    p.run();
    EXPECT_EQ(r.text(), "still plain");
    // And the upgrade may be tried again.
    const Outcome again = upgrade_with(p, {}, LeftoverPolicy::hand_back);
    EXPECT_TRUE(again.ok()) << again;
    EXPECT_TRUE(p.client->is_secure());
}

TEST(Boundary, IsABarrier) {
    Pair p;
    Reader r;
    Outcome w;
    Outcome c;
    // A read is outstanding.
    r.start(*p.client);
    p.client->async_start_tls(no_leftover, c.handler());
    p.run();
    EXPECT_TRUE(c.failed(Errc::operation_in_progress)) << c;
    EXPECT_EQ(r.result.calls, 0) << "it is not disturbed";
    p.server->async_write_some(asio::buffer("x", 1), w.handler());
    p.run();
    EXPECT_TRUE(r.result.ok());
    // A plain write is not out yet.
    p.client.pipe.capacity(0);
    w = {};
    c = {};
    p.client->async_write_some(asio::buffer("STARTTLS\r\n", 10), w.handler());
    p.client->async_start_tls(no_leftover, c.handler());
    p.run();
    EXPECT_TRUE(c.failed(Errc::plaintext_pending)) << c;
    EXPECT_EQ(w.calls, 0);
    EXPECT_FALSE(p.client.trace->reached("hello_sent"));
    // The twin: nothing outstanding.
    p.client.pipe.capacity(PipeStream::unlimited);
    r.start(*p.server);
    p.run();
    EXPECT_TRUE(w.ok()) << w;
    const Outcome ok = upgrade_with(p, {}, LeftoverPolicy::reject);
    EXPECT_TRUE(ok.ok()) << ok;
    // While it runs nothing else does.
    Pair q;
    Outcome h;
    q.client->async_start_tls(no_leftover, h.handler());
    for (int i = 0; i < 2; ++i) {
        Outcome second;
        Outcome write;
        Reader read;
        q.client->async_start_tls(no_leftover, second.handler());
        q.client->async_write_some(asio::buffer("x", 1), write.handler());
        read.start(*q.client);
        q.run();
        EXPECT_TRUE(second.failed(Errc::operation_in_progress)) << second;
        EXPECT_TRUE(write.failed(Errc::operation_in_progress)) << write;
        EXPECT_TRUE(read.result.failed(Errc::operation_in_progress)) << read.result;
    }
    EXPECT_EQ(h.calls, 0);
    EXPECT_FALSE(q.client->is_secure());
}

// A server upgrades after it has flushed its go-ahead; a client that did not wait for it is refused.
TEST(Boundary, ServerSide) {
    for (const bool pipelined : {false, true}) {
        Pair p;
        Reader r;
        Outcome w;
        r.start(*p.server);
        const std::string sent = pipelined ? "STARTTLS\r\nMAIL FROM:<>\r\n" : "STARTTLS\r\n";
        p.client->async_write_some(asio::buffer(sent), w.handler());
        p.run();
        ASSERT_EQ(r.text(), sent);
        Outcome g;
        p.server->async_write_some(asio::buffer("220 go\r\n", 8), g.handler());
        p.run();
        Outcome s;
        Outcome c;
        p.server->async_start_tls(bytes(r.text().substr(10)), s.handler());
        Reader go;
        go.start(*p.client);
        p.run();
        ASSERT_EQ(go.text(), "220 go\r\n");
        p.client->async_start_tls(no_leftover, c.handler());
        p.run();
        if (pipelined) {
            EXPECT_TRUE(s.failed(Errc::plaintext_after_starttls)) << s;
            EXPECT_FALSE(p.server.trace->reached("got_C"));
        } else {
            EXPECT_TRUE(s.ok()) << s;
            EXPECT_TRUE(c.ok()) << c;
        }
    }
}

}  // namespace
}  // namespace omnitls::test
