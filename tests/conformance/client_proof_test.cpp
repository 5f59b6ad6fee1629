// SPDX-License-Identifier: BSL-1.0
// A server's signature schemes hold for its clients' certificates, too: it asks for these, and takes a proof with no other.
#include "tests/conformance/causes.hpp"
#include "tests/conformance/cell.hpp"
#include "tests/support/raw_peer.hpp"

#include <algorithm>
#include <utility>

namespace omnitls::test {
namespace {

using Numbers = std::vector<std::uint16_t>;

constexpr std::uint16_t ecdsa = 0x0403;  // with which the server signs
constexpr std::uint16_t pss256 = 0x0804;
constexpr std::uint16_t pss384 = 0x0805;
constexpr std::uint8_t certificate_verify = 15;

/// Suites with SHA-256, with which mbedTLS signs in TLS 1.2 whatever the list.
Numbers suites_of(ProtocolVersion version) {
    return {version == ProtocolVersion::tls13 ? std::uint16_t{0x1301} : std::uint16_t{0xc02b}};
}

/// A server that asks for a certificate, by itself: its client is OpenSSL without omnitls.
class ClientProof : public CellTest {
protected:
    void SetUp() override {
        CellTest::SetUp();
        if (IsSkipped() || GetParam().version == ProtocolVersion::tls13) return;
        need("tls12_client_signature_schemes");
    }
    static Side server_with(const Numbers& schemes, std::shared_ptr<KeyLog> log = nullptr) {
        PairSetup setup = GetParam().setup();
        setup.server_versions = setup.versions;
        setup.client_auth = ClientAuth::require;
        setup.tune_server = [&](ServerConfig& config) {
            config.algorithms.signature_schemes = schemes;
            config.algorithms.cipher_suites = suites_of(GetParam().version);
            config.key_log = std::move(log);
        };
        Side side;
        side.engine =
            must(must(GetParam().server->make_server_context(server_config(setup)))->make_engine());
        return side;
    }
    static std::unique_ptr<RawPeer> client(const std::string& role) {
        RawPeerSetup raw;
        raw.role = Role::client;
        raw.version = GetParam().version;
        raw.certificate = read_data(role + "_chain.pem");
        raw.key = read_data(role + ".key");
        return make_raw_openssl(raw);
    }
    /// The client's answer to the server's flight, not delivered.
    static Bytes answer(Side& server, RawPeer& client) {
        client.step();
        server.feed(std::exchange(client.output, {}));
        client.input = server.take();
        client.step();
        return std::exchange(client.output, {});
    }
};

/// `flight`, the client's answer, with a proof that names `scheme` and is none.
Bytes with_broken_proof(Bytes flight, std::uint16_t scheme, const SecretsKept& secrets) {
    const Cell& cell = ClientProof::GetParam();
    const auto high = static_cast<std::uint8_t>(scheme >> 8U);
    const auto low = static_cast<std::uint8_t>(scheme & 0xffU);
    if (cell.version == ProtocolVersion::tls12) {
        const std::size_t proof = find_message(flight, certificate_verify);
        flight[proof + 4] = high;
        flight[proof + 5] = low;
        flight[proof + 8] = static_cast<std::uint8_t>(flight[proof + 8] ^ 1U);
        return flight;
    }
    // The Certificate is the first record under the keys of the handshake; the proof that follows is ours.
    std::size_t end = 0;
    for (bool sealed = false; !sealed;) {
        sealed = flight.at(end) == 23;
        end += 5U + static_cast<std::size_t>((flight[end + 3] << 8U) | flight[end + 4]);
    }
    flight.resize(end);
    Forger forger({.crypto = &cell.server->crypto(),
                   .secrets = &secrets,
                   .suite = suites_of(cell.version).front(),
                   .sender = Role::client,
                   .handshake_keys = true,
                   .sequence = 1});
    Bytes proof{certificate_verify, 0, 1, 4, high, low, 1, 0};
    proof.resize(proof.size() + 256, 1);
    const Bytes record = forger.seal(22, ConstBytes(proof));
    flight.insert(flight.end(), record.begin(), record.end());
    return flight;
}

TEST_P(ClientProof, IsAskedForWithTheServersList) {
    for (const Numbers& schemes : {Numbers{ecdsa}, Numbers{0x0603, ecdsa, 0x0401}}) {
        Side server = server_with(schemes);
        const auto peer = client("client");
        exchange(server, *peer, Chunking::whole);
        Numbers asked = peer->requested_schemes();
        Numbers told = schemes;
        std::ranges::sort(asked);
        std::ranges::sort(told);
        EXPECT_EQ(asked, told);
        expect_open(server);
        EXPECT_EQ(server.questions, 1);
        EXPECT_NE(std::ranges::find(schemes, server.engine->info().signature_scheme),
                  schemes.end());
    }
}

// What a client signs with is under its own control; the name of the scheme in its proof is all that the server has.
TEST_P(ClientProof, OutsideTheListIsRefused) {
    struct Row {
        const char* name;
        std::uint16_t scheme;
        bool good;
        std::vector<std::optional<Alert>> alerts;
    };
    for (const Row& row : {Row{"as it is", pss256, true, {}},
                           Row{"of the list, and broken", pss256, false, {Alert::decrypt_error}},
                           // No RFC says which.
                           Row{"of another scheme that is for the key",
                               pss384,
                               false,
                               {Alert::handshake_failure, Alert::illegal_parameter}}}) {
        SCOPED_TRACE(row.name);
        const auto secrets = std::make_shared<SecretsKept>();
        Side server = server_with({ecdsa, pss256}, secrets);
        const auto peer = client("client_rsa");
        Bytes flight = answer(server, *peer);
        EXPECT_EQ(server.engine->state(), State::handshake);
        if (!row.good) flight = with_broken_proof(std::move(flight), row.scheme, *secrets);
        server.feed(flight);
        EXPECT_EQ(server.questions, row.good ? 1 : 0);
        if (row.good) {
            expect_open(server);
            EXPECT_EQ(server.engine->info().signature_scheme, pss256);
            continue;
        }
        ASSERT_EQ(server.engine->state(), State::failed);
        const ErrorDetail& error = *server.engine->last_error();
        EXPECT_EQ(error.phase, Phase::verification) << "behind its certificate";
        EXPECT_NE(std::ranges::find(row.alerts, error.alert_sent), row.alerts.end())
            << error.to_string();
    }
}

INSTANTIATE_TEST_SUITE_P(Every, ClientProof, ::testing::ValuesIn(content_cells()), cell_name);

/// Both ends of omnitls; the client's own list is the profile's.
class ClientProofPair : public CellTest {
protected:
    void SetUp() override {
        CellTest::SetUp();
        if (IsSkipped() || GetParam().version == ProtocolVersion::tls13) return;
        OMNITLS_NEEDS(*GetParam().server, "tls12_client_signature_schemes");
    }
};

TEST_P(ClientProofPair, IsMadeWithAnEntryOfTheListOrNotAtAll) {
    for (const bool has_one : {true, false}) {
        SCOPED_TRACE(has_one);
        PairSetup setup = GetParam().setup();
        setup.client_auth = ClientAuth::require;
        setup.client_role = has_one ? "client" : "client_rsa";
        setup.tune_server = [](ServerConfig& config) {
            config.algorithms.signature_schemes = {ecdsa};
            config.algorithms.cipher_suites = suites_of(GetParam().version);
        };
        setup.server_versions = setup.versions;
        Pair ends(setup);
        exchange(ends.client, ends.server, Chunking::whole);
        EXPECT_EQ(ends.server.questions, has_one ? 1 : 0);
        if (has_one) {
            expect_open(ends.client);
            expect_open(ends.server);
            EXPECT_EQ(ends.server.engine->info().signature_scheme, ecdsa);
            continue;
        }
        EXPECT_EQ(ends.client.engine->state(), State::failed);
        ASSERT_EQ(ends.server.engine->state(), State::failed);
        const ErrorDetail& error = *ends.server.engine->last_error();
        const bool shows_none =
            error.code == Errc::certificate_required && error.phase == Phase::handshake;
        const bool gives_up = error.code == Errc::no_common_parameters &&
                              error.alert_received == Alert::handshake_failure;
        const bool is_refused = error.code == Errc::no_common_parameters &&
                                error.alert_sent == Alert::handshake_failure &&
                                error.phase == Phase::verification;
        EXPECT_EQ(shows_none + gives_up + is_refused, 1) << error.to_string();
    }
}

INSTANTIATE_TEST_SUITE_P(Every, ClientProofPair, ::testing::ValuesIn(whole_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
