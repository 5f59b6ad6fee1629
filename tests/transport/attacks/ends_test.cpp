// SPDX-License-Identifier: BSL-1.0
// Attacks at the end: plain text where TLS ends or goes on, and the connection cut or broken at every step of its life.
#include "tests/transport/attacks/cells.hpp"

#include <asio/error.hpp>

namespace omnitls::test {
namespace {

constexpr std::string_view plain = "250 in the clear, from nobody knows whom\r\n";

TEST_P(Attacks, InjectionUnderTls) {
    expect_twin();
    for (const std::string& text : {std::string(plain), transcript().turns.back()}) {
        Connection c(setup());
        c.play();
        expect_open(c);
        const Outcome& read = c.us().read();
        c.inject(text);
        // Less than a record's header may be the beginning of one.
        if (read.calls == 0) c.end();
        EXPECT_EQ(read.calls, 1);
        EXPECT_TRUE(read.ec && read.ec != asio::error::eof) << read;
        EXPECT_EQ(read.bytes, 0U);
        const Outcome& again = c.us().read();
        c.settle();
        EXPECT_TRUE(again.failed(read.ec)) << again;
    }
}

// What follows a close_notify in plain text is not of the connection, and is never delivered; in its segment or later.
TEST_P(Attacks, PlainTextAfterCloseNotify) {
    expect_twin();
    for (const bool same_segment : {true, false}) {
        const auto more = std::make_shared<std::string>();
        ConnectionSetup followed = setup();
        followed.to_us = [more](Bytes bytes) {
            if (!bytes.empty()) bytes.insert(bytes.end(), more->begin(), more->end());
            return in_one_segment(std::move(bytes));
        };
        Connection c(followed);
        c.play();
        expect_open(c);
        if (same_segment) *more = plain;
        const Outcome& closed = c.them().close_write();
        c.settle();
        EXPECT_TRUE(closed.ok()) << closed;
        if (!same_segment) c.inject(plain);
        for (int i = 0; i < 3; ++i) {
            const Outcome& read = c.us().read();
            c.settle();
            EXPECT_TRUE(read.failed(asio::error::eof)) << read;
            EXPECT_EQ(read.bytes, 0U);
        }
        *more = "";
        const Outcome& shutdown = c.us().shutdown();
        c.settle();
        EXPECT_TRUE(shutdown.ok()) << shutdown;
        const Outcome& read = c.us().read();
        c.settle();
        EXPECT_TRUE(read.failed(asio::error::eof)) << read;
        EXPECT_EQ(read.bytes, 0U);
    }
}

/// What differs between ways back to plain text: how the close_notify arrives, and what is made of its absence.
struct WayBack {
    bool stops;
    PeerCloseNotify policy;
    bool in_single_bytes;
};

// Who goes back to plain text reads it, and is told that it is plain.
TEST_P(Attacks, PlainTextAfterStopTls) {
    expect_twin();
    for (const auto& way : {WayBack{true, PeerCloseNotify::required, false},
                            WayBack{true, PeerCloseNotify::required, true},
                            WayBack{true, PeerCloseNotify::optional, false},
                            WayBack{true, PeerCloseNotify::optional, true},
                            WayBack{false, PeerCloseNotify::required, false}}) {
        ConnectionSetup followed = setup();
        const auto cut = std::make_shared<bool>(false);
        followed.to_us = [cut, bytewise = in_pieces(1)](Bytes bytes) {
            return *cut ? bytewise(std::move(bytes)) : in_one_segment(std::move(bytes));
        };
        Connection c(followed);
        c.play();
        expect_open(c);
        *cut = way.in_single_bytes;
        if (way.stops) {
            const Outcome& ours = c.us().stop_tls(way.policy);
            const Outcome& theirs = c.them().stop_tls(way.policy);
            c.settle();
            EXPECT_TRUE(ours.ok()) << ours;
            EXPECT_TRUE(theirs.ok()) << theirs;
        }
        *cut = false;
        EXPECT_EQ(c.us().is_secure(), !way.stops);
        const Outcome& read = c.us().read();
        c.inject(plain);
        EXPECT_EQ(read.calls, 1);
        EXPECT_EQ(!read.ec, way.stops) << read;
        EXPECT_EQ(c.us().text(), way.stops ? plain : "");
        const std::size_t sent = c.sent().size();
        const Outcome& write = c.us().write(std::string(plain));
        c.settle();
        EXPECT_EQ(write.ok(), way.stops) << write;
        EXPECT_EQ(c.sent().substr(sent).ends_with(plain), way.stops);
    }
}

/// A whole life: upgrade, something said each way, shutdown. After an error our end closes, as programs do.
struct Life {
    explicit Life(ConnectionSetup setup) : connection(std::move(setup)) {
        connection.play();
        upgraded_at = connection.steps();
        if (const ErrorDetail* error = connection.us().last_error(); error != nullptr)
            what = error->what;
        if (connection.upgrade().ok() && connection.their_upgrade().ok()) talk();
        connection.us().close();
        connection.settle();
    }
    void talk() {
        Connection& c = connection;
        const Outcome& theirs = c.them().write("from them");
        const Outcome& read = c.us().read();
        c.settle();
        if (!read.ec) got = c.us().text();
        const Outcome& write = c.us().write("from us");
        c.them().read();
        c.settle();
        if (read.ec || write.ec || theirs.ec) return;
        const Outcome& ended = c.us().shutdown();
        c.them().shutdown();
        c.settle();
        whole = ended.ok();
    }

