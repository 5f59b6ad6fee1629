// SPDX-License-Identifier: BSL-1.0
// Faults a peer can cause, and the neutral cause each of them gets. Every fault stands beside the same exchange without it.
#include "core/failure_cause.hpp"
#include "tests/backends/openssl/peers.hpp"
#include "tests/backends/openssl/record_cipher.hpp"

#include <openssl/sslerr.h>

namespace omnitls::test {
namespace {

using spi::Progress;

/// What became of one end.
struct End {
    Progress progress;
    Errc cause;
    std::optional<Alert> sent;
    std::optional<Alert> received;
    int seen;
};
End end_of(Ours& ours) {
    const spi::SessionFacts facts = ours.session().facts();
    if (ours.outcome.progress == Progress::failed) {
        EXPECT_NE(facts.native_code, 0);
        EXPECT_FALSE(facts.native_text.empty());
        EXPECT_EQ(ERR_peek_error(), 0U);
    }
    return {ours.outcome.progress, core::failure_cause(ours.outcome, facts), facts.alert_sent,
            facts.alert_received, ours.sink.seen};
}
End client_against(const ClientConfig& config, const Raw::Setup& setup) {
    Ours client(config);
    Raw server(Role::server, setup);
    shake(client, server);
    return end_of(client);
}
End server_against(const ServerConfig& config, const Raw::Setup& setup) {
    Ours server(config);
    Raw client(Role::client, setup);
    shake(client, server);
    return end_of(server);
}

Raw::Setup server_at(int version, const std::string& role = "leaf") {
    return [=](SSL_CTX* ctx) {
        Raw::use(ctx, role);
        Raw::limit(ctx, version);
    };
}
Raw::Setup client_at(int version) {
    return [=](SSL_CTX* ctx) { Raw::limit(ctx, version); };
}

TEST(OpensslPeerErrors, NoCommonVersion) {
    EXPECT_EQ(client_against(client_config(only13), server_at(TLS1_3_VERSION)).progress,
              Progress::done);
    End end = client_against(client_config(only13), server_at(TLS1_2_VERSION));
    EXPECT_EQ(end.cause, Errc::no_common_version);
    EXPECT_EQ(end.progress, Progress::failed);
    end = client_against(client_config(only12), server_at(TLS1_3_VERSION));
    EXPECT_EQ(end.cause, Errc::no_common_version);
    EXPECT_EQ(end.received, Alert::protocol_version);
    EXPECT_EQ(server_against(server_config(), client_at(TLS1_2_VERSION)).progress, Progress::done);
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        end = server_against(server_config(), client_at(version));
        EXPECT_EQ(end.cause, Errc::no_common_version);
        EXPECT_EQ(end.sent, Alert::protocol_version);
    }
    end = server_against(server_config(only13), client_at(TLS1_2_VERSION));
    EXPECT_EQ(end.cause, Errc::no_common_version);
    EXPECT_EQ(end.sent, Alert::protocol_version);
}

TEST(OpensslPeerErrors, NoCommonSuite) {
    const auto suites = [](const char* list, const std::string& role) {
        return [=](SSL_CTX* ctx) {
            if (!role.empty()) Raw::use(ctx, role);
            Raw::limit(ctx, TLS1_2_VERSION);
            SSL_CTX_set_cipher_list(ctx, list);
        };
    };
    EXPECT_EQ(server_against(server_config(), suites("ECDHE-ECDSA-AES128-GCM-SHA256", "")).progress,
              Progress::done);
    // Block ciphers with MACs, and key exchange without forward secrecy, are not ours.
    for (const char* list : {"ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"}) {
        const End end = server_against(server_config(), suites(list, ""));
        EXPECT_EQ(end.cause, Errc::no_common_parameters);
        EXPECT_EQ(end.sent, Alert::handshake_failure);
    }
    EXPECT_EQ(
        client_against(client_config(), suites("ECDHE-RSA-AES128-GCM-SHA256", "leaf_rsa")).progress,
        Progress::done);
    for (const char* list : {"ECDHE-RSA-AES128-SHA256", "AES128-GCM-SHA256"}) {
        const End end = client_against(client_config(), suites(list, "leaf_rsa"));
        EXPECT_EQ(end.cause, Errc::no_common_parameters);
        EXPECT_EQ(end.received, Alert::handshake_failure);
    }
}

TEST(OpensslPeerErrors, NoCommonSignatureAlgorithm) {
    const auto with = [](const char* list) {
        return [=](SSL_CTX* ctx) {
            Raw::limit(ctx, TLS1_2_VERSION);
            SSL_CTX_set1_sigalgs_list(ctx, const_cast<char*>(list));
        };
    };
    EXPECT_EQ(server_against(server_config(), with("ECDSA+SHA256:ECDSA+SHA1")).progress,
              Progress::done);
    const End end = server_against(server_config(), with("ECDSA+SHA1"));
    EXPECT_EQ(end.cause, Errc::no_common_parameters);
    EXPECT_EQ(end.sent, Alert::handshake_failure);
}

TEST(OpensslPeerErrors, NoCommonProtocol) {
    ServerConfig strict = server_config();
    strict.alpn = {"xmpp-server"};
    const auto offering = [](const std::string& list) {
        return [=](SSL_CTX* ctx) {
            const ConstBytes bytes = as_bytes(list);
            if (!list.empty())
                SSL_CTX_set_alpn_protos(ctx, bytes.data(), static_cast<unsigned>(bytes.size()));
        };
    };
    EXPECT_EQ(server_against(strict, offering("\x02h2\x0bxmpp-server")).progress, Progress::done);
    EXPECT_EQ(server_against(strict, offering("")).progress, Progress::done);
    const End end = server_against(strict, offering("\x02h2"));
    EXPECT_EQ(end.cause, Errc::no_common_protocol);
    EXPECT_EQ(end.sent, Alert::no_application_protocol);

    for (const bool overlap : {true, false}) {
        ClientConfig mine = client_config();
        mine.alpn = {overlap ? "xmpp-server" : "h2"};
        Ours client(mine);
        Ours server(strict);
        shake(client, server);
        EXPECT_EQ(client.done(), overlap);
        if (overlap) continue;
        EXPECT_EQ(end_of(client).cause, Errc::no_common_protocol);
        EXPECT_EQ(end_of(client).received, Alert::no_application_protocol);
    }
}

TEST(OpensslPeerErrors, AlertsInTheHandshake) {
    const std::pair<Alert, Errc> rows[] = {
        {Alert::protocol_version, Errc::no_common_version},
        {Alert::handshake_failure, Errc::no_common_parameters},
        {Alert::no_application_protocol, Errc::no_common_protocol},
        {Alert::certificate_required, Errc::certificate_required},
        {Alert::unknown_ca, Errc::alert_received},
        {Alert::access_denied, Errc::alert_received},
    };
    for (const auto& [alert, cause] : rows) {
        for (const std::uint8_t level : {std::uint8_t{1}, std::uint8_t{2}}) {
            Ours client(client_config(only12));
            client.feed({});
            client.take_output();
            client.feed(Bytes{21, 3, 3, 0, 2, level, static_cast<std::uint8_t>(alert)});
            // Below 1.3 a warning is no end; from 1.3 on the level means nothing.
            EXPECT_EQ(client.outcome.progress,
                      level == 2 ? Progress::failed : Progress::need_input);
            EXPECT_EQ(end_of(client).received, level == 2 ? std::optional(alert) : std::nullopt);
            if (level == 2) {
                EXPECT_EQ(end_of(client).cause, cause);
            }
        }
    }
    Ours client(client_config());
    client.feed({});
    client.feed(Bytes{21, 3, 3, 0, 2, 1, 0});
    EXPECT_EQ(client.outcome.progress, Progress::peer_closed);
}

TEST(OpensslPeerErrors, NotTlsAtAll) {
    for (const char* words : {"HTTP/1.1 400 Bad Request\r\n\r\n", "220 ready\r\n",
                              "<stream:stream xmlns='jabber:client'>"}) {
        Ours client(client_config());
        client.feed({});
        client.take_output();
        client.feed(as_bytes(words));
        EXPECT_EQ(end_of(client).progress, Progress::failed);
        EXPECT_EQ(end_of(client).cause, Errc::plaintext_peer) << words;
    }
    for (const char* words : {"GET / HTTP/1.0\r\n\r\n", "CONNECT omnitls.test:443 HTTP/1.1\r\n",
                              "EHLO omnitls.test\r\n", "POST / HTTP/1.1\r\n"}) {
        Ours server(server_config());
        server.feed(as_bytes(words));
        EXPECT_EQ(end_of(server).progress, Progress::failed);
        EXPECT_EQ(end_of(server).cause, Errc::plaintext_peer) << words;
    }
    // Once TLS was spoken, the same is a broken stream.
    Ours client(client_config(only12));
    Ours server(server_config(only12));
    client.feed({});
    server.feed(client.take_output());
    EXPECT_EQ(server.outcome.progress, Progress::need_input);
    server.feed(as_bytes("EHLO omnitls.test\r\n"));
    EXPECT_EQ(end_of(server).cause, Errc::protocol_violation);
}

TEST(OpensslPeerErrors, MalformedMessages) {
    const auto server_fed = [](const std::function<void(Bytes&)>& change) {
        Ours client(client_config());
        client.feed({});
        Bytes hello = client.take_output();
        change(hello);
        Ours server(server_config());
        server.feed(hello);
        return end_of(server);
    };
    EXPECT_EQ(server_fed([](Bytes&) {}).progress, Progress::need_input);
    // Not a ClientHello; a version-dependent length that lies; a record of data.
    for (const auto& [at, value] : {std::pair{5, 2}, {43, 200}, {0, 23}}) {
        const End end = server_fed([at = at, value = value](Bytes& hello) {
            hello[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
        });
        EXPECT_EQ(end.progress, Progress::failed) << at;
        EXPECT_EQ(end.cause, Errc::protocol_violation) << at;
        EXPECT_TRUE(end.sent.has_value()) << at;
    }
    const auto client_fed = [](const std::function<void(Bytes&)>& change) {
        Ours client(client_config());
        Ours server(server_config());
        client.feed({});
        server.feed(client.take_output());
        Bytes flight = server.take_output();
        change(flight);
        client.feed(flight);
        return end_of(client);
    };
    EXPECT_EQ(client_fed([](Bytes&) {}).progress, Progress::done);
    const End end = client_fed([](Bytes& flight) { flight[5] = 11; });
    EXPECT_EQ(end.cause, Errc::protocol_violation);
    EXPECT_EQ(end.sent, Alert::unexpected_message);
    const End broken = client_fed([](Bytes& flight) { flight.back() ^= 1U; });
    EXPECT_EQ(broken.cause, Errc::bad_record);
    EXPECT_EQ(broken.sent, Alert::bad_record_mac);
}

TEST(OpensslPeerErrors, TamperedData) {
    for (const VersionRange versions : {only12, only13}) {
        for (const bool tampered : {false, true}) {
            Ours client(client_config(versions));
            Ours server(server_config(versions));
            shake(client, server);
            ASSERT_TRUE(client.done() && server.done());
            server.write(as_bytes("secret"));
            client.inbox = server.take_output();
            if (tampered) client.inbox.back() ^= 1U;
            client.read();
            EXPECT_EQ(end_of(client).progress, tampered ? Progress::failed : Progress::done);
            if (!tampered) continue;
            EXPECT_TRUE(client.received.empty());
            EXPECT_EQ(end_of(client).cause, Errc::bad_record);
            EXPECT_EQ(end_of(client).sent, Alert::bad_record_mac);
            server.inbox = client.take_output();
            EXPECT_EQ(server.read().progress, Progress::failed);
            EXPECT_EQ(end_of(server).cause, Errc::alert_received);
            EXPECT_EQ(end_of(server).received, Alert::bad_record_mac);
        }
    }
}

// Weak and strange certificates are the verifier's to judge: they must get as far as being seen.
TEST(OpensslPeerErrors, WeakPeersReachTheVerifier) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const std::string role :
             {"leaf", "leaf_weak_rsa1024", "leaf_sha1", "leaf_expired", "leaf_self_signed",
              "leaf_wrong_eku", "leaf_unknown_critical", "leaf_under_not_ca",
              "leaf_constrained_excluded", "leaf_big"}) {
            const End end = client_against(client_config(), server_at(version, role));
            EXPECT_EQ(end.progress, Progress::done) << role;
            EXPECT_EQ(end.seen, 1) << role;
        }
        ServerConfig asking = server_config();
        asking.client_auth = ClientAuth::request;
        for (const std::string role : {"client", "client_expired", "client_self_signed",
                                       "client_wrong_eku", "leaf_weak_rsa1024", "leaf_sha1"}) {
            const End end = server_against(asking, server_at(version, role));
            EXPECT_EQ(end.progress, Progress::done) << role;
            EXPECT_EQ(end.seen, 1) << role;
        }
    }
}

