// SPDX-License-Identifier: BSL-1.0
// Configurations that cannot be used, each beside the one that can.
#include "core/config_check.hpp"

#include "tests/support/certs.hpp"
#include <omnitls/danger/accept_any.hpp>

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

ClientConfig good_client() {
    ClientConfig config;
    config.trust = test::load_anchors("root");
    return config;
}

ServerConfig good_server() {
    ServerConfig config;
    config.identity = test::load_identity("leaf");
    return config;
}

template <class Config, class Change>
void expect_bad(Config config, const std::string& field, Change change) {
    SCOPED_TRACE(field);
    EXPECT_FALSE(check_config(config).has_value());
    change(config);
    const auto error = check_config(config);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, Errc::bad_config);
    EXPECT_EQ(error->phase, Phase::configuration);
    EXPECT_EQ(error->what.find(field), 0U) << error->what;
}

TEST(ConfigCheck, NamesTheField) {
    expect_bad(good_client(), "trust", [](ClientConfig& c) { c.trust = {}; });
    expect_bad(good_client(), "versions", [](ClientConfig& c) {
        c.versions = {ProtocolVersion::tls13, ProtocolVersion::tls12};
    });
    expect_bad(good_client(), "versions", [](ClientConfig& c) {
        c.versions = {ProtocolVersion::tls12, static_cast<ProtocolVersion>(0x0305)};
    });
    expect_bad(good_client(), "algorithms.cipher_suites",
               [](ClientConfig& c) { c.algorithms.cipher_suites = {0x002f}; });
    expect_bad(good_server(), "algorithms.groups", [](ServerConfig& c) {
        c.algorithms.groups = {0x001d, 0};
    });
    expect_bad(good_client(), "alpn", [](ClientConfig& c) { c.alpn = {"h2", ""}; });
    expect_bad(good_client(), "alpn", [](ClientConfig& c) { c.alpn = {std::string(256, 'a')}; });
    expect_bad(good_client(), "alpn",
               [](ClientConfig& c) { c.alpn.assign(300, std::string(255, 'a')); });
    expect_bad(good_client(), "limits.handshake_bytes",
               [](ClientConfig& c) { c.limits.handshake_bytes = 10; });
    expect_bad(good_client(), "limits.path_depth",
               [](ClientConfig& c) { c.limits.path_depth = 0; });
    expect_bad(good_client(), "strength",
               [](ClientConfig& c) { c.strength = static_cast<Strength>(3); });
    expect_bad(good_client(), "revocation",
               [](ClientConfig& c) { c.revocation = static_cast<Revocation>(2); });
    expect_bad(good_client(), "revocation",
               [](ClientConfig& c) { c.revocation = Revocation::required; });
    expect_bad(good_server(), "client_auth",
               [](ServerConfig& c) { c.strength = Strength::bits_128; });
    expect_bad(good_server(), "client_auth", [](ServerConfig& c) {
        c.revocation_lists = test::must(RevocationLists::from_text(test::read_data("root.crl")));
    });
    expect_bad(good_server(), "identity", [](ServerConfig& c) { c.identity.reset(); });
    expect_bad(good_server(), "client_trust",
               [](ServerConfig& c) { c.client_auth = ClientAuth::request; });
    expect_bad(good_server(), "client_auth",
               [](ServerConfig& c) { c.client_trust = test::load_anchors("root"); });
    expect_bad(good_server(), "client_auth",
               [](ServerConfig& c) { c.verifier = baseline_verifier(); });
}

// What a peer must show, this side must show as well: as a client and as a server, and before anything else is looked at.
TEST(ConfigCheck, OnesOwnCertificateHasToBeStrong) {
    for (const char* weak : {"leaf_weak_rsa1024", "leaf_sha1", "shape_dsa"}) {
        const auto change = [weak](auto& config) { config.identity = test::load_identity(weak); };
        expect_bad(good_client(), "identity", change);
        expect_bad(good_server(), "identity", change);
    }
    ClientConfig client = good_client();
    for (const char* strong : {"leaf_rsa", "leaf_p384", "leaf_ed25519", "leaf_self_signed_sha1"}) {
        client.identity = test::load_identity(strong);
        EXPECT_FALSE(check_config(client).has_value()) << strong;
    }
}

TEST(ConfigCheck, NamesTheCertificateOfAChainThatIsWeak) {
    ServerConfig config = good_server();
    config.identity =
        *Identity::from_pem(test::read_data("leaf.pem") + test::read_data("leaf_weak_rsa1024.pem"),
                            test::read_data("leaf.key"), {}, "chain\n.pem", "key.pem");
    const auto error = check_config(config);
    ASSERT_TRUE(error.has_value());
    const std::string described = test::load_certificate("leaf_weak_rsa1024").describe();
    EXPECT_EQ(error->what, "identity: the certificate " + described + " in " +
                               config.identity->sources() +
                               " is too weak: RSA key of 1024 bits, at least 2048 wanted");
    EXPECT_EQ(error->what.find('\n'), std::string::npos);
}

TEST(ConfigCheck, AVerifierOfOnesOwnNeedsNoAnchors) {
    ClientConfig client;
    client.verifier = danger::accept_any();
    EXPECT_FALSE(check_config(client).has_value());
    ServerConfig server = good_server();
    server.client_auth = ClientAuth::require;
    server.verifier = danger::accept_any();
    EXPECT_FALSE(check_config(server).has_value());
}

TEST(ConfigCheck, ATargetNeedsANameUnlessDangerSaysOtherwise) {
    EXPECT_TRUE(check_target({}).has_value());
    EXPECT_FALSE(check_target(danger::any_name()).has_value());
    ClientTarget target = *ClientTarget::host("omnitls.test");
    EXPECT_FALSE(check_target(target).has_value());
    target.sni = "two words";
    EXPECT_TRUE(check_target(target).has_value());
}

TEST(ConfigCheck, SniIsTheFirstDnsNameAndNeverAnAddress) {
    EXPECT_EQ(with_sni(*ClientTarget::host("Example.ORG.")).sni, "example.org");
    EXPECT_EQ(with_sni(*ClientTarget::host("127.0.0.1")).sni, "");
    EXPECT_EQ(ClientTarget::host("127.0.0.1")->dial_address, "127.0.0.1");
    ClientTarget target = *ClientTarget::host("127.0.0.1");
    target.names.push_back(*ReferenceIdentity::dns("b.test"));
    EXPECT_EQ(with_sni(target).sni, "b.test");
    target.sni = "";
    EXPECT_EQ(with_sni(target).sni, "");
    EXPECT_FALSE(ClientTarget::host("*.example.org").has_value());
}

}  // namespace
}  // namespace omnitls::core
