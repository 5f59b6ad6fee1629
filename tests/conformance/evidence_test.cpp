// SPDX-License-Identifier: BSL-1.0
// The evidence of whole handshakes, field by field, against a file that was looked at: the same on every backend and in both versions.
// The other side is OpenSSL without omnitls, which shows any chain as it is and staples what it is told to.
#include "tests/conformance/cell.hpp"
#include "tests/conformance/evidence_text.hpp"
#include "tests/support/raw_peer.hpp"
#include <omnitls/judge.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace omnitls::test {
namespace {

/// What is otherwise where a backend lacks something, and why that must be.
struct Varies {
    const char* field;
    const char* without;  ///< A capability.
    const char* value;
    const char* reason;
};
constexpr Varies kVaries[] = {
    {"ocsp_response", "ocsp_staple_request", "", "who does not ask for a response gets none"},
};

/// The golden lines as `backend` must have them.
Lines expected_on(const TlsBackend& backend, Lines lines) {
    for (const Varies& row : kVaries) {
        if (backend.capabilities().has(row.without)) continue;
        const std::string begin = std::string(row.field) + ":";
        for (std::string& line : lines) {
            if (line.starts_with(begin)) line = begin + row.value;
        }
    }
    return lines;
}

/// What was seen, to be written if somebody wants that; a run that writes fails, so that nobody takes it for a comparison.
Golden& seen() {
    static Golden sections;
    return sections;
}
const char* written_to() { return std::getenv("OMNITLS_WRITE_EVIDENCE"); }

class WrittenAnew : public ::testing::Environment {
public:
    void TearDown() override {
        if (written_to() == nullptr) return;
        std::ofstream(written_to()) << golden_text(seen());
        ADD_FAILURE() << "written: " << written_to() << "; read what has changed";
    }
};
const auto* const written_anew = ::testing::AddGlobalTestEnvironment(new WrittenAnew);

/// One connection: what is shown, by whom, and to whom.
struct Shown {
    std::string role = "leaf";         ///< Of the peer's certificate and key.
    std::vector<std::string> chain{};  ///< Roles, in place of the role's own chain.
    std::string anchor = "root";
    std::string lists{};  ///< A file of revocation lists.
    std::string staple = "stapled, and not looked at";
};

class Evidence : public CellTest {
protected:
    static constexpr const char* kProtocol = "xmpp-client";

    static RawPeerSetup raw_peer(const Shown& shown, Role role) {
        RawPeerSetup raw;
        raw.role = role;
        raw.version = GetParam().version;
        raw.key = read_data(shown.role + ".key");
        raw.alpn = kProtocol;
        if (shown.chain.empty()) raw.certificate = read_data(shown.role + "_chain.pem");
        for (const std::string& one : shown.chain) raw.chain.push_back(load_certificate(one).der());
        const ConstBytes staple = as_bytes(shown.staple);
        raw.staple.assign(staple.begin(), staple.end());
        if (role == Role::client) raw.server_name = "omnitls.test";
        return raw;
    }

    static std::unique_ptr<TlsEngine> client(const Shown& shown) {
        PairSetup setup = GetParam().setup();
        setup.client_alpn = {"another", kProtocol};
        setup.tune_client = [&](ClientConfig& config) {
            config.trust = load_anchors(shown.anchor);
            if (!shown.lists.empty())
                config.revocation_lists = must(RevocationLists::from_text(read_data(shown.lists)));
        };
        ClientTarget target = must(ClientTarget::host("omnitls.test"));
        target.names.push_back(must(ReferenceIdentity::srv("xmpp-server", "omnitls.test")));
        target.dial_address = "192.0.2.7";
        target.dial_port = 5223;
        const auto context = must(GetParam().client->make_client_context(client_config(setup)));
        return must(context->make_engine(target));
    }

