// SPDX-License-Identifier: BSL-1.0
// Attacks where plain text ends and TLS begins: what is injected there, says something again, begins too early or was changed.
#include "tests/transport/attacks/cells.hpp"

#include <algorithm>

#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

using namespace std::string_literals;

/// Commands, replies, and halves of what they are made of: of a line, a character, an element, a BER value, a packet.
std::vector<std::string> injections(const Transcript& transcript) {
    return {transcript.turns.front(),
            transcript.turns.back(),
            "EHLO attacker.example\r\nMAIL FROM:<a@attacker.example>\r\n",
            "250 injec",
            "\r\n",
            "\xe2\x82",
            "<iq type='set",
            "\x30\x84\x00\x00"s,
            "\x05\x00\x00"s,
            "\0"s,
            "\xff",
            std::string(70'000, 'a')};
}

TEST_P(Attacks, Twin) {
    for (const TlsBackend* theirs : built_backends()) {
        for (const ProtocolVersion version : versions_of(*GetParam().backend)) {
            if (std::ranges::count(versions_of(*theirs), version) == 0) continue;
            SCOPED_TRACE(theirs->name());
            ConnectionSetup with_theirs = setup();
            with_theirs.stacks = {GetParam().backend, theirs, version};
            Connection c(with_theirs);
            c.play();
            expect_open(c);
            EXPECT_EQ(c.us().version(), version);
            const Outcome& ours = c.us().shutdown();
            const Outcome& other = c.them().shutdown();
            c.settle();
            EXPECT_TRUE(ours.ok()) << ours;
            EXPECT_TRUE(other.ok()) << other;
        }
    }
}

TEST_P(Attacks, InjectionInTheSameSegment) {
    expect_twin();
    for (const std::string& text : injections(transcript())) {
        SCOPED_TRACE(escape_untrusted(text.substr(0, 40)));
        Connection c(setup(followed_by(text)));
        c.say_turns();
        expect_crossed(c);
        EXPECT_EQ(records_in(c.sent_as_tls()).size(), 0U) << "TLS has not begun";
    }
}

TEST_P(Attacks, InjectionInALaterSegment) {
    expect_twin();
    for (const std::string& text : injections(transcript())) {
        SCOPED_TRACE(escape_untrusted(text.substr(0, 40)));
        Connection c(setup());
        c.say_turns();
        EXPECT_EQ(c.upgrade().calls, 0) << "it waits for TLS";
        c.inject(text);
        expect_crossed(c);
        EXPECT_EQ(records_in(c.sent_as_tls()).size(), ours_is_client() ? 1U : 0U);
    }
}

// Half of a record is no TLS, but begins like it: it ends with the connection.
TEST_P(Attacks, InjectionOfHalfARecord) {
    expect_twin();
    for (const std::string& text :
         {"\x16"s, "\x16\x03"s, "\x16\x03\x03\x00\x60\x02"s, "\x17\x03\x03"s}) {
        Connection c(setup());
        c.say_turns();
        c.inject(text);
        if (c.upgrade().calls == 0) c.end();
        expect_no_tls(c);
        expect_alert_at_most(c);
    }
}

// A real hello of somebody else, in the segment of the last plain turn or before it.
TEST_P(Attacks, EarlyHello) {
    expect_twin();
    const Bytes flight =
        first_flight(setup().stacks, ours_is_client() ? Role::client : Role::server);
    const std::string hello(as_text(flight));
    ASSERT_EQ(records_in(hello).front(), 22);
    {
        Connection c(setup(followed_by(hello)));
        c.say_turns();
        if (!c.expected().tls_may_follow) {
            expect_crossed(c);
        } else {
            // It is answered; who has sent it cannot go on.
            EXPECT_EQ(c.upgrade().calls, 0);
            EXPECT_FALSE(records_in(c.sent_as_tls()).empty());
            c.end();
            EXPECT_TRUE(c.upgrade().failed(Errc::truncated)) << c.upgrade();
            expect_no_tls(c);
        }
        EXPECT_EQ(c.questions(), 0U);
    }
    for (std::size_t turn = 0; turn + 1 < transcript().turns.size(); ++turn) {
        Connection c(setup(with(transcript(), turn, transcript().turns[turn] + hello)));
        c.play();
        EXPECT_FALSE(c.expected().upgraded);
        expect_decided(c);
    }
}

// Where TLS may follow at once it does, in the last turn's own segment. That is harmless, and differs from an attack by whose TLS it is.
TEST_P(Attacks, HelloInTheSegmentOfTheLastTurn) {
    expect_twin();
    Connection c(setup());
    c.play();
    EXPECT_EQ(c.tls_came_with_plain_text(), c.expected().tls_may_follow);
    expect_open(c);
}

TEST_P(Attacks, RepeatedStarttls) {
    expect_twin();
    for (const std::size_t times : {std::size_t{1}, std::size_t{3}}) {
        std::string again;
        for (std::size_t i = 0; i < times; ++i) again += transcript().turns.back();
        Connection same_segment(setup(followed_by(again)));
        same_segment.say_turns();
        expect_crossed(same_segment);
        Connection later_segment(setup());
        later_segment.say_turns();
        later_segment.inject(again);
        expect_crossed(later_segment);
    }
}

// Inside TLS it is data, whatever it says: it is delivered as it came, and starts nothing.
TEST_P(Attacks, StarttlsInsideTls) {
    expect_twin();
    Connection c(setup());
    c.play();
    expect_open(c);
    const std::size_t sent = c.sent().size();
    for (const std::string& turn : transcript().turns) {
        const Outcome& write = c.them().write(turn);
        const Outcome& read = c.us().read();
        c.settle();
        EXPECT_TRUE(write.ok()) << write;
        EXPECT_TRUE(read.ok()) << read;
        EXPECT_EQ(c.us().text(), turn);
    }
    EXPECT_EQ(c.sent().size(), sent) << "nobody answers";
    EXPECT_EQ(c.questions(), 1U);
    EXPECT_TRUE(c.us().is_secure());
    expect_conversation(c);
}

/// The first TLS record of either end, changed: type, version, length, kind of message.
TEST_P(Attacks, FirstRecordChanged) {
    expect_twin();
    struct Change {
        std::size_t at;
        std::uint8_t bits;
    };
    for (const Change change :
         {Change{0, 0x80}, {0, 0x01}, {0, 0x02}, {1, 0xff}, {3, 0x80}, {5, 0x80}}) {
        for (const bool to_us : {true, false}) {
            SCOPED_TRACE("byte " + std::to_string(change.at) + (to_us ? " to us" : " to them"));
            ConnectionSetup changed = setup();
            if (to_us) {
                changed.to_us = flipping(size_of(transcript().turns) + change.at, change.bits);
            } else {
                changed.to_them = flipping(transcript().sent.size() + change.at, change.bits);
            }
            Connection c(changed);
            c.play();
            if (c.upgrade().calls == 0) c.end();
            expect_no_tls(c);
            EXPECT_EQ(c.questions(), 0U);
            if (to_us) expect_alert_at_most(c);
            if (to_us && (change.bits == 0x80 || change.bits == 0xff) && change.at < 2) {
                EXPECT_EQ(c.upgrade().ec, Errc::plaintext_after_starttls);
            }
        }
    }
}

// Plain text in the middle of the first flight, at every place of its first bytes.
TEST_P(Attacks, InjectionIntoTheFirstFlight) {
    expect_twin();
    for (std::size_t at = 0; at <= 12; ++at) {
        for (const std::size_t segment : {std::size_t{1}, ~std::size_t{0}}) {
            ConnectionSetup changed = setup();
            const Path insert = inserting(size_of(transcript().turns) + at, "EHLO attacker\r\n");
            const Path cut = in_pieces(segment);
            changed.to_us = [insert, cut](Bytes bytes) mutable {
                std::vector<Bytes> pieces;
                for (Bytes& part : insert(std::move(bytes)))
                    for (Bytes& piece : cut(std::move(part))) pieces.push_back(std::move(piece));
                return pieces;
            };
            Connection c(changed);
            c.play();
            if (c.upgrade().calls == 0) c.end();
            expect_no_tls(c);
            expect_alert_at_most(c);
            if (at == 0) {
                EXPECT_EQ(c.upgrade().ec, Errc::plaintext_after_starttls);
            }
        }
    }
}

}  // namespace
}  // namespace omnitls::test
