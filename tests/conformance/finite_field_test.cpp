// SPDX-License-Identifier: BSL-1.0
// The finite field of a DHE suite in TLS 1.2 is the server's to choose, and may be too small to be worth anything.
#include "tests/conformance/cell.hpp"
#include "tests/conformance/on_backend.hpp"
#include "tests/support/raw_peer.hpp"

namespace omnitls::test {
namespace {

using FiniteField = OnBackend;

TEST_P(FiniteField, OfAServerHas2048BitsOrMore) {
    OMNITLS_NEEDS(backend(), "tls12");
    for (const char* const group : {"dh_1024_160", "dh_2048_256"}) {
        SCOPED_TRACE(group);
        const bool large = group == std::string("dh_2048_256");
        RawPeerSetup raw;
        raw.version = ProtocolVersion::tls12;
        raw.certificate = read_data("leaf_rsa_chain.pem");
        raw.key = read_data("leaf_rsa.key");
        raw.finite_field = group;
        const auto peer = make_raw_openssl(raw);
        PairSetup setup;
        setup.client_backend = &backend();
        setup.versions = VersionRange{ProtocolVersion::tls12, ProtocolVersion::tls12};
        const auto context = must(backend().make_client_context(client_config(setup)));
        Side client;
        client.engine = must(context->make_engine(must(ClientTarget::host("omnitls.test"))));
        exchange(client, *peer, Chunking::whole);
        EXPECT_EQ(client.engine->state(), large ? State::open : State::failed) << peer->error;
        EXPECT_EQ(client.questions, large ? 1 : 0) << "no proof of possession without a key";
        if (large) {
            EXPECT_EQ(client.engine->info().cipher_suite, 0x009e);
            continue;
        }
        EXPECT_EQ(client.engine->last_error()->phase, Phase::verification)
            << "behind its certificate";
        // mbedTLS has one code for all that may be wrong with a ServerKeyExchange.
        const std::error_code code = client.engine->last_error()->code;
        EXPECT_TRUE(code == Errc::no_common_parameters || code == Errc::protocol_violation)
            << client.engine->last_error()->to_string();
        EXPECT_TRUE(peer->alert.has_value()) << peer->error;
    }
}

OMNITLS_ON_EVERY_BACKEND(FiniteField);

}  // namespace
}  // namespace omnitls::test
