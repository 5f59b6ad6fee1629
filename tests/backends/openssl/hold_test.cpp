// SPDX-License-Identifier: BSL-1.0
// What the shell's hold rests on: the client's key is untouched before `proceed`, and after a rejection the secret is there
// for one alert that the peer can read.
#include "core/sealer.hpp"
#include "tests/backends/openssl/peers.hpp"
#include "tests/backends/openssl/record_cipher.hpp"

namespace omnitls::test {
namespace {

using spi::Progress;
using spi::TrafficSecret;

ClientConfig client_with_key(VersionRange versions = {}) {
    ClientConfig config = client_config(versions);
    config.identity = load_identity("client");
    return config;
}
ServerConfig asking_server(VersionRange versions = {}) {
    ServerConfig config = server_config(versions);
    config.client_auth = ClientAuth::require;
    config.client_trust = load_anchors("root");
    return config;
}

class OpensslHold : public testing::TestWithParam<ProtocolVersion> {};
INSTANTIATE_TEST_SUITE_P(Versions, OpensslHold,
                         testing::Values(ProtocolVersion::tls12, ProtocolVersion::tls13),
                         [](const auto& cell) {
                             return cell.param == ProtocolVersion::tls12 ? "tls12" : "tls13";
                         });

TEST_P(OpensslHold, TheClientKeyWaitsForProceed) {
    for (const std::size_t chunk : {whole, std::size_t{1}, std::size_t{7}}) {
        Ours client(client_with_key(only(GetParam())));
        Ours server(asking_server(only(GetParam())));
        client.proceeds = false;
        shake(client, server, chunk);
        for (int again = 0; again < 5; ++again) {
            ASSERT_EQ(client.outcome.progress, Progress::need_credential);
            // Nothing at all was made of the flight that would carry certificate and signature.
            EXPECT_EQ(client.sink.after_certificate, 0U);
            client.advance();
        }
        // By now the server has proved possession, and what it agreed on is known.
        EXPECT_EQ(client.session().facts().signature_scheme, 0x0403);
        EXPECT_EQ(client.session().facts().version, GetParam());
        EXPECT_NE(client.session().facts().cipher_suite, 0);
        EXPECT_TRUE(server.session().peer_chain().empty());

        client.session().proceed();
        client.proceeds = true;
        shake(client, server, chunk);
        ASSERT_TRUE(client.done() && server.done());
        EXPECT_GT(client.sink.after_certificate, 0U);
        EXPECT_EQ(server.session().peer_chain().size(), 2U);
    }
}

// Without a request, or without a key, there is nothing to wait for.
TEST_P(OpensslHold, WithoutAKeyInPlayThereIsNoPause) {
    const auto outcome = [](const ClientConfig& mine, const ServerConfig& theirs) {
        Ours client(mine);
        Ours server(theirs);
        client.proceeds = false;
        shake(client, server);
        return client.outcome.progress;
    };
    const VersionRange versions = only(GetParam());
    EXPECT_EQ(outcome(client_with_key(versions), asking_server(versions)),
              Progress::need_credential);
    EXPECT_EQ(outcome(client_with_key(versions), server_config(versions)), Progress::done);
    EXPECT_EQ(outcome(client_config(versions), asking_server(versions)), Progress::done);
}

// A server whose CertificateVerify or ServerKeyExchange does not verify never gets to the pause.
TEST(OpensslHoldProof, AForgedServerFailsBeforeTheKeyIsAskedFor) {
    for (const bool forged : {false, true}) {
        Ours client(client_with_key(only12));
        client.proceeds = false;
        Raw server(Role::server, [](SSL_CTX* ctx) {
            Raw::use(ctx, "leaf");
            SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        });
        client.feed({});
        server.feed(client.take_output());
        Bytes flight = server.take_output();
        // Records of the flight: the ServerKeyExchange (type 12) ends with its signature.
        for (std::size_t at = 0; forged && at + 5 < flight.size();) {
            const std::size_t size = 5 + (std::size_t{flight[at + 3]} << 8U) + flight[at + 4];
            if (flight[at] == 22 && flight[at + 5] == 12) flight[at + size - 1] ^= 1U;
            at += size;
        }
        client.feed(flight);
        EXPECT_EQ(client.sink.seen, 1);
        if (!forged) {
            EXPECT_EQ(client.outcome.progress, Progress::need_credential);
            continue;
        }
        EXPECT_EQ(client.outcome.progress, Progress::failed);
        EXPECT_EQ(client.outcome.cause, Errc::bad_signature);
        EXPECT_EQ(client.session().facts().alert_sent, Alert::decrypt_error);
    }
}

// ---- Rejection: the peer is OpenSSL used directly, restricted to one suite ----

struct Rejection {
    const char* suite;
    std::uint16_t id;
    std::size_t secret_size;
};
class OpensslRejection : public testing::TestWithParam<Rejection> {
protected:
    Raw::Setup peer(const std::string& role, bool asks) const {
        return [role, asks](SSL_CTX* ctx) {
            Raw::use(ctx, role);
            Raw::limit(ctx, TLS1_3_VERSION);
            SSL_CTX_set_ciphersuites(ctx, GetParam().suite);
            if (asks) SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        };
    }
    /// What the shell does on a rejection.
    Bytes sealed_alert(Ours& end, TrafficSecret which, Alert alert) const {
        EXPECT_EQ(end.session().facts().cipher_suite, GetParam().id) << "while it is held";
        const SecretBytes secret = end.session().traffic_secret(which);
        EXPECT_EQ(secret.bytes().size(), GetParam().secret_size);
        EXPECT_TRUE(end.sink.output.empty()) << "deriving the secret writes nothing";
        return core::seal_first_alert(backends::openssl().crypto(), GetParam().id, secret.bytes(),
                                      alert)
            .value_or(Bytes{});
    }
};
INSTANTIATE_TEST_SUITE_P(Suites, OpensslRejection,
                         testing::Values(Rejection{"TLS_AES_128_GCM_SHA256", 0x1301, 32},
                                         Rejection{"TLS_AES_256_GCM_SHA384", 0x1302, 48},
                                         Rejection{"TLS_CHACHA20_POLY1305_SHA256", 0x1303, 32}),
                         [](const auto& cell) { return std::string(cell.param.suite); });

TEST_P(OpensslRejection, OfAServerReachesIt) {
    for (const std::size_t chunk : {whole, std::size_t{1}}) {
        for (const bool asks : {true, false}) {
            for (const Alert alert : {Alert::unknown_ca, Alert::access_denied}) {
                Ours client(client_with_key());
                client.proceeds = false;
                Raw server(Role::server, peer("leaf", asks));
                client.feed({});
                server.feed(client.take_output());
                client.feed(server.take_output(), chunk);
                ASSERT_EQ(client.outcome.progress,
                          asks ? Progress::need_credential : Progress::done);
                client.take_output();  // Held, and now destroyed.
                server.feed(sealed_alert(client, TrafficSecret::client_handshake, alert));
                EXPECT_EQ(server.alert(), alert);
                EXPECT_FALSE(server.done());
            }
        }
    }
}

TEST_P(OpensslRejection, OfAClientReachesIt) {
    for (const std::size_t chunk : {whole, std::size_t{1}}) {
        for (const Alert alert : {Alert::certificate_expired, Alert::bad_certificate}) {
            Ours server(asking_server());
            Raw client(Role::client, peer("client", false));
            client.feed({});
            server.feed(client.take_output(), chunk);
            client.feed(server.take_output());
            server.feed(client.take_output(), chunk);
            ASSERT_TRUE(server.done());
            ASSERT_EQ(server.sink.seen, 1);
            EXPECT_EQ(server.sink.after_certificate, 0U);
            client.put(sealed_alert(server, TrafficSecret::server_application, alert));
            EXPECT_EQ(client.read(), "");
            EXPECT_EQ(client.alert(), alert);
        }
    }
}

// The twin of both: the same peers, accepted.
TEST_P(OpensslRejection, OrNot) {
    Ours client(client_with_key());
    Raw server(Role::server, peer("leaf", true));
    shake(client, server);
    EXPECT_TRUE(client.done() && server.done());
    // An accepted connection no longer keeps what only a rejection needs.
    EXPECT_TRUE(client.session().traffic_secret(TrafficSecret::client_handshake).empty());
    Ours second_server(asking_server());
    Raw second_client(Role::client, peer("client", false));
    shake(second_client, second_server);
    EXPECT_TRUE(second_client.done() && second_server.done());
}

TEST(OpensslSecrets, AreForgottenWithTheFirstData) {
    for (const bool data : {true, false}) {
        Ours client(client_config(only13));
        Ours server(server_config(only13));
        shake(client, server);
        ASSERT_TRUE(client.done() && server.done());
        if (data) {
            client.write(as_bytes("data"));
            server.inbox = client.take_output();
            ASSERT_EQ(server.read().progress, Progress::done);
        }
        EXPECT_EQ(client.session().traffic_secret(TrafficSecret::client_handshake).empty(), data);
        EXPECT_EQ(server.session().traffic_secret(TrafficSecret::server_application).empty(), data);
    }
    for (const bool accepted : {true, false}) {
        Ours client(client_config(only13));
        Ours server(server_config(only13));
        shake(client, server);
        ASSERT_TRUE(client.done());
        if (accepted) client.session().proceed();
        EXPECT_EQ(client.session().traffic_secret(TrafficSecret::client_handshake).empty(),
                  accepted);
    }
}

TEST(OpensslSecrets, AreEmptyWhereThereAreNone) {
    Ours fresh(client_config());
    EXPECT_TRUE(fresh.session().traffic_secret(TrafficSecret::client_handshake).empty());
    EXPECT_TRUE(fresh.session().traffic_secret(TrafficSecret::server_application).empty());
    for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        Ours client(client_with_key(only(version)));
        Ours server(asking_server(only(version)));
        client.proceeds = false;
        shake(client, server);
        ASSERT_EQ(client.outcome.progress, Progress::need_credential);
        const bool tls13 = version == ProtocolVersion::tls13;
        EXPECT_EQ(client.session().traffic_secret(TrafficSecret::client_handshake).empty(), !tls13);
        EXPECT_EQ(server.session().traffic_secret(TrafficSecret::server_application).empty(),
                  !tls13);
        EXPECT_EQ(client.sink.after_certificate, 0U);
    }
}

// OpenSSL asks for the credential before it reads the server's Finished, without which there is no secret. So the pause is
// reported with the Finished in hand, and never one byte later: the server has nothing more to say.
TEST(OpensslSecrets, AreThereAtThePauseHoweverTheFlightIsCut) {
    enum class Cut { as_sent, in_one_record, finished_apart };
    for (const Cut cut : {Cut::as_sent, Cut::in_one_record, Cut::finished_apart}) {
        Ours client(client_with_key());
        client.proceeds = false;
        Raw server(Role::server, [](SSL_CTX* ctx) {
            Raw::use(ctx, "leaf");
            SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
            SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        });
        client.feed({});
        server.feed(client.take_output());
        const Bytes flight = server.take_output();
        RecordCipher opener(server.secret("SERVER_HANDSHAKE_TRAFFIC_SECRET"));
        RecordCipher sealer(server.secret("SERVER_HANDSHAKE_TRAFFIC_SECRET"));
        Bytes plain;
        Bytes recut;
        for (std::size_t at = 0; at < flight.size();) {
            const std::size_t size = 5 + (std::size_t{flight[at + 3]} << 8U) + flight[at + 4];
            const ConstBytes record = ConstBytes(flight).subspan(at, size);
            if (flight[at] == 23) {
                const Bytes message = opener.open(record);
                plain.insert(plain.end(), message.begin(), message.end());
            } else {
                recut.insert(recut.end(), record.begin(), record.end());
            }
            at += size;
        }
        constexpr std::size_t finished = 4 + 32;
        const std::size_t first =
            cut == Cut::in_one_record ? plain.size() : plain.size() - finished;
        for (const ConstBytes part :
             {ConstBytes(plain).first(first), ConstBytes(plain).subspan(first)}) {
            if (part.empty()) continue;
            const Bytes record = sealer.seal(part, 22);
            recut.insert(recut.end(), record.begin(), record.end());
        }
        const Bytes& sent = cut == Cut::as_sent ? flight : recut;
        client.feed(ConstBytes(sent).first(sent.size() - 1), 1);
        ASSERT_EQ(client.outcome.progress, Progress::need_input);
        client.feed(ConstBytes(sent).last(1));
        ASSERT_EQ(client.outcome.progress, Progress::need_credential);
        EXPECT_TRUE(client.inbox.empty());
        EXPECT_EQ(client.session().traffic_secret(TrafficSecret::client_handshake).bytes().size(),
                  32U);
        EXPECT_EQ(client.sink.after_certificate, 0U);
    }
}

// The server's flight is not complete: no secret, no key use, no output, and no crash.
TEST(OpensslSecrets, AreNotForcedFromAnIncompleteFlight) {
    Ours client(client_with_key(only13));
    client.proceeds = false;
    Ours server(asking_server(only13));
    client.feed({});
    server.feed(client.take_output());
    Bytes flight = server.take_output();
    flight.resize(flight.size() - 40);
    client.feed(flight);
    ASSERT_EQ(client.sink.seen, 1);
    ASSERT_EQ(client.outcome.progress, Progress::need_input);
    EXPECT_EQ(client.advance(true).progress, Progress::truncated);
    EXPECT_TRUE(client.session().traffic_secret(TrafficSecret::client_handshake).empty());
    EXPECT_EQ(client.sink.after_certificate, 0U);
}

}  // namespace
}  // namespace omnitls::test
