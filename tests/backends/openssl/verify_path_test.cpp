// SPDX-License-Identifier: BSL-1.0
// The veto: exactly this path, exactly this anchor, and only what is OpenSSL's to judge.
#include "tests/backends/openssl/peers.hpp"

#include <openssl/x509_vfy.h>

namespace omnitls::test {
namespace {

using spi::Purpose;

class OpensslVerifyPath : public testing::Test {
protected:
    spi::PathVeto veto(const std::vector<Certificate>& path,
                       Purpose purpose = Purpose::server_auth) const {
        std::vector<spi::PathElement> elements;
        for (const Certificate& certificate : path) elements.push_back({&certificate, nullptr});
        return context_->verify_path(elements, purpose);
    }
    /// The role's chain as sent, then `anchor`.
    static std::vector<Certificate> path_of(const std::string& role,
                                            const std::string& anchor = "root") {
        std::vector<Certificate> path = load_certificates(role + "_chain.pem");
        path.push_back(load_certificate(anchor));
        return path;
    }
    bool accepts(const std::string& role, Purpose purpose = Purpose::server_auth,
                 const std::string& anchor = "root") const {
        const spi::PathVeto word = veto(path_of(role, anchor), purpose);
        EXPECT_EQ(word.accepted, word.native_code == X509_V_OK) << role;
        EXPECT_EQ(word.accepted, word.native_text.empty()) << role;
        return word.accepted;
    }

private:
    std::unique_ptr<spi::NativeContext> context_ =
        must(native::make_client_context(client_config()));
};

TEST_F(OpensslVerifyPath, AcceptsGoodPaths) {
    for (const std::string role :
         {"leaf", "leaf_rsa", "leaf_p384", "leaf_ed25519", "leaf_under_root", "leaf_big",
          "leaf_path_length_ok", "leaf_constrained_ok", "leaf_unknown_noncritical"})
        EXPECT_TRUE(accepts(role)) << role;
    EXPECT_TRUE(accepts("client", Purpose::client_auth));
    EXPECT_TRUE(accepts("client_rsa", Purpose::client_auth));
    EXPECT_TRUE(accepts("leaf_unknown_ca", Purpose::server_auth, "other_root"));
}

// Dates, strength and names are core's, for all backends alike.
TEST_F(OpensslVerifyPath, LeavesToCoreWhatIsCores) {
    for (const std::string role :
         {"leaf_expired", "leaf_not_yet", "leaf_under_expired_intermediate", "leaf_weak_rsa1024",
          "leaf_sha1", "leaf_wrong_name", "leaf_san_other_types"})
        EXPECT_TRUE(accepts(role)) << role;
}

TEST_F(OpensslVerifyPath, RefusesWhatBreaksARule) {
    const std::pair<const char*, int> rows[] = {
        {"leaf_wrong_eku", X509_V_ERR_INVALID_PURPOSE},
        {"leaf_unknown_critical", X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION},
        {"leaf_path_length", X509_V_ERR_PATH_LENGTH_EXCEEDED},
        {"leaf_constrained_outside", X509_V_ERR_PERMITTED_VIOLATION},
        {"leaf_constrained_excluded", X509_V_ERR_EXCLUDED_VIOLATION},
    };
    for (const auto& [role, code] : rows) {
        const spi::PathVeto word = veto(path_of(role));
        EXPECT_FALSE(word.accepted) << role;
        EXPECT_EQ(word.native_code, code) << role << ": " << word.native_text;
        EXPECT_NE(word.native_text.find(" at depth "), std::string::npos);
    }
    EXPECT_FALSE(accepts("leaf_under_not_ca"));
    EXPECT_FALSE(accepts("leaf_under_no_cert_sign"));
}

TEST_F(OpensslVerifyPath, HasAPurpose) {
    EXPECT_TRUE(accepts("leaf", Purpose::server_auth));
    EXPECT_FALSE(accepts("leaf", Purpose::client_auth));
    EXPECT_TRUE(accepts("client", Purpose::client_auth));
    EXPECT_FALSE(accepts("client", Purpose::server_auth));
}

TEST_F(OpensslVerifyPath, TakesNoOtherAnchor) {
    EXPECT_TRUE(accepts("leaf"));
    EXPECT_FALSE(accepts("leaf", Purpose::server_auth, "other_root"));
    EXPECT_FALSE(accepts("leaf_unknown_ca"));
}

TEST_F(OpensslVerifyPath, AnyCertificateMayBeTheAnchor) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate self_signed = load_certificate("leaf_self_signed");
    const Certificate intermediate = load_certificate("intermediate");
    EXPECT_TRUE(veto({leaf, intermediate}).accepted);
    EXPECT_TRUE(veto({leaf}).accepted);
    EXPECT_TRUE(veto({self_signed}).accepted);
    EXPECT_FALSE(veto({leaf, load_certificate("other_intermediate")}).accepted);
    EXPECT_FALSE(veto({load_certificate("leaf_wrong_eku")}).accepted);
    EXPECT_FALSE(veto({}).accepted);
}

// Cross-signing: one key, two paths; each is judged as it was given.
TEST_F(OpensslVerifyPath, FollowsTheGivenPathOnly) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate direct = load_certificate("intermediate");
    const Certificate cross = load_certificate("intermediate_cross");
    const Certificate root = load_certificate("root");
    const Certificate other = load_certificate("other_root");
    EXPECT_TRUE(veto({leaf, direct, root}).accepted);
    EXPECT_TRUE(veto({leaf, cross, other}).accepted);
    EXPECT_FALSE(veto({leaf, direct, other}).accepted);
    EXPECT_FALSE(veto({leaf, cross, root}).accepted);
    // A gap, and an element that leads nowhere: OpenSSL would find a way without it.
    EXPECT_FALSE(veto({leaf, root}).accepted);
    const Certificate under_root = load_certificate("leaf_under_root");
    EXPECT_TRUE(veto({under_root, root}).accepted);
    const spi::PathVeto detour = veto({under_root, direct, root});
    EXPECT_FALSE(detour.accepted);
    EXPECT_EQ(detour.native_text, "OpenSSL took another path than the one given");
}

TEST_F(OpensslVerifyPath, ChecksSignatures) {
    std::vector<Certificate> path = path_of("leaf");
    EXPECT_TRUE(veto(path).accepted);
    Bytes forged = path[0].der();
    forged.back() ^= 1U;
    path[0] = must(Certificate::parse(forged));
    const spi::PathVeto word = veto(path);
    EXPECT_FALSE(word.accepted);
    EXPECT_EQ(word.native_code, X509_V_ERR_CERT_SIGNATURE_FAILURE) << word.native_text;
}

// The session's own objects and fresh ones are judged alike.
TEST_F(OpensslVerifyPath, WorksOnTheObjectsOfASession) {
    for (const auto& [role, good] : {std::pair{"leaf", true}, {"leaf_wrong_eku", false}}) {
        Ours client(client_config());
        Raw server(Role::server, Raw::identity(role));
        shake(client, server);
        ASSERT_TRUE(client.done());
        const std::vector<Certificate> path = path_of(role);
        const auto chain = client.session().peer_chain();
        ASSERT_EQ(chain.size() + 1, path.size());
        std::vector<spi::PathElement> elements;
        for (std::size_t i = 0; i < path.size(); ++i)
            elements.push_back({&path[i], i < chain.size() ? chain[i].native : nullptr});
        EXPECT_EQ(client.context().verify_path(elements, Purpose::server_auth).accepted, good);
        EXPECT_EQ(veto(path).accepted, good);
    }
}

}  // namespace
}  // namespace omnitls::test
