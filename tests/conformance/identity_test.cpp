// SPDX-License-Identifier: BSL-1.0
// This side's own certificate and key: what every backend takes, and that it refuses the rest for the same reason in the same words,
// as a client's and as a server's.
#include "tests/conformance/on_backend.hpp"

#include <gmock/gmock.h>

namespace omnitls::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

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
