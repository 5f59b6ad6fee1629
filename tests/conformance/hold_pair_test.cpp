// SPDX-License-Identifier: BSL-1.0
// The hold between two engines, either of which may be the one that judges: nothing leaves and nothing is delivered before the
// verdict, no question before a proof that belongs to this connection, every rejection is read by the other end. With peers
// that are not omnitls: hold_test.cpp.
#include "tests/conformance/cell.hpp"

namespace omnitls::test {
namespace {

constexpr int kAlerts[] = {40, 42, 43, 44, 45, 46, 48, 49, 80, 113};

/// The types of the records that `bytes` hold, e.g. "20 22".
std::string record_types(ConstBytes bytes) {
    std::string types;
    for (std::size_t at = 0; at + 5 <= bytes.size();
         at += 5 + static_cast<std::size_t>((bytes[at + 3] << 8U) | bytes[at + 4]))
        types += (types.empty() ? "" : " ") + std::to_string(bytes[at]);
    return types;
}

class HoldPair : public CellTest {
protected:
    /// Each end shows a certificate, if both libraries can do that.
    static PairSetup setup() {
        PairSetup setup = GetParam().setup();
        if (!clients_are_judged()) return setup;
        setup.client_auth = ClientAuth::require;
        setup.client_role = "client";
        return setup;
    }
    static bool clients_are_judged() {
        return GetParam().client->capabilities().has("client_auth") &&
               GetParam().server->capabilities().has("client_auth");
    }
    /// Who may be the judge.
    static std::vector<Role> judges() {
        return clients_are_judged() ? std::vector{Role::client, Role::server}
                                    : std::vector{Role::client};
    }
    static Side& side(Pair& pair, Role role) {
        return role == Role::client ? pair.client : pair.server;
    }
    static Side& other(Pair& pair, Role role) {
        return role == Role::client ? pair.server : pair.client;
    }
    static const TlsBackend& backend_of(Role role) {
        return role == Role::client ? *GetParam().client : *GetParam().server;
    }
    static void deliver(ConstBytes bytes, Side& to) {
        for (const ConstBytes piece : cut(bytes, GetParam().chunking)) to.feed(piece);
    }
    /// Plays until the judge has an open question, which it keeps. Returns what it sent behind its first flight.
    static Bytes play_to_question(Pair& pair, Role judge) {
        Side& one = side(pair, judge);
        Side& peer = other(pair, judge);
        one.decide = nullptr;
        Bytes first;
        Bytes later;
        for (int idle = 0; idle < 2; ++idle) {
            one.run();
            const Bytes sent = one.take();
            (first.empty() ? first : later)
                .insert((first.empty() ? first : later).end(), sent.begin(), sent.end());
            deliver(sent, peer);
            peer.run();
            const Bytes answer = peer.take();
            deliver(answer, one);
            if (!sent.empty() || !answer.empty()) idle = 0;
        }
        EXPECT_EQ(one.engine->state(), State::verify_pending)
            << (one.error ? one.engine->last_error()->to_string() : "");
        return later;
    }
    static void answer(Side& judge, Verdict verdict) {
        ASSERT_TRUE(judge.question.has_value()) << "there is no question";
        std::move(*judge.question).answer(std::move(verdict));
        judge.question.reset();
    }
    static void expect_open(const Pair& pair) {
        for (const Side* one : {&pair.client, &pair.server}) {
            EXPECT_EQ(one->engine->state(), State::open)
                << (one->error ? one->engine->last_error()->to_string() : "");
        }
    }
};

TEST_P(HoldPair, NothingLeavesOrIsDeliveredBeforeTheVerdict) {
    for (const Role judge : judges()) {
        SCOPED_TRACE(judge == Role::client ? "the client judges" : "the server judges");
        Pair pair(setup());
        Side& one = side(pair, judge);
        Side& peer = other(pair, judge);
        peer.write_when_open = "as soon as it may";
        const Bytes early = play_to_question(pair, judge);
        // A change cipher spec means nothing in TLS 1.3, and some send it as soon as they may (RFC 8446 §D.4).
        const bool tls13 = GetParam().version == ProtocolVersion::tls13;
        const std::string types = record_types(early);
        EXPECT_TRUE(types.empty() || (tls13 && types == "20")) << "records left: " << types;
        for (int again = 0; again < 3; ++again) {
            exchange(one, peer, GetParam().chunking);
            EXPECT_EQ(one.engine->output_size(), 0U);
            EXPECT_EQ(one.engine->state(), State::verify_pending);
            EXPECT_EQ(one.write("too early").error, Errc::wrong_state);
        }
        ASSERT_EQ(one.questions, 1);
        EXPECT_EQ(one.received + peer.received, "");
        // An answer that comes late is as good as one that comes at once.
        answer(one, trusted_on(backend_of(judge), one.question->request()));
        exchange(one, peer, GetParam().chunking);
        expect_open(pair);
        one.write("answered");
        exchange(one, peer, GetParam().chunking);
        EXPECT_EQ(one.received, "as soon as it may");
        EXPECT_EQ(peer.received, "answered");
    }
}

TEST_P(HoldPair, EveryRejectionIsReadByTheOtherEnd) {
    for (const Role judge : judges()) {
        SCOPED_TRACE(judge == Role::client ? "the client judges" : "the server judges");
        for (const int alert : kAlerts) {
            SCOPED_TRACE(alert);
            Pair pair(setup());
            Side& one = side(pair, judge);
            Side& peer = other(pair, judge);
            (void)play_to_question(pair, judge);
            answer(one,
                   Verdict::rejected(Errc::certificate_rejected, static_cast<Alert>(alert), "no"));
            one.run();
            const Bytes sent = one.take();
            EXPECT_EQ(record_types(sent).size(), 2U) << "one record: " << record_types(sent);
            deliver(sent, peer);
            EXPECT_EQ(one.error, Errc::certificate_rejected);
            EXPECT_EQ(one.engine->last_error()->phase, Phase::verification);
            EXPECT_EQ(one.engine->last_error()->alert_sent, static_cast<Alert>(alert));
            ASSERT_EQ(peer.engine->state(), State::failed);
            EXPECT_EQ(peer.engine->last_error()->alert_received, static_cast<Alert>(alert));
            EXPECT_EQ(one.received + peer.received, "");
        }
    }
}

TEST_P(HoldPair, AQuestionThatIsDroppedIsARejection) {
    for (const Role judge : judges()) {
        for (const bool dropped : {true, false}) {
            SCOPED_TRACE(dropped);
            Pair pair(setup());
            Side& one = side(pair, judge);
            (void)play_to_question(pair, judge);
            ASSERT_TRUE(one.question.has_value());
            if (dropped)
                one.question.reset();
            else
                answer(one, trusted_on(backend_of(judge), one.question->request()));
            exchange(pair.client, pair.server, GetParam().chunking);
            if (!dropped) {
                expect_open(pair);
                continue;
            }
            EXPECT_EQ(one.error, Errc::verifier_failed);
            EXPECT_EQ(one.engine->last_error()->phase, Phase::verification);
            EXPECT_EQ(other(pair, judge).engine->last_error()->alert_received,
                      Alert::certificate_unknown);
        }
    }
}

// A proof of possession of another connection proves nothing about this one: the same server, the same client, other random values.
TEST_P(HoldPair, AProofOfAnotherConnectionIsNeverAskedAbout) {
    for (const Role judge : judges()) {
        SCOPED_TRACE(judge == Role::client ? "the client judges" : "the server judges");
        for (const bool replayed : {true, false}) {
            SCOPED_TRACE(replayed);
            Pair recorded(setup());
            Pair live(setup());
            Pair& source = replayed ? recorded : live;
            for (Pair* pair : {&recorded, &live}) {
                pair->client.run();
                pair->server.feed(pair->client.take());
            }
            live.client.decide = live.server.decide = nullptr;
            if (judge == Role::client) {
                deliver(source.server.take(), live.client);
            } else {
                source.client.decide = [](const VerifyRequest& request) {
                    return trusted_on(*GetParam().client, request);
                };
                source.client.feed(source.server.take());
                deliver(source.client.take(), live.server);
            }
            Side& one = side(live, judge);
            EXPECT_EQ(one.questions, replayed ? 0 : 1);
            if (replayed) {
                EXPECT_EQ(one.engine->state(), State::failed);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Cells, HoldPair, ::testing::ValuesIn(all_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
