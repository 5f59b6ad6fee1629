// SPDX-License-Identifier: BSL-1.0
// Sessions: kept only after the verdict, asked about before they are offered, offered to nobody else, and of no use once changed.
#include "tests/conformance/cell.hpp"
#include "tests/support/raw_peer.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace omnitls::test {
namespace {

using std::chrono::seconds;

/// A store that counts, and may tamper with what it gives back.
class WatchedStore final : public SessionStore {
public:
    void put(const std::string& key, StoredSession session) override {
        EXPECT_EQ(key.size(), 64U);
        ++puts;
        last = session;
        inner_->put(key, std::move(session));
    }
    std::optional<StoredSession> take(const std::string& key) override {
        ++takes;
        if (instead) return instead(key);
        return inner_->take(key);
    }
    int puts = 0;
    int takes = 0;
    std::optional<StoredSession> last;
    std::function<std::optional<StoredSession>(const std::string&)> instead;

private:
    std::shared_ptr<SessionStore> inner_ = memory_session_store();
};

std::shared_ptr<CertificateVerifier> named(const std::string& policy) {
    class Named final : public CertificateVerifier {
    public:
        explicit Named(std::string policy) : policy_(std::move(policy)) {}
        void verify(Question question) override { std::move(question).answer(Verdict::trusted()); }
        std::string policy_id() const override { return policy_; }

    private:
        std::string policy_;
    };
    return std::make_shared<Named>(policy);
}

/// One server that gives out sessions, and clients that share a store.
class SessionCell : public CellTest {
protected:
    void SetUp() override {
        CellTest::SetUp();
        if (IsSkipped()) return;
        OMNITLS_NEEDS(*GetParam().client, "session_store");
        OMNITLS_NEEDS(*GetParam().server, "session_tickets");
        server_ = make_server();
    }
    PairSetup setup() const {
        PairSetup result = GetParam().setup();
        result.tune_client = [this](ClientConfig& config) {
            config.sessions = store;
            if (tune) tune(config);
        };
        result.client_auth = client_auth;
        result.tune_server = [this](ServerConfig& config) { config.session_lifetime = lifetime; };
        return result;
    }
    std::shared_ptr<const ServerContext> make_server() const {
        return must(GetParam().server->make_server_context(server_config(setup())));
    }
    /// An mbedTLS server that seals tickets, the same keys for all connections.
    static RawPeerSetup sealing_server() {
        RawPeerSetup raw;
        raw.version = GetParam().version;
        raw.certificate = read_data("leaf_rsa_chain.pem");
        raw.key = read_data("leaf_rsa.key");
        raw.ticket_keys = make_mbedtls_ticket_keys();
        return raw;
    }
    std::unique_ptr<TlsEngine> client_engine(const std::string& host = "omnitls.test") const {
        const auto context = must(GetParam().client->make_client_context(client_config(setup())));
        return must(context->make_engine(must(ClientTarget::host(host))));
    }
    /// Two ends that have not begun.
    std::pair<Side, Side> ends(const std::string& host = "omnitls.test") const {
        std::pair<Side, Side> made;
        made.first.engine = client_engine(host);
        made.second.engine = must(server_->make_engine());
        made.second.write_when_open = "from the server";
        return made;
    }
    void join(Side& client, Side& server) const {
        exchange(client, server, GetParam().chunking);
        expect_open(client);
        expect_open(server);
        EXPECT_EQ(client.received, "from the server");
    }
    /// Whether a connection from here to `host` resumes; either way it works.
    bool resumes(const std::string& host = "omnitls.test") const {
        auto [client, server] = ends(host);
        join(client, server);
        EXPECT_EQ(client.engine->info().resumed, server.engine->info().resumed);
        // One question for the chain, be it the stored one or the server's.
        EXPECT_GE(client.questions, 1);
        return client.engine->info().resumed;
    }

