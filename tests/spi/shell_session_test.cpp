// SPDX-License-Identifier: BSL-1.0
// Sessions of a client: asked about before a byte leaves, offered after accept only, kept after accept only.
#include "tests/spi/shell_fixture.hpp"

#include <algorithm>

namespace omnitls::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class OneStore final : public SessionStore {
public:
    void put(const std::string&, StoredSession session) override {
        kept.push_back(std::move(session));
    }
    std::optional<StoredSession> take(const std::string&) override {
        if (kept.empty()) return std::nullopt;
        return kept.back();
    }
    std::vector<StoredSession> kept;
};

class Sessions : public ShellTest {
protected:
    std::unique_ptr<TlsEngine> storing_client() {
        ClientConfig config;
        config.keep_evidence = true;
        config.sessions = store;
        return client(std::move(config));
    }
    /// A full handshake whose library has `fresh` at its end.
    void keep(std::vector<spi::ResumableState> fresh) {
        auto engine = storing_client();
        if (engine->handshake_complete()) return;
        Input nothing{};
        if (engine->handshake(nothing).want == Want::verdict) answer(*engine, Verdict());
        feed(*engine, toy_handshake("HCPF"));
        script->fresh = std::move(fresh);
        answer(*engine, Verdict::trusted());
        EXPECT_TRUE(feed(*engine, {}).done());
    }
    static spi::ResumableState state(const char* text, seconds lifetime) {
        return {SecretBytes(as_bytes(text)), lifetime};
    }

    std::shared_ptr<OneStore> store = std::make_shared<OneStore>();
};

TEST_F(Sessions, NothingLeavesBeforeTheAnswer) {
    keep({state("ticket", seconds(60))});
    for (const bool accepts : {true, false}) {
        SCOPED_TRACE(accepts);
        script->offered.clear();
        auto engine = storing_client();
        const Bytes early = toy_handshake("H");
        Input in{early, false};
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(engine->handshake(in).want, Want::verdict);
            EXPECT_EQ(engine->state(), State::verify_pending);
            EXPECT_EQ(engine->output_size(), 0U);
            EXPECT_EQ(in.bytes.size(), early.size());
            EXPECT_TRUE(script->offered.empty());
        }
        EXPECT_TRUE(engine->evidence()->resumed);
        answer(*engine, accepts ? Verdict::trusted() : Verdict());
        script->resumed = accepts;
        EXPECT_EQ(feed(*engine, {}).want, Want::input);
        EXPECT_EQ(describe_records(drain(*engine)), "H");
        EXPECT_EQ(script->offered.size(), accepts ? 1U : 0U);
        if (accepts) {
            EXPECT_EQ(as_text(script->offered[0]), "ticket");
        }
        EXPECT_EQ(engine->evidence() != nullptr, accepts)
            << "of a full handshake there is none yet";
        EXPECT_EQ(feed(*engine, toy_handshake(accepts ? "HF" : "HCPF")).done(), accepts);
        if (!accepts) {
            answer(*engine, Verdict::trusted());
            EXPECT_TRUE(feed(*engine, {}).done());
        }
        EXPECT_EQ(engine->info().resumed, accepts);
        EXPECT_EQ(engine->evidence()->resumed, accepts);
    }
}

TEST_F(Sessions, WhatTheLibraryCannotUseIsAFullHandshake) {
    keep({state("ticket", seconds(60))});
    script->takes_state = false;
    auto engine = storing_client();
    feed(*engine, {});
    answer(*engine, Verdict::trusted());
    EXPECT_EQ(feed(*engine, {}).want, Want::input);
    EXPECT_EQ(script->offered.size(), 1U);
    EXPECT_EQ(feed(*engine, toy_handshake("HCPF")).want, Want::verdict) << "it is asked anew";
    EXPECT_FALSE(engine->evidence()->resumed);
}

