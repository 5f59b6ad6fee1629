// SPDX-License-Identifier: BSL-1.0
// Sessions of a server that asks for certificates: what core grants is all that a library may resume.
#include "tests/spi/shell_fixture.hpp"

namespace omnitls::test {
namespace {

using std::chrono::seconds;

class KeptSessions : public ShellTest {
protected:
    void SetUp() override {
        script->keeps_sessions = true;
        backend = make_fake_backend(script);
        ServerConfig config;
        config.keep_evidence = true;
        config.identity = load_identity("leaf");
        config.client_auth = ClientAuth::request;
        config.client_trust = load_anchors("root");
        config.clock = [this] { return now; };
        config.session_lifetime = seconds(600);
        config.alpn = {"b", "a"};
        config.versions = VersionRange{};
        script->chain = load_chain("client");
        context = must(backend->make_server_context(std::move(config)));
    }
    /// A server whose client asks for `ids` of tickets.
    std::unique_ptr<TlsEngine> asked_for(std::vector<Bytes> ids, const std::string& sni = "a") {
        script->offered.clear();
        auto engine = must(context->make_engine());
        feed(*engine, real_client_hello(sni, script->alpn, {.psk_identities = std::move(ids)}));
        drain(*engine);
        return engine;
    }
    /// A client that shows a certificate and may come back for `duration`.
    void full_handshake(seconds duration) {
        auto engine = asked_for({});
        EXPECT_EQ(feed(*engine, toy_handshake("CPF")).want, Want::verdict);
        EXPECT_EQ(describe_records(drain(*engine)), "") << "no ticket before the verdict";
        answer(*engine, Verdict::trusted().resumable_for(duration));
        EXPECT_TRUE(feed(*engine, {}).done());
        sent = describe_records(drain(*engine));
    }
    static Bytes id(int ticket) { return Bytes(8, static_cast<std::uint8_t>(ticket)); }

