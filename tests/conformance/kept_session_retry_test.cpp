// SPDX-License-Identifier: BSL-1.0
// Sessions of clients with a certificate where the server asks for another group (HelloRetryRequest, RFC 8446 §4.1.4): the ticket
// is offered twice in one handshake, and is still of use once, by leave of a verdict.
#include "tests/conformance/kept_session_cell.hpp"

#include <algorithm>
#include <array>

namespace omnitls::test {
namespace {

/// RFC 8446 §4.1.3: the random of a ServerHello that is a HelloRetryRequest begins so.
constexpr std::array<std::uint8_t, 8> retry_random{0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11};

class KeptSessionRetry : public KeptSessionCell {
protected:
    void SetUp() override {
        KeptSessionCell::SetUp();
        if (IsSkipped()) return;
        // Of the last of its groups no client sends a key share by itself.
        client_groups = {0x001d, 0x0017, 0x0019};
        setup_.tune_client = [this](ClientConfig& config) {
            config.sessions = store;
            config.algorithms.groups = client_groups;
        };
        tune_server = [](ServerConfig& config) { config.algorithms.groups = {0x0019}; };
        make_contexts();
    }
    /// Until the server has answered the first ClientHello; whether it has asked for another.
    static bool is_retried(Side& client, Side& server) {
        client.run();
        server.feed(client.take());
        const Bytes answer = server.take();
        client.feed(answer);
        return std::search(answer.begin(), answer.end(), retry_random.begin(),
                           retry_random.end()) != answer.end();
    }
    struct Course {
        bool retried = false;
        bool resumed = false;
    };
    Course connect() const {
        auto [client, server] = ends();
        Course course;
        course.retried = is_retried(client, server);
        join(client, server);
        course.resumed = server.engine->info().resumed;
        EXPECT_EQ(server.engine->evidence()->resumed, course.resumed);
        EXPECT_EQ(server.engine->info().group, 0x0019);
        return course;
    }

    std::vector<std::uint16_t> client_groups;
};

TEST_P(KeptSessionRetry, IsResumedAndTheNextOneToo) {
    for (const bool retries : {true, false}) {
        SCOPED_TRACE(retries);
        if (!retries) client_groups = {0x0019};
        store = memory_session_store();
        make_contexts();
        const Course first = connect();
        EXPECT_EQ(first.retried, retries);
        EXPECT_FALSE(first.resumed);
        for (int again = 0; again < 2; ++again) {
            const Course next = connect();
            EXPECT_EQ(next.retried, retries);
            EXPECT_TRUE(next.resumed);
        }
    }
}

TEST_P(KeptSessionRetry, NeedsAVerdictThatSaysSo) {
    for (const auto& [said, comes_back] :
         {std::pair{std::chrono::seconds(0), false}, {std::chrono::seconds(60), true}}) {
        SCOPED_TRACE(said.count());
        store = memory_session_store();
        make_contexts();
        allowed = said;
        EXPECT_FALSE(connect().resumed);
        const Course second = connect();
        EXPECT_TRUE(second.retried);
        EXPECT_EQ(second.resumed, comes_back);
    }
}

// The time is up between the two hellos at the latest: whoever is not resumed is asked about, and gets nothing until then.
TEST_P(KeptSessionRetry, ThatIsOverIsAFullHandshakeThatWaitsForItsVerdict) {
    for (const bool over : {true, false}) {
        SCOPED_TRACE(over);
        store = memory_session_store();
        make_contexts();
        now = test_time();
        EXPECT_FALSE(connect().resumed);
        auto [client, server] = ends();
        server.decide = nullptr;
        if (over) now = test_time() + allowed;
        EXPECT_TRUE(is_retried(client, server));
        exchange(client, server, GetParam().chunking);
        EXPECT_EQ(server.question.has_value(), over);
        EXPECT_EQ(server.engine->state(), over ? State::verify_pending : State::open);
        EXPECT_EQ(client.received, over ? "" : "from the server");
        EXPECT_EQ(server.received, over ? "" : "from the client");
        if (!over) continue;
        std::move(*server.question)
            .answer(Verdict::rejected(Errc::certificate_rejected, Alert::access_denied));
        exchange(client, server, GetParam().chunking);
        EXPECT_EQ(server.engine->state(), State::failed);
        EXPECT_EQ(server.engine->last_error()->phase, Phase::verification);
        EXPECT_EQ(client.received, "");
    }
}

/// TLS 1.2 has no such thing.
std::vector<Cell> retry_cells() {
    std::vector<Cell> cells = whole_cells();
    std::erase_if(cells, [](const Cell& cell) { return cell.version != ProtocolVersion::tls13; });
    return cells;
}

INSTANTIATE_TEST_SUITE_P(Cells, KeptSessionRetry, ::testing::ValuesIn(retry_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
