// SPDX-License-Identifier: BSL-1.0
// Where a session stops for the verdict and what GnuTLS has done by then: never before the proof of possession, in TLS 1.3 with
// the client key unused, and at the same place however the peer packs its flight.
#include "tests/backends/gnutls/peers.hpp"

namespace omnitls::test {
namespace {

constexpr ProtocolVersion both_versions[] = {ProtocolVersion::tls12, ProtocolVersion::tls13};

Raw::Options server_at(ProtocolVersion version, const std::string& key_role = {}) {
    return {.priority = Raw::at(version),
            .key_role = key_role,
            .setup = [](gnutls_session_t session, auto) {
                gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
            }};
}

ClientConfig with_identity(VersionRange versions = {}) {
    ClientConfig config = client_config(versions);
    config.identity = load_identity("client");
    return config;
}

TEST(GnutlsHold, ATls13ClientWritesNothingBeforeItMayProceed) {
    for (const std::size_t chunk : {whole, std::size_t{1}, std::size_t{7}}) {
        Ours client(with_identity(only13));
        client.proceeds = false;
        Raw server(server_at(ProtocolVersion::tls13));
        client.feed({});
        server.feed(client.take_output());
        client.feed(server.take_output(), chunk);
        ASSERT_EQ(client.outcome.progress, Progress::need_credential);
        EXPECT_EQ(client.sink.seen, 1);
        EXPECT_TRUE(client.sink.output.empty()) << "not even a change_cipher_spec";
        EXPECT_TRUE(client.inbox.empty()) << "the Finished was read ahead";
        const auto facts = client.session->facts();
        EXPECT_EQ(facts.version, ProtocolVersion::tls13);
        EXPECT_NE(facts.cipher_suite, 0);
        EXPECT_EQ(facts.signature_scheme, 0x0403);
        // Asked again, it gives the same answer and no byte.
        EXPECT_EQ(client.advance().progress, Progress::need_credential);
        EXPECT_TRUE(client.sink.output.empty());
        client.session->proceed();
        EXPECT_EQ(client.advance().progress, Progress::done);
        // RFC 8446 §D.4: right before the second flight.
        EXPECT_EQ(client.sink.output.at(0), 20);
        EXPECT_EQ(client.sink.output.at(6), 23);
        server.feed(client.take_output());
        EXPECT_TRUE(server.done());
        unsigned shown = 0;
        EXPECT_NE(gnutls_certificate_get_peers(server.get(), &shown), nullptr);
        EXPECT_EQ(shown, load_chain("client").size());
    }
}

// The shell holds what it writes.
TEST(GnutlsHold, ATls12ClientGoesOnAndItsOutputIsHeld) {
    Ours client(with_identity(only12));
    Raw server(server_at(ProtocolVersion::tls12));
    client.feed({});
    server.feed(client.take_output());
    client.feed(server.take_output());
    EXPECT_EQ(client.outcome.progress, Progress::need_input);
    EXPECT_EQ(client.pauses, 0);
    EXPECT_EQ(client.sink.seen, 1);
    EXPECT_EQ(client.sink.before_certificate, 0U);
    EXPECT_GT(client.sink.output.size(), 500U);
}

TEST(GnutlsHold, AServerWithTheWrongKeyIsNeverAskedAbout) {
    for (const ProtocolVersion version : both_versions) {
        for (const bool right : {false, true}) {
            Ours client(with_identity(only(version)));
            Raw server(server_at(version, right ? "leaf" : "leaf_other"));
            shake(client, server);
            EXPECT_EQ(client.done(), right);
            EXPECT_EQ(client.sink.seen, 1) << "the shell holds from here on";
            EXPECT_EQ(client.pauses, right && version == ProtocolVersion::tls13 ? 1 : 0);
            if (right) continue;
            EXPECT_EQ(client.cause(), Errc::bad_signature);
            EXPECT_EQ(server.alert(), client.sent());
            EXPECT_TRUE(client.sent().has_value());
        }
    }
}

TEST(GnutlsHold, AClientWithTheWrongKeyIsNeverAskedAbout) {
    for (const ProtocolVersion version : both_versions) {
        for (const bool right : {false, true}) {
            ServerConfig asking = server_config(only(version));
            asking.client_auth = ClientAuth::require;
            asking.client_trust = load_anchors("root");
            Ours server(asking);
            Raw client({.role = Role::client,
                        .priority = Raw::at(version),
                        .identity = "client",
                        .key_role = right ? "client" : "client_other"});
            shake(client, server);
            EXPECT_EQ(server.done(), right) << server.session->facts().native_text;
            EXPECT_EQ(server.sink.seen, 1);
            EXPECT_EQ(server.pauses, 0) << "the shell asks when the handshake is done";
            if (!right) {
                EXPECT_EQ(server.cause(), Errc::bad_signature);
            }
        }
    }
}

// That a certificate is required is the shell's to say; GnuTLS would send decode_error in TLS 1.2.
TEST(GnutlsHold, AClientWithoutACertificateIsLeftToTheShell) {
    for (const ProtocolVersion version : both_versions) {
        for (const std::string identity : {"", "client"}) {
            ServerConfig asking = server_config(only(version));
            asking.client_auth = ClientAuth::require;
            asking.client_trust = load_anchors("root");
            Ours server(asking);
            Raw client({.role = Role::client, .priority = Raw::at(version), .identity = identity});
            shake(client, server);
            EXPECT_TRUE(server.done()) << server.session->facts().native_text;
            EXPECT_EQ(server.sink.seen, identity.empty() ? 0 : 1);
            EXPECT_EQ(server.session->peer_chain().empty(), identity.empty());
        }
    }
}

TEST(GnutlsHold, AClientWithoutACertificateSaysSo) {
    for (const ProtocolVersion version : both_versions) {
        for (const bool has_one : {false, true}) {
            Ours client(has_one ? with_identity() : client_config());
            Raw server(server_at(version));
            shake(client, server);
            EXPECT_TRUE(client.done() && server.done()) << client.session->facts().native_text;
            unsigned shown = 0;
            EXPECT_EQ(gnutls_certificate_get_peers(server.get(), &shown) != nullptr, has_one);
        }
    }
}

// Hints are hints: GnuTLS would show nothing to a server that names other authorities.
TEST(GnutlsHold, AClientShowsItsCertificateWhateverTheHints) {
    for (const ProtocolVersion version : both_versions) {
        for (const char* authority : {"root.pem", "other_root.pem"}) {
            Raw::Options options = server_at(version);
            options.setup = [&](gnutls_session_t session, gnutls_certificate_credentials_t mine) {
                gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
                ASSERT_GT(gnutls_certificate_set_x509_trust_file(mine, data_path(authority).c_str(),
                                                                 GNUTLS_X509_FMT_PEM),
                          0);
            };
            Ours client(with_identity());
            Raw server(options);
            shake(client, server);
            unsigned shown = 0;
            EXPECT_NE(gnutls_certificate_get_peers(server.get(), &shown), nullptr) << authority;
        }
    }
}

// ---- Rejection ----

TEST(GnutlsRejection, OfATls13ServerIsReadByIt) {
    for (const Alert alert : {Alert::bad_certificate, Alert::access_denied, Alert::unknown_ca}) {
        Ours client(with_identity(only13));
        client.proceeds = false;
        Raw server(server_at(ProtocolVersion::tls13));
        client.feed({});
        server.feed(client.take_output());
        client.feed(server.take_output());
        ASSERT_EQ(client.outcome.progress, Progress::need_credential);
        EXPECT_TRUE(client.session->fatal_alert(alert, client.sink));
        server.feed(client.take_output());
        EXPECT_EQ(server.alert(), alert);
        EXPECT_FALSE(server.done());
    }
}

// In TLS 1.2 GnuTLS would protect it with keys that the peer has not been told of: the shell writes it.
TEST(GnutlsRejection, OfATls12PeerIsLeftToTheShell) {
    Ours client(with_identity(only12));
    Raw server(server_at(ProtocolVersion::tls12));
    client.feed({});
    server.feed(client.take_output());
    client.feed(server.take_output());
    ASSERT_EQ(client.sink.seen, 1);
    const std::size_t held = client.sink.output.size();
    EXPECT_FALSE(client.session->fatal_alert(Alert::access_denied, client.sink));
    EXPECT_EQ(client.sink.output.size(), held);
    // Accepted, the output is on its way and the alert GnuTLS's own again.
    client.session->proceed();
    EXPECT_TRUE(client.session->fatal_alert(Alert::access_denied, client.sink));
    server.feed(client.take_output());
    EXPECT_TRUE(server.done());
    server.read();
    EXPECT_EQ(server.alert(), Alert::access_denied);
}

// ---- The server's flight, packed as other libraries pack it ----

/// TLS 1.3 records under AES-256-GCM from a traffic secret (RFC 8446 §5.2, §7.3).
class RecordKeys {
public:
    explicit RecordKeys(ConstBytes secret) {
        expand(secret, "key", key_);
        expand(secret, "iv", iv_);
        const gnutls_datum_t key = native::datum(key_);
        cipher_ =
            native::make<native::AeadPtr>(gnutls_aead_cipher_init, GNUTLS_CIPHER_AES_256_GCM, &key);
    }
    /// The content without its type.
    Bytes open(ConstBytes record) {
        Bytes out(record.size());
        std::size_t size = out.size();
        const Bytes now = nonce();
        EXPECT_EQ(
            gnutls_aead_cipher_decrypt(cipher_.get(), now.data(), now.size(), record.data(), 5, 16,
                                       record.data() + 5, record.size() - 5, out.data(), &size),
            0);
        out.resize(size - 1);
        return out;
    }
    Bytes seal(ConstBytes content, std::size_t padding = 0) {
        Bytes inner(content.begin(), content.end());
        inner.push_back(22);
        inner.resize(inner.size() + padding);
        const std::size_t size = inner.size() + 16;
        Bytes record{23, 3, 3, static_cast<std::uint8_t>(size >> 8U),
                     static_cast<std::uint8_t>(size & 0xffU)};
        Bytes sealed(size);
        EXPECT_TRUE(native::Backend().crypto().aead_seal(
            {spi::Aead::aes_256_gcm, key_, nonce(), record, inner}, sealed));
        record.insert(record.end(), sealed.begin(), sealed.end());
        return record;
    }

private:
    static void expand(ConstBytes secret, std::string_view label, MutableBytes out) {
        Bytes info{0, static_cast<std::uint8_t>(out.size()),
                   static_cast<std::uint8_t>(6 + label.size())};
        for (const std::string_view part : {std::string_view("tls13 "), label})
            info.insert(info.end(), part.begin(), part.end());
        info.push_back(0);
        EXPECT_TRUE(native::Backend().crypto().hkdf_expand(spi::Hash::sha384, secret, info, out));
    }
    Bytes nonce() {
        Bytes nonce = iv_;
        nonce[11] ^= static_cast<std::uint8_t>(sequence_++);
        return nonce;
    }
    Bytes key_ = Bytes(32);
    Bytes iv_ = Bytes(12);
    native::AeadPtr cipher_;
    unsigned sequence_ = 0;
};

Bytes server_handshake_secret;
int keep_secret(gnutls_session_t, const char* label, const gnutls_datum_t* secret) {
    if (std::string_view(label) == "SERVER_HANDSHAKE_TRAFFIC_SECRET")
        server_handshake_secret = {secret->data, secret->data + secret->size};
    return 0;
}

/// Takes the encrypted handshake messages of a flight out of their records, and gives what comes before them back.
Bytes open_flight(ConstBytes flight, Bytes& messages) {
    RecordKeys opener(server_handshake_secret);
    Bytes clear;
    while (!flight.empty()) {
        const ConstBytes record = flight.first(std::size_t{flight[3]} * 256 + flight[4] + 5);
        flight = flight.subspan(record.size());
        const Bytes opened = record[0] == 23 ? opener.open(record) : Bytes{};
        messages.insert(messages.end(), opened.begin(), opened.end());
        if (record[0] != 23) clear.insert(clear.end(), record.begin(), record.end());
    }
    return clear;
}

struct Packing {
    const char* name;
    std::size_t last_record;  ///< Bytes of the flight's end that have a record of their own.
    std::size_t padding;
    bool waits_for_it;  ///< Whether the pause waits for that record.
};

class GnutlsFlight : public testing::TestWithParam<Packing> {};

// Waiting for a record that never comes would be the end of the connection; not waiting is no harm.
TEST_P(GnutlsFlight, NeverWaitsForWhatIsAlreadyThere) {
    const Packing packing = GetParam();
    for (const std::size_t chunk : {whole, std::size_t{1}}) {
        Raw::Options options = server_at(ProtocolVersion::tls13);
        options.priority += ":-CIPHER-ALL:+AES-256-GCM";
        options.setup = [](gnutls_session_t session, auto) {
            gnutls_session_set_keylog_function(session, keep_secret);
        };
        Raw server(options);
        Ours client(client_config());
        client.proceeds = false;
        client.feed({});
        server.feed(client.take_output());
        Bytes messages;
        const Bytes clear = open_flight(server.take_output(), messages);
        ASSERT_GT(messages.size(), 500U);
        const ConstBytes first = ConstBytes(messages).first(messages.size() - packing.last_record);
        const ConstBytes last = ConstBytes(messages).subspan(first.size());
        RecordKeys sealer(server_handshake_secret);
        client.feed(clear, chunk);
        client.feed(sealer.seal(first, packing.padding), chunk);
        EXPECT_EQ(client.outcome.progress,
                  packing.waits_for_it ? Progress::need_input : Progress::need_credential);
        if (!last.empty()) client.feed(sealer.seal(last), chunk);
        ASSERT_EQ(client.outcome.progress, Progress::need_credential);
        client.session->proceed();
        EXPECT_EQ(client.advance().progress, Progress::done)
            << client.session->facts().native_text << client.inbox.size();
        server.feed(client.take_output());
        EXPECT_TRUE(server.done());
    }
}

// Finished under SHA-384 has 4 + 48 bytes.
INSTANTIATE_TEST_SUITE_P(Packings, GnutlsFlight,
                         testing::Values(Packing{"finished_apart", 52, 0, true},
                                         Packing{"all_in_one", 0, 0, false},
                                         Packing{"finished_cut_in_two", 20, 0, false},
                                         Packing{"padded", 52, 100, false},
                                         Packing{"all_in_one_padded", 0, 100, false}),
                         [](const auto& cell) { return std::string(cell.param.name); });

}  // namespace
}  // namespace omnitls::test
