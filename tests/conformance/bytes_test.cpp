// SPDX-License-Identifier: BSL-1.0
// Application data, closing and what lies about them, on every cell.
#include "tests/conformance/cell.hpp"

#include <random>

namespace omnitls::test {
namespace {

class Bytes_ : public CellTest {
protected:
    void SetUp() override {
        CellTest::SetUp();
        if (IsSkipped()) return;
        pair.emplace(GetParam().setup());
        exchange(pair->client, pair->server, GetParam().chunking);
        ASSERT_EQ(pair->client.engine->state(), State::open);
        ASSERT_EQ(pair->server.engine->state(), State::open);
    }
    static std::string pattern(std::size_t size) {
        std::mt19937 random(42);
        std::string text(size, '\0');
        for (char& c : text) c = static_cast<char>(random());
        return text;
    }
    /// Writes all of `text`, letting the other end read whenever the output is full.
    void send(Side& from, Side& to, const std::string& text) {
        std::string_view rest = text;
        while (!rest.empty()) {
            const Step step = from.write(rest);
            ASSERT_FALSE(step.error);
            ASSERT_TRUE(step.bytes > 0 || step.want == Want::drain);
            rest.remove_prefix(step.bytes);
            exchange(from, to, GetParam().chunking);
        }
    }
    std::optional<Pair> pair;
};

TEST_P(Bytes_, EverySizeArrivesBothWays) {
    std::vector<std::size_t> sizes{0, 1, 16383, 16384, 16385, 70'000};
    // Ten megabytes one byte at a time prove nothing that 70,000 do not.
    if (GetParam().chunking == Chunking::whole) sizes.push_back(10'000'000);
    for (const std::size_t size : sizes) {
        SCOPED_TRACE(size);
        const std::string text = pattern(size);
        for (auto [from, to] :
             {std::pair{&pair->client, &pair->server}, std::pair{&pair->server, &pair->client}}) {
            to->received.clear();
            send(*from, *to, text);
            EXPECT_TRUE(to->received == text);
        }
    }
}

TEST_P(Bytes_, BuffersInOneWriteArriveInOrderAndGivingBackMemoryIsNotNoticed) {
    const std::string text = pattern(50'000);
    std::vector<ConstBytes> buffers;
    for (std::size_t at = 0, size = 0; at < text.size(); at += size) {
        size = std::min(buffers.size() * 37 % 3000, text.size() - at);
        buffers.push_back(as_bytes(std::string_view(text).substr(at, size)));
    }
    for (auto [from, to] :
         {std::pair{&pair->client, &pair->server}, std::pair{&pair->server, &pair->client}}) {
        to->received.clear();
        from->engine->release_buffers();
        to->engine->release_buffers();
        const Step step = from->engine->write(buffers);
        ASSERT_TRUE(step.done());
        ASSERT_EQ(step.bytes, text.size());
        exchange(*from, *to, GetParam().chunking);
        EXPECT_TRUE(to->received == text);
    }
}

TEST_P(Bytes_, CloseNotifyIsAnEndAndItsAbsenceIsNot) {
    for (const bool polite : {true, false}) {
        SCOPED_TRACE(polite);
        SetUp();
        pair->server.write("last words");
        if (polite) {
            EXPECT_TRUE(pair->server.engine->close_notify().done());
        }
        exchange(pair->server, pair->client, GetParam().chunking);
        pair->client.eof = true;
        pair->client.run();
        EXPECT_EQ(pair->client.received, "last words");
        EXPECT_EQ(pair->client.error, polite ? Errc::closed : Errc::truncated);
    }
}

TEST_P(Bytes_, HalfCloseKeepsTheOtherDirection) {
    EXPECT_TRUE(pair->client.engine->close_notify().done());
    exchange(pair->client, pair->server, GetParam().chunking);
    EXPECT_EQ(pair->server.error, Errc::closed);
    EXPECT_EQ(pair->client.write("late").error, Errc::wrong_state);
    pair->server.write("still here");
    exchange(pair->client, pair->server, GetParam().chunking);
    EXPECT_EQ(pair->client.received, "still here");
    EXPECT_TRUE(pair->server.engine->close_notify().done());
    exchange(pair->client, pair->server, GetParam().chunking);
    EXPECT_EQ(pair->client.engine->state(), State::closed);
    EXPECT_EQ(pair->server.engine->state(), State::closed);
}

TEST_P(Bytes_, WhatFollowsCloseNotifyIsLeftByteExact) {
    pair->server.write("bye");
    pair->server.engine->close_notify();
    Bytes bytes = pair->server.take();
    const std::string plain = "220 plain text again\r\n";
    bytes.insert(bytes.end(), plain.begin(), plain.end());
    for (const ConstBytes piece : cut(bytes, GetParam().chunking)) pair->client.feed(piece);
    EXPECT_EQ(pair->client.received, "bye");
    EXPECT_EQ(pair->client.error, Errc::closed);
    EXPECT_EQ(as_text(pair->client.inbox), plain);
}

TEST_P(Bytes_, ATamperedRecordIsRefusedAndDeliversNothing) {
    for (const bool tampered : {true, false}) {
        SCOPED_TRACE(tampered);
        SetUp();
        pair->server.write("authentic");
        Bytes bytes = pair->server.take();
        if (tampered) bytes.back() = static_cast<std::uint8_t>(bytes.back() ^ 1U);
        for (const ConstBytes piece : cut(bytes, GetParam().chunking)) pair->client.feed(piece);
        EXPECT_EQ(pair->client.received, tampered ? "" : "authentic");
        if (!tampered) continue;
        EXPECT_EQ(pair->client.error, Errc::bad_record);
        EXPECT_EQ(pair->client.engine->last_error()->alert_sent, Alert::bad_record_mac);
        exchange(pair->client, pair->server, GetParam().chunking);
        EXPECT_EQ(pair->server.error, Errc::alert_received);
        EXPECT_EQ(pair->server.engine->last_error()->alert_received, Alert::bad_record_mac);
    }
}

TEST_P(Bytes_, AReplayedRecordIsRefused) {
    pair->server.write("once");
    const Bytes bytes = pair->server.take();
    pair->client.feed(bytes);
    EXPECT_EQ(pair->client.received, "once");
    pair->client.feed(bytes);
    EXPECT_EQ(pair->client.received, "once");
    EXPECT_EQ(pair->client.error, Errc::bad_record);
}

TEST_P(Bytes_, APlainAlertAfterTheHandshakeIsNoAlert) {
    // Anybody on the path can write this; only the peer can write it encrypted.
    const Bytes forged{21, 3, 3, 0, 2, 1, 0};
    pair->client.feed(forged);
    EXPECT_NE(pair->client.error, Errc::closed);
    EXPECT_TRUE(pair->client.error);
}

INSTANTIATE_TEST_SUITE_P(Cells, Bytes_, ::testing::ValuesIn(all_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