    static std::unique_ptr<TlsEngine> server(const Shown& shown) {
        PairSetup setup = GetParam().setup();
        setup.server_versions = setup.versions;
        setup.client_auth = ClientAuth::require;
        setup.server_alpn = {kProtocol};
        setup.tune_server = [&](ServerConfig& config) {
            config.client_trust = load_anchors(shown.anchor);
        };
        const auto context = must(GetParam().server->make_server_context(server_config(setup)));
        return must(context->make_engine());
    }

    /// `role`: that of omnitls.
    static void compare(const std::string& name, const Shown& shown, Role role = Role::client) {
        const auto peer =
            make_raw_openssl(raw_peer(shown, role == Role::client ? Role::server : Role::client));
        Side side;
        side.engine = role == Role::client ? client(shown) : server(shown);
        std::optional<VerifyRequest> request;
        side.decide = [&](const VerifyRequest& asked) {
            request = asked;
            return Verdict::trusted();
        };
        exchange(side, *peer, GetParam().chunking);
        ASSERT_TRUE(request) << "nobody was asked: " << peer->error;
        EXPECT_EQ(side.questions, 1);
        EXPECT_EQ(side.engine->state(), request->baseline_passed() ? State::open : State::failed);
        EXPECT_EQ(side.engine->info().version, GetParam().version);
        expect_section("evidence: " + name,
                       evidence_lines(*request, GetParam().version, as_bytes(shown.staple)));
        const spi::Crypto& crypto = GetParam().client->crypto();
        std::vector<Certificate> all = request->path;
        for (const PeerCertificate& one : request->peer.chain)
            if (one.parsed) all.push_back(*one.parsed);
        for (const Certificate& one : all)
            expect_section("certificate: " + role_of(one), certificate_lines(one, crypto));
    }

    static void expect_section(const std::string& section, const Lines& lines) {
        SCOPED_TRACE(section);
        const auto all = [&](const char* capability) {
            return GetParam().client->capabilities().has(capability);
        };
        if (std::ranges::all_of(kVaries, [&](const Varies& row) { return all(row.without); }))
            seen()[section] = lines;
        const auto golden = golden_evidence().find(section);
        ASSERT_NE(golden, golden_evidence().end()) << "not in the golden file";
        EXPECT_EQ(lines, expected_on(*GetParam().client, golden->second));
    }
};

TEST_P(Evidence, OfAGoodChain) { compare("good", {}); }

TEST_P(Evidence, OfAnExpiredLeaf) { compare("expired", {.role = "leaf_expired"}); }

TEST_P(Evidence, OfAnUnknownAuthority) {
    compare("unknown authority", {.role = "leaf_unknown_ca"});
}

TEST_P(Evidence, OfAWrongName) { compare("wrong name", {.role = "leaf_wrong_name"}); }

TEST_P(Evidence, OfARevokedLeaf) {
    need("revocation_lists");
    compare("revoked", {.role = "leaf_p384", .lists = "intermediate.crl"});
}

TEST_P(Evidence, OfAChainInWrongOrderWithAStranger) {
    compare("wrong order", {.chain = {"leaf", "other_intermediate", "root", "intermediate"}});
}

TEST_P(Evidence, OfAClient) { compare("client", {.role = "client"}, Role::server); }

TEST_P(Evidence, OfALeafThatIsTheAnchor) { compare("anchor", {.anchor = "leaf"}); }

INSTANTIATE_TEST_SUITE_P(Cells, Evidence, ::testing::ValuesIn(content_cells()), cell_name);

// Nothing in the file that no connection is compared with.
TEST(EvidenceFile, HasTheSectionsOfTheTests) {
    std::vector<std::string> evidence;
    std::vector<std::string> certificates;
    for (const auto& [section, lines] : golden_evidence())
        (section.starts_with("evidence: ") ? evidence : certificates).push_back(section);
    EXPECT_EQ(evidence.size(), 8U);
    EXPECT_EQ(certificates.size(), 9U);
}

}  // namespace
}  // namespace omnitls::test
