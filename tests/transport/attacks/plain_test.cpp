// SPDX-License-Identifier: BSL-1.0
// Attacks on the plain part: what is offered, refused, damaged, answered too early or flooded. A whole connection comes to what the
// dialogue alone decides, and no TLS begins behind an error.
#include "tests/transport/attacks/cells.hpp"

#include <algorithm>
#include <cctype>

namespace omnitls::test {
namespace {

using namespace std::string_literals;
using starttls::Offer;

TEST_P(Attacks, StrippedOffers) {
    expect_twin();
    for (const auto& [turn, text] : transcript().without_offer) {
        ConnectionSetup required = setup(with(transcript(), turn, text));
        Connection c(required);
        c.play();
        expect_dialogue_failed(c, Errc::starttls_not_offered);
        EXPECT_EQ(c.expected().turns, turn + 1);

        ConnectionSetup optional = required;
        optional.offer = Offer::if_offered;
        Connection plain(optional);
        plain.play();
        expect_decided(plain);
        EXPECT_TRUE(plain.upgrade().ok()) << plain.upgrade();
        plain.inject("in the clear");
        const Outcome& read = plain.us().read();
        plain.settle();
        EXPECT_TRUE(read.ok()) << read;
        EXPECT_EQ(plain.us().text(), "in the clear");
    }
    ConnectionSetup offered = setup();
    offered.offer = Offer::if_offered;
    Connection c(offered);
    c.play();
    expect_open(c);
}

TEST_P(Attacks, Refusals) {
    expect_twin();
    for (const auto& [turn, text] : transcript().refusals) {
        for (const Offer offer : {Offer::required, Offer::if_offered}) {
            ConnectionSetup refused = setup(with(transcript(), turn, text));
            refused.offer = offer;
            Connection c(refused);
            c.play();
            expect_dialogue_failed(c, Errc::starttls_refused);
            EXPECT_EQ(c.expected().turns, turn + 1);
        }
    }
}

TEST_P(Attacks, Preauthentication) {
    expect_twin();
    for (const auto& [turn, text] : transcript().preauthenticated) {
        for (const Offer offer : {Offer::required, Offer::if_offered}) {
            ConnectionSetup logged_in = setup(with(transcript(), turn, text));
            logged_in.offer = offer;
            Connection c(logged_in);
            c.play();
            expect_dialogue_failed(c, Errc::starttls_not_offered);
            EXPECT_EQ(c.expected().turns, turn + 1);
        }
    }
}

/// Places and sizes of the words of `text`.
std::vector<std::pair<std::size_t, std::size_t>> words_of(std::string_view text) {
    std::vector<std::pair<std::size_t, std::size_t>> words;
    const auto is_of_a_word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto* const end = std::find_if_not(text.begin() + at, text.end(), is_of_a_word);
        const auto size = static_cast<std::size_t>(end - text.begin()) - at;
        if (size > 0) words.emplace_back(at, size);
        at += std::max<std::size_t>(size, 1);
    }
    return words;
}

// Every word of every turn overwritten, as firewalls do, or written twice: it matters or it does not, to the connection as to the dialogue.
TEST_P(Attacks, TamperedWords) {
    expect_twin();
    for (std::size_t turn = 0; turn < transcript().turns.size(); ++turn) {
        const std::string& text = transcript().turns[turn];
        for (const auto& [at, size] : words_of(text)) {
            for (const bool twice : {false, true}) {
                const std::string word = text.substr(at, size);
                std::string tampered = text;
                tampered.replace(at, size, twice ? word + word : std::string(size, 'X'));
                SCOPED_TRACE(escape_untrusted(tampered));
                Connection c(setup(with(transcript(), turn, tampered)));
                c.play();
                expect_decided(c);
            }
        }
    }
    // What has no words is tampered with all the same.
    for (std::size_t turn = 0; turn < transcript().turns.size(); ++turn) {
        std::string tampered = transcript().turns[turn];
        std::ranges::reverse(tampered);
        if (tampered == transcript().turns[turn]) tampered = "X";
        Connection c(setup(with(transcript(), turn, tampered)));
        c.play();
        EXPECT_FALSE(c.expected().upgraded);
        expect_decided(c);
    }
}

TEST_P(Attacks, AnswersBeforeTheirQuestion) {
    expect_twin();
    for (std::size_t turn = 0; turn + 1 < transcript().turns.size(); ++turn) {
        Turns turns =
            with(transcript(), turn, transcript().turns[turn] + transcript().turns[turn + 1]);
        turns.erase(turns.begin() + static_cast<std::ptrdiff_t>(turn) + 1);
        Connection c(setup(turns));
        c.play();
        EXPECT_EQ(c.expected().upgraded, transcript().takes_groups);
        if (!transcript().takes_groups) {
            EXPECT_EQ(c.expected().error, Errc::starttls_protocol);
        }
        expect_decided(c);
    }
}

TEST_P(Attacks, OtherProtocols) {
    expect_twin();
    for (std::size_t turn = 0; turn < transcript().turns.size(); ++turn) {
        for (const std::string& other :
             {"HTTP/1.1 400 Bad Request\r\n\r\n"s, "SSH-2.0-x\r\n"s,
              "\x15\x03\x03\x00\x02\x02\x28"s, "\r\n"s, "<x/>"s, std::string(64, '\0')}) {
            SCOPED_TRACE(escape_untrusted(other));
            Connection c(setup(with(transcript(), turn, other)));
            c.play();
            // One byte may be anything's; what follows it is refused then.
            const Decision& expected = c.expected();
            EXPECT_FALSE(expected.upgraded && expected.turns == turn + 1 &&
                         expected.leftover.empty());
            expect_decided(c);
        }
    }
}

/// At the beginning, inside, and before the last byte.
std::vector<std::size_t> places_in(const std::string& text) {
    std::vector<std::size_t> places{0, text.size() / 2, text.size() - 1};
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
}

TEST_P(Attacks, NulInText) {
    expect_twin();
    for (std::size_t turn = 0; turn < transcript().turns.size(); ++turn) {
        for (const std::size_t at : places_in(transcript().turns[turn])) {
            std::string text = transcript().turns[turn];
            text.insert(at, 1, '\0');
            Connection c(setup(with(transcript(), turn, text)));
            c.play();
            expect_dialogue_failed(c, Errc::starttls_protocol);
            EXPECT_EQ(c.expected().turns, turn + 1);
        }
    }
}

TEST_P(Attacks, BytesOfEightBits) {
    expect_twin();
    for (std::size_t turn = 0; turn < transcript().turns.size(); ++turn) {
        for (const std::size_t at : places_in(transcript().turns[turn])) {
            for (const bool instead : {true, false}) {
                std::string text = transcript().turns[turn];
                if (instead) {
                    text[at] = static_cast<char>(text[at] ^ 0x80);
                } else {
                    text.insert(at, "\xc3\x28\xff");
                }
                SCOPED_TRACE(escape_untrusted(text));
                Connection c(setup(with(transcript(), turn, text)));
                c.play();
                expect_decided(c);
            }
        }
    }
}

// 100 MB of an answer, or behind the go-ahead: no more is taken than the limit, and what is not taken stays with the connection.
TEST_P(Attacks, Floods) {
    expect_twin();
    constexpr std::size_t all = 100'000'000;
    constexpr std::size_t limit = 64 * 1024 + 4096;
    for (std::size_t turns = 0; turns <= transcript().turns.size(); ++turns) {
        for (const std::string& unit :
             {"a"s, "250-a\r\n"s, "* OK a\r\n"s, "NOOP\r\n"s, "<a/>"s, "\xff"s}) {
            SCOPED_TRACE(escape_untrusted(unit));
            std::string flood;
            while (flood.size() < 4000) flood += unit;
            Connection c(setup());
            c.say_turns(turns);
            std::size_t given = 0;
            while (c.upgrade().calls == 0 && given < all) {
                c.inject(flood);
                given += flood.size();
            }
            ASSERT_EQ(c.upgrade().calls, 1) << given;
            const std::error_code ec = c.upgrade().ec;
            EXPECT_TRUE(ec);
            EXPECT_LE(given - c.unread(), limit);
            EXPECT_LE(c.sent().size(), transcript().sent.size() + limit / 4);
            const std::size_t unread = c.unread();
            c.inject(flood);
            EXPECT_EQ(c.unread(), unread + flood.size()) << "nothing reads on";
            EXPECT_FALSE(c.us().is_secure());
            EXPECT_EQ(c.questions(), 0U);
            // At the last turn it is the go-ahead's one byte, or what comes behind it.
            if (turns == transcript().turns.size()) {
                expect_crossed(c);
            }
        }
    }
}

}  // namespace
}  // namespace omnitls::test
