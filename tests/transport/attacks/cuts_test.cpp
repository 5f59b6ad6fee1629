// SPDX-License-Identifier: BSL-1.0
// The boundary is where it is, however the bytes of the whole connection are cut and joined: what was before it is never delivered behind
// it, nor the other way round. Fixed seeds.
#include "tests/transport/attacks/cells.hpp"

#include <random>

namespace omnitls::test {
namespace {

constexpr std::string_view mark = "(PLAIN)";
constexpr unsigned rounds = 8;

class Cuts {
public:
    explicit Cuts(unsigned seed) : random_(seed) {}
    unsigned number(unsigned below) { return static_cast<unsigned>(random_() % below); }
    void apply(ConnectionSetup& setup) {
        setup.to_us = anyhow(number(1U << 30U));
        setup.to_them = anyhow(number(1U << 30U));
    }

private:
    std::mt19937 random_;
};

/// Each end writes texts of many sizes; all of them are read, and nothing but them.
void expect_long_conversation(Connection& c, Cuts& cuts) {
    for (int i = 0; i < 6; ++i) {
        End& from = i % 2 == 0 ? c.us() : c.them();
        End& to = i % 2 == 0 ? c.them() : c.us();
        const std::string text(1 + cuts.number(i == 4 ? 40'000 : 300),
                               static_cast<char>('a' + cuts.number(26)));
        const Outcome& write = from.write(text);
        std::string got;
        while (got.size() < text.size()) {
            const Outcome& read = to.read();
            c.settle();
            ASSERT_TRUE(read.ok()) << read;
            got += to.text();
        }
        EXPECT_TRUE(write.ok()) << write;
        EXPECT_TRUE(got == text) << "exactly what was written";
    }
}

TEST_P(Attacks, CutAnyhow) {
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        SCOPED_TRACE(seed);
        Cuts cuts(seed);
        ConnectionSetup cut = setup();
        cuts.apply(cut);
        Connection c(cut);
        c.play();
        expect_open(c);
        expect_long_conversation(c, cuts);
    }
}

TEST_P(Attacks, CutAnyhowWithPlainTextBehindTheBoundary) {
    expect_twin();
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        SCOPED_TRACE(seed);
        Cuts cuts(seed);
        std::string more(mark);
        for (unsigned i = cuts.number(3); i > 0; --i) more += transcript().turns.front();
        ConnectionSetup cut = setup(followed_by(more));
        cuts.apply(cut);
        Connection c(cut);
        c.play();
        expect_crossed(c);
        EXPECT_EQ(c.heard().find(mark), std::string::npos);
    }
}

TEST_P(Attacks, CutAnyhowWithPlainTextInsideTls) {
    expect_twin();
    const std::size_t boundary = size_of(transcript().turns);
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        SCOPED_TRACE(seed);
        Cuts cuts(seed);
        ConnectionSetup cut = setup();
        cuts.apply(cut);
        const Path anyhow = cut.to_us;
        const Path insert = inserting(boundary + cuts.number(64), std::string(mark));
        cut.to_us = [insert, anyhow](Bytes bytes) mutable {
            Bytes all;
            for (const Bytes& part : insert(std::move(bytes)))
                all.insert(all.end(), part.begin(), part.end());
            return anyhow(std::move(all));
        };
        Connection c(cut);
        c.play();
        if (c.upgrade().calls == 0) c.end();
        expect_no_tls(c);
        EXPECT_EQ(c.questions(), 0U);
    }
}

}  // namespace
}  // namespace omnitls::test
