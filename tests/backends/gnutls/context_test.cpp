// SPDX-License-Identifier: BSL-1.0
// Compiling configurations: what is refused, what is agreed on, and what the backend says it can do.
#include "tests/backends/gnutls/peers.hpp"
#include <omnitls/backends/gnutls.hpp>

#include <set>

namespace omnitls::test {
namespace {

TEST(GnutlsContext, KeepsToItsVersions) {
    for (const VersionRange versions : {only12, only13, VersionRange{}}) {
        for (const auto& [priority, allowed] :
             {std::pair{"NORMAL:-VERS-ALL:+VERS-TLS1.1", false},
              {"NORMAL:-VERS-ALL:+VERS-TLS1.2", versions.min == ProtocolVersion::tls12},
              {"NORMAL:-VERS-ALL:+VERS-TLS1.3", versions.max == ProtocolVersion::tls13}}) {
            Ours server(server_config(versions));
            Raw client({.role = Role::client, .priority = priority, .identity = ""});
            shake(client, server);
            EXPECT_EQ(server.done(), allowed) << priority;
            // Which alert it is, the shell has said before.
            EXPECT_EQ(server.sent().has_value(), !allowed) << priority;
        }
    }
}

TEST(GnutlsContext, HintsAtTheAuthoritiesItTrusts) {
    for (const bool asks : {true, false}) {
        ServerConfig config = server_config();
        config.client_auth = asks ? ClientAuth::request : ClientAuth::none;
        config.client_trust =
            TrustAnchors::of({load_certificate("root"), load_certificate("other_root")});
        static int hints = 0;
        hints = 0;
        Ours server(config);
        Raw client({.role = Role::client,
                    .identity = "",
                    .setup = [](auto, gnutls_certificate_credentials_t mine) {
                        gnutls_certificate_set_retrieve_function2(
                            mine, [](gnutls_session_t, const gnutls_datum_t*, int count,
                                     const gnutls_pk_algorithm_t*, int, gnutls_pcert_st**,
                                     unsigned* size, gnutls_privkey_t*) {
                                hints = count;
                                *size = 0;
                                return 0;
                            });
                    }});
        shake(client, server);
        ASSERT_TRUE(client.done() && server.done());
        EXPECT_EQ(hints, asks ? 2 : 0);
    }
}

TEST(GnutlsContext, RefusesANameTooLongToSend) {
    const auto context = must(native::Backend().make_client_context(client_config()));
    EXPECT_TRUE(context->make_session(std::string(255, 'a')).has_value());
    const auto session = context->make_session(std::string(256, 'a'));
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().code, Errc::bad_config);
}

TEST(GnutlsContext, SendsANameOnlyIfGiven) {
    for (const std::string name : {"omnitls.test", ""}) {
        Ours client(client_config(), name);
        Raw server({});
        shake(client, server);
        ASSERT_TRUE(client.done() && server.done());
        std::string seen(256, '\0');
        std::size_t size = seen.size();
        unsigned type = 0;
        const int found = gnutls_server_name_get(server.get(), seen.data(), &size, &type, 0);
        EXPECT_EQ(found == 0 ? seen.substr(0, size) : "", name);
    }
}

// Its arrays hold 8 names of 31 bytes; what does not fit would be left out or fail late.
TEST(GnutlsContext, RefusesMoreProtocolsThanGnutlsTakes) {
    const auto taken = [](std::vector<std::string> alpn) {
        ClientConfig config = client_config();
        config.alpn = alpn;
        ServerConfig server = server_config();
        server.alpn = std::move(alpn);
        const auto context = native::Backend().make_client_context(config);
        EXPECT_EQ(native::Backend().make_server_context(server).has_value(), context.has_value());
        if (context) {
            EXPECT_TRUE((*context)->make_session("omnitls.test").has_value());
        } else {
            EXPECT_EQ(context.error().code, Errc::not_supported);
            EXPECT_NE(context.error().what.find("alpn"), std::string::npos);
        }
        return context.has_value();
    };
    EXPECT_TRUE(taken({"1", "2", "3", "4", "5", "6", "7", "8"}));
    EXPECT_FALSE(taken({"1", "2", "3", "4", "5", "6", "7", "8", "9"}));
    EXPECT_TRUE(taken({std::string(31, 'x')}));
    EXPECT_FALSE(taken({std::string(32, 'x')}));
}

// RFC 7301 §3.2.
TEST(GnutlsContext, AServerChoosesItsFavouriteProtocol) {
    ClientConfig mine = client_config();
    mine.alpn = {"xmpp-client", "h2"};
    for (const auto& [list, chosen] :
         {std::pair{std::vector<std::string>{"imap", "h2", "xmpp-client"}, "h2"},
          {{"imap"}, ""},
          {{}, ""}}) {
        ServerConfig theirs = server_config();
        theirs.alpn = list;
        Ours client(mine);
        Ours server(theirs);
        shake(client, server);
        EXPECT_EQ(server.done(), list.size() != 1);
        if (server.done()) {
            EXPECT_EQ(client.session->facts().alpn, chosen);
            EXPECT_EQ(server.session->facts().alpn, chosen);
        } else {
            EXPECT_EQ(server.sent(), Alert::no_application_protocol);
            EXPECT_EQ(client.cause(), Errc::no_common_protocol);
        }
    }
}

// A session lives on when its context is gone.
TEST(GnutlsContext, MayGoBeforeItsSessions) {
    ClientConfig mine = client_config();
    mine.identity = load_identity("client");
    Ours client(mine);
    ServerConfig asking = server_config();
    asking.client_auth = ClientAuth::require;
    asking.client_trust = load_anchors("root");
    Ours server(asking);
    client.context.reset();
    server.context.reset();
    shake(client, server);
    EXPECT_TRUE(client.done() && server.done());
    EXPECT_EQ(server.session->peer_chain().size(), load_chain("client").size());
}

// ---- Facts ----

struct Agreement {
    const char* name;
    const char* role;      ///< Of the raw server.
    const char* priority;  ///< It allows nothing else.
    std::uint16_t group;
    std::uint16_t scheme;
    std::uint16_t suite;
};
class GnutlsFacts : public testing::TestWithParam<Agreement> {};

TEST_P(GnutlsFacts, AreRegistryNumbers) {
    const Agreement& want = GetParam();
    const std::string version = want.suite < 0x1400 && want.suite > 0x1300 ? "3" : "2";
    Ours client(client_config());
    EXPECT_FALSE(client.session->facts().version.has_value());
    Raw server({.priority = "NONE:+COMP-NULL:+AEAD:+VERS-TLS1." + version + want.priority,
                .identity = want.role});
    shake(client, server);
    ASSERT_TRUE(client.done()) << client.session->facts().native_text;
    const spi::SessionFacts facts = client.session->facts();
    EXPECT_EQ(facts.version, version == "3" ? ProtocolVersion::tls13 : ProtocolVersion::tls12);
    EXPECT_EQ(facts.group, want.group);
    EXPECT_EQ(facts.signature_scheme, want.scheme);
    EXPECT_EQ(facts.cipher_suite, want.suite);
    EXPECT_EQ(facts.native_code, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Servers, GnutlsFacts,
    testing::Values(
        Agreement{"p256", "leaf",
                  ":+AES-128-GCM:+GROUP-SECP256R1:+ECDHE-ECDSA:+SIGN-ECDSA-SECP256R1-SHA256", 0x17,
                  0x0403, 0x1301},
        Agreement{"p384", "leaf_p384",
                  ":+AES-256-GCM:+GROUP-SECP384R1:+ECDHE-ECDSA:+SIGN-ECDSA-SECP384R1-SHA384", 0x18,
                  0x0503, 0x1302},
        Agreement{"p521", "leaf_ed25519",
                  ":+CHACHA20-POLY1305:+GROUP-SECP521R1:+ECDHE-ECDSA:+SIGN-EDDSA-ED25519", 0x19,
                  0x0807, 0x1303},
        Agreement{"x25519", "leaf_rsa",
                  ":+AES-128-GCM:+GROUP-X25519:+ECDHE-RSA:+SIGN-RSA-PSS-RSAE-SHA256", 0x1d, 0x0804,
                  0x1301},
        Agreement{"x448", "leaf_rsa",
                  ":+AES-128-GCM:+GROUP-X448:+ECDHE-RSA:+SIGN-RSA-PSS-RSAE-SHA384", 0x1e, 0x0805,
                  0x1301},
        Agreement{"ffdhe2048", "leaf_rsa",
                  ":+AES-128-GCM:+GROUP-FFDHE2048:+DHE-RSA:+SIGN-RSA-PSS-RSAE-SHA512", 0x100,
                  0x0806, 0x1301},
        Agreement{"tls12_pkcs1", "leaf_rsa",
                  ":+AES-128-GCM:+GROUP-SECP256R1:+ECDHE-RSA:+SIGN-RSA-SHA256", 0x17, 0x0401,
                  0xc02f},
        Agreement{"tls12_pkcs1_sha512", "leaf_rsa",
                  ":+CHACHA20-POLY1305:+GROUP-X25519:+ECDHE-RSA:+SIGN-RSA-SHA512", 0x1d, 0x0601,
                  0xcca8},
        Agreement{"tls12_pss", "leaf_rsa",
                  ":+AES-256-GCM:+GROUP-SECP384R1:+ECDHE-RSA:+SIGN-RSA-PSS-RSAE-SHA256", 0x18,
                  0x0804, 0xc030},
        Agreement{"tls12_ecdsa", "leaf",
                  ":+AES-128-GCM:+GROUP-SECP256R1:+ECDHE-ECDSA:+SIGN-ECDSA-SHA256", 0x17, 0x0403,
                  0xc02b},
        Agreement{"tls12_dhe", "leaf_rsa",
                  ":+AES-256-GCM:+GROUP-FFDHE2048:+DHE-RSA:+SIGN-RSA-SHA384", 0x100, 0x0501,
                  0x009f}),
    [](const auto& cell) { return std::string(cell.param.name); });

TEST(GnutlsFactsMore, AServerDoesEverySuiteItLists) {
    for (const std::string kx : {"ECDHE-RSA", "DHE-RSA"}) {
        for (const std::string cipher : {"AES-256-GCM", "CHACHA20-POLY1305", "AES-128-GCM"}) {
            Ours server(server_config(only12, "leaf_rsa"));
            Raw client({.role = Role::client,
                        .priority = "NORMAL:-KX-ALL:+" + kx + ":-CIPHER-ALL:+" + cipher,
                        .identity = ""});
            shake(client, server);
            EXPECT_TRUE(client.done() && server.done()) << kx << " " << cipher;
        }
    }
}

int give_staple(gnutls_session_t, void*, gnutls_datum_t* response) {
    response->data = static_cast<unsigned char*>(gnutls_malloc(5));
    response->size = 5;
    std::copy_n("\x30\x03\x0a\x01\x06", 5, response->data);
    return 0;
}

TEST(GnutlsFactsMore, AStapledOcspResponseIsAFact) {
    for (const bool stapled : {true, false}) {
        for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
            Ours client(client_config(only(version)));
            Raw server({.setup = [&](auto, gnutls_certificate_credentials_t mine) {
                if (stapled)
                    gnutls_certificate_set_ocsp_status_request_function(mine, give_staple, nullptr);
            }});
            shake(client, server);
            ASSERT_TRUE(client.done()) << client.session->facts().native_text;
            const Bytes expected = stapled ? Bytes{0x30, 3, 0x0a, 1, 6} : Bytes{};
            EXPECT_EQ(client.session->facts().ocsp_response, expected);
        }
    }
}

// Weak and strange certificates are the verifier's to judge: they must get as far as being seen. One thing GnuTLS judges
// itself, before anybody is asked: a key that signs although its certificate does not let it.
TEST(GnutlsFactsMore, WeakPeersReachTheVerifier) {
    for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        for (const std::string role :
             {"leaf", "leaf_weak_rsa1024", "leaf_sha1", "leaf_expired", "leaf_self_signed",
              "leaf_wrong_eku", "leaf_unknown_critical", "leaf_under_not_ca",
              "leaf_constrained_excluded", "leaf_no_digital_signature", "leaf_big"}) {
            Ours client(client_config(only(version)));
            Raw server({.priority = "NORMAL:%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS", .identity = role});
            shake(client, server);
            EXPECT_EQ(client.sink.seen, 1) << role;
            const bool may_sign = role != "leaf_no_digital_signature";
            EXPECT_EQ(client.done(), may_sign)
                << role << ": " << client.session->facts().native_text;
            if (may_sign) continue;
            EXPECT_EQ(client.cause(), Errc::certificate_rejected);
            EXPECT_EQ(client.sent(), Alert::unsupported_certificate);
            EXPECT_EQ(client.pauses, 0);
        }
    }
}