// The bound on a chain is core's; OpenSSL's own default of 100 KiB must not come first.
TEST(OpensslPeerErrors, LongChains) {
    const auto long_chain = [](SSL_CTX* ctx) {
        Raw::use(ctx, "leaf_big");
        const Bytes der = load_certificate("leaf_big").der();
        for (int i = 0; i < 5; ++i)
            SSL_CTX_add1_chain_cert(ctx, native::parse_certificate(der).get());
    };
    for (const std::size_t limit : {std::size_t{256 * 1024}, std::size_t{16 * 1024}}) {
        ClientConfig config = client_config();
        config.limits.handshake_bytes = limit;
        Ours client(config);
        Raw server(Role::server, long_chain);
        shake(client, server);
        if (limit > 200'000) {
            EXPECT_EQ(client.outcome.progress, Progress::done);
            EXPECT_EQ(client.session().peer_chain().size(), 7U);
        } else {
            EXPECT_EQ(end_of(client).cause, Errc::limit_exceeded);
            EXPECT_EQ(client.sink.seen, 0);
        }
    }
}

TEST(OpensslPeerErrors, EmptyRecordFlood) {
    for (const int empties : {10, 40}) {
        Ours client(client_config());
        Raw server(Role::server, [](SSL_CTX* ctx) {
            Raw::use(ctx, "leaf");
            SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
            SSL_CTX_set_num_tickets(ctx, 0);
        });
        shake(client, server);
        ASSERT_TRUE(client.done() && server.done());
        RecordCipher forge(server.secret("SERVER_TRAFFIC_SECRET_0"));
        client.inbox.clear();
        for (int i = 0; i <= empties; ++i) {
            const Bytes record = forge.seal(as_bytes(i < empties ? "" : "data at last"), 23);
            client.inbox.insert(client.inbox.end(), record.begin(), record.end());
        }
        client.read();
        if (empties == 10) {
            EXPECT_EQ(end_of(client).progress, Progress::done);
            EXPECT_EQ(text_of(client.received), "data at last");
        } else {
            EXPECT_EQ(end_of(client).progress, Progress::failed);
            EXPECT_EQ(end_of(client).cause, Errc::limit_exceeded);
        }
    }
}

}  // namespace
}  // namespace omnitls::test
