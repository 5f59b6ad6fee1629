// SPDX-License-Identifier: BSL-1.0
// The veto: exactly this path, exactly this anchor, and only what is GnuTLS's to judge.
#include "tests/backends/gnutls/peers.hpp"

namespace omnitls::test {
namespace {

using spi::Purpose;

class GnutlsVerifyPath : public testing::Test {
protected:
    spi::PathVeto veto(const std::vector<Certificate>& path,
                       Purpose purpose = Purpose::server_auth) const {
        std::vector<spi::PathElement> elements;
        for (const Certificate& certificate : path) elements.push_back({&certificate, nullptr});
        const spi::PathVeto word = context_->verify_path(elements, purpose);
        EXPECT_EQ(word.accepted, word.native_code == 0);
        EXPECT_EQ(word.accepted, word.native_text.empty());
        return word;
    }
    spi::PathVeto veto_on(const std::string& role, Purpose purpose = Purpose::server_auth,
                          const std::string& anchor = "root") const {
        std::vector<Certificate> path = load_certificates(role + "_chain.pem");
        path.push_back(load_certificate(anchor));
        return veto(path, purpose);
    }

private:
    std::unique_ptr<spi::NativeContext> context_ = must(native::compile(client_config()));
};

TEST_F(GnutlsVerifyPath, AcceptsGoodPathsAndLeavesToCoreWhatIsCores) {
    for (const std::string role :
         {"leaf", "leaf_rsa", "leaf_p384", "leaf_ed25519", "leaf_under_root", "leaf_big",
          "leaf_path_length_ok", "leaf_constrained_ok", "leaf_unknown_noncritical",
          // Dates, strength and names.
          "leaf_expired", "leaf_not_yet", "leaf_under_expired_intermediate", "leaf_weak_rsa1024",
          "leaf_sha1", "leaf_wrong_name", "leaf_san_other_types"}) {
        const spi::PathVeto word = veto_on(role);
        EXPECT_TRUE(word.accepted) << role << ": " << word.native_text;
    }
}

TEST_F(GnutlsVerifyPath, RefusesWhatBreaksARule) {
    const std::pair<const char*, unsigned> rows[] = {
        {"leaf_wrong_eku", GNUTLS_CERT_PURPOSE_MISMATCH},
        {"leaf_unknown_critical", GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS},
        {"leaf_path_length", GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE},
        {"leaf_constrained_outside", GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE},
        {"leaf_constrained_excluded", GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE},
        {"leaf_under_not_ca", GNUTLS_CERT_SIGNER_NOT_CA},
        {"leaf_under_no_cert_sign", GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE},
    };
    EXPECT_TRUE(veto_on("leaf").accepted);
    for (const auto& [role, status] : rows) {
        const spi::PathVeto word = veto_on(role);
        EXPECT_FALSE(word.accepted) << role;
        EXPECT_NE(static_cast<unsigned>(word.native_code) & status, 0U)
            << role << ": " << word.native_text;
    }
}

TEST_F(GnutlsVerifyPath, HasAPurpose) {
    EXPECT_TRUE(veto_on("leaf", Purpose::server_auth).accepted);
    EXPECT_FALSE(veto_on("leaf", Purpose::client_auth).accepted);
    EXPECT_TRUE(veto_on("client", Purpose::client_auth).accepted);
    EXPECT_FALSE(veto_on("client", Purpose::server_auth).accepted);
}

TEST_F(GnutlsVerifyPath, AnyCertificateMayBeTheOnlyAnchor) {
    const Certificate leaf = load_certificate("leaf");
    EXPECT_TRUE(veto({leaf, load_certificate("intermediate")}).accepted);
    EXPECT_TRUE(veto({leaf}).accepted);
    EXPECT_TRUE(veto({load_certificate("leaf_self_signed")}).accepted);
    EXPECT_FALSE(veto({leaf, load_certificate("other_intermediate")}).accepted);
    EXPECT_FALSE(veto({load_certificate("leaf_wrong_eku")}).accepted);
    EXPECT_FALSE(veto({}).accepted);
    EXPECT_FALSE(veto_on("leaf", Purpose::server_auth, "other_root").accepted);
    EXPECT_TRUE(veto_on("leaf_unknown_ca", Purpose::server_auth, "other_root").accepted);
    EXPECT_FALSE(veto_on("leaf_unknown_ca").accepted);
}

// Cross-signing: one key, two paths; each is judged as it was given.
TEST_F(GnutlsVerifyPath, FollowsTheGivenPathOnly) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate direct = load_certificate("intermediate");
    const Certificate cross = load_certificate("intermediate_cross");
    const Certificate root = load_certificate("root");
    const Certificate other = load_certificate("other_root");
    EXPECT_TRUE(veto({leaf, direct, root}).accepted);
    EXPECT_TRUE(veto({leaf, cross, other}).accepted);
    EXPECT_FALSE(veto({leaf, direct, other}).accepted);
    EXPECT_FALSE(veto({leaf, cross, root}).accepted);
    // A gap, a wrong order, and elements that lead nowhere.
    EXPECT_FALSE(veto({leaf, root}).accepted);
    EXPECT_FALSE(veto({leaf, cross, direct, root}).accepted);
    EXPECT_FALSE(veto({leaf, direct, direct, root}).accepted);
    const Certificate under_root = load_certificate("leaf_under_root");
    EXPECT_TRUE(veto({under_root, root}).accepted);
    EXPECT_FALSE(veto({under_root, direct, root}).accepted);
}

// GnuTLS ends a chain at any certificate with the anchor's name and key; the links above it are then unseen.
TEST_F(GnutlsVerifyPath, AShortenedPathIsNotTheOneGiven) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate direct = load_certificate("intermediate");
    const Certificate cross = load_certificate("intermediate_cross");
    EXPECT_TRUE(veto({leaf, cross}).accepted);
    EXPECT_FALSE(veto({leaf, direct, cross}).accepted);
    EXPECT_FALSE(veto({leaf, direct, leaf}).accepted);
}

TEST_F(GnutlsVerifyPath, ChecksSignatures) {
    for (const std::size_t victim : {std::size_t{0}, std::size_t{1}}) {
        std::vector<Certificate> path = load_certificates("leaf_chain.pem");
        path.push_back(load_certificate("root"));
        EXPECT_TRUE(veto(path).accepted);
        Bytes forged = path[victim].der();
        forged.back() ^= 1U;
        path[victim] = must(Certificate::parse(forged));
        EXPECT_FALSE(veto(path).accepted);
    }
}

TEST_F(GnutlsVerifyPath, TakesTheDerOfASession) {
    Ours client(client_config());
    Raw server({});
    shake(client, server);
    ASSERT_TRUE(client.done());
    const auto chain = client.session->peer_chain();
    const std::vector<Bytes> sent = load_chain("leaf");
    ASSERT_EQ(chain.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i)
        EXPECT_EQ(Bytes(chain[i].der.begin(), chain[i].der.end()), sent[i]);
}

}  // namespace
}  // namespace omnitls::test