// The bound on a chain is core's; GnuTLS's own default of 128 KiB must not come first.
TEST(GnutlsFactsMore, LongChains) {
    for (const std::size_t limit : {std::size_t{256 * 1024}, std::size_t{16 * 1024}}) {
        ClientConfig config = client_config();
        config.limits.handshake_bytes = limit;
        ServerConfig big = server_config();
        std::string chain = read_data("leaf_big_chain.pem");
        for (int i = 0; i < 7; ++i) chain += read_data("leaf_big.pem");
        big.identity = must(Identity::from_pem(chain, read_data("leaf_big.key")));
        Ours client(config);
        Ours server(big);
        shake(client, server);
        EXPECT_EQ(client.done(), limit > 200'000) << client.session->facts().native_text;
        if (client.done()) {
            EXPECT_EQ(client.session->peer_chain().size(), 9U);
        } else {
            EXPECT_EQ(client.cause(), Errc::limit_exceeded);
            EXPECT_EQ(client.pauses, 0);
        }
    }
}

// ---- What it says of itself ----

TEST(GnutlsBackend, SaysWhatItIsAndCanDo) {
    const TlsBackend& backend = backends::gnutls();
    EXPECT_EQ(&backend, &backends::gnutls());
    EXPECT_EQ(backend.name(), "gnutls");
    EXPECT_EQ(backend.version(), gnutls_check_version(nullptr));
    std::set<std::string> names;
    for (const Capability& row : backend.capabilities().rows()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_EQ(row.reason.empty() || row.reason.ends_with(" alone"),
                  row.state == CapabilityState::native)
            << row.name;
    }
    EXPECT_TRUE(backend.capabilities().has("tls12"));
    EXPECT_TRUE(backend.capabilities().has("tls13"));
    EXPECT_TRUE(backend.capabilities().has("client_key_before_verdict"));
    EXPECT_FALSE(backend.capabilities().has("renegotiation"));
}

// The claim about the hybrid group is the running library's, and this is what it means.
TEST(GnutlsBackend, UsesTheHybridGroupIfItClaimsIt) {
    Ours client(client_config());
    Ours server(server_config());
    shake(client, server);
    ASSERT_TRUE(client.done() && server.done());
    const bool claimed = backends::gnutls().capabilities().has("X25519MLKEM768");
    EXPECT_EQ(client.session->facts().group, claimed ? 0x11ec : 0x001d);
    EXPECT_EQ(server.session->facts().group, client.session->facts().group);
}

}  // namespace
}  // namespace omnitls::test
