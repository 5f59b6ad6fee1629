// SPDX-License-Identifier: BSL-1.0
// Sessions of this backend with each other and with OpenSSL used directly: handshakes in pieces, what they agreed on, data,
// and the ways to end.
#include "tests/backends/openssl/peers.hpp"

#include <algorithm>
#include <tuple>

namespace omnitls::test {
namespace {

using spi::Progress;

/// Two ends of ours after their handshake.
struct Pair {
    explicit Pair(VersionRange versions, std::size_t chunk = whole)
        : client(client_config(versions)), server(server_config(versions)) {
        shake(client, server, chunk);
        if (!client.done() || !server.done()) throw std::runtime_error{"the handshake failed"};
    }
    Ours client;
    Ours server;
};

using Cell = std::tuple<ProtocolVersion, std::size_t>;
class OpensslPair : public testing::TestWithParam<Cell> {
protected:
    ProtocolVersion version() const { return std::get<0>(GetParam()); }
    std::size_t chunk() const { return std::get<1>(GetParam()); }
};

std::string cell_name(const testing::TestParamInfo<Cell>& cell) {
    const auto [version, chunk] = cell.param;
    return std::string(version == ProtocolVersion::tls12 ? "tls12" : "tls13") +
           (chunk == whole ? "_whole" : "_by" + std::to_string(chunk));
}

INSTANTIATE_TEST_SUITE_P(Cells, OpensslPair,
                         testing::Combine(testing::Values(ProtocolVersion::tls12,
                                                          ProtocolVersion::tls13),
                                          testing::Values(whole, std::size_t{1}, std::size_t{7})),
                         cell_name);

TEST_P(OpensslPair, AgreesAndCarriesData) {
    ClientConfig ours = client_config(only(version()));
    ours.alpn = {"xmpp-client", "h2"};
    ServerConfig theirs = server_config(only(version()));
    theirs.alpn = {"imap", "h2", "xmpp-client"};
    Ours client(ours);
    Ours server(theirs);
    EXPECT_FALSE(client.session().facts().version.has_value());
    EXPECT_FALSE(server.session().facts().version.has_value());
    shake(client, server, chunk());
    ASSERT_TRUE(client.done()) << client.session().facts().native_text;
    ASSERT_TRUE(server.done()) << server.session().facts().native_text;
    for (Ours* end : {&client, &server}) {
        const spi::SessionFacts facts = end->session().facts();
        EXPECT_EQ(facts.version, version());
        EXPECT_EQ(facts.cipher_suite, version() == ProtocolVersion::tls12 ? 0xc02c : 0x1302);
        EXPECT_NE(facts.group, 0);
        EXPECT_EQ(facts.alpn, "h2");  // The server's preference (RFC 7301 §3.2).
        EXPECT_FALSE(facts.resumed);
        EXPECT_FALSE(facts.alert_received || facts.alert_sent);
        EXPECT_TRUE(end->inbox.empty());
    }
    EXPECT_EQ(client.session().facts().signature_scheme, 0x0403);
    EXPECT_EQ(server.session().facts().signature_scheme, 0);  // The client showed no certificate.

    for (auto [from, to] : {std::pair{&client, &server}, {&server, &client}}) {
        const Bytes data(16'384, 0x5a);
        EXPECT_EQ(from->write(data).bytes, data.size());
        const Bytes record = from->take_output();
        EXPECT_EQ((std::size_t{record[3]} << 8U) + record[4] + 5U, record.size()) << "one record";
        for (const std::uint8_t byte : record) {
            to->inbox.push_back(byte);
            if (chunk() != 1 && to->inbox.size() < record.size()) continue;
            const Progress progress = to->read().progress;
            EXPECT_EQ(progress, to->received.empty() ? Progress::need_input : Progress::done);
        }
        EXPECT_EQ(to->received, data);
    }
}

TEST_P(OpensslPair, ShowsTheChainAsItWasSent) {
    Ours client(client_config(only(version())));
    ServerConfig asking = server_config(only(version()));
    asking.client_auth = ClientAuth::request;
    asking.client_trust = load_anchors("root");
    Ours silent_server(asking);
    shake(client, silent_server, chunk());
    ASSERT_TRUE(client.done() && silent_server.done());
    EXPECT_EQ(silent_server.sink.seen, 0);
    EXPECT_TRUE(silent_server.session().peer_chain().empty());

    ClientConfig with_identity = client_config(only(version()));
    with_identity.identity = load_identity("client_rsa");
    Ours known_client(with_identity);
    Ours server(asking);
    shake(known_client, server, chunk());
    ASSERT_TRUE(known_client.done() && server.done());
    const auto check = [](Ours& end, const std::string& role) {
        EXPECT_EQ(end.sink.seen, 1);
        const auto chain = end.session().peer_chain();
        const std::vector<Bytes> sent = load_chain(role);
        ASSERT_EQ(chain.size(), sent.size());
        for (std::size_t i = 0; i < sent.size(); ++i) {
            EXPECT_EQ(Bytes(chain[i].der.begin(), chain[i].der.end()), sent[i]);
            EXPECT_NE(chain[i].native, nullptr);
        }
    };
    check(known_client, "leaf");
    check(server, "client_rsa");
    EXPECT_EQ(server.session().facts().signature_scheme, 0x0804);
}

TEST_P(OpensslPair, EndsWithCloseNotifyAndLeavesTheRest) {
    Pair pair(only(version()), chunk());
    pair.server.write(as_bytes("last words"));
    EXPECT_EQ(pair.server.session().close_notify(pair.server.sink).progress, Progress::done);
    Bytes flight = pair.server.take_output();
    const ConstBytes tail = as_bytes("\x17\x03\x03 plain text follows");
    flight.insert(flight.end(), tail.begin(), tail.end());
    for (std::size_t i = 0; i < flight.size(); i += std::min(chunk(), flight.size())) {
        const std::size_t size = std::min(chunk(), flight.size() - i);
        const auto piece = ConstBytes(flight).subspan(i, size);
        pair.client.inbox.insert(pair.client.inbox.end(), piece.begin(), piece.end());
        while (pair.client.outcome.progress != Progress::peer_closed &&
               pair.client.read().progress == Progress::done) {
        }
    }
    EXPECT_EQ(text_of(pair.client.received), "last words");
    EXPECT_EQ(pair.client.outcome.progress, Progress::peer_closed);
    EXPECT_EQ(text_of(pair.client.inbox), as_text(tail));
    // The end is sticky and eats nothing more.
    EXPECT_EQ(pair.client.read().progress, Progress::peer_closed);
    EXPECT_EQ(text_of(pair.client.inbox), as_text(tail));

    // Half closed: the client may still write, the server still reads.
    EXPECT_EQ(pair.client.write(as_bytes("an answer")).progress, Progress::done);
    pair.server.inbox = pair.client.take_output();
    EXPECT_EQ(pair.server.read().progress, Progress::done);
    EXPECT_EQ(text_of(pair.server.received), "an answer");
    EXPECT_EQ(pair.client.session().close_notify(pair.client.sink).progress, Progress::done);
    pair.server.inbox = pair.client.take_output();
    EXPECT_EQ(pair.server.read().progress, Progress::peer_closed);
}

TEST_P(OpensslPair, TellsACutOffFromAnEnd) {
    for (const bool cut_inside_a_record : {false, true}) {
        Pair pair(only(version()), chunk());
        pair.server.write(as_bytes("half a sentence"));
        Bytes record = pair.server.take_output();
        if (cut_inside_a_record) record.pop_back();
        pair.client.inbox = record;
        const Progress first = pair.client.read(cut_inside_a_record).progress;
        EXPECT_EQ(first, cut_inside_a_record ? Progress::truncated : Progress::done);
        EXPECT_EQ(pair.client.read(true).progress, Progress::truncated);
        EXPECT_TRUE(pair.client.sink.output.empty()) << "no alert to a transport that is gone";
        EXPECT_FALSE(pair.client.session().facts().alert_sent.has_value());
    }
    Pair pair(only(version()), chunk());
    pair.server.session().close_notify(pair.server.sink);
    pair.client.inbox = pair.server.take_output();
    EXPECT_EQ(pair.client.read(true).progress, Progress::peer_closed);
}

TEST_P(OpensslPair, TellsACutOffInTheHandshake) {
    Ours client(client_config(only(version())));
    Ours server(server_config(only(version())));
    client.feed({});
    EXPECT_EQ(client.outcome.progress, Progress::need_input);
    server.feed(client.take_output(), chunk());
    Bytes flight = server.take_output();
    flight.pop_back();
    client.feed(flight, chunk());
    EXPECT_EQ(client.outcome.progress, Progress::need_input);
    EXPECT_EQ(client.advance(true).progress, Progress::truncated);
    EXPECT_EQ(server.advance(true).progress, Progress::truncated);
}

TEST_P(OpensslPair, BuffersMayBeGivenBackAnyTime) {
    Pair pair(only(version()), chunk());
    for (int round = 0; round < 3; ++round) {
        pair.client.session().release_buffers();
        pair.server.session().release_buffers();
        pair.client.write(as_bytes("ping"));
        const Bytes record = pair.client.take_output();
        // Half a record must survive.
        pair.server.inbox.assign(record.begin(), record.begin() + 9);
        EXPECT_EQ(pair.server.read().progress, Progress::need_input);
        pair.server.session().release_buffers();
        pair.server.inbox.assign(record.begin() + 9, record.end());
        EXPECT_EQ(pair.server.read().progress, Progress::done);
    }
    EXPECT_EQ(text_of(pair.server.received), "pingpingping");
}

TEST_P(OpensslPair, SmallBuffersGetARecordInParts) {
    Pair pair(only(version()), chunk());
    pair.client.write(as_bytes("abcdef"));
    pair.server.inbox = pair.client.take_output();
    EXPECT_FALSE(pair.server.session().has_pending());
    for (const std::string expected : {"ab", "abcd", "abcdef"}) {
        EXPECT_EQ(pair.server.read(false, 2).progress, Progress::done);
        EXPECT_EQ(text_of(pair.server.received), expected);
        EXPECT_EQ(pair.server.session().has_pending(), expected.size() < 6);
        EXPECT_TRUE(pair.server.inbox.empty());
    }
    EXPECT_EQ(pair.server.read().progress, Progress::need_input);
}

// ---- What was agreed on ----

struct Agreement {
    const char* name;
    int version;
    const char* role;   ///< Of the raw server.
    const char* group;  ///< The one it allows; null: its defaults.
    const char* sigalg;
    const char* suite;
    std::uint16_t group_id;
    std::uint16_t scheme_id;
    std::uint16_t suite_id;
};

class OpensslFacts : public testing::TestWithParam<Agreement> {};

TEST_P(OpensslFacts, AreRegistryNumbers) {
    const Agreement& want = GetParam();
    Ours client(client_config());
    Raw server(Role::server, [&](SSL_CTX* ctx) {
        Raw::use(ctx, want.role);
        Raw::limit(ctx, want.version);
        SSL_CTX_set_dh_auto(ctx, 1);
        ASSERT_EQ(SSL_CTX_set1_groups_list(ctx, const_cast<char*>(want.group)), 1);
        ASSERT_EQ(SSL_CTX_set1_sigalgs_list(ctx, const_cast<char*>(want.sigalg)), 1);
        const bool tls13 = want.version == TLS1_3_VERSION;
        ASSERT_EQ(tls13 ? SSL_CTX_set_ciphersuites(ctx, want.suite)
                        : SSL_CTX_set_cipher_list(ctx, want.suite),
                  1);
    });
    shake(client, server);
    ASSERT_TRUE(client.done()) << client.session().facts().native_text;
    const spi::SessionFacts facts = client.session().facts();
    EXPECT_EQ(static_cast<int>(facts.version.value()), want.version);
    EXPECT_EQ(facts.group, want.group_id);
    EXPECT_EQ(facts.signature_scheme, want.scheme_id);
    EXPECT_EQ(facts.cipher_suite, want.suite_id);
}

constexpr auto v12 = TLS1_2_VERSION;
constexpr auto v13 = TLS1_3_VERSION;
INSTANTIATE_TEST_SUITE_P(
    Servers, OpensslFacts,
    testing::Values(Agreement{"p256", v13, "leaf", "P-256", "ecdsa_secp256r1_sha256",
                              "TLS_AES_128_GCM_SHA256", 0x17, 0x0403, 0x1301},
                    Agreement{"p384", v13, "leaf_p384", "P-384", "ecdsa_secp384r1_sha384",
                              "TLS_AES_256_GCM_SHA384", 0x18, 0x0503, 0x1302},
                    Agreement{"p521", v13, "leaf_ed25519", "P-521", "ed25519",
                              "TLS_CHACHA20_POLY1305_SHA256", 0x19, 0x0807, 0x1303},
                    Agreement{"x25519", v13, "leaf_rsa", "X25519", "rsa_pss_rsae_sha256",
                              "TLS_AES_128_GCM_SHA256", 0x1d, 0x0804, 0x1301},
                    Agreement{"x448", v13, "leaf_rsa", "X448", "rsa_pss_rsae_sha384",
                              "TLS_AES_128_GCM_SHA256", 0x1e, 0x0805, 0x1301},
                    Agreement{"ffdhe2048", v13, "leaf_rsa", "ffdhe2048", "rsa_pss_rsae_sha512",
                              "TLS_AES_128_GCM_SHA256", 0x100, 0x0806, 0x1301},
                    Agreement{"tls12_pkcs1", v12, "leaf_rsa", "P-256", "rsa_pkcs1_sha256",
                              "ECDHE-RSA-AES128-GCM-SHA256", 0x17, 0x0401, 0xc02f},
                    Agreement{"tls12_pkcs1_sha512", v12, "leaf_rsa", "X25519", "rsa_pkcs1_sha512",
                              "ECDHE-RSA-CHACHA20-POLY1305", 0x1d, 0x0601, 0xcca8},
                    Agreement{"tls12_pss", v12, "leaf_rsa", "P-384", "rsa_pss_rsae_sha256",
                              "ECDHE-RSA-AES256-GCM-SHA384", 0x18, 0x0804, 0xc030},
                    Agreement{"tls12_ecdsa", v12, "leaf", "P-256", "ecdsa_secp256r1_sha256",
                              "ECDHE-ECDSA-AES128-GCM-SHA256", 0x17, 0x0403, 0xc02b},
                    // Finite-field parameters of TLS 1.2 have no name on the wire.
                    Agreement{"tls12_dhe", v12, "leaf_rsa", "P-256", "rsa_pkcs1_sha384",
                              "DHE-RSA-AES256-GCM-SHA384", 0, 0x0501, 0x009f}),
    [](const auto& cell) { return std::string(cell.param.name); });

// Finite-field Diffie-Hellman needs parameters on the server's side.
TEST(OpensslSession, AServerDoesEverySuiteItLists) {
    for (const std::string suite : {"ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
                                    "ECDHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384",
                                    "DHE-RSA-CHACHA20-POLY1305", "DHE-RSA-AES128-GCM-SHA256"}) {
        Ours server(server_config(only12, "leaf_rsa"));
        Raw client(Role::client,
                   [&](SSL_CTX* ctx) { SSL_CTX_set_cipher_list(ctx, suite.c_str()); });
        shake(client, server);
        EXPECT_TRUE(client.done() && server.done()) << suite;
    }
}

TEST(OpensslSession, AServerNameIsSentOnlyIfGiven) {
    for (const std::string name : {"omnitls.test", ""}) {
        Ours client(client_config(), name);
        Raw server(Role::server, Raw::identity("leaf"));
        shake(client, server);
        ASSERT_TRUE(client.done() && server.done());
        const char* seen = SSL_get_servername(server.ssl(), TLSEXT_NAMETYPE_host_name);
        EXPECT_EQ(seen == nullptr ? "" : std::string(seen), name);
    }
}

const Bytes staple{0x30, 0x03, 0x0a, 0x01, 0x06};
int give_staple(SSL* ssl, void*) {
    void* copy = OPENSSL_memdup(staple.data(), staple.size());
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, static_cast<long>(staple.size()), copy);
    return SSL_TLSEXT_ERR_OK;
}

TEST(OpensslSession, AStapledOcspResponseIsAFact) {
    for (const bool stapled : {true, false}) {
        for (const int version : {v12, v13}) {
            Ours client(client_config());
            Raw server(Role::server, [&](SSL_CTX* ctx) {
                Raw::use(ctx, "leaf");
                Raw::limit(ctx, version);
                if (!stapled) return;
                SSL_CTX_callback_ctrl(ctx, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                                      reinterpret_cast<void (*)()>(give_staple));
            });
            shake(client, server);
            ASSERT_TRUE(client.done());
            EXPECT_EQ(client.session().facts().ocsp_response, stapled ? staple : Bytes{});
        }
    }
}

/// Connects twice with one raw client context, offering the first session to the second server. The server says what it
/// says; the twin, a raw server, shows that the client does its part.
template <class Server>
bool resumes(Server& first, Server& second, int version) {
    Raw client(Role::client, [&](SSL_CTX* ctx) { Raw::limit(ctx, version); });
    shake(client, first);
    client.put(first.take_output());
    client.read();
    Raw again(client);
    SSL_SESSION* session = SSL_get1_session(client.ssl());
    SSL_set_session(again.ssl(), session);
    SSL_SESSION_free(session);
    shake(again, second);
    EXPECT_TRUE(again.done() && second.done());
    return SSL_session_reused(again.ssl()) == 1;
}

TEST(OpensslSession, NothingIsResumable) {
    for (const int version : {v12, v13}) {
        Ours first(server_config());
        Ours second(must(first.context().make_session("")));
        EXPECT_FALSE(resumes(first, second, version));
        EXPECT_FALSE(second.session().facts().resumed);
        Raw raw(Role::server, Raw::identity("leaf"));
        Raw same_raw(raw);
        EXPECT_TRUE(resumes(raw, same_raw, version));
    }
}

TEST(OpensslSession, WhatAClientKeepsHasNoCertificateAndIsResumed) {
    for (const VersionRange versions : {only12, only13}) {
        ClientConfig config = client_config(versions);
        config.sessions = memory_session_store();
        Ours client(config);
        Raw server(Role::server, Raw::identity("leaf"));
        shake(client, server);
        ASSERT_TRUE(client.done());
        if (!client.inbox.empty()) client.read();
        const auto kept = client.session().take_resumable();
        ASSERT_FALSE(kept.empty());
        const ConstBytes state = kept.back().state.bytes();
        const Bytes leaf = load_certificate("leaf").der();
        EXPECT_TRUE(std::search(state.begin(), state.end(), leaf.begin(), leaf.end()) ==
                    state.end());

        Ours again(must(client.context().make_session("omnitls.test")));
        Raw same_server(server);
        ASSERT_TRUE(again.session().resume({SecretBytes(state)}));
        shake(again, same_server);
        EXPECT_TRUE(again.done() && same_server.done());
        EXPECT_TRUE(again.session().facts().resumed);
    }
}

TEST(OpensslSession, ReadsDataBehindTickets) {
    Ours client(client_config(only13));
    Raw raw(Role::server, Raw::identity("leaf"));
    shake(client, raw);
    ASSERT_TRUE(client.done());
    EXPECT_FALSE(client.inbox.empty()) << "tickets";
    raw.write("data behind tickets");
    const Bytes record = raw.take_output();
    client.inbox.insert(client.inbox.end(), record.begin(), record.end());
    EXPECT_EQ(client.read().progress, Progress::done);
    EXPECT_EQ(text_of(client.received), "data behind tickets");
}

TEST(OpensslSession, AnswersAKeyUpdateBeforeItsNextData) {
    for (const int request : {SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED}) {
        Ours server(server_config(only13));
        Raw client(Role::client);
        shake(client, server);
        ASSERT_TRUE(client.done() && server.done());
        client.put(server.take_output());
        ASSERT_EQ(SSL_key_update(client.ssl(), request), 1);
        client.write("after the update");
        server.inbox = client.take_output();
        EXPECT_EQ(server.read().progress, Progress::done);
        EXPECT_EQ(text_of(server.received), "after the update");
        server.write(as_bytes("answer"));
        client.put(server.take_output());
        EXPECT_EQ(client.read(), "answer");
    }
}

TEST(OpensslSession, RefusesRenegotiationAndGoesOn) {
    Ours server(server_config(only12));
    Raw client(Role::client);
    shake(client, server);
    ASSERT_TRUE(client.done() && server.done());
    ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
    SSL_do_handshake(client.ssl());
    server.inbox = client.take_output();
    ASSERT_FALSE(server.inbox.empty());
    EXPECT_EQ(server.read().progress, Progress::need_input);
    const Bytes answer = server.take_output();
    ASSERT_GT(answer.size(), 5U);
    EXPECT_EQ(answer[0], 21) << "an alert and no ServerHello";
    EXPECT_EQ(std::size_t{answer[4]} + 5U, answer.size());
    EXPECT_EQ(server.write(as_bytes("still here")).progress, Progress::done);
}

// A HelloRequest (RFC 5246 §7.4.1.1) may be answered with a no_renegotiation warning, and is.
TEST(OpensslSession, IgnoresAServersWishToRenegotiate) {
    Ours client(client_config(only12));
    Raw server(Role::server, Raw::identity("leaf"));
    shake(client, server);
    ASSERT_TRUE(client.done() && server.done());
    ASSERT_EQ(SSL_renegotiate(server.ssl()), 1);
    SSL_do_handshake(server.ssl());
    client.inbox = server.take_output();
    ASSERT_FALSE(client.inbox.empty());
    EXPECT_EQ(client.read().progress, Progress::need_input);
    const Bytes answer = client.take_output();
    ASSERT_GT(answer.size(), 5U);
    EXPECT_EQ(answer[0], 21) << "an alert and no ClientHello";
    EXPECT_EQ(client.sink.seen, 1);
    EXPECT_EQ(client.write(as_bytes("still here")).progress, Progress::done);
}

TEST(OpensslSession, StaleErrorsOfTheThreadDoNotMatter) {
    Ours client(client_config());
    Ours server(server_config());
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_SIGNATURE);
    client.feed({});
    EXPECT_EQ(client.outcome.progress, Progress::need_input);
    shake(client, server);
    ASSERT_TRUE(client.done() && server.done());
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_SIGNATURE);
    EXPECT_EQ(client.read().progress, Progress::need_input);
}

TEST(OpensslSession, HasNoAlertsOfItsOwnToGive) {
    Pair pair(only13);
    EXPECT_FALSE(pair.client.session().fatal_alert(Alert::access_denied, pair.client.sink));
    EXPECT_TRUE(pair.client.sink.output.empty());
}

}  // namespace
}  // namespace omnitls::test
