// SPDX-License-Identifier: BSL-1.0
// Handshake, data and facts on every pair, version and chunking.
#include "tests/conformance/cell.hpp"

namespace omnitls::test {
namespace {

class Handshake : public CellTest {};

TEST_P(Handshake, ConnectsVerifiesAndEchoes) {
    Pair pair(GetParam().setup());
    pair.client.write_when_open = "ping";
    pair.server.write_when_open = "welcome";
    exchange(pair.client, pair.server, GetParam().chunking);
    EXPECT_EQ(pair.client.engine->state(), State::open);
    EXPECT_EQ(pair.server.engine->state(), State::open);
    EXPECT_EQ(pair.server.received, "ping");
    EXPECT_EQ(pair.client.received, "welcome");
    EXPECT_EQ(pair.client.questions, 1);
    EXPECT_EQ(pair.server.questions, 0);
    EXPECT_FALSE(pair.client.error);
    EXPECT_FALSE(pair.server.error);
    // In TLS 1.2 the server's Finished answers the client's, which waits for the verdict.
    const std::vector<std::string> tls12{"handshake", "verify_pending", "handshake", "open"};
    const std::vector<std::string> tls13{"handshake", "verify_pending", "open"};
    EXPECT_EQ(pair.client.trace, GetParam().version == ProtocolVersion::tls13 ? tls13 : tls12);
}

TEST_P(Handshake, BothEndsAgreeOnTheFacts) {
    PairSetup setup = GetParam().setup();
    setup.client_alpn = {"nobody", "xmpp-client"};
    setup.server_alpn = {"imap", "xmpp-client"};
    Pair pair(setup);
    exchange(pair.client, pair.server, GetParam().chunking);
    const ConnectionInfo& client = pair.client.engine->info();
    const ConnectionInfo& server = pair.server.engine->info();
    EXPECT_EQ(client.version, GetParam().version);
    EXPECT_EQ(server.version, GetParam().version);
    EXPECT_EQ(client.cipher_suite, server.cipher_suite);
    EXPECT_NE(client.cipher_suite, 0);
    EXPECT_EQ(client.group, server.group);
    EXPECT_NE(client.group, 0);
    EXPECT_EQ(client.alpn, "xmpp-client");
    EXPECT_EQ(server.alpn, "xmpp-client");
    EXPECT_EQ(client.sni, "omnitls.test");
    EXPECT_EQ(server.sni, "omnitls.test");
    EXPECT_NE(client.signature_scheme, 0);
    if (has_cryptography(*GetParam().client)) {
        EXPECT_EQ(signature_scheme_name(client.signature_scheme), "ecdsa_secp256r1_sha256");
    }
    EXPECT_FALSE(client.resumed);
    EXPECT_EQ(client.role, Role::client);
    EXPECT_EQ(server.role, Role::server);
}

TEST_P(Handshake, TheEvidenceIsWhatTheServerSent) {
    Pair pair(GetParam().setup());
    exchange(pair.client, pair.server, GetParam().chunking);
    const auto evidence = pair.client.engine->evidence();
    ASSERT_NE(evidence, nullptr);
    const std::vector<Bytes> sent = load_chain("leaf");
    ASSERT_EQ(evidence->peer.chain.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(evidence->peer.chain[i].der, sent[i]);
    EXPECT_TRUE(failures_on(*GetParam().client, *evidence).empty());
    EXPECT_EQ(evidence->path.size(), sent.size() + 1);
    EXPECT_EQ(evidence->name.matched_by, "DNS:omnitls.test");
    EXPECT_EQ(evidence->role, Role::client);
    EXPECT_EQ(evidence->time, test_time());
    EXPECT_EQ(evidence->version, GetParam().version);
    EXPECT_EQ(evidence->dial_address, "omnitls.test");
    EXPECT_EQ(evidence->sni, "omnitls.test");
}

TEST_P(Handshake, ALongChainArrivesWhole) {
    need("long_chains");
    if (IsSkipped()) return;
    PairSetup setup = GetParam().setup();
    setup.server_role = "leaf_big";
    Pair pair(setup);
    pair.client.decide = [](const VerifyRequest& request) {
        return Verdict::trusted_despite(request.failures());
    };
    exchange(pair.client, pair.server, GetParam().chunking);
    EXPECT_EQ(pair.client.engine->state(), State::open);
    EXPECT_EQ(pair.client.engine->evidence()->peer.chain[0].der, load_chain("leaf_big")[0]);
    EXPECT_GT(pair.client.engine->evidence()->peer.chain[0].der.size(), 16384U);
}

TEST_P(Handshake, NoCommonVersionIsTheSameOnBothEnds) {
    const auto other = GetParam().version == ProtocolVersion::tls13 ? ProtocolVersion::tls12
                                                                    : ProtocolVersion::tls13;
    OMNITLS_NEEDS(*GetParam().server, capability_of(other));
    for (const bool common : {false, true}) {
        SCOPED_TRACE(common);
        PairSetup setup = GetParam().setup();
        setup.server_versions = common ? setup.versions : VersionRange{other, other};
        Pair pair(setup);
        exchange(pair.client, pair.server, GetParam().chunking);
        EXPECT_EQ(pair.client.engine->state(), common ? State::open : State::failed);
        if (common) continue;
        EXPECT_EQ(pair.server.error, Errc::no_common_version)
            << pair.server.engine->last_error()->to_string();
        EXPECT_EQ(pair.client.error, Errc::no_common_version)
            << pair.client.engine->last_error()->to_string();
        EXPECT_EQ(pair.server.engine->last_error()->phase, Phase::handshake);
        EXPECT_EQ(pair.client.questions, 0);
    }
}

TEST_P(Handshake, NoCommonProtocolIsTheSameOnBothEnds) {
    for (const bool common : {false, true}) {
        SCOPED_TRACE(common);
        PairSetup setup = GetParam().setup();
        setup.client_alpn = {"imap"};
        setup.server_alpn = {common ? "imap" : "pop3"};
        Pair pair(setup);
        exchange(pair.client, pair.server, GetParam().chunking);
        EXPECT_EQ(pair.client.engine->state(), common ? State::open : State::failed);
        if (common) continue;
        EXPECT_EQ(pair.server.error, Errc::no_common_protocol);
        EXPECT_EQ(pair.client.error, Errc::no_common_protocol);
        EXPECT_EQ(pair.client.engine->last_error()->alert_received, Alert::no_application_protocol);
        EXPECT_EQ(pair.server.engine->last_error()->alert_sent, Alert::no_application_protocol);
    }
}

INSTANTIATE_TEST_SUITE_P(Cells, Handshake, ::testing::ValuesIn(all_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
