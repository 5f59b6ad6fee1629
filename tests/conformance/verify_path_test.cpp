// SPDX-License-Identifier: BSL-1.0
// Every library's veto, asked behind core's back: exactly this path, exactly this anchor, and nothing that is core's to judge.
#include "core/shell_setup.hpp"
#include "tests/conformance/on_backend.hpp"

namespace omnitls::test {
namespace {

using spi::Purpose;

class VerifyPathOn : public OnBackend {
protected:
    spi::PathVeto veto(const std::vector<Certificate>& path,
                       Purpose purpose = Purpose::server_auth) const {
        std::vector<spi::PathElement> elements;
        for (const Certificate& certificate : path) elements.push_back({&certificate, nullptr});
        const spi::PathVeto word =
            core::setup_of(context_.get())->native->verify_path(elements, purpose);
        EXPECT_EQ(word.accepted, word.native_code == 0) << word.native_text;
        EXPECT_EQ(word.accepted, word.native_text.empty()) << word.native_text;
        return word;
    }
    bool accepts(const std::vector<Certificate>& path) const { return veto(path).accepted; }
    /// The role's chain as sent, then `anchor`.
    static std::vector<Certificate> path_of(const std::string& role,
                                            const std::string& anchor = "root") {
        std::vector<Certificate> path = load_certificates(role + "_chain.pem");
        path.push_back(load_certificate(anchor));
        return path;
    }
    void expect(const std::string& role, bool accepted, Purpose purpose = Purpose::server_auth,
                const std::string& anchor = "root") const {
        const spi::PathVeto word = veto(path_of(role, anchor), purpose);
        EXPECT_EQ(word.accepted, accepted)
            << role << " under " << anchor << ": " << word.native_text;
    }

private:
    static std::shared_ptr<const ServerContext> make_context() {
        ServerConfig config;
        config.identity = load_identity("leaf");
        return must(backend().make_server_context(config));
    }
    std::shared_ptr<const ServerContext> context_ = make_context();
};
OMNITLS_ON_EVERY_BACKEND(VerifyPathOn);

TEST_P(VerifyPathOn, AcceptsGoodPaths) {
    for (const char* role :
         {"leaf", "leaf_rsa", "leaf_p384", "leaf_under_root", "leaf_big", "leaf_path_length_ok",
          "leaf_constrained_ok", "leaf_unknown_noncritical"})
        expect(role, true);
    expect("client", true, Purpose::client_auth);
    expect("client_rsa", true, Purpose::client_auth);
    expect("leaf_ed25519", can("ed25519"));
}

// Dates, strength and names are the same on all backends because no library has a say in them.
TEST_P(VerifyPathOn, LeavesToCoreWhatIsCores) {
    for (const char* role :
         {"leaf_expired", "leaf_not_yet", "leaf_under_expired_intermediate", "leaf_weak_rsa1024",
          "leaf_sha1", "leaf_wrong_name", "leaf_cn_only", "leaf_san_other_types"})
        expect(role, true);
}

TEST_P(VerifyPathOn, RefusesWhatBreaksARule) {
    const std::pair<const char*, const char*> twins[] = {
        {"leaf_wrong_eku", "leaf"},
        {"leaf_unknown_critical", "leaf_unknown_noncritical"},
        {"leaf_under_not_ca", "leaf"},
        {"leaf_under_no_cert_sign", "leaf"},
    };
    for (const auto& [bad, good] : twins) {
        expect(good, true);
        expect(bad, false);
    }
}

// Name constraints and path lengths are core's, for everybody; a library may look at them too, and must not be stricter.
TEST_P(VerifyPathOn, AcceptsWhatKeepsConstraints) {
    expect("leaf_constrained_ok", true);
    expect("leaf_path_length_ok", true);
}

TEST_P(VerifyPathOn, HasAPurpose) {
    expect("leaf", true, Purpose::server_auth);
    expect("leaf", false, Purpose::client_auth);
    expect("client", true, Purpose::client_auth);
    expect("client", false, Purpose::server_auth);
}

TEST_P(VerifyPathOn, TakesNoOtherAnchor) {
    expect("leaf", true);
    expect("leaf", false, Purpose::server_auth, "other_root");
    expect("leaf_unknown_ca", true, Purpose::server_auth, "other_root");
    expect("leaf_unknown_ca", false);
}

TEST_P(VerifyPathOn, AnyCertificateMayBeTheAnchor) {
    const Certificate leaf = load_certificate("leaf");
    EXPECT_TRUE(accepts({leaf, load_certificate("intermediate")}));
    EXPECT_FALSE(accepts({leaf, load_certificate("other_intermediate")}));
    EXPECT_TRUE(accepts({leaf}));
    EXPECT_TRUE(accepts({load_certificate("leaf_self_signed")}));
    EXPECT_FALSE(accepts({load_certificate("leaf_wrong_eku")}));
    EXPECT_FALSE(accepts({}));
}

// Cross-signing: one key, two paths; each is judged as it was given.
TEST_P(VerifyPathOn, FollowsTheGivenPathOnly) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate direct = load_certificate("intermediate");
    const Certificate cross = load_certificate("intermediate_cross");
    const Certificate root = load_certificate("root");
    const Certificate other = load_certificate("other_root");
    EXPECT_TRUE(accepts({leaf, direct, root}));
    EXPECT_TRUE(accepts({leaf, cross, other}));
    EXPECT_FALSE(accepts({leaf, direct, other}));
    EXPECT_FALSE(accepts({leaf, cross, root}));
    // A gap, a wrong order, and elements that lead nowhere: without them there would be a way.
    EXPECT_FALSE(accepts({leaf, root}));
    EXPECT_FALSE(accepts({leaf, cross, direct, root}));
    EXPECT_FALSE(accepts({leaf, direct, direct, root}));
    const Certificate under_root = load_certificate("leaf_under_root");
    EXPECT_TRUE(accepts({under_root, root}));
    EXPECT_FALSE(accepts({under_root, direct, root}));
}

// A chain may not end early at a certificate with the anchor's name and key: the links above it would be unseen.
TEST_P(VerifyPathOn, AShortenedPathIsNotTheOneGiven) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate direct = load_certificate("intermediate");
    const Certificate cross = load_certificate("intermediate_cross");
    EXPECT_TRUE(accepts({leaf, cross}));
    EXPECT_FALSE(accepts({leaf, direct, cross}));
    EXPECT_FALSE(accepts({leaf, direct, leaf}));
}

TEST_P(VerifyPathOn, ChecksTheSignatureOfEveryLink) {
    for (const std::size_t victim : {std::size_t{0}, std::size_t{1}}) {
        std::vector<Certificate> path = path_of("leaf");
        EXPECT_TRUE(accepts(path));
        Bytes forged = path[victim].der();
        forged.back() ^= 1U;
        path[victim] = must(Certificate::parse(forged));
        EXPECT_FALSE(accepts(path)) << victim;
    }
}

}  // namespace
}  // namespace omnitls::test
