// SPDX-License-Identifier: BSL-1.0
// The hold against peers that are not omnitls: no verdict, no byte; wrong key, no question; every rejection alert decoded.
#include "tests/conformance/cell.hpp"
#include "tests/support/raw_peer.hpp"

#include <iomanip>
#include <iostream>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

constexpr int kAlerts[] = {40, 42, 43, 44, 45, 46, 48, 49, 80, 113};

struct HoldCell {
    const TlsBackend* backend;
    RawPeerKind peer;
    Role role;  // of omnitls
    ProtocolVersion version;
    Chunking chunking;
};

std::vector<HoldCell> hold_cells() {
    std::vector<HoldCell> cells;
    for (const TlsBackend* backend : built_backends()) {
        for (const RawPeerKind& peer : raw_peer_kinds()) {
            for (const Role role : {Role::client, Role::server}) {
                for (const ProtocolVersion version :
                     {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
                    for (const Chunking chunking : {Chunking::whole, Chunking::byte}) {
                        cells.push_back({backend, peer, role, version, chunking});
                    }
                }
            }
        }
    }
    return cells;
}

std::string describe(const HoldCell& cell) {
    return std::string(cell.backend->name()) + "_" +
           (cell.role == Role::client ? "client" : "server") + "_peer_" + cell.peer.name +
           (cell.version == ProtocolVersion::tls13 ? "_tls13_" : "_tls12_") +
           chunking_name(cell.chunking);
}

void PrintTo(const HoldCell& cell, std::ostream* out) { *out << describe(cell); }

/// omnitls on one side, a raw peer on the other.
class Scene {
public:
    explicit Scene(const HoldCell& cell, bool peer_has_right_key = true,
                   const std::string& cipher = {}, bool with_client_certificate = true)
        : cell_(cell) {
        const bool peer_is_server = cell.role == Role::client;
        RawPeerSetup raw;
        raw.role = peer_is_server ? Role::server : Role::client;
        raw.version = cell.version;
        raw.certificate = read_data(peer_is_server ? "leaf_chain.pem" : "client_chain.pem");
        raw.key = read_data(std::string(peer_is_server ? "leaf" : "client") +
                            (peer_has_right_key ? ".key" : "_other.key"));
        raw.wrong_key_unchecked = !peer_has_right_key;
        raw.cipher = cipher;
        if (peer_is_server && with_client_certificate)
            raw.request_client_ca = read_data("root.pem");
        if (!peer_is_server && !with_client_certificate) raw.certificate.clear();
        peer = cell.peer.make(raw);

        PairSetup setup;
        setup.versions = setup.server_versions = {cell.version, cell.version};
        if (with_client_certificate) setup.client_role = "client";
        setup.client_auth = ClientAuth::require;
        if (cell.role == Role::client) {
            side.engine = *(*cell.backend->make_client_context(client_config(setup)))
                               ->make_engine(*ClientTarget::host("omnitls.test"));
        } else {
            side.engine =
                *(*cell.backend->make_server_context(server_config(setup)))->make_engine();
        }
        side.decide = nullptr;
    }

    /// Moves bytes until nothing moves; returns the bytes omnitls sent.
    std::size_t run() { return exchange(side, *peer, cell_.chunking); }

    void answer(Verdict verdict) {
        ASSERT_TRUE(side.question.has_value());
        std::move(*side.question).answer(std::move(verdict));
        side.question.reset();
    }

    Side side;
    std::unique_ptr<RawPeer> peer;

private:
    HoldCell cell_;
};

bool peer_plays(const HoldCell& cell) {
    return cell.peer.plays == nullptr || cell.peer.plays(cell.version);
}

class Hold : public ::testing::TestWithParam<HoldCell> {
protected:
    void SetUp() override {
        OMNITLS_NEEDS(*GetParam().backend, capability_of(GetParam().version));
        if (!peer_plays(GetParam()))
            GTEST_SKIP() << "the " << GetParam().peer.name << " of the peer lacks "
                         << capability_of(GetParam().version);
    }
};

TEST_P(Hold, NoVerdictNoByteNeitherWayAndNoUseOfTheKey) {
    Scene scene(GetParam());
    scene.run();
    ASSERT_EQ(scene.side.engine->state(), State::verify_pending);
    // A client's key signs after the verdict; a server's has signed its own flight long before the client's certificate.
    const int signatures_at_question = signatures_made();
    if (scene.peer->done()) {
        EXPECT_TRUE(scene.peer->write("before the verdict"));
    }
    std::size_t leaked = 0;
    for (int i = 0; i < 5; ++i) leaked += scene.run();
    EXPECT_EQ(leaked, 0U);
    EXPECT_EQ(scene.side.received, "");
    EXPECT_EQ(scene.peer->received, "");
    EXPECT_EQ(signatures_made(), signatures_at_question);
    EXPECT_EQ(scene.side.engine->state(), State::verify_pending);

    scene.answer(Verdict::trusted());
    const bool early = scene.peer->done();
    EXPECT_GT(
        scene.run() +
            (GetParam().role == Role::server && GetParam().version == ProtocolVersion::tls13 ? 1
                                                                                             : 0),
        0U);
    ASSERT_EQ(scene.side.engine->state(), State::open);
    ASSERT_TRUE(scene.peer->done());
    if (GetParam().role == Role::client &&
        !GetParam().backend->capabilities().has("client_key_before_verdict")) {
        EXPECT_EQ(signatures_made(), signatures_at_question + 1);  // only libssl's are counted
    }
    EXPECT_EQ(scene.side.received, early ? "before the verdict" : "");
    ASSERT_FALSE(scene.side.write("pong").error);
    EXPECT_TRUE(scene.peer->write(" ping"));
    scene.run();
    EXPECT_EQ(scene.peer->received, "pong");
    EXPECT_EQ(scene.side.received, early ? "before the verdict ping" : " ping");
}

TEST_P(Hold, EveryRejectionAlertIsDecodedExactly) {
    for (const int alert : kAlerts) {
        SCOPED_TRACE(alert);
        Scene scene(GetParam());
        scene.run();
        ASSERT_EQ(scene.side.engine->state(), State::verify_pending);
        const int signatures_at_question = signatures_made();
        scene.answer(Verdict::rejected(Errc::certificate_rejected, static_cast<Alert>(alert)));
        const std::size_t sent = scene.run();
        // One record: plain in TLS 1.2, sealed (alert, type, tag) in 1.3; OpenSSL would also take a plain one there.
        EXPECT_EQ(sent, GetParam().version == ProtocolVersion::tls13 ? 5U + 3U + 16U : 5U + 2U);
        EXPECT_EQ(scene.side.engine->state(), State::failed);
        EXPECT_EQ(scene.side.error, Errc::certificate_rejected);
        ASSERT_TRUE(scene.peer->alert.has_value()) << scene.peer->error;
        EXPECT_EQ(*scene.peer->alert, alert);
        EXPECT_EQ(scene.side.received, "");
        EXPECT_EQ(scene.peer->received, "");
        EXPECT_EQ(signatures_made(), signatures_at_question);
    }
}

/// TLS 1.3 only: plain alerts have no suite.
class HoldSealed : public Hold {};
/// Peers that can play the thief: OpenSSL checks its pair and cannot.
class HoldThief : public Hold {};
/// Servers, which may miss a certificate.
class HoldServer : public Hold {};

TEST_P(HoldSealed, EverySuiteTheSealerKnows) {
    for (const char* cipher : {"aes128", "chacha20", ""}) {
        SCOPED_TRACE(cipher);
        Scene scene(GetParam(), true, cipher);
        scene.run();
        ASSERT_EQ(scene.side.engine->state(), State::verify_pending);
        scene.answer(Verdict::rejected(Errc::certificate_rejected, Alert::certificate_revoked));
        scene.run();
        ASSERT_TRUE(scene.peer->alert.has_value()) << scene.peer->error;
        EXPECT_EQ(*scene.peer->alert, 44);
        if (*cipher != '\0') {
            EXPECT_EQ(scene.side.engine->info().cipher_suite, *cipher == 'a' ? 0x1301 : 0x1303);
        }
    }
}

TEST_P(HoldThief, TheRightCertificateWithTheWrongKeyIsNeverAskedAbout) {
    for (const bool right_key : {false, true}) {
        SCOPED_TRACE(right_key);
        Scene scene(GetParam(), right_key);
        scene.run();
        EXPECT_EQ(scene.side.questions, right_key ? 1 : 0);
        if (right_key) continue;
        EXPECT_EQ(scene.side.engine->state(), State::failed);
        EXPECT_EQ(scene.side.error, Errc::bad_signature)
            << scene.side.engine->last_error()->to_string();
        EXPECT_EQ(scene.side.engine->last_error()->phase, Phase::verification);
    }
}

TEST_P(HoldServer, AClientWithoutACertificateIsRefusedWithTheAlertOfItsVersion) {
    for (const bool has_certificate : {false, true}) {
        SCOPED_TRACE(has_certificate);
        Scene scene(GetParam(), true, {}, has_certificate);
        scene.run();
        EXPECT_EQ(scene.side.questions, has_certificate ? 1 : 0);
        if (has_certificate) continue;
        EXPECT_EQ(scene.side.error, Errc::certificate_required);
        ASSERT_TRUE(scene.peer->alert.has_value()) << scene.peer->error;
        EXPECT_EQ(*scene.peer->alert, GetParam().version == ProtocolVersion::tls13 ? 116 : 40);
    }
}

constexpr auto kName = [](const auto& cell) { return describe(cell.param); };

std::vector<HoldCell> hold_cells_where(bool (*wanted)(const HoldCell&)) {
    std::vector<HoldCell> cells = hold_cells();
    std::erase_if(cells, [&](const HoldCell& cell) { return !wanted(cell); });
    return cells;
}

INSTANTIATE_TEST_SUITE_P(Cells, Hold, ::testing::ValuesIn(hold_cells()), kName);
INSTANTIATE_TEST_SUITE_P(Cells, HoldSealed,
                         ::testing::ValuesIn(hold_cells_where([](const HoldCell& cell) {
                             return cell.version == ProtocolVersion::tls13;
                         })),
                         kName);
INSTANTIATE_TEST_SUITE_P(Cells, HoldThief,
                         ::testing::ValuesIn(hold_cells_where([](const HoldCell& cell) {
                             return std::string(cell.peer.name) != "openssl";
                         })),
                         kName);
INSTANTIATE_TEST_SUITE_P(Cells, HoldServer,
                         ::testing::ValuesIn(hold_cells_where([](const HoldCell& cell) {
                             return cell.role == Role::server;
                         })),
                         kName);

// The table a person reads: which peer decoded which alert.
TEST(HoldTable, RejectionAlertsByPeer) {
    std::cout << "\nrejection alerts as the peer decoded them\n"
              << std::left << std::setw(46) << "cell";
    for (const int alert : kAlerts) std::cout << std::setw(5) << alert;
    std::cout << "\n";
    int cells = 0;
    int exact = 0;
    for (const HoldCell& cell : hold_cells()) {
        std::cout << std::setw(46) << describe(cell);
        std::string gap = missing(*cell.backend, capability_of(cell.version));
        if (gap.empty() && !peer_plays(cell)) gap = "the peer lacks it";
        if (!gap.empty()) {
            std::cout << gap << "\n";
            continue;
        }
        for (const int alert : kAlerts) {
            Scene scene(cell);
            scene.run();
            if (scene.side.question)
                scene.answer(
                    Verdict::rejected(Errc::certificate_rejected, static_cast<Alert>(alert)));
            scene.run();
            const int decoded = scene.peer->alert.value_or(-1);
            std::cout << std::setw(5) << decoded;
            ++cells;
            exact += decoded == alert ? 1 : 0;
        }
        std::cout << "\n";
    }
    std::cout << exact << " of " << cells << " decoded exactly\n";
    EXPECT_EQ(exact, cells);
    EXPECT_GT(cells, 0);
}

}  // namespace
}  // namespace omnitls::test