    std::shared_ptr<WatchedStore> store = std::make_shared<WatchedStore>();
    std::function<void(ClientConfig&)> tune;
    seconds lifetime{1200};
    /// With it the server keeps its sessions, and in TLS 1.2 they have ids instead of tickets. The client shows no certificate.
    ClientAuth client_auth = ClientAuth::none;
    std::shared_ptr<const ServerContext> server_;
};

using Session = SessionCell;
using SessionPolicy = SessionCell;
using SessionRecord_ = SessionCell;
using SessionTls12 = SessionCell;

TEST_P(Session, IsResumedAndBothEndsAgree) {
    auto [first_client, first_server] = ends();
    join(first_client, first_server);
    EXPECT_FALSE(first_client.engine->info().resumed);
    ASSERT_GE(store->puts, 1);
    EXPECT_EQ(store->last->single_use, GetParam().version == ProtocolVersion::tls13);
    EXPECT_LE(store->last->expires, test_time() + lifetime);
    EXPECT_GT(store->last->expires, test_time());

    auto [client, server] = ends();
    client.write_when_open = "from the client";
    join(client, server);
    EXPECT_TRUE(client.engine->info().resumed);
    EXPECT_TRUE(server.engine->info().resumed);
    EXPECT_EQ(server.received, "from the client");
    // psk_dhe_ke (RFC 8446 §4.2.9): a new key exchange, so that the old secret alone opens nothing.
    EXPECT_EQ(client.engine->info().group != 0, GetParam().version == ProtocolVersion::tls13);
    EXPECT_EQ(server.engine->info().group, client.engine->info().group);
    EXPECT_EQ(client.engine->info().signature_scheme, 0) << "there is no proof of possession";
    EXPECT_EQ(client.questions, 1) << "asked before, not again";
    EXPECT_TRUE(client.engine->evidence()->resumed);
    EXPECT_EQ(client.engine->evidence()->peer.leaf()->der(),
              first_client.engine->evidence()->peer.leaf()->der());
    for (const auto type : {ChannelBindingType::tls_exporter, ChannelBindingType::tls_unique,
                            ChannelBindingType::tls_server_end_point}) {
        SCOPED_TRACE(channel_binding_name(type));
        const auto ours = client.engine->channel_binding(type);
        const auto theirs = server.engine->channel_binding(type);
        const auto full = first_client.engine->channel_binding(type);
        EXPECT_EQ(bool(ours), bool(full));
        if (!ours || !theirs || !full) continue;
        EXPECT_EQ(*ours, *theirs);
        EXPECT_EQ(*ours == *full, type == ChannelBindingType::tls_server_end_point);
    }
}

TEST_P(SessionPolicy, IsAskedAboutBeforeItIsOffered) {
    ASSERT_FALSE(resumes());
    for (const bool accepts : {true, false}) {
        SCOPED_TRACE(accepts);
        auto [client, server] = ends();
        client.decide = nullptr;
        client.run();
        ASSERT_TRUE(client.question.has_value());
        EXPECT_EQ(client.engine->state(), State::verify_pending);
        EXPECT_EQ(client.engine->output_size(), 0U) << "no byte before the verdict";
        const VerifyRequest request = client.question->request();
        EXPECT_TRUE(request.resumed);
        EXPECT_EQ(request.version, GetParam().version);
        EXPECT_TRUE(request.baseline_passed());
        EXPECT_TRUE(request.name.checked && request.name.matched);
        ASSERT_EQ(request.peer.chain.size(), 2U);
        std::move(*client.question)
            .answer(accepts ? Verdict::trusted()
                            : Verdict::rejected(Errc::certificate_rejected, Alert::access_denied));
        client.question.reset();
        client.decide = [](const VerifyRequest& again) {
            EXPECT_FALSE(again.resumed);
            return Verdict::trusted();
        };
        join(client, server);
        EXPECT_EQ(client.engine->info().resumed, accepts);
        EXPECT_EQ(client.questions, accepts ? 1 : 2) << "anything but accept is a full handshake";
        EXPECT_EQ(client.engine->evidence()->resumed, accepts);
    }
}

TEST_P(SessionPolicy, OfAPeerThatWasNotAcceptedNothingIsKept) {
    using Case = std::pair<ClientAuth, bool>;
    for (const auto& [auth, accepts] :
         {Case{ClientAuth::none, false}, Case{ClientAuth::none, true},
          Case{ClientAuth::request, false}, Case{ClientAuth::request, true}}) {
        SCOPED_TRACE(std::string(auth == ClientAuth::none ? "tickets" : "ids, or kept tickets") +
                     (accepts ? ", accepted" : ", refused"));
        store = std::make_shared<WatchedStore>();
        client_auth = auth;
        server_ = make_server();
        auto [client, server] = ends();
        client.decide = nullptr;
        exchange(client, server, GetParam().chunking);
        ASSERT_TRUE(client.question.has_value()) << "the handshake reached the verdict";
        EXPECT_EQ(client.engine->state(), State::verify_pending);
        EXPECT_EQ(store->puts, 0);
        {
            // Another connection while the verdict is pending: full, and asked itself.
            auto [second, its_server] = ends();
            second.decide = nullptr;
            exchange(second, its_server, GetParam().chunking);
            ASSERT_TRUE(second.question.has_value());
            EXPECT_FALSE(second.question->request().resumed);
            EXPECT_FALSE(second.engine->info().resumed);
            EXPECT_EQ(second.received, "");
        }
        std::move(*client.question).answer(accepts ? Verdict::trusted() : Verdict());
        client.question.reset();
        exchange(client, server, GetParam().chunking);
        EXPECT_EQ(client.engine->state(), accepts ? State::open : State::failed);
        EXPECT_EQ(store->puts > 0, accepts);
        EXPECT_EQ(resumes(), accepts);
    }
}

TEST_P(SessionPolicy, OfSingleUseIsOfferedOnce) {
    ASSERT_FALSE(resumes());
    const bool tls13 = GetParam().version == ProtocolVersion::tls13;
    const int kept = store->puts;
    // A connection that offers it and then sees no answer has used it nevertheless.
    int offered = 0;
    for (int i = 0; i < 5; ++i) {
        auto [client, server] = ends();
        client.run();
        offered += client.questions;
    }
    EXPECT_EQ(offered, tls13 ? kept : 5) << "each ticket once, in TLS 1.2 the session again";
    EXPECT_EQ(resumes(), !tls13);
}

TEST_P(SessionPolicy, ServesNoOtherPurpose) {
    struct Case {
        const char* name;
        std::function<void(ClientConfig&)> tune;
        std::string host = "omnitls.test";
        bool same = false;
    };
    const Case cases[] = {
        {"another name", {}, "a.omnitls.test"},
        {"other anchors",
         [](ClientConfig& config) {
             const std::string two = read_data("root.pem") + read_data("other_root.pem");
             config.trust = must(TrustAnchors::from_pem(two, "two roots"));
         }},
        {"another policy", [](ClientConfig& config) { config.verifier = named("other"); }},
        {"a policy without a name", [](ClientConfig& config) { config.verifier = named(""); }},
        {"other protocols", [](ClientConfig& config) { config.alpn = {"imap"}; }},
        {"a client certificate",
         [](ClientConfig& config) { config.identity = load_identity("client"); }},
        {"nothing else", {}, "omnitls.test", true},
    };
    for (const Case& other : cases) {
        SCOPED_TRACE(other.name);
        tune = nullptr;
        store = std::make_shared<WatchedStore>();
        ASSERT_FALSE(resumes());
        tune = other.tune;
        auto [client, server] = ends(other.host);
        client.run();
        EXPECT_EQ(client.questions, other.same ? 1 : 0);
        EXPECT_EQ(store->takes, 2) << "it was looked for";
    }
}

TEST_P(SessionPolicy, UnderAPolicyWithoutANameIsItsContextsAlone) {
    tune = [](ClientConfig& config) { config.verifier = named(""); };
    const auto context = must(GetParam().client->make_client_context(client_config(setup())));
    for (const bool again : {false, true}) {
        Side client;
        Side server;
        client.engine = must(context->make_engine(must(ClientTarget::host("omnitls.test"))));
        server.engine = must(server_->make_engine());
        server.write_when_open = "from the server";
        join(client, server);
        EXPECT_EQ(client.engine->info().resumed, again);
    }
    EXPECT_FALSE(resumes()) << "another context";
}

TEST_P(SessionPolicy, IsTheServersToGrant) {
    ASSERT_FALSE(resumes());
    EXPECT_TRUE(resumes());
    server_ = make_server();
    const int before = store->puts;
    EXPECT_FALSE(resumes()) << "sealed with another context's key";
    EXPECT_GT(store->puts, before);
    lifetime = seconds(0);
    server_ = make_server();
    store = std::make_shared<WatchedStore>();
    EXPECT_FALSE(resumes());
    if (GetParam().version == ProtocolVersion::tls13) {
        EXPECT_EQ(store->puts, 0) << "a server that gives out none";
    }
    EXPECT_FALSE(resumes()) << "a session id says nothing (RFC 5246 §7.4.1.3)";
}

TEST_P(SessionPolicy, EndsByTheClientsClock) {
    ASSERT_FALSE(resumes());
    const UtcTime end = store->last->expires;
    for (const auto& [now, lives] : {std::pair{end, false}, {end - seconds(1), true}}) {
        tune = [now = now](ClientConfig& config) { config.clock = [now] { return now; }; };
        auto [client, server] = ends();
        store->instead = [this](const std::string&) { return store->last; };
        client.run();
        EXPECT_EQ(client.questions, lives ? 1 : 0);
        store->instead = nullptr;
    }
}

TEST_P(SessionPolicy, AStoreThatThrowsCostsAFullHandshake) {
    class Broken final : public SessionStore {
    public:
        void put(const std::string&, StoredSession) override { throw std::runtime_error("full"); }
        std::optional<StoredSession> take(const std::string&) override {
            throw std::runtime_error("gone");
        }
    };
    tune = [](ClientConfig& config) { config.sessions = std::make_shared<Broken>(); };
    EXPECT_FALSE(resumes());
    EXPECT_FALSE(resumes());
}

TEST_P(SessionRecord_, ChangedAnywhereIsNone) {
    ASSERT_FALSE(resumes());
    const StoredSession good = *store->last;
    const Bytes bytes(good.record.bytes().begin(), good.record.bytes().end());
    const auto offers = [&](Bytes changed) {
        store->instead = [=](const std::string&) {
            return StoredSession{SecretBytes(changed), good.expires, good.single_use};
        };
        Side client;
        client.engine = client_engine();
        client.run();
        EXPECT_EQ(client.error, std::error_code());
        EXPECT_GT(client.engine->output_size(), 0U) << "a ClientHello";
        return client.questions == 1;
    };
    EXPECT_TRUE(offers(bytes)) << "unchanged it is offered";
    for (std::size_t i = 0; i < bytes.size(); i += bytes.size() / 200 + 1) {
        Bytes flipped = bytes;
        flipped[i] ^= 1U;
        ASSERT_FALSE(offers(flipped)) << "flipped at " << i;
        ASSERT_FALSE(offers(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(i))))
            << "cut at " << i;
    }
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(offers(longer));
    EXPECT_FALSE(resumes()) << "the full handshake works";
}

