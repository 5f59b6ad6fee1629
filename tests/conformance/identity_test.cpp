// SPDX-License-Identifier: BSL-1.0
// This side's own certificate and key: what every backend takes, and that it refuses the rest for the same reason in the same words,
// as a client's and as a server's.
#include "tests/conformance/on_backend.hpp"

#include <gmock/gmock.h>

namespace omnitls::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Identity identity(const std::string& role, const std::string& key, std::string password = {}) {
    return must(Identity::from_pem(read_data(role + "_chain.pem"), read_data(key),
                                   std::move(password), role + "_chain.pem", key));
}

class IdentityOn : public OnBackend {
protected:
    /// As a server's and as a client's: both must come to the same conclusion.
    static std::optional<ErrorDetail> refusal(const Identity& mine) {
        ServerConfig server;
        server.identity = mine;
        ClientConfig client;
        client.trust = load_anchors("root");
        client.identity = mine;
        const auto as_server = backend().make_server_context(server);
        const auto as_client = backend().make_client_context(client);
        EXPECT_EQ(as_server.has_value(), as_client.has_value());
        if (as_server) return std::nullopt;
        EXPECT_EQ(as_server.error().what, as_client.error().what);
        EXPECT_EQ(as_server.error().code, as_client.error().code);
        EXPECT_EQ(as_server.error().phase, Phase::configuration);
        return as_server.error();
    }
    static void expect_taken(const Identity& mine) {
        const auto error = refusal(mine);
        EXPECT_FALSE(error) << mine.sources() << ": " << error->what;
    }
};
OMNITLS_ON_EVERY_BACKEND(IdentityOn);

TEST_P(IdentityOn, TakesKeysInEveryForm) {
    const std::pair<const char*, const char*> forms[] = {{"leaf", "leaf.key"},
                                                         {"leaf", "leaf_sec1.key"},
                                                         {"leaf_rsa", "leaf_rsa.key"},
                                                         {"leaf_rsa", "leaf_rsa_pkcs1.key"},
                                                         {"leaf_p384", "leaf_p384.key"}};
    for (const auto& [role, key] : forms) expect_taken(identity(role, key));
}

// What only some libraries can do is taken, or refused by the name of the capability and of the file.
TEST_P(IdentityOn, TakesWhatItsCapabilitiesSay) {
    const std::pair<const char*, const char*> rows[] = {{"leaf_ed25519", "ed25519"},
                                                        {"leaf_big", "long_chains"}};
    expect_taken(load_identity("leaf"));
    for (const auto& [role, capability] : rows) {
        const auto error = refusal(load_identity(role));
        ASSERT_EQ(error.has_value(), !can(capability)) << role;
        if (!error) continue;
        EXPECT_EQ(error->code, Errc::not_supported) << role;
        EXPECT_THAT(error->what, AllOf(HasSubstr(std::string("capability ") + capability),
                                       HasSubstr(role + std::string("_chain.pem"))));
    }
}

// PBES2 with HMAC-SHA-256, as OpenSSL encrypts unless told otherwise.
TEST_P(IdentityOn, DecryptsAKeyWithTheRightPassword) {
    const auto right = refusal(identity("leaf", "leaf_encrypted.key", encrypted_key_password));
    const auto wrong = refusal(identity("leaf", "leaf_encrypted.key", "correct hors"));
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->backend, backend().name());
    EXPECT_THAT(wrong->what, HasSubstr("leaf_encrypted.key"));
    ASSERT_EQ(right.has_value(), !can("encrypted_keys"));
    if (can("encrypted_keys")) {
        EXPECT_EQ(wrong->code, Errc::bad_config);
        EXPECT_THAT(wrong->hint, HasSubstr("password"));
    } else {
        EXPECT_EQ(right->code, Errc::not_supported);
        EXPECT_THAT(right->what,
                    AllOf(HasSubstr("capability encrypted_keys"), HasSubstr("leaf_encrypted.key")));
    }
}

TEST_P(IdentityOn, NamesBothSourcesOfAMismatch) {
    expect_taken(identity("leaf", "leaf.key"));
    for (const std::string key : {"leaf_other.key", "leaf_rsa.key"}) {
        const auto error = refusal(identity("leaf", key));
        ASSERT_TRUE(error) << key;
        EXPECT_EQ(error->code, Errc::bad_config);
        EXPECT_EQ(error->backend, backend().name());
        EXPECT_THAT(error->what,
                    StartsWith("the certificate and the private key in leaf_chain.pem and " + key +
                               " do not belong together"));
    }
}

TEST_P(IdentityOn, NamesTheSourceOfAnUnreadableKey) {
    // A well-formed PKCS#8 key of an algorithm nobody has (2.999.1).
    const auto error = refusal(must(Identity::from_pem(
        read_data("leaf_chain.pem"),
        "-----BEGIN PRIVATE KEY-----\nMA0CAQAwBQYDiDcBBAEA\n-----END PRIVATE KEY-----\n", {},
        "leaf_chain.pem", "made up")));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, Errc::bad_config);
    EXPECT_EQ(error->backend, backend().name());
    EXPECT_THAT(error->what, HasSubstr("cannot read the private key in made up"));
}

struct Weakness {
    const char* good;  ///< A role whose only difference is that it is strong.
    const char* weak;
    const char* found;
};

// What is tolerated in a peer until its verifier has judged it is not shown as one's own. The words are core's: the same everywhere.
TEST_P(IdentityOn, RefusesAWeakOneInTheSameWords) {
    const Weakness rows[] = {
        {"leaf_rsa", "leaf_weak_rsa1024", "RSA key of 1024 bits, at least 2048 wanted"},
        {"leaf", "leaf_sha1", "signed with SHA-1, SHA-256 or better wanted"},
        {"leaf_self_signed", "shape_dsa", "DSA key"},
    };
    for (const Weakness& row : rows) {
        expect_taken(load_identity(row.good));
        const std::string role = row.weak;
        const auto error = refusal(load_identity(role));
        ASSERT_TRUE(error) << role;
        EXPECT_EQ(error->code, Errc::bad_config);
        EXPECT_EQ(error->what, "identity: the certificate " + load_certificate(role).describe() +
                                   " in " + role + "_chain.pem and " + role +
                                   ".key is too weak: " + row.found);
        EXPECT_NE(error->hint, "");
    }
}

TEST_P(IdentityOn, IsJudgedWithAllItsIntermediates) {
    for (const auto& [extra, good] : {std::pair{"intermediate", true}, {"leaf_sha1", false}}) {
        const std::string chain = read_data("leaf.pem") + read_data(extra + std::string(".pem"));
        const auto error = refusal(must(Identity::from_pem(chain, read_data("leaf.key"))));
        ASSERT_EQ(error.has_value(), !good) << extra;
        if (good) continue;
        EXPECT_EQ(error->code, Errc::bad_config);
        EXPECT_THAT(error->what, AllOf(HasSubstr(load_certificate(extra).describe()),
                                       HasSubstr("signed with SHA-1")));
    }
}

// Nobody is asked to believe what a certificate says of itself; its key has to be a good one all the same.
TEST_P(IdentityOn, TheSignatureOfASelfSignedOneDoesNotCount) {
    expect_taken(load_identity("leaf_self_signed_sha1"));
    EXPECT_TRUE(refusal(load_identity("leaf_sha1")));
}

}  // namespace
}  // namespace omnitls::test