    UtcTime now = test_time();
    std::string sent;
    std::shared_ptr<const ServerContext> context;
};

TEST_F(KeptSessions, TicketsGoOutAfterAVerdictThatAllowsThem) {
    for (const bool allowed : {true, false}) {
        full_handshake(seconds(allowed ? 60 : 0));
        EXPECT_EQ(sent, allowed ? "FTT" : "F");
    }
    EXPECT_EQ(script->tickets, 2);
}

TEST_F(KeptSessions, WhatIsGrantedIsWhatTheLibraryGave) {
    full_handshake(seconds(60));
    auto engine = asked_for({id(2)});
    ASSERT_EQ(script->offered.size(), 1U);
    EXPECT_EQ(as_text(script->offered[0]), "state");
    script->resumed = true;
    EXPECT_TRUE(feed(*engine, toy_handshake("F")).done());
    EXPECT_TRUE(engine->info().resumed);
    EXPECT_TRUE(engine->evidence()->resumed);
    EXPECT_EQ(engine->evidence()->sni, "a");
    EXPECT_EQ(engine->evidence()->peer.chain.size(), load_chain("client").size());
    EXPECT_EQ(describe_records(drain(*engine)), "FT") << "one for the one that was used";
}

TEST_F(KeptSessions, ALibraryThatResumesSomethingElseIsStopped) {
    full_handshake(seconds(60));
    script->resumed = true;
    for (const bool granted : {false, true}) {
        auto engine = asked_for({granted ? id(1) : Bytes(8, 99)});
        const Step step = feed(*engine, toy_handshake("F"));
        EXPECT_EQ(step.done(), granted);
        if (granted) continue;
        EXPECT_EQ(step.error, Errc::internal);
        EXPECT_EQ(engine->last_error()->alert_sent, Alert::internal_error);
        EXPECT_FALSE(engine->handshake_complete());
        EXPECT_EQ(engine->evidence(), nullptr);
    }
}

TEST_F(KeptSessions, AGrantThatIsNotTakenIsAFullHandshakeWithItsOwnVerdict) {
    full_handshake(seconds(60));
    now += seconds(30);
    auto engine = asked_for({id(1)});
    ASSERT_EQ(script->offered.size(), 1U);
    EXPECT_EQ(feed(*engine, toy_handshake("CPF")).want, Want::verdict);
    EXPECT_FALSE(engine->evidence()->resumed);
    answer(*engine, Verdict::trusted().resumable_for(seconds(60)));
    EXPECT_TRUE(feed(*engine, {}).done());
    EXPECT_FALSE(engine->info().resumed);
    now += seconds(59);
    asked_for({id(3)});
    EXPECT_EQ(script->offered.size(), 1U) << "counted from the new verdict";
}

TEST_F(KeptSessions, OnlyUnderTheSameName) {
    for (const auto& [sni, granted] : {std::pair{"b", 0U}, {"", 0U}, {"a", 1U}}) {
        full_handshake(seconds(60));
        asked_for({id(script->tickets)}, sni);
        EXPECT_EQ(script->offered.size(), granted) << sni;
    }
}

TEST_F(KeptSessions, ALibraryThatSendsNoTicketKeepsNothing) {
    for (const bool sends : {false, true}) {
        script->sends_tickets = sends;
        full_handshake(seconds(60));
        EXPECT_EQ(sent, sends ? "FTT" : "F");
    }
}

// Which of several a library takes, core would not know beforehand.
TEST_F(KeptSessions, OfSeveralTicketsTheFirstIsTheOne) {
    for (const bool first : {false, true}) {
        full_handshake(seconds(60));
        std::vector<Bytes> ids{Bytes(8, 99), id(script->tickets)};
        if (first) std::swap(ids[0], ids[1]);
        asked_for(std::move(ids));
        EXPECT_EQ(script->offered.size(), first ? 1U : 0U);
    }
}

// What the verdict was given on: another protocol of the same server is another question.
TEST_F(KeptSessions, OnlyForTheSameProtocol) {
    for (const std::string protocol : {"b", "", "a"}) {
        script->alpn = "a";
        full_handshake(seconds(60));
        script->alpn = protocol;
        script->offered.clear();
        auto engine = must(context->make_engine());
        feed(*engine, real_client_hello("a", protocol, {.psk_identities = {id(script->tickets)}}));
        EXPECT_EQ(script->offered.size(), protocol == "a" ? 1U : 0U) << protocol;
    }
}

// RFC 5246 §7.4.1.2, RFC 8446 §4.2.11: libraries end the handshake over it, or do not look.
TEST_F(KeptSessions, OnlyWithTheSameCipherSuite) {
    for (const std::uint16_t suite : {std::uint16_t{0x1303}, std::uint16_t{0x1302}}) {
        script->cipher_suite = suite;
        full_handshake(seconds(60));
        asked_for({id(script->tickets)});
        EXPECT_EQ(script->offered.size(), suite == 0x1302 ? 1U : 0U) << "0x1303 is not offered";
    }
}

// A ticket of TLS 1.3 in a ClientHello of TLS 1.2 would be resumed with secrets that are not there.
TEST_F(KeptSessions, OfTls13AreNothingInTls12) {
    for (const std::uint16_t version : {std::uint16_t{0x0303}, std::uint16_t{0x0304}}) {
        script->version = ProtocolVersion::tls13;
        full_handshake(seconds(60));
        script->offered.clear();
        auto engine = must(context->make_engine());
        const Bytes ticket = id(script->tickets);
        feed(*engine, real_client_hello("a", "", {ticket, {ticket}, true, version}));
        EXPECT_EQ(script->offered.size(), version == 0x0304 ? 1U : 0U);
    }
}

TEST_F(KeptSessions, ALibraryThatResumesInAnotherVersionIsStopped) {
    for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        script->version = ProtocolVersion::tls13;
        script->resumed = false;
        full_handshake(seconds(60));
        script->version = version;
        script->resumed = true;
        auto engine = asked_for({id(script->tickets)});
        ASSERT_EQ(script->offered.size(), 1U);
        const Step step = feed(*engine, toy_handshake("F"));
        EXPECT_EQ(step.done(), version == ProtocolVersion::tls13);
        if (version == ProtocolVersion::tls12) {
            EXPECT_EQ(step.error, Errc::internal);
        }
    }
}

TEST_F(KeptSessions, AGrantThatTheLibraryRefusesIsAFullHandshake) {
    full_handshake(seconds(60));
    script->takes_state = false;
    auto engine = asked_for({id(1)});
    ASSERT_EQ(script->offered.size(), 1U);
    EXPECT_EQ(feed(*engine, toy_handshake("CPF")).want, Want::verdict);
}

// RFC 7627 §5.3
TEST_F(KeptSessions, OfTls12NeedTheExtendedMasterSecretOnBothConnections) {
    script->version = ProtocolVersion::tls12;
    script->cipher_suite = 0x1301;
    for (const auto& [then, now_too] : {std::pair{true, true}, {true, false}, {false, true}}) {
        script->extended_master_secret = then;
        const Bytes session_id = Bytes(8, static_cast<std::uint8_t>(++script->tickets));
        auto engine = asked_for({});
        feed(*engine, toy_handshake("CPF"));
        script->fresh.push_back({SecretBytes(as_bytes("state")), {}, session_id});
        answer(*engine, Verdict::trusted().resumable_for(seconds(60)));
        EXPECT_TRUE(feed(*engine, {}).done());
        script->fresh.clear();
        script->offered.clear();
        auto again = must(context->make_engine());
        feed(*again, real_client_hello("a", "", {session_id, {}, now_too, 0x0303}));
        EXPECT_EQ(script->offered.size(), then && now_too ? 1U : 0U);
    }
}

}  // namespace
}  // namespace omnitls::test
