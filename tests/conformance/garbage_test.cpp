// SPDX-License-Identifier: BSL-1.0
// Damage on the way: flipped, cut, oversized and repeated records in both flights. Two ends never agree on a damaged handshake,
// nothing is delivered, and each refusal has its undamaged twin.
#include "tests/conformance/cell.hpp"

namespace omnitls::test {
namespace {

class Garbage : public CellTest {
protected:
    /// The client's hello and the server's answer to it.
    struct Flights {
        Bytes hello;
        Bytes answer;
    };
    static Flights flights(Pair& pair) {
        pair.client.run();
        Flights result;
        result.hello = pair.client.take();
        return result;
    }
};

/// Places of `bytes` that are the version field of a record header, which receivers ignore (RFC 8446 §5.1).
bool is_ignored_version(ConstBytes bytes, std::size_t place) {
    std::size_t at = 0;
    while (at + 5 <= bytes.size()) {
        if (place == at + 1 || place == at + 2) return true;
        at += 5 + static_cast<std::size_t>((bytes[at + 3] << 8U) | bytes[at + 4]);
    }
    return false;
}

TEST_P(Garbage, AFlippedByteOfTheServersFlightIsNeverAgreedOn) {
    int damaged = 0;
    for (std::size_t place = 0;; place += 13) {
        Pair pair(GetParam().setup());
        const Flights sent = flights(pair);
        pair.server.feed(sent.hello);
        Bytes answer = pair.server.take();
        if (place >= answer.size()) break;
        const bool ignored = is_ignored_version(answer, place);
        answer[place] = static_cast<std::uint8_t>(answer[place] ^ 0x40U);
        for (const ConstBytes piece : cut(answer, GetParam().chunking)) pair.client.feed(piece);
        exchange(pair.client, pair.server, GetParam().chunking);
        const bool agreed = pair.client.engine->state() == State::open &&
                            pair.server.engine->state() == State::open;
        EXPECT_TRUE(!agreed || ignored) << "byte " << place;
        EXPECT_EQ(pair.client.received + pair.server.received, "");
        ++damaged;
    }
    EXPECT_GT(damaged, 50);
    Pair twin(GetParam().setup());
    exchange(twin.client, twin.server, GetParam().chunking);
    EXPECT_EQ(twin.client.engine->state(), State::open);
}

TEST_P(Garbage, AFlippedByteOfTheClientHelloIsNeverAgreedOn) {
    int damaged = 0;
    for (std::size_t place = 0;; place += 5) {
        Pair pair(GetParam().setup());
        Bytes hello = flights(pair).hello;
        if (place >= hello.size()) break;
        const bool ignored = is_ignored_version(hello, place);
        hello[place] = static_cast<std::uint8_t>(hello[place] ^ 0x40U);
        for (const ConstBytes piece : cut(hello, GetParam().chunking)) pair.server.feed(piece);
        exchange(pair.client, pair.server, GetParam().chunking);
        const bool agreed = pair.client.engine->state() == State::open &&
                            pair.server.engine->state() == State::open;
        EXPECT_TRUE(!agreed || ignored) << "byte " << place;
        ++damaged;
    }
    EXPECT_GT(damaged, 20);
}

/// What is a matter of content, not of pieces.
class GarbageContent : public Garbage {};

TEST_P(GarbageContent, AServerOutlivesAnyDamageToTheClientHello) {
    int refused = 0;
    int answered = 0;
    const Bytes hello = flights(*std::make_unique<Pair>(GetParam().setup())).hello;
    for (std::size_t place = 5; place < hello.size(); ++place) {
        for (const unsigned damage : {0x01U, 0x80U, 0xffU}) {
            Bytes damaged = hello;
            damaged[place] = static_cast<std::uint8_t>(damaged[place] ^ damage);
            Pair pair(GetParam().setup());
            pair.server.feed(damaged);
            const bool failed = pair.server.engine->state() == State::failed;
            ++(failed ? refused : answered);
            EXPECT_NE(pair.server.engine->state(), State::open);
            if (!failed) continue;
            EXPECT_TRUE(pair.server.engine->last_error()->alert_sent.has_value())
                << place << ": " << pair.server.engine->last_error()->to_string();
            EXPECT_FALSE(pair.server.take().empty()) << place;
        }
    }
    EXPECT_GT(refused, 100);
    EXPECT_GT(answered, 100) << "the random value, for one, may be anything";
}

TEST_P(Garbage, AnOversizedRecordIsRefusedAndTheLargestIsNot) {
    for (const bool oversized : {true, false}) {
        SCOPED_TRACE(oversized);
        Pair pair(GetParam().setup());
        exchange(pair.client, pair.server, GetParam().chunking);
        ASSERT_EQ(pair.client.engine->state(), State::open);
        pair.server.write(std::string(16384, 'x'));
        Bytes record = pair.server.take();
        if (oversized) {
            // RFC 8446 §5.2: at most 2^14 + 256 bytes; RFC 5246 §6.2.3: 2^14 + 2048.
            record[3] = 0x49;
            record[4] = 0;
            record.resize(5 + 0x4900, 0);
        }
        for (const ConstBytes piece : cut(record, GetParam().chunking)) pair.client.feed(piece);
        EXPECT_EQ(pair.client.received.size(), oversized ? 0U : 16384U);
        if (oversized) {
            EXPECT_EQ(pair.client.error, Errc::protocol_violation);
            EXPECT_EQ(pair.client.engine->last_error()->phase, Phase::open);
            EXPECT_EQ(pair.client.engine->last_error()->alert_sent, Alert::record_overflow);
        }
    }
}

TEST_P(Garbage, ACutFlightIsTruncatedWhereverItIsCut) {
    for (std::size_t keep = 0;; keep += 101) {
        Pair pair(GetParam().setup());
        pair.server.feed(flights(pair).hello);
        const Bytes answer = pair.server.take();
        if (keep >= answer.size()) break;
        for (const ConstBytes piece : cut(ConstBytes(answer).first(keep), GetParam().chunking)) {
            pair.client.feed(piece);
        }
        pair.client.eof = true;
        pair.client.run();
        EXPECT_EQ(pair.client.error, Errc::truncated) << keep;
        EXPECT_EQ(pair.client.engine->state(), State::failed);
        EXPECT_EQ(pair.client.questions, 0) << keep;
    }
}

TEST_P(Garbage, ARepeatedClientHelloIsRefused) {
    for (const bool repeated : {true, false}) {
        SCOPED_TRACE(repeated);
        Pair pair(GetParam().setup());
        const Bytes hello = flights(pair).hello;
        pair.server.feed(hello);
        if (repeated) pair.server.feed(hello);
        EXPECT_EQ(pair.server.engine->state() == State::failed, repeated);
        if (repeated) {
            EXPECT_EQ(pair.server.error, Errc::protocol_violation)
                << pair.server.engine->last_error()->to_string();
        }
    }
}

TEST_P(Garbage, PlainTextInPlaceOfTheServersAnswer) {
    Pair pair(GetParam().setup());
    (void)flights(pair);
    const std::string plain = "HTTP/1.1 400 Bad Request\r\n\r\n";
    for (const ConstBytes piece : cut(as_bytes(plain), GetParam().chunking))
        pair.client.feed(piece);
    EXPECT_EQ(pair.client.error, Errc::plaintext_peer);
    EXPECT_FALSE(pair.client.engine->last_error()->alert_sent.has_value());
    EXPECT_EQ(pair.client.take(), Bytes());
    EXPECT_EQ(as_text(pair.client.inbox).back(), '\n');
}

INSTANTIATE_TEST_SUITE_P(Cells, Garbage, ::testing::ValuesIn(all_cells()), cell_name);
INSTANTIATE_TEST_SUITE_P(Cells, GarbageContent, ::testing::ValuesIn(content_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
