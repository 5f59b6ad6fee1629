// SPDX-License-Identifier: BSL-1.0
// Sessions of clients with a certificate: a server resumes one only if its verdict said so, for as long as it said, under the same
// policy and name, and never while the verdict is out or after a rejection. By session id in TLS 1.2, by ticket in TLS 1.3.
#include "tests/conformance/kept_session_cell.hpp"
#include "tests/support/raw_peer.hpp"

#include <algorithm>
#include <utility>

namespace omnitls::test {
namespace {

using std::chrono::days;
using std::chrono::seconds;

using KeptSession = KeptSessionCell;
using KeptSessionPolicy = KeptSessionCell;

TEST_P(KeptSession, IsResumedAndBothEndsAgree) {
    auto [first_client, first_server] = ends();
    join(first_client, first_server);
    EXPECT_FALSE(first_server.engine->info().resumed);

    auto [client, server] = ends();
    join(client, server);
    EXPECT_TRUE(server.engine->info().resumed);
    EXPECT_EQ(server.questions, 0) << "the verdict of then holds";
    EXPECT_EQ(client.questions, 1) << "the client is asked each time";
    ASSERT_NE(server.engine->evidence(), nullptr);
    EXPECT_TRUE(server.engine->evidence()->resumed);
    EXPECT_EQ(server.engine->evidence()->version, GetParam().version);
    const auto& chain = server.engine->evidence()->peer.chain;
    const auto& then = first_server.engine->evidence()->peer.chain;
    ASSERT_EQ(chain.size(), then.size()) << "the whole chain, not the leaf";
    for (std::size_t i = 0; i < chain.size(); ++i) EXPECT_EQ(chain[i].der, then[i].der);
    const auto exported = [](const Side& side) {
        return must(side.engine->export_keying_material("EXPORTER-test", std::nullopt, 32));
    };
    EXPECT_TRUE(std::ranges::equal(exported(client).bytes(), exported(server).bytes()));
    EXPECT_FALSE(std::ranges::equal(exported(client).bytes(), exported(first_client).bytes()));

    EXPECT_TRUE(resumes()) << "in TLS 1.3 with the ticket of the resumed connection";
}

TEST_P(KeptSessionPolicy, NeedsAVerdictThatSaysSo) {
    for (const auto& [said, comes_back] : {std::pair{seconds(0), false}, {seconds(1), true}}) {
        SCOPED_TRACE(said.count());
        store = memory_session_store();
        make_contexts();
        allowed = said;
        EXPECT_FALSE(resumes());
        EXPECT_EQ(resumes(), comes_back);
    }
}

TEST_P(KeptSessionPolicy, EndsByTheServersClock) {
    struct Row {
        seconds lifetime;
        seconds allowed;
        seconds lives;
    };
    for (const Row& row : {Row{seconds(600), seconds(60), seconds(60)},
                           Row{seconds(60), seconds(600), seconds(60)}}) {
        for (const bool over : {true, false}) {
            SCOPED_TRACE(over);
            store = memory_session_store();
            lifetime = row.lifetime;
            allowed = row.allowed;
            make_contexts();
            now = test_time();
            EXPECT_FALSE(resumes());
            now = test_time() + row.lives - seconds(over ? 0 : 1);
            EXPECT_EQ(resumes(), !over);
        }
    }
}

// Each resumption brings another ticket in TLS 1.3; none of them lives longer than the verdict said.
TEST_P(KeptSessionPolicy, IsNotProlongedByComingBack) {
    EXPECT_FALSE(resumes());
    now = test_time() + allowed - seconds(1);
    EXPECT_TRUE(resumes());
    EXPECT_TRUE(resumes());
    now = test_time() + allowed;
    EXPECT_FALSE(resumes());
    EXPECT_TRUE(resumes()) << "a new verdict, a new session";
}

TEST_P(KeptSessionPolicy, ServesNoOtherPurpose) {
    struct Case {
        const char* name;
        std::function<void()> change;
        bool comes_back = false;
    };
    const Case cases[] = {
        {"another policy", [this] { policy->id = "second"; }},
        {"another context of the same server",
         [this] {
             server_context_ = must(GetParam().server->make_server_context(server_config(setup_)));
         }},
        {"nothing else", [] {}, true},
    };
    for (const Case& other : cases) {
        SCOPED_TRACE(other.name);
        store = memory_session_store();
        policy->id = "first";
        make_contexts();
        ASSERT_FALSE(resumes());
        other.change();
        EXPECT_EQ(resumes(), other.comes_back);
    }
}

// The policy that counts is that of the question: a verdict that comes after it has changed is of the old one.
TEST_P(KeptSessionPolicy, IsOfThePolicyThatWasAsked) {
    for (const bool changes : {true, false}) {
        SCOPED_TRACE(changes);
        store = memory_session_store();
        make_contexts();
        policy->id = "first";
        auto [client, server] = ends();
        server.decide = nullptr;
        exchange(client, server, GetParam().chunking);
        ASSERT_TRUE(server.question.has_value());
        if (changes) policy->id = "second";
        std::move(*server.question).answer(resumable(allowed));
        exchange(client, server, GetParam().chunking);
        EXPECT_EQ(server.engine->state(), State::open);
        EXPECT_EQ(resumes(), !changes);
    }
}

// The verdict of then is on the evidence of now.
TEST_P(KeptSessionPolicy, EndsWithTheCertificate) {
    lifetime = allowed = days(7);
    const UtcTime end = load_certificate("client").fields().not_after;
    for (const bool over : {true, false}) {
        SCOPED_TRACE(over);
        store = memory_session_store();
        make_contexts();
        now = end - days(1);
        EXPECT_FALSE(resumes());
        now = over ? end + seconds(1) : end - seconds(1);
        auto [client, server] = ends();
        exchange(client, server, GetParam().chunking);
        EXPECT_EQ(server.questions, over ? 1 : 0);
        EXPECT_EQ(server.engine->state(), over ? State::failed : State::open);
        if (over) {
            EXPECT_EQ(server.engine->last_error()->code, Errc::certificate_expired);
            EXPECT_FALSE(server.engine->evidence()->resumed) << "a full handshake, then refused";
        }
    }
}

TEST_P(KeptSessionPolicy, OfAClientWithoutACertificateLastsAsLongAsConfigured) {
    setup_.client_role.clear();
    setup_.client_auth = ClientAuth::request;
    make_contexts();
    const auto anonymous = [this] {
        auto [client, server] = ends();
        exchange(client, server, GetParam().chunking);
        EXPECT_EQ(server.engine->state(), State::open);
        EXPECT_EQ(server.questions, 0);
        EXPECT_EQ(server.engine->evidence(), nullptr) << "nobody was judged";
        return server.engine->info().resumed;
    };
    EXPECT_FALSE(anonymous());
    now += lifetime - seconds(1);
    EXPECT_TRUE(anonymous());
    now += seconds(1);
    EXPECT_FALSE(anonymous());
}

TEST_P(KeptSessionPolicy, AreBoundedAndTheOldestGoes) {
    tune_server = [](ServerConfig& config) { config.limits.kept_sessions = 3; };
    make_contexts();
    // In TLS 1.3 two tickets for each connection, of which one is used at a time.
    EXPECT_FALSE(resumes());
    EXPECT_TRUE(resumes());
    const auto first = std::exchange(store, memory_session_store());
    client_context_ = must(GetParam().client->make_client_context(client_config(setup_)));
    for (int i = 0; i < 3; ++i) {
        store = memory_session_store();
        client_context_ = must(GetParam().client->make_client_context(client_config(setup_)));
        EXPECT_FALSE(resumes()) << "another client";
    }
    EXPECT_TRUE(resumes()) << "the last one";
    store = first;
    client_context_ = must(GetParam().client->make_client_context(client_config(setup_)));
    EXPECT_FALSE(resumes()) << "three others have come since";
}

// ---- Clients that offer what they were never given leave to ----

/// An OpenSSL client that takes its session out of a handshake whenever it likes.
class KeptSessionAttack : public KeptSessionCell {
protected:
    struct Attempt {
        std::unique_ptr<RawPeer> peer;
        Side server;
    };
    static RawPeerSetup client(const std::string& role = "client") {
        RawPeerSetup raw;
        raw.role = Role::client;
        raw.version = GetParam().version;
        raw.certificate = read_data(role + "_chain.pem");
        raw.key = read_data(role + ".key");
        return raw;
    }
    Attempt connect(const RawPeerSetup& raw, bool answered = true) const {
        Attempt made{make_raw_openssl(raw), {}};
        made.server.engine = must(server_context_->make_engine());
        made.server.write_when_open = "from the server";
        made.server.decide = [this](const VerifyRequest&) { return resumable(allowed); };
        if (!answered) made.server.decide = nullptr;
        move(made);
        return made;
    }
    Attempt connect(const Bytes& session, bool answered = true) const {
        RawPeerSetup raw = client();
        raw.offer_session = session;
        return connect(raw, answered);
    }
    static void move(Attempt& attempt) {
        exchange(attempt.server, *attempt.peer, GetParam().chunking);
    }
};

TEST_P(KeptSessionAttack, NothingIsResumedBeforeTheVerdictOrAfterARejection) {
    const bool tls13 = GetParam().version == ProtocolVersion::tls13;
    for (const bool accepts : {false, true}) {
        SCOPED_TRACE(accepts);
        make_contexts();
        Attempt first = connect(Bytes{}, false);
        ASSERT_TRUE(first.server.question.has_value()) << "the client has proved its key";
        EXPECT_EQ(first.server.engine->state(), State::verify_pending);
        const Bytes early = first.peer->session();
        // Of TLS 1.3 a session comes with a ticket, and there was none; the id of TLS 1.2 is in the ServerHello.
        EXPECT_EQ(early.empty(), tls13);
        {
            Attempt second = connect(early, false);
            ASSERT_TRUE(second.server.question.has_value()) << "a full handshake, and asked itself";
            EXPECT_FALSE(second.server.engine->info().resumed);
            EXPECT_EQ(second.peer->received, "");
        }
        std::move(*first.server.question)
            .answer(accepts ? resumable(allowed)
                            : Verdict::rejected(Errc::certificate_rejected, Alert::access_denied));
        move(first);
        EXPECT_EQ(first.server.engine->state(), accepts ? State::open : State::failed);
        EXPECT_EQ(first.peer->alert.has_value(), !accepts);
        const Bytes late = first.peer->session();
        EXPECT_EQ(late.empty(), !accepts);
        Attempt third = connect(tls13 ? late : early);
        EXPECT_EQ(third.server.engine->info().resumed, accepts);
        EXPECT_EQ(third.server.questions, accepts ? 0 : 1);
        EXPECT_EQ(third.peer->received, "from the server");
        EXPECT_EQ(third.server.engine->evidence()->resumed, accepts);
    }
}

using KeptSessionTls12 = KeptSessionAttack;

// Of TLS 1.3: whoever has seen it on the wire must find nothing (RFC 8446 §8).
TEST_P(KeptSessionAttack, ATicketIsOfUseOnce) {
    const bool tls13 = GetParam().version == ProtocolVersion::tls13;
    Attempt first = connect(Bytes{});
    EXPECT_FALSE(first.server.engine->info().resumed);
    const Bytes session = first.peer->session();
    ASSERT_FALSE(session.empty());
    EXPECT_TRUE(connect(session).server.engine->info().resumed);
    Attempt again = connect(session);
    EXPECT_EQ(again.server.engine->info().resumed, !tls13);
    EXPECT_EQ(again.peer->received, "from the server");
}

// RFC 7627 §5.3: what was bound to its handshake is not resumed without.
TEST_P(KeptSessionTls12, NeedsTheExtendedMasterSecret) {
    const Bytes session = connect(Bytes{}).peer->session();
    for (const bool extended : {false, true}) {
        RawPeerSetup raw = client();
        raw.offer_session = session;
        raw.extended_master_secret = extended;
        EXPECT_EQ(connect(raw).server.engine->info().resumed, extended);
    }
}

// RFC 6066 §3, and what a verdict may have rested on. The client does not look at the name itself.
TEST_P(KeptSessionAttack, IsOfItsServerNameAlone) {
    RawPeerSetup raw = client();
    raw.server_name = "a.omnitls.test";
    for (const std::string other : {"b.omnitls.test", "", "a.omnitls.test"}) {
        SCOPED_TRACE(other);
        RawPeerSetup again = raw;
        again.offer_session = connect(raw).peer->session();
        ASSERT_FALSE(again.offer_session.empty());
        again.server_name = other;
        const Attempt second = connect(again);
        EXPECT_EQ(second.server.engine->info().resumed, other == raw.server_name);
        EXPECT_EQ(second.server.engine->evidence()->sni, other);
        EXPECT_EQ(second.peer->received, "from the server");
    }
}

// A library may decline for reasons of its own what core has granted, in TLS 1.3 the age of a ticket (RFC 8446 §4.2.10). Who asked
// is then himself, now and when he comes back. OpenSSL and TLS 1.2 do not look at the age: whoever has the secret is resumed.
TEST_P(KeptSessionAttack, OfASessionThatTheLibraryDeclinesNothingIsLeft) {
    const auto leaf = [](const Attempt& attempt) {
        return attempt.server.engine->evidence()->peer.leaf()->der();
    };
    for (const bool too_old : {true, false}) {
        SCOPED_TRACE(too_old);
        const Attempt victim = connect(Bytes{});
        RawPeerSetup other = client("client_rsa");
        other.offer_session = victim.peer->session();
        other.session_age = too_old ? 300 : 0;
        const Attempt first = connect(other);
        EXPECT_EQ(first.peer->received, "from the server");
        const bool resumed = first.server.engine->info().resumed;
        EXPECT_EQ(leaf(first) == leaf(victim), resumed);
        if (!too_old) {
            EXPECT_TRUE(resumed);
        }
        RawPeerSetup again = client("client_rsa");
        again.offer_session = first.peer->session();
        EXPECT_EQ(leaf(connect(again)) == leaf(victim), resumed);
    }
}

INSTANTIATE_TEST_SUITE_P(Cells, KeptSession, ::testing::ValuesIn(all_cells()), cell_name);
INSTANTIATE_TEST_SUITE_P(Cells, KeptSessionPolicy, ::testing::ValuesIn(whole_cells()), cell_name);
INSTANTIATE_TEST_SUITE_P(Cells, KeptSessionAttack, ::testing::ValuesIn(content_cells()), cell_name);
INSTANTIATE_TEST_SUITE_P(Cells, KeptSessionTls12, ::testing::ValuesIn(tls12_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
