// SPDX-License-Identifier: BSL-1.0
// A dialogue over the plain stream and the upgrade after it: the whole way, every segmentation, the attacks, deadlines,
// cancellation, and the synchronous form.
#include "tests/support/scripted_dialogue.hpp"
#include "tests/transport/harness.hpp"
#include <omnitls/transport/starttls.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/post.hpp>
#include <asio/use_future.hpp>

#include <chrono>
#include <functional>

namespace omnitls::test {
namespace {

std::vector<ScriptedDialogue::Turn> smtp_like() {
    return {{"220 hi\r\n", "EHLO c\r\n"}, {"250 STARTTLS\r\n", "STARTTLS\r\n"}, {"220 go\r\n", ""}};
}

// The server's part by hand: greets, answers, and says `go_ahead`; then TLS. Ends with its stream.
class Serving {
public:
    Serving(std::optional<TestStream>& peer, std::string go_ahead)
        : peer_(peer), go_ahead_(std::move(go_ahead)) {
        asio::post(peer_->get_executor(), [this] {
            if (peer_) greet();
        });
    }
    bool is_secure() const { return secure_; }

private:
    using Next = std::function<void()>;

    void greet() {
        say("220 hi\r\n", [this] { hear(8, [this] { offer(); }); });
    }
    void offer() {
        say("250 STARTTLS\r\n", [this] { hear(10, [this] { agree(); }); });
    }
    void agree() {
        say(go_ahead_, [this] { secure(); });
    }
    void say(std::string text, Next next) {
        said_ = std::move(text);
        peer_->async_write_some(asio::buffer(said_), [next](std::error_code ec, std::size_t) {
            if (!ec) next();
        });
    }
    void hear(std::size_t bytes, Next next) {
        peer_->async_read_some(asio::buffer(room_),
                               [this, bytes, next](std::error_code ec, std::size_t n) {
                                   if (ec) return;
                                   n < bytes ? hear(bytes - n, next) : next();
                               });
    }
    void secure() {
        peer_->async_start_tls(no_leftover, [this](std::error_code ec) { secure_ = !ec; });
    }