TEST_F(Sessions, AServerIsKnownByACertificateOrByWhatWasOffered) {
    struct Row {
        bool offers;
        bool says_resumed;
        bool opens;
    };
    const Row rows[] = {{true, true, true}, {true, false, false}, {false, true, false}};
    for (const Row& row : rows) {
        SCOPED_TRACE(std::to_string(row.offers) + std::to_string(row.says_resumed));
        store->kept.clear();
        script->resumed = false;
        keep({state("ticket", seconds(60))});
        script->resumed = row.says_resumed;
        auto engine = storing_client();
        feed(*engine, {});
        answer(*engine, row.offers ? Verdict::trusted() : Verdict());
        feed(*engine, {});
        drain(*engine);
        const Step step = feed(*engine, toy_handshake("HF"));
        EXPECT_EQ(step.done(), row.opens);
        if (row.opens) continue;
        EXPECT_EQ(step.error, Errc::protocol_violation);
        EXPECT_EQ(engine->last_error()->alert_sent, Alert::handshake_failure);
        EXPECT_EQ(engine->last_error()->phase, Phase::handshake);
    }
}

// RFC 7627 §5.3
TEST_F(Sessions, OfTls12AreResumedWithTheExtendedMasterSecretOnly) {
    script->version = ProtocolVersion::tls12;
    for (const bool extended : {false, true}) {
        store->kept.clear();
        script->resumed = false;
        script->extended_master_secret = true;
        keep({state("id", seconds(60))});
        script->resumed = true;
        script->extended_master_secret = extended;
        auto engine = storing_client();
        feed(*engine, {});
        answer(*engine, Verdict::trusted());
        feed(*engine, {});
        drain(*engine);
        const Step step = feed(*engine, toy_handshake("HF"));
        EXPECT_EQ(step.done(), extended);
        if (extended) continue;
        EXPECT_EQ(step.error, Errc::protocol_violation);
        EXPECT_EQ(engine->last_error()->alert_sent, Alert::handshake_failure);
        EXPECT_EQ(describe_records(drain(*engine)), "alert(40)") << "and no Finished";
    }
}

TEST_F(Sessions, GivingUpStopsTheQuestion) {
    keep({state("ticket", seconds(60))});
    script->native_alerts = true;  // A library that could send one must not be asked to.
    auto engine = storing_client();
    feed(*engine, {});
    auto question = engine->take_question({});
    ASSERT_TRUE(question.has_value());
    EXPECT_FALSE(question->stop_token().stop_requested());
    engine->abandon(Errc::verdict_timeout, Alert::certificate_unknown);
    EXPECT_TRUE(question->stop_token().stop_requested());
    EXPECT_EQ(engine->last_error()->code, Errc::verdict_timeout);
    EXPECT_EQ(engine->last_error()->phase, Phase::verification);
    EXPECT_EQ(engine->output_size(), 0U) << "nobody has heard of this connection";
}

TEST_F(Sessions, LiveAsLongAsTheServerSaysAndAWeekAtMost) {
    struct Row {
        ProtocolVersion version;
        seconds said;
        seconds lives;
    };
    using enum ProtocolVersion;
    const Row rows[] = {{tls13, seconds(60), seconds(60)},
                        {tls13, hours(24 * 30), hours(24 * 7)},
                        {tls13, seconds(0), seconds(0)},
                        {tls12, seconds(60), seconds(60)},
                        {tls12, seconds(0), hours(2)}};
    for (const Row& row : rows) {
        *script = FakeScript{};
        script->version = row.version;
        store->kept.clear();
        keep({state("ticket", row.said)});
        ASSERT_EQ(store->kept.size(), row.lives.count() > 0 ? 1U : 0U);
        if (store->kept.empty()) continue;
        EXPECT_EQ(store->kept[0].expires, test_time() + row.lives);
        EXPECT_EQ(store->kept[0].single_use, row.version == tls13);
    }
}