    Connection connection;
    std::size_t upgraded_at = 0;  ///< Reads and writes up to then.
    std::string what;             ///< Of the upgrade's error.
    std::string got;
    bool whole = false;
};

/// Words of a dialogue, which name what it waited for, or of the transport for it, which name the step.
bool is_of_the_dialogue(const std::string& what) {
    return what.starts_with("STARTTLS (") || what.find("dialogue ended at step \"") != what.npos;
}

void expect_cut(const Life& life, const FaultPlan& plan, std::size_t upgraded_at) {
    const Connection& c = life.connection;
    EXPECT_TRUE(plan.hit);
    EXPECT_TRUE(c.us().settled()) << "every handler once";
    EXPECT_FALSE(life.whole);
    EXPECT_TRUE(life.got == "" || life.got == "from them") << life.got;
    if (plan.fail_at > upgraded_at) {
        EXPECT_TRUE(c.upgrade().ok()) << c.upgrade();
        return;
    }
    const std::error_code ec = c.upgrade().ec;
    EXPECT_EQ(c.upgrade().calls, 1);
    if (plan.fault == Fault::reset) {
        EXPECT_EQ(ec, asio::error::connection_reset) << ec.message();
    } else {
        EXPECT_TRUE(ec == Errc::truncated || ec == asio::error::broken_pipe) << ec.message();
    }
    EXPECT_EQ(life.got, "");
    EXPECT_FALSE(life.what.empty());
    if (is_of_the_dialogue(life.what)) {
        EXPECT_EQ(c.questions(), 0U);
        EXPECT_EQ(c.sent_as_tls(), "") << "TLS has not begun";
    }
    EXPECT_TRUE(c.expected().sent.starts_with(c.heard()))
        << "no byte of TLS is heard as plain text";
}

TEST_P(Attacks, CutOrBrokenAtEveryStep) {
    ConnectionSetup undisturbed = setup();
    const Life twin(undisturbed);
    EXPECT_TRUE(twin.whole);
    EXPECT_EQ(twin.got, "from them");
    EXPECT_TRUE(twin.connection.us().settled());
    const std::size_t steps = undisturbed.faults->steps;
    ASSERT_GT(twin.upgraded_at, transcript().turns.size());
    ASSERT_GT(steps, twin.upgraded_at);
    for (const Fault fault : {Fault::eof, Fault::reset}) {
        std::size_t in_dialogue = 0;
        for (std::size_t step = 1; step <= steps; ++step) {
            SCOPED_TRACE((fault == Fault::eof ? "end at step " : "reset at step ") +
                         std::to_string(step) + " of " + std::to_string(twin.upgraded_at) +
                         " and " + std::to_string(steps));
            ConnectionSetup disturbed = setup();
            disturbed.faults = std::make_shared<FaultPlan>();
            disturbed.faults->fail_at = step;
            disturbed.faults->fault = fault;
            const Life life(disturbed);
            expect_cut(life, *disturbed.faults, twin.upgraded_at);
            if (!is_of_the_dialogue(life.what)) continue;
            EXPECT_EQ(++in_dialogue, step) << "the dialogue comes first";
        }
        // One read for each turn, and one write or more if our end says something.
        EXPECT_GE(in_dialogue, transcript().turns.size() + (transcript().sent.empty() ? 0 : 1));
        EXPECT_LT(in_dialogue, twin.upgraded_at);
    }
}

}  // namespace
}  // namespace omnitls::test