TEST_P(SessionRecord_, OfAnotherBackendIsNone) {
    ASSERT_FALSE(resumes());
    for (const TlsBackend* other : built_backends()) {
        if (!other->capabilities().has("session_store") ||
            !other->capabilities().has(capability_of(GetParam().version)))
            continue;
        SCOPED_TRACE(other->name());
        // A store that mixes up its keys.
        store->instead = [this](const std::string&) { return store->last; };
        const auto context = must(other->make_client_context(client_config(setup())));
        Side client;
        Side server;
        client.engine = must(context->make_engine(must(ClientTarget::host("omnitls.test"))));
        server.engine = must(server_->make_engine());
        server.write_when_open = "from the server";
        const StoredSession kept = *store->last;
        join(client, server);
        EXPECT_EQ(client.engine->info().resumed, other == GetParam().client);
        store->last = kept;
    }
}

// RFC 7627 §5.3. mbedTLS does not keep what a session was bound with, so its server is one that gets it wrong.
TEST_P(SessionTls12, IsResumedWithItsExtendedMasterSecretOnly) {
    RawPeerSetup raw = sealing_server();
    const auto connect = [&](bool extended) {
        raw.extended_master_secret = extended;
        const auto peer = make_raw_mbedtls(raw);
        Side client;
        client.engine = client_engine();
        exchange(client, *peer, GetParam().chunking);
        EXPECT_EQ(peer->done(), client.engine->state() == State::open) << peer->error;
        if (!peer->done()) {
            EXPECT_EQ(peer->alert, 40) << peer->error;
        }
        return client;
    };
    EXPECT_FALSE(connect(true).engine->info().resumed);
    EXPECT_TRUE(connect(true).engine->info().resumed);
    const Side unbound = connect(false);
    ASSERT_NE(unbound.engine->last_error(), nullptr);
    EXPECT_EQ(unbound.engine->last_error()->code, Errc::protocol_violation);
    EXPECT_EQ(unbound.engine->last_error()->phase, Phase::handshake);
    EXPECT_EQ(unbound.questions, 1) << "the session was offered";
}