// A ticket for a ticket for a ticket: without an end, whoever has one secret would never need the key.
TEST_F(Sessions, EndAWeekAfterTheProof) {
    keep({state("ticket", hours(24 * 7))});
    UtcTime now = test_time() + hours(24 * 6);
    for (const bool alive : {true, false}) {
        ClientConfig config;
        config.keep_evidence = true;
        config.sessions = store;
        config.trust = load_anchors("root");
        config.clock = [now] { return now; };
        auto engine = *(*backend->make_client_context(config))
                           ->make_engine(*ClientTarget::host("omnitls.test"));
        const Step step = feed(*engine, {});
        EXPECT_EQ(step.want == Want::verdict, alive);
        if (!alive) break;
        answer(*engine, Verdict::trusted());
        script->resumed = true;
        feed(*engine, {});
        store->kept.clear();
        script->fresh.push_back(state("another", hours(24 * 7)));
        EXPECT_TRUE(feed(*engine, toy_handshake("HF")).done());
        ASSERT_EQ(store->kept.size(), 1U);
        EXPECT_EQ(store->kept[0].expires, test_time() + hours(24 * 7));
        now = store->kept[0].expires;
    }
}

TEST_F(Sessions, OfOneConnectionAreBounded) {
    std::vector<spi::ResumableState> many;
    for (int i = 0; i < 100; ++i) many.push_back(state("ticket", seconds(60)));
    keep(std::move(many));
    EXPECT_EQ(store->kept.size(), 8U);
}

TEST_F(Sessions, ATicketBehindTheHandshakeIsKept) {
    keep({});
    EXPECT_TRUE(store->kept.empty());
    auto engine = storing_client();
    feed(*engine, toy_handshake("HCPF"));
    answer(*engine, Verdict::trusted());
    feed(*engine, {});
    script->fresh.push_back(state("late", seconds(60)));
    const Bytes ticket = toy_record(22, "ticket");
    Input in{ticket, false};
    EXPECT_EQ(read_text(*engine, in), "<input>");
    EXPECT_EQ(store->kept.size(), 1U);
}

// RFC 7627 §1: without it a session is not bound to the handshake it came from.
TEST_F(Sessions, OfTls12NeedTheExtendedMasterSecret) {
    for (const bool extended : {true, false}) {
        *script = FakeScript{};
        store->kept.clear();
        script->version = ProtocolVersion::tls12;
        script->extended_master_secret = extended;
        keep({state("id", seconds(60))});
        EXPECT_EQ(store->kept.size(), extended ? 1U : 0U);
        if (extended) {
            EXPECT_FALSE(store->kept[0].single_use);
        }
    }
}

TEST_F(Sessions, WithoutAStoreNothingIsTakenFromTheLibrary) {
    script->fresh.push_back(state("ticket", seconds(60)));
    const auto engine = open_client();
    EXPECT_EQ(script->fresh.size(), 1U);
}

TEST_F(Sessions, ABackendThatHasNoneSaysSo) {
    ServerConfig config;
    config.keep_evidence = true;
    config.identity = load_identity("leaf");
    EXPECT_TRUE(bool(backend->make_server_context(config)));
    config.session_lifetime = seconds(60);
    const auto refused = backend->make_server_context(config);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::not_supported);
    EXPECT_NE(refused.error().what.find("session_tickets"), std::string::npos);
    for (const seconds wrong : {seconds(-1), seconds(7 * 24 * 3600 + 1)}) {
        config.session_lifetime = wrong;
        EXPECT_EQ(backend->make_server_context(config).error().code, Errc::bad_config);
    }
    config.session_lifetime = seconds(60);
    config.client_auth = ClientAuth::request;
    config.client_trust = load_anchors("root");
    EXPECT_NE(backend->make_server_context(config).error().what.find("sessions_with_client_auth"),
              std::string::npos);
}

}  // namespace
}  // namespace omnitls::test
