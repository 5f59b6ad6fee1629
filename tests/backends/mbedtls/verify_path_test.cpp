// SPDX-License-Identifier: BSL-1.0
// The veto: exactly this path, exactly this anchor, and only what is mbedTLS' to judge.
#include "tests/backends/mbedtls/peers.hpp"

namespace omnitls::test {
namespace {

using spi::Purpose;

class MbedtlsVerifyPath : public testing::Test {
protected:
    spi::PathVeto veto(const std::vector<Certificate>& path,
                       Purpose purpose = Purpose::server_auth) const {
        std::vector<spi::PathElement> elements;
        for (const Certificate& certificate : path) elements.push_back({&certificate, nullptr});
        return context_->verify_path(elements, purpose);
    }
    static std::vector<Certificate> path_of(const std::string& role, const std::string& anchor) {
        std::vector<Certificate> path = load_certificates(role + "_chain.pem");
        path.push_back(load_certificate(anchor));
        return path;
    }
    /// The role's chain as sent, then `anchor`.
    bool accepts(const std::string& role, Purpose purpose = Purpose::server_auth,
                 const std::string& anchor = "root") const {
        const spi::PathVeto word = veto(path_of(role, anchor), purpose);
        EXPECT_EQ(word.accepted, word.native_code == 0 && word.native_text.empty()) << role;
        return word.accepted;
    }

private:
    std::unique_ptr<spi::NativeContext> context_ =
        must(native::make_client_context(client_config(both(ProtocolVersion::tls12))));
};

TEST_F(MbedtlsVerifyPath, AcceptsGoodPathsAndWhatIsCoresToJudge) {
    for (const std::string role :
         {"leaf", "leaf_rsa", "leaf_p384", "leaf_under_root", "leaf_big", "leaf_path_length_ok",
          "leaf_unknown_noncritical", "leaf_constrained_ok", "leaf_constrained_outside",
          "leaf_expired", "leaf_not_yet", "leaf_under_expired_intermediate", "leaf_weak_rsa1024",
          "leaf_sha1", "leaf_wrong_name", "leaf_san_other_types"})
        EXPECT_TRUE(accepts(role)) << role;
    EXPECT_TRUE(accepts("client_rsa", Purpose::client_auth));
    EXPECT_TRUE(accepts("leaf_unknown_ca", Purpose::server_auth, "other_root"));
}

TEST_F(MbedtlsVerifyPath, RefusesWhatBreaksARule) {
    for (const std::string role : {"leaf_wrong_eku", "leaf_unknown_critical", "leaf_path_length",
                                   "leaf_under_not_ca", "leaf_under_no_cert_sign", "leaf_ed25519"})
        EXPECT_FALSE(accepts(role)) << role;
}

// mbedTLS itself leaves the purpose alone.
TEST_F(MbedtlsVerifyPath, HasAPurpose) {
    EXPECT_TRUE(accepts("leaf", Purpose::server_auth));
    EXPECT_FALSE(accepts("leaf", Purpose::client_auth));
    EXPECT_TRUE(accepts("client", Purpose::client_auth));
    EXPECT_FALSE(accepts("client", Purpose::server_auth));
}

// mbedTLS trusts no leaf for being listed, unless it is self-signed.
TEST_F(MbedtlsVerifyPath, AnyCertificateMayBeTheAnchor) {
    const Certificate leaf = load_certificate("leaf");
    EXPECT_TRUE(veto({leaf, load_certificate("intermediate")}).accepted);
    EXPECT_TRUE(veto({leaf}).accepted);
    EXPECT_TRUE(veto({load_certificate("leaf_self_signed")}).accepted);
    EXPECT_FALSE(veto({leaf, load_certificate("other_intermediate")}).accepted);
    EXPECT_FALSE(veto({load_certificate("leaf_wrong_eku")}).accepted);
    EXPECT_FALSE(veto({}).accepted);
}

// Cross-signing: one key, two paths; each is judged as it was given.
TEST_F(MbedtlsVerifyPath, FollowsTheGivenPathOnly) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate direct = load_certificate("intermediate");
    const Certificate cross = load_certificate("intermediate_cross");
    const Certificate root = load_certificate("root");
    const Certificate other = load_certificate("other_root");
    EXPECT_TRUE(veto({leaf, direct, root}).accepted);
    EXPECT_TRUE(veto({leaf, cross, other}).accepted);
    EXPECT_FALSE(veto({leaf, direct, other}).accepted);
    EXPECT_FALSE(veto({leaf, cross, root}).accepted);
    EXPECT_FALSE(veto({leaf, root}).accepted);
    // An element that leads nowhere: mbedTLS would find a way without it.
    const Certificate under_root = load_certificate("leaf_under_root");
    EXPECT_TRUE(veto({under_root, root}).accepted);
    const spi::PathVeto detour = veto({under_root, direct, root});
    EXPECT_FALSE(detour.accepted);
    EXPECT_EQ(detour.native_text, "mbedTLS took another path than the one given");
}

TEST_F(MbedtlsVerifyPath, ChecksSignatures) {
    for (const std::size_t victim : {std::size_t{0}, std::size_t{1}}) {
        std::vector<Certificate> path = path_of("leaf", "root");
        EXPECT_TRUE(veto(path).accepted);
        Bytes forged = path[victim].der();
        forged.back() ^= 1U;
        path[victim] = must(Certificate::parse(forged));
        EXPECT_FALSE(veto(path).accepted);
    }
}

}  // namespace
}  // namespace omnitls::test