    std::optional<TestStream>& peer_;
    std::string go_ahead_;
    std::string said_;
    std::array<char, 64> room_{};
    bool secure_ = false;
};

struct Upgrade {
    explicit Upgrade(std::string go_ahead, std::size_t segment = PipeStream::unlimited)
        : dialogue(smtp_like()), server(pair.server.stream, std::move(go_ahead)) {
        pair.client.pipe.segment(segment);
    }
    Pair pair;
    ScriptedDialogue dialogue;
    Serving server;
    Outcome client;
};

TEST(Starttls, WholeWayInAnySegments) {
    for (const std::size_t segment : {std::size_t{1}, std::size_t{3}, PipeStream::unlimited}) {
        Upgrade u("220 go\r\n", segment);
        async_starttls(*u.pair.client, u.dialogue, u.client.handler());
        EXPECT_EQ(u.client.calls, 0);
        u.pair.run();
        EXPECT_TRUE(u.client.ok()) << u.client;
        EXPECT_TRUE(u.pair.client->is_secure());
        EXPECT_TRUE(u.server.is_secure());
        EXPECT_EQ(u.dialogue.turn(), 3U);
        EXPECT_EQ(ManualClock::pending(), 0U);
    }
}

TEST(Starttls, InjectionInTheSameSegment) {
    for (const char* go_ahead : {"220 go\r\n", "220 go\r\n250 injected\r\n", "220 go\r\n2"}) {
        Upgrade u(go_ahead);
        async_starttls(*u.pair.client, u.dialogue, u.client.handler());
        u.pair.run();
        const bool honest = std::string(go_ahead).size() == 8;
        EXPECT_TRUE(u.client.failed(honest ? std::error_code()
                                           : make_error_code(Errc::plaintext_after_starttls)))
            << u.client;
        EXPECT_EQ(u.pair.client->is_secure(), honest);
        EXPECT_EQ(u.pair.client.trace->reached("hello_sent"), honest);
        EXPECT_EQ(u.dialogue.turn(), 3U) << "the go-ahead was reached";
        if (!honest) {
            EXPECT_FALSE(u.pair.client->last_error()->peer_text.empty());
        }
    }
}

TEST(Starttls, InjectionInALaterSegment) {
    // The segments end exactly behind the go-ahead.
    Upgrade u("220 go\r\n250 injected\r\n", 8);
    async_starttls(*u.pair.client, u.dialogue, u.client.handler());
    u.pair.run();
    EXPECT_TRUE(u.client.failed(Errc::plaintext_after_starttls)) << u.client;
    EXPECT_FALSE(u.pair.client->is_secure());
    EXPECT_EQ(u.pair.client.trace->plaintext_out, 0U);
}

TEST(Starttls, DialogueErrorsKeepTheirDetails) {
    for (const bool refused : {false, true}) {
        Upgrade u(refused ? "454 no\r\n" : "220 go\r\n");
        async_starttls(*u.pair.client, u.dialogue, u.client.handler());
        u.pair.run();
        if (!refused) {
            EXPECT_TRUE(u.client.ok()) << u.client;
            continue;
        }
        EXPECT_TRUE(u.client.failed(Errc::starttls_protocol)) << u.client;
        ASSERT_NE(u.dialogue.last_error(), nullptr);
        ASSERT_NE(u.pair.client->last_error(), nullptr);
        EXPECT_EQ(u.pair.client->last_error()->what, u.dialogue.last_error()->what);
        EXPECT_FALSE(u.pair.client.trace->reached("hello_sent"));
    }
}

TEST(Starttls, PeerThatLeavesInTheMiddle) {
    for (const bool reset : {false, true}) {
        Upgrade u("220 go\r\n");
        if (reset) u.pair.client.pipe.break_with(asio::error::connection_reset);
        if (!reset) {
            u.pair.server.stream.reset();
            u.pair.client.pipe.inject(as_bytes("220 h"));
        }
        async_starttls(*u.pair.client, u.dialogue, u.client.handler());
        u.pair.server.stream.reset();
        u.pair.run();
        EXPECT_TRUE(u.client.failed(reset ? std::error_code(asio::error::connection_reset)
                                          : make_error_code(Errc::truncated)))
            << u.client;
        EXPECT_NE(u.pair.client->last_error()->what.find("greeting"), std::string::npos);
    }
}

TEST(Starttls, NotOfferedAndNotRequiredStaysPlain) {
    Pair p;
    ScriptedDialogue dialogue({{"220 hi\r\n", "EHLO c\r\n"}, {"250 ok\r\n", ""}}, false);
    Outcome c;
    p.client.pipe.inject(as_bytes("220 hi\r\n250 ok\r\nrest"));
    async_starttls(*p.client, dialogue, c.handler());
    p.run();
    EXPECT_TRUE(c.ok()) << c;
    EXPECT_FALSE(p.client->is_secure());
    EXPECT_EQ(as_text(p.client->take_leftover()), "rest");
    Reader r;
    r.start(*p.client);
    p.client.pipe.inject(as_bytes("plain"));
    p.run();
    EXPECT_EQ(r.text(), "plain");
}

TEST(Starttls, RunDialogueHandsOverWhatFollows) {
    Pair p;
    ScriptedDialogue dialogue({{"", "hello\n"}, {"go\n", "bye\n"}});
    p.client.pipe.inject(as_bytes("go\nmore"));
    auto leftover = async_run_dialogue(*p.client, dialogue, asio::use_future);
    p.run();
    EXPECT_EQ(as_text(leftover.get()), "more");
    EXPECT_EQ(as_text(p.client.pipe.sent()), "hello\nbye\n");
}

TEST(Starttls, Deadline) {
    for (const bool late : {false, true}) {
        Pair p;
        ScriptedDialogue dialogue(smtp_like());
        Outcome c;
        async_starttls(*p.client, dialogue, StarttlsOptions{std::chrono::seconds(7)}, c.handler());
        p.run();
        ManualClock::advance(std::chrono::milliseconds(late ? 7000 : 6999));
        p.run();
        EXPECT_EQ(c.calls, late ? 1 : 0);
        Serving server(p.server.stream, "220 go\r\n");
        p.run();
        EXPECT_TRUE(c.failed(late ? make_error_code(Errc::handshake_timeout) : std::error_code()))
            << c;
        EXPECT_EQ(p.client->is_secure(), !late);
    }
}

TEST(Starttls, CancelAndDestroyInEveryPhase) {
    for (const bool cancel : {false, true}) {
        for (int k = 0; k < 40; ++k) {
            Upgrade u("220 go\r\n");
            asio::cancellation_signal signal;
            async_starttls(*u.pair.client, u.dialogue,
                           asio::bind_cancellation_slot(signal.slot(), u.client.handler()));
            for (int i = 0; i < k; ++i) u.pair.ctx->poll_one();
            const bool over = u.client.calls == 1;
            if (cancel) {
                signal.emit(asio::cancellation_type::terminal);
            } else {
                u.pair.client.stream.reset();
            }
            u.pair.server.stream.reset();
            u.pair.run();
            EXPECT_EQ(u.client.calls, 1) << k;
            if (!over) {
                // Only what had succeeded already may still succeed.
                EXPECT_TRUE(u.client.ec || (cancel && u.pair.client->is_secure())) << k;
            }
            EXPECT_EQ(ManualClock::pending(), 0U);
        }
    }
}

TEST(Starttls, HandleMayMoveMeanwhile) {
    Upgrade u("220 go\r\n");
    async_starttls(*u.pair.client, u.dialogue, u.client.handler());
    u.pair.ctx->poll_one();
    TestStream moved = std::move(*u.pair.client);
    u.pair.client.stream.reset();
    u.pair.run();
    EXPECT_TRUE(u.client.ok()) << u.client;
    EXPECT_TRUE(moved.is_secure());
}

// The synchronous driver over the same pipe; whenever it would block, the other end goes on.
TEST(Sync, StarttlsAndBoundary) {
    for (const char* go_ahead : {"220 go\r\n", "220 go\r\nmore"}) {
        Upgrade u(go_ahead);
        u.pair.client.pipe.when_starved([&] { u.pair.run(); });
        std::error_code ec;
        run_starttls(*u.pair.client, u.dialogue, ec);
        const bool honest = std::string(go_ahead).size() == 8;
        EXPECT_EQ(ec, honest ? std::error_code() : make_error_code(Errc::plaintext_after_starttls));
        EXPECT_EQ(u.pair.client->is_secure(), honest);
        u.pair.run();
        EXPECT_EQ(u.server.is_secure(), honest);
    }
}

TEST(Sync, DialogueAndHandshakeDeadlines) {
    // A peer that sends a byte now and then, and takes more than the deadline over it.
    for (const bool slow : {false, true}) {
        Upgrade u("220 go\r\n", 1);
        ScriptedDialogue dialogue({{"220 hi\r\n", "EHLO c\r\n"},
                                   {"250 STARTTLS\r\n", "STARTTLS\r\n"},
                                   {"220 go\r\n", ""}});
        std::error_code ec;
        u.pair.client.pipe.when_starved([&] {
            u.pair.run();
            if (slow) ManualClock::advance(std::chrono::seconds(20));
        });
        run_starttls(*u.pair.client, dialogue, ec, StarttlsOptions{std::chrono::seconds(10)});
        EXPECT_EQ(ec, slow ? make_error_code(Errc::handshake_timeout) : std::error_code());
        EXPECT_EQ(u.pair.client->is_secure(), !slow);
    }
    for (const bool slow : {false, true}) {
        Pair p;
        Outcome s;
        p.server->async_handshake(s.handler());
        p.client.pipe.when_starved([&] {
            p.run();
            if (slow) ManualClock::advance(std::chrono::seconds(61));
        });
        std::error_code ec;
        p.client->handshake(ec);
        EXPECT_EQ(ec, slow ? make_error_code(Errc::handshake_timeout) : std::error_code());
        EXPECT_EQ(p.client->is_secure(), !slow);
    }
}

TEST(Sync, PlainThenErrorsOfEachKind) {
    Pair p;
    std::array<char, 64> room{};
    EXPECT_EQ(p.client->write_some(asio::buffer("hi", 2)), 2U);
    p.client.pipe.inject(as_bytes("yo"));
    EXPECT_EQ(p.client->read_some(asio::buffer(room)), 2U);
    std::error_code ec;
    p.client->shutdown(ec);
    EXPECT_EQ(ec, Errc::wrong_state);
    EXPECT_THROW(p.client->close_write(), std::system_error);
    // Nothing synchronous while anything asynchronous is outstanding.
    Reader r;
    r.start(*p.client);
    EXPECT_EQ(p.client->write_some(asio::buffer("x", 1), ec), 0U);
    EXPECT_EQ(ec, Errc::operation_in_progress);
    p.client->handshake(ec);
    EXPECT_EQ(ec, Errc::operation_in_progress);
    p.client.pipe.inject(as_bytes("!"));
    p.run();
    EXPECT_EQ(r.text(), "!");

    Pair q;
    Outcome s;
    q.server->async_handshake(s.handler());
    q.client.pipe.when_starved([&] { q.run(); });
    q.client->start_tls(no_leftover);
    EXPECT_TRUE(q.client->is_secure());
    q.run();
    EXPECT_TRUE(s.ok()) << s;
    EXPECT_EQ(q.client->read_some(asio::mutable_buffer(), ec), 0U);
    EXPECT_FALSE(ec);
    q.client.pipe.inject(fake_data("data"));
    EXPECT_EQ(q.client->read_some(asio::buffer(room)), 4U);
    q.client.pipe.inject_eof();
    EXPECT_EQ(q.client->read_some(asio::buffer(room), ec), 0U);
    EXPECT_EQ(ec, Errc::truncated);
    q.client->close_write(ec);
    EXPECT_EQ(ec, Errc::truncated) << "sticky";
    // A plain peer.
    Pair f;
    f.client.pipe.inject(as_bytes("220 hello\r\n"));
    f.client->start_tls(no_leftover, ec);
    EXPECT_EQ(ec, Errc::plaintext_after_starttls);
    EXPECT_EQ(f.client->last_error()->peer_text, "220 hello\\r\\n");
    f.client->read_some(asio::buffer(room), ec);
    EXPECT_EQ(ec, Errc::plaintext_after_starttls);
    // A broken one: the writer is told, the reader reads on.
    Pair b;
    b.server->async_handshake((s = {}).handler());
    b.client.pipe.when_starved([&] { b.run(); });
    b.client->handshake();
    b.run();
    b.server.stream.reset();
    b.client.pipe.inject(fake_alert(Alert::access_denied));
    EXPECT_EQ(b.client->write_some(asio::buffer("x", 1), ec), 0U);
    EXPECT_EQ(ec, asio::error::broken_pipe);
    b.client->read_some(asio::buffer(room), ec);
    EXPECT_EQ(ec, Errc::alert_received);
}

}  // namespace
}  // namespace omnitls::test
