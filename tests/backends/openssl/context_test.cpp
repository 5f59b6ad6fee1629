// SPDX-License-Identifier: BSL-1.0
// Compiling configurations: keys in every form, what is refused and in which words, and what the backend says it can do.
#include "tests/backends/openssl/peers.hpp"
#include <omnitls/backends/openssl.hpp>

#include <set>

namespace omnitls::test {
namespace {

Identity identity(const std::string& chain, const std::string& key, std::string password = {}) {
    return must(
        Identity::from_pem(read_data(chain), read_data(key), std::move(password), chain, key));
}

/// A server and a client with this identity: both must come to the same conclusion.
std::optional<ErrorDetail> refusal(const Identity& mine) {
    ServerConfig server;
    server.identity = mine;
    ClientConfig client = client_config();
    client.identity = mine;
    const auto as_server = native::make_server_context(server);
    const auto as_client = native::make_client_context(client);
    EXPECT_EQ(as_server.has_value(), as_client.has_value());
    EXPECT_EQ(ERR_peek_error(), 0U);
    if (as_server) return std::nullopt;
    EXPECT_EQ(as_server.error().what, as_client.error().what);
    EXPECT_EQ(as_server.error().backend, "openssl");
    return as_server.error();
}

TEST(OpensslContext, TakesKeysInEveryForm) {
    EXPECT_FALSE(refusal(identity("leaf_chain.pem", "leaf.key")));
    EXPECT_FALSE(refusal(identity("leaf_chain.pem", "leaf_sec1.key")));
    EXPECT_FALSE(refusal(identity("leaf_rsa_chain.pem", "leaf_rsa.key")));
    EXPECT_FALSE(refusal(identity("leaf_rsa_chain.pem", "leaf_rsa_pkcs1.key")));
    EXPECT_FALSE(refusal(identity("leaf_ed25519_chain.pem", "leaf_ed25519.key")));
    EXPECT_FALSE(refusal(identity("leaf_p384_chain.pem", "leaf_p384.key")));
    EXPECT_FALSE(refusal(identity("leaf_chain.pem", "leaf_encrypted.key", encrypted_key_password)));
}

TEST(OpensslContext, NeedsTheRightPassword) {
    EXPECT_FALSE(refusal(identity("leaf_chain.pem", "leaf_encrypted.key", encrypted_key_password)));
    const auto error = refusal(identity("leaf_chain.pem", "leaf_encrypted.key", "correct hors"));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, Errc::bad_config);
    EXPECT_NE(error->what.find("leaf_encrypted.key"), std::string::npos) << error->what;
    EXPECT_NE(error->hint.find("password"), std::string::npos);
}

TEST(OpensslContext, NamesBothSourcesOfAMismatch) {
    for (const char* key : {"leaf_other.key", "leaf_rsa.key"}) {
        const auto error = refusal(identity("leaf_chain.pem", key));
        ASSERT_TRUE(error);
        EXPECT_EQ(error->code, Errc::bad_config);
        EXPECT_NE(
            error->what.find("leaf_chain.pem and " + std::string(key) + " do not belong together"),
            std::string::npos)
            << error->what;
    }
}

TEST(OpensslContext, NamesTheSourceOfAnUnreadableKey) {
    // A well-formed PKCS#8 key of an algorithm nobody has (2.999.1).
    const auto error = refusal(must(Identity::from_pem(
        read_data("leaf_chain.pem"),
        "-----BEGIN PRIVATE KEY-----\nMA0CAQAwBQYDiDcBBAEA\n-----END PRIVATE KEY-----\n", {},
        "leaf_chain.pem", "made up")));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, Errc::bad_config);
    EXPECT_NE(error->what.find("made up"), std::string::npos) << error->what;
}

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

TEST(OpensslContext, RefusesANameTooLongToSend) {
    const auto context = must(native::make_client_context(client_config()));
    EXPECT_TRUE(context->make_session(std::string(255, 'a')).has_value());
    const auto session = context->make_session(std::string(256, 'a'));
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().code, Errc::bad_config);
}

// A session lives on when its context is gone.
TEST(OpensslContext, MayGoBeforeItsSessions) {
    ClientConfig mine = client_config();
    mine.alpn = {"h2"};
    auto context = must(native::make_client_context(mine));
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
        EXPECT_EQ(row.reason.empty(), row.state == CapabilityState::native) << row.name;
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
    const bool claimed = backends::openssl().capabilities().has("x25519mlkem768");
    EXPECT_EQ(client.session().facts().group, claimed ? 0x11ec : 0x001d);
    EXPECT_EQ(server.session().facts().group, client.session().facts().group);
}

}  // namespace
}  // namespace omnitls::test
