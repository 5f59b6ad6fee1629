// SPDX-License-Identifier: BSL-1.0
// The veto as a status of GnuTLS. What it must be on every backend is tests/conformance/verify_path_test.cpp.
#include "tests/backends/gnutls/peers.hpp"

namespace omnitls::test {
namespace {

class GnutlsVerifyPath : public testing::Test {
protected:
    spi::PathVeto veto(const std::vector<Certificate>& path) const {
        std::vector<spi::PathElement> elements;
        for (const Certificate& certificate : path) elements.push_back({&certificate, nullptr});
        return context_->verify_path(elements, spi::Purpose::server_auth);
    }
    /// The role's chain as sent, then the root.
    spi::PathVeto veto_on(const std::string& role) const {
        std::vector<Certificate> path = load_certificates(role + "_chain.pem");
        path.push_back(load_certificate("root"));
        return veto(path);
    }

private:
    std::shared_ptr<const spi::NativeContext> context_ =
        must(native::Backend().make_client_context(client_config()));
};

TEST_F(GnutlsVerifyPath, SaysWhatIsWrong) {
    const std::pair<const char*, unsigned> rows[] = {
        {"leaf_wrong_eku", GNUTLS_CERT_PURPOSE_MISMATCH},
        {"leaf_unknown_critical", GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS},
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
    // Core's to refuse.
    for (const char* role :
         {"leaf_path_length", "leaf_constrained_outside", "leaf_constrained_excluded"})
        EXPECT_TRUE(veto_on(role).accepted) << role;
}

// GnuTLS ends a chain at the first certificate with the anchor's name and key, and calls that verified.
TEST_F(GnutlsVerifyPath, NoticesAShortenedPath) {
    const Certificate leaf = load_certificate("leaf");
    const Certificate cross = load_certificate("intermediate_cross");
    EXPECT_TRUE(veto({leaf, cross}).accepted);
    const spi::PathVeto shortened = veto({leaf, load_certificate("intermediate"), cross});
    EXPECT_FALSE(shortened.accepted);
    EXPECT_EQ(shortened.native_text, "GnuTLS took another path than the one given");
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
