// SPDX-License-Identifier: BSL-1.0
// Trust on first use over real handshakes: remembered when the connection is open, and a handshake that fails leaves nothing.
#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"
#include <omnitls/verifiers/compose.hpp>
#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls {
namespace {

using test::must;

const TrustKey server_key{"test", 0, "DNS:omnitls.test"};

class TrustOn : public testing::TestWithParam<const TlsBackend*> {
protected:
    const std::shared_ptr<TrustStore> store = memory_trust_store();
    std::shared_ptr<CertificateVerifier> verifier =
        must(trust_on_first_use(store, TrustOptions{"test", {}, {}, {}}));

    /// Two ends at the point where the client has asked and its verifier has answered.
    test::Pair answered(ProtocolVersion version, const std::string& role = "leaf_self_signed") {
        test::PairSetup setup;
        setup.client_backend = setup.server_backend = GetParam();
        setup.versions = VersionRange{version, version};
        setup.server_role = role;
        test::Pair pair(setup);
        pair.client.decide = nullptr;
        exchange(pair.client, pair.server, test::Chunking::whole);
        if (!pair.client.question) throw std::runtime_error("nobody was asked");
        EXPECT_EQ(must(store->find(server_key)), std::nullopt);
        verifier->verify(*std::move(pair.client.question));
        pair.client.question.reset();
        pair.client.run();
        return pair;
    }
    bool known() const { return must(store->find(server_key)).has_value(); }
};

TEST_P(TrustOn, AnOpenConnectionIsRemembered) {
    for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        if (version == ProtocolVersion::tls13 && !GetParam()->capabilities().has("tls13")) continue;
        auto pair = answered(version);
        exchange(pair.client, pair.server, test::Chunking::whole);
        EXPECT_TRUE(pair.client.engine->handshake_complete()) << pair.client.error.message();
        EXPECT_TRUE(known());
        must(store->remove(server_key));
    }
}

TEST_P(TrustOn, AHandshakeThatEndsAfterTheVerdictLeavesNothing) {
    auto pair = answered(ProtocolVersion::tls12);  // the server's Finished is still to come
    EXPECT_FALSE(pair.client.error);
    EXPECT_FALSE(known());
    pair.client.eof = true;
    pair.client.run();
    EXPECT_TRUE(pair.client.error);
    EXPECT_FALSE(known());
}

TEST_P(TrustOn, ARejectionBySomebodyElseLeavesNothing) {
    const auto no = make_verifier([](const VerifyRequest&) { return Verdict::rejected(); });
    verifier = must(all_of({verifier, no}));
    const auto pair = answered(ProtocolVersion::tls12);
    EXPECT_TRUE(pair.client.error);
    EXPECT_FALSE(known());
}

INSTANTIATE_TEST_SUITE_P(Backends, TrustOn, testing::ValuesIn(built_backends()),
                         [](const auto& backend) { return std::string(backend.param->name()); });

}  // namespace
}  // namespace omnitls
