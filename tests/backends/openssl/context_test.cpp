// SPDX-License-Identifier: BSL-1.0
// Compiling configurations: what is agreed on, what is hinted at and refused, and what the backend says it can do.
#include "tests/backends/openssl/peers.hpp"
#include <omnitls/backends/openssl.hpp>

#include <set>

namespace omnitls::test {
namespace {

TEST(OpensslContext, KeepsToItsVersions) {
    for (const VersionRange versions : {only12, only13, VersionRange{}}) {
        const auto allowed = [&](int version) {
            Ours server(server_config(versions));
            Raw client(Role::client, [&](SSL_CTX* ctx) { Raw::limit(ctx, version); });
            shake(client, server);
            return server.done();
        };
        EXPECT_EQ(allowed(TLS1_2_VERSION), versions.min == ProtocolVersion::tls12);
        EXPECT_EQ(allowed(TLS1_3_VERSION), versions.max == ProtocolVersion::tls13);
        EXPECT_FALSE(allowed(TLS1_1_VERSION));
    }
}

TEST(OpensslContext, HintsAtTheAuthoritiesItTrusts) {
    for (const bool asks : {true, false}) {
        ServerConfig config = server_config();
        config.client_auth = asks ? ClientAuth::request : ClientAuth::none;
        config.client_trust =
            TrustAnchors::of({load_certificate("root"), load_certificate("other_root")});
        Ours server(config);
        Raw client(Role::client, Raw::identity("client"));
        shake(client, server);
        ASSERT_TRUE(client.done() && server.done());
        const auto* names = SSL_get0_peer_CA_list(client.ssl());
        EXPECT_EQ(names == nullptr ? 0 : sk_X509_NAME_num(names), asks ? 2 : 0);
        EXPECT_EQ(server.sink.seen, asks ? 1 : 0);
    }
}

// A certificate that is refused leaves nothing in the thread's error queue for the next one to find.
TEST(OpensslContext, LeavesNoErrorBehind) {
    ServerConfig config = server_config();
    for (const char* key : {"leaf", "leaf_other", "leaf_rsa"}) {
        config.identity = load_identity("leaf", key);
        EXPECT_EQ(native::Backend().make_server_context(config).has_value(),
                  key == std::string("leaf"));
        EXPECT_EQ(ERR_peek_error(), 0U) << key;
    }
}

TEST(OpensslContext, RefusesANameTooLongToSend) {
    const auto context = must(native::Backend().make_client_context(client_config()));
    EXPECT_TRUE(context->make_session(std::string(255, 'a')).has_value());
    const auto session = context->make_session(std::string(256, 'a'));
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().code, Errc::bad_config);
}

// A session lives on when its context is gone.
TEST(OpensslContext, MayGoBeforeItsSessions) {
    ClientConfig mine = client_config();
    mine.alpn = {"h2"};
    auto context = must(native::Backend().make_client_context(mine));
    const auto session = must(context->make_session("omnitls.test"));
    context.reset();
    MemorySink sink;
    Input in;
    EXPECT_EQ(session->advance(in, sink).progress, spi::Progress::need_input);
    EXPECT_FALSE(sink.output.empty());
}

TEST(OpensslBackend, SaysWhatItIsAndCanDo) {
    const TlsBackend& backend = backends::openssl();
    EXPECT_EQ(&backend, &backends::openssl());
    EXPECT_EQ(backend.name(), "openssl");
    EXPECT_EQ(backend.version(), OpenSSL_version(OPENSSL_VERSION_STRING));
    std::set<std::string> names;
    for (const Capability& row : backend.capabilities().rows()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_EQ(row.reason.empty() || row.reason.ends_with(" alone"),
                  row.state == CapabilityState::native)
            << row.name;
    }
    EXPECT_TRUE(backend.capabilities().has("tls12"));
    EXPECT_TRUE(backend.capabilities().has("tls13"));
    EXPECT_FALSE(backend.capabilities().has("client_key_before_verdict"));
    EXPECT_FALSE(backend.capabilities().has("renegotiation"));
    EXPECT_EQ(backend.capabilities().find("hold_verdict")->state, CapabilityState::emulated);
}

// The claim about the hybrid group is the running library's, and this is what it means.
TEST(OpensslBackend, UsesTheHybridGroupIfItClaimsIt) {
    Ours client(client_config());
    Ours server(server_config());
    shake(client, server);
    ASSERT_TRUE(client.done() && server.done());
    const bool claimed = backends::openssl().capabilities().has("X25519MLKEM768");
    EXPECT_EQ(client.session().facts().group, claimed ? 0x11ec : 0x001d);
    EXPECT_EQ(server.session().facts().group, client.session().facts().group);
}

}  // namespace
}  // namespace omnitls::test
