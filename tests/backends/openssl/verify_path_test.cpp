// SPDX-License-Identifier: BSL-1.0
// The veto in OpenSSL's words, and on its own objects. What it must be on every backend is tests/conformance/verify_path_test.cpp.
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

private:
    std::shared_ptr<const spi::NativeContext> context_ =
        must(native::Backend().make_client_context(client_config()));
};

TEST_F(OpensslVerifyPath, SaysWhatIsWrongAndWhere) {
    const spi::PathVeto good = veto(path_of("leaf"));
    EXPECT_TRUE(good.accepted);
    EXPECT_EQ(good.native_code, X509_V_OK);
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
}

// OpenSSL finds a way of its own around an element that leads nowhere.
TEST_F(OpensslVerifyPath, NoticesADetour) {
    const Certificate under_root = load_certificate("leaf_under_root");
    const Certificate root = load_certificate("root");
    EXPECT_TRUE(veto({under_root, root}).accepted);
    const spi::PathVeto detour = veto({under_root, load_certificate("intermediate"), root});
    EXPECT_FALSE(detour.accepted);
    EXPECT_EQ(detour.native_text, "OpenSSL took another path than the one given");
}

TEST_F(OpensslVerifyPath, NamesAForgedSignature) {
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