// RFC 5077 §3.3: the server has thought better of it.
TEST_P(SessionTls12, AnEmptyTicketIsNone) {
    RawPeerSetup raw = sealing_server();
    for (const bool empty : {true, false}) {
        raw.empty_tickets = empty;
        for (const bool again : {false, true}) {
            const auto peer = make_raw_mbedtls(raw);
            Side client;
            client.engine = client_engine();
            exchange(client, *peer, GetParam().chunking);
            EXPECT_EQ(client.engine->state(), State::open)
                << (client.engine->last_error() ? client.engine->last_error()->to_string() : "");
            EXPECT_EQ(client.engine->info().resumed, again && !empty);
        }
    }
}

// The first server staples a response, the second does not, and does not know the session either.
TEST_P(SessionRecord_, OfADeclinedSessionNoOldOcspResponseIsLeft) {
    for (const bool staples_again : {false, true}) {
        SCOPED_TRACE(staples_again);
        store = std::make_shared<WatchedStore>();
        RawPeerSetup raw;
        raw.version = GetParam().version;
        raw.certificate = read_data("leaf_rsa_chain.pem");
        raw.key = read_data("leaf_rsa.key");
        for (const std::string staple : {"first", staples_again ? "second" : ""}) {
            const ConstBytes bytes = as_bytes(staple);
            raw.staple.assign(bytes.begin(), bytes.end());
            const auto peer = make_raw_openssl(raw);
            Side client;
            client.engine = client_engine();
            exchange(client, *peer, GetParam().chunking);
            EXPECT_EQ(client.engine->state(), State::open) << peer->error;
            EXPECT_FALSE(client.engine->info().resumed);
            const bool asks = GetParam().client->capabilities().has("ocsp_staple_request");
            EXPECT_EQ(as_text(client.engine->evidence()->ocsp_response), asks ? staple : "");
            EXPECT_EQ(client.questions, staple == "first" ? 1 : 2) << "the session was offered";
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Cells, Session, ::testing::ValuesIn(all_cells()), cell_name);
INSTANTIATE_TEST_SUITE_P(Cells, SessionPolicy, ::testing::ValuesIn(whole_cells()), cell_name);
INSTANTIATE_TEST_SUITE_P(Cells, SessionRecord_, ::testing::ValuesIn(content_cells()), cell_name);
INSTANTIATE_TEST_SUITE_P(Cells, SessionTls12, ::testing::ValuesIn(tls12_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
