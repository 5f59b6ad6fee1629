// SPDX-License-Identifier: BSL-1.0
// Sessions: what this backend keeps, offers and seals beyond what mbedTLS sees to, against itself through the SPI and against an
// mbedTLS that is left to itself.
#include "tests/backends/mbedtls/peers.hpp"

#include <algorithm>

namespace omnitls::test {
namespace {

using spi::Progress;

constexpr VersionRange all{ProtocolVersion::tls12, ProtocolVersion::tls13};

class LinesLog final : public KeyLog {
public:
    void write(std::string_view line) noexcept override { lines.emplace_back(line); }
    std::vector<std::string> lines;
};

/// Clients and servers of this backend that know each other's sessions.
struct Room {
    Room(VersionRange clients, VersionRange servers, bool store = true) {
        PairSetup setup = both(ProtocolVersion::tls12);
        setup.versions = clients;
        setup.server_versions = servers;
        setup.tune_client = [&](ClientConfig& config) {
            config.key_log = client_log;
            if (store) config.sessions = memory_session_store();
        };
        setup.tune_server = [&](ServerConfig& config) {
            config.key_log = server_log;
            config.session_lifetime = std::chrono::hours(1);
        };
        clients_ = must(native::Backend().make_client_context(complete(client_config(setup))));
        servers_ = must(native::Backend().make_server_context(complete(server_config(setup))));
    }
    Ours client() const { return {must(clients_->make_session("omnitls.test")), {}}; }
    Ours server() const { return {must(servers_->make_session("")), {}}; }
    /// A connection that offers `state`, then one message from the server.
    struct Ends {
        Ours client, server;
        std::string text;
        std::vector<spi::ResumableState> fresh;
        bool resumed = false;
    };
    Ends meet(ConstBytes state = {}) const {
        Ends ends{client(), server(), {}, {}};
        EXPECT_EQ(ends.client.session->resume({SecretBytes(state)}), !state.empty());
        join(ends);
        return ends;
    }
    static void join(Ends& ends) {
        for (int round = 0; round < 6; ++round) {
            ends.client.advance(std::exchange(ends.server.sink.output, {}));
            ends.server.advance(std::exchange(ends.client.sink.output, {}));
        }
        ASSERT_EQ(ends.client.outcome.progress, Progress::done);
        ASSERT_EQ(ends.server.outcome.progress, Progress::done);
        ends.server.session->write(as_bytes("first"), ends.server.sink);
        Bytes& inbox = ends.client.inbox;
        const Bytes flight = std::exchange(ends.server.sink.output, {});
        inbox.insert(inbox.end(), flight.begin(), flight.end());
        for (int reads = 0; reads < 4 && ends.text.empty(); ++reads)
            EXPECT_NE(ends.client.read(false, ends.text).progress, Progress::failed);
        EXPECT_EQ(ends.text, "first") << "nothing before it, and nothing lost";
        ends.fresh = ends.client.session->take_resumable();
        EXPECT_TRUE(ends.client.session->take_resumable().empty());
        const spi::SessionFacts facts = ends.client.session->facts();
        ends.resumed = facts.resumed;
        EXPECT_EQ(ends.server.session->facts().resumed, ends.resumed);
        EXPECT_EQ(ends.client.session->peer_chain().empty(), ends.resumed);
        EXPECT_EQ(ends.client.sink.seen, ends.resumed ? 0 : 1);
        EXPECT_EQ(facts.cipher_suite, ends.server.session->facts().cipher_suite);
        EXPECT_EQ(facts.version, ends.server.session->facts().version);
    }
    /// A state of a full handshake.
    Bytes state() const {
        const Ends ends = meet();
        if (ends.fresh.empty()) throw std::runtime_error("no session came");
        const ConstBytes bytes = ends.fresh.back().state.bytes();
        return {bytes.begin(), bytes.end()};
    }
    std::shared_ptr<LinesLog> client_log = std::make_shared<LinesLog>();
    std::shared_ptr<LinesLog> server_log = std::make_shared<LinesLog>();

private:
    std::shared_ptr<const spi::NativeContext> clients_;
    std::shared_ptr<const spi::NativeContext> servers_;
};

class MbedtlsSession : public testing::TestWithParam<ProtocolVersion> {
protected:
    bool tls13() const { return GetParam() == ProtocolVersion::tls13; }
};
INSTANTIATE_TEST_SUITE_P(Versions, MbedtlsSession, testing::ValuesIn(versions()), version_label);

// mbedTLS stops a read for a ticket, twice, with codes that are no errors; and goes on resuming with a ticket it had before.
TEST_P(MbedtlsSession, EveryTicketIsKeptOnceAndNoneIsSeenInTheData) {
    for (const bool store : {true, false}) {
        SCOPED_TRACE(store);
        const Room room(only(GetParam()), only(GetParam()), store);
        const Room::Ends full = room.meet();
        EXPECT_FALSE(full.resumed);
        ASSERT_EQ(full.fresh.size(), store ? (tls13() ? 2U : 1U) : 0U);
        if (!store) continue;
        for (const spi::ResumableState& one : full.fresh) {
            EXPECT_EQ(one.lifetime, std::chrono::hours(1));
            const Room::Ends again = room.meet(one.state.bytes());
            EXPECT_TRUE(again.resumed);
            // A TLS 1.2 server is content with the ticket that it was shown.
            EXPECT_EQ(again.fresh.size(), tls13() ? 1U : 0U);
        }
    }
}

// Of TLS 1.3, mbedTLS loads a session with anything behind its end.
TEST_P(MbedtlsSession, AStateThatIsNoneIsRefusedAndTheHandshakeIsFull) {
    const Room room(only(GetParam()), only(GetParam()));
    const Bytes good = room.state();
    std::vector<Bytes> bad{{}, Bytes(100, 0x5a), Bytes(good.size(), 0)};
    for (std::size_t size = 0; size < good.size(); ++size)
        bad.emplace_back(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    bad.push_back(good);
    bad.back().push_back(0);
    for (const Bytes& state : bad) {
        const Ours client = room.client();
        EXPECT_FALSE(client.session->resume({SecretBytes(state)})) << state.size();
    }
    Room::Ends ends{room.client(), room.server(), {}, {}};
    EXPECT_FALSE(ends.client.session->resume({SecretBytes(bad.back())}));
    Room::join(ends);
    EXPECT_FALSE(ends.resumed);
    EXPECT_TRUE(room.meet(good).resumed);
    for (std::size_t i = 0; i < good.size(); ++i) {
        Bytes flipped = good;
        flipped[i] ^= 1U;
        Ours client = room.client();
        // Some are sessions, of which the server must know nothing; the shell lets none of them come this far.
        client.session->resume({SecretBytes(flipped)});
        client.advance({});
    }
}

TEST_P(MbedtlsSession, AServerRefusesATicketThatWasChangedAndGoesOn) {
    const Room room(only(GetParam()), only(GetParam()));
    const Bytes good = room.state();
    native::SavedSession session;
    ASSERT_EQ(mbedtls_ssl_session_load(session.get(), good.data(), good.size()), 0);
    for (const bool changed : {true, false}) {
        SCOPED_TRACE(changed);
        session->ticket[session->ticket_len / 2] ^= changed ? 1U : 0U;
        Bytes state(good.size());
        std::size_t size = 0;
        ASSERT_EQ(mbedtls_ssl_session_save(session.get(), state.data(), state.size(), &size), 0);
        EXPECT_EQ(room.meet(state).resumed, !changed);
        session->ticket[session->ticket_len / 2] ^= changed ? 1U : 0U;
    }
}

// The first Finished is the server's then, and all that is derived is of this connection.
TEST_P(MbedtlsSession, WhatIsExportedIsOfTheNewConnection) {
    const Room room(only(GetParam()), only(GetParam()));
    const Room::Ends full = room.meet();
    room.client_log->lines.clear();
    room.server_log->lines.clear();
    const Room::Ends again = room.meet(full.fresh.front().state.bytes());
    ASSERT_TRUE(again.resumed);
    const auto exported = [](const Ours& one) {
        Bytes out(32);
        EXPECT_TRUE(one.session->export_keying_material("EXPORTER-test", nullptr, out));
        return out;
    };
    EXPECT_EQ(exported(again.client), exported(again.server));
    EXPECT_NE(exported(again.client), exported(full.client));
    if (!tls13()) {
        EXPECT_EQ(again.client.session->tls_unique(), again.server.session->tls_unique());
        EXPECT_NE(again.client.session->tls_unique(), full.client.session->tls_unique());
        EXPECT_EQ(again.client.session->tls_unique().size(), 12U);
        EXPECT_TRUE(again.client.session->facts().extended_master_secret);
    }
    EXPECT_EQ(room.client_log->lines.size(), tls13() ? 4U : 1U);
    for (const std::string& line : room.client_log->lines)
        EXPECT_EQ(std::ranges::count(room.server_log->lines, line), 1) << line;
}

// In TLS 1.3 mbedTLS passes the state of the client's certificate even if none may be asked for.
TEST_P(MbedtlsSession, AClientsKeyWaitsForNothingWhenItResumes) {
    PairSetup setup = both(GetParam());
    setup.client_role = "client";
    const auto store = memory_session_store();
    setup.tune_client = [&](ClientConfig& config) { config.sessions = store; };
    setup.tune_server = [](ServerConfig& config) {
        config.session_lifetime = std::chrono::hours(1);
    };
    const auto clients = must(backends::mbedtls().make_client_context(client_config(setup)));
    const auto servers = must(backends::mbedtls().make_server_context(server_config(setup)));
    for (const bool again : {false, true}) {
        Side client, server;
        client.engine = must(clients->make_engine(must(ClientTarget::host("omnitls.test"))));
        server.engine = must(servers->make_engine());
        server.write_when_open = "hello";
        exchange(client, server, Chunking::byte);
        EXPECT_EQ(client.engine->state(), State::open);
        EXPECT_EQ(client.received, "hello");
        EXPECT_EQ(client.questions, 1);
        EXPECT_EQ(client.engine->info().resumed, again);
    }
}

class MbedtlsSession13 : public testing::Test {
protected:
    void SetUp() override {
        const std::string why = missing(backends::mbedtls(), "tls13");
        if (!why.empty()) GTEST_SKIP() << why;
    }
};

// mbedTLS 3.6 puts TLS 1.3 tickets into TLS 1.2 sessions, with a master secret of zeros.
TEST_F(MbedtlsSession13, ATicketIsOfUseForItsVersionAlone) {
    const Room servers(all, all);
    PairSetup setup = both(ProtocolVersion::tls12);
    setup.versions = only(ProtocolVersion::tls12);
    setup.tune_client = [](ClientConfig& config) { config.sessions = memory_session_store(); };
    const auto clients =
        must(native::Backend().make_client_context(complete(client_config(setup))));
    const auto meet12 = [&](ConstBytes state) {
        Room::Ends ends{
            {must(clients->make_session("omnitls.test")), {}}, servers.server(), {}, {}};
        EXPECT_EQ(ends.client.session->resume({SecretBytes(state)}), !state.empty());
        Room::join(ends);
        return ends;
    };
    const Room::Ends full = meet12({});
    ASSERT_EQ(full.fresh.size(), 1U);
    const ConstBytes of12 = full.fresh[0].state.bytes();
    const Bytes of13 = servers.state();
    native::SavedSession session, other;
    ASSERT_EQ(mbedtls_ssl_session_load(session.get(), of12.data(), of12.size()), 0);
    ASSERT_EQ(mbedtls_ssl_session_load(other.get(), of13.data(), of13.size()), 0);
    std::swap(session->ticket, other->ticket);
    std::swap(session->ticket_len, other->ticket_len);
    Bytes mixed(of12.size() + of13.size());
    std::size_t size = 0;
    ASSERT_EQ(mbedtls_ssl_session_save(session.get(), mixed.data(), mixed.size(), &size), 0);
    mixed.resize(size);
    EXPECT_FALSE(meet12(mixed).resumed);
    EXPECT_TRUE(meet12(of12).resumed);
}

// With a session mbedTLS 3.6 offers no other version than the session's: a server could not go on to TLS 1.3, or be met again
// once it has.
TEST_F(MbedtlsSession13, OnlyASessionOfTheNewestVersionIsKeptAndOffered) {
    const Room old(only(ProtocolVersion::tls12), only(ProtocolVersion::tls12));
    const Bytes of12 = old.state();
    const Room room(all, only(ProtocolVersion::tls12));
    EXPECT_TRUE(room.meet().fresh.empty());
    EXPECT_FALSE(room.client().session->resume({SecretBytes(of12)}));
    EXPECT_TRUE(old.client().session->resume({SecretBytes(of12)}));
    const Room newest(all, all);
    EXPECT_TRUE(newest.meet(newest.state()).resumed);
    EXPECT_FALSE(old.client().session->resume({SecretBytes(newest.state())}))
        << "a version that is not allowed";
}

// ---- Against an mbedTLS that is left to itself ----

/// TLS 1.2 with or without the extended master secret; or a server of TLS 1.3 with so many tickets.
class Bare {
public:
    Bare(Role role, bool extended, native::TicketKeys* keys, std::uint16_t tickets13 = 0) {
        const ProtocolVersion version =
            tickets13 > 0 ? ProtocolVersion::tls13 : ProtocolVersion::tls12;
        const bool server = role == Role::server;
        mbedtls_ssl_config_defaults(config_.get(),
                                    server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
        mbedtls_ssl_conf_rng(config_.get(), native::random_bytes, nullptr);
        mbedtls_ssl_conf_authmode(config_.get(), MBEDTLS_SSL_VERIFY_NONE);
        native::set_versions(config_.get(), version, version);
        mbedtls_ssl_conf_extended_master_secret(
            config_.get(),
            extended ? MBEDTLS_SSL_EXTENDED_MS_ENABLED : MBEDTLS_SSL_EXTENDED_MS_DISABLED);
        if (server) {
            const std::string chain = read_data("leaf_chain.pem") + '\0';
            const std::string key = read_data("leaf.key") + '\0';
            EXPECT_EQ(mbedtls_x509_crt_parse(chain_.get(), as_bytes(chain).data(), chain.size()),
                      0);
            EXPECT_EQ(native::with_random(mbedtls_pk_parse_key, key_.get(), as_bytes(key).data(),
                                          key.size(), nullptr, 0U),
                      0);
            mbedtls_ssl_conf_own_cert(config_.get(), chain_.get(), key_.get());
            mbedtls_ssl_conf_session_tickets_cb(config_.get(), mbedtls_ssl_ticket_write,
                                                mbedtls_ssl_ticket_parse, keys->get());
        }
        if (tickets13 > 0) native::resume_tls13(config_.get(), tickets13);
        EXPECT_EQ(mbedtls_ssl_setup(ssl_.get(), config_.get()), 0);
        mbedtls_ssl_set_bio(ssl_.get(), this, send, receive, nullptr);
        if (!server) mbedtls_ssl_set_hostname(ssl_.get(), "omnitls.test");
    }
    void meet(Ours& ours) {
        for (int round = 0; round < 6; ++round) {
            if (result_ == 0 || result_ == MBEDTLS_ERR_SSL_WANT_READ)
                result_ = mbedtls_ssl_handshake(ssl_.get());
            if (ours.outcome.progress != Progress::failed) ours.advance(std::exchange(output_, {}));
            const Bytes theirs = std::exchange(ours.sink.output, {});
            input_.insert(input_.end(), theirs.begin(), theirs.end());
        }
    }
    /// `text`, and all that came before it, for `ours` to read.
    void write(const std::string& text, Ours& ours) {
        EXPECT_GT(mbedtls_ssl_write(ssl_.get(), as_bytes(text).data(), text.size()), 0);
        const Bytes flight = std::exchange(output_, {});
        ours.inbox.insert(ours.inbox.end(), flight.begin(), flight.end());
    }
    mbedtls_ssl_context* ssl() noexcept { return ssl_.get(); }
    int result() const noexcept { return result_; }
    int alert() const noexcept { return ssl_->in_msg[1]; }

private:
    static int send(void* self, const unsigned char* data, std::size_t size) {
        auto& output = static_cast<Bare*>(self)->output_;
        output.insert(output.end(), data, data + size);
        return static_cast<int>(size);
    }
    static int receive(void* self, unsigned char* out, std::size_t size) {
        auto& input = static_cast<Bare*>(self)->input_;
        if (input.empty()) return MBEDTLS_ERR_SSL_WANT_READ;
        size = std::min(size, input.size());
        std::copy_n(input.begin(), size, out);
        input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
        return static_cast<int>(size);
    }
    native::CertificateList chain_;
    native::Key key_;
    native::SslConfig config_;
    native::SslContext ssl_;
    Bytes input_, output_;
    int result_ = 0;
};

// A session without the extended master secret, resumed with it, would look bound to a connection that it is not (RFC 7627 §1).
TEST(MbedtlsSessionBinding, AServerSealsNoSessionWithoutTheExtendedMasterSecret) {
    const Room room(only(ProtocolVersion::tls12), only(ProtocolVersion::tls12));
    for (const bool extended : {false, true}) {
        SCOPED_TRACE(extended);
        Bare client(Role::client, extended, nullptr);
        Ours server = room.server();
        client.meet(server);
        ASSERT_EQ(client.result(), 0);
        EXPECT_EQ(server.outcome.progress, Progress::done);
        EXPECT_EQ(server.session->facts().extended_master_secret, extended);
        native::SavedSession session;
        ASSERT_EQ(mbedtls_ssl_get_session(client.ssl(), session.get()), 0);
        EXPECT_EQ(session->ticket_len > 0, extended);
    }
}

// mbedTLS does not know what the session was, and would go on (RFC 7627 §5.3: both must not).
TEST(MbedtlsSessionBinding, AServerResumesNoSessionThatHasLostIt) {
    const Room room(only(ProtocolVersion::tls12), only(ProtocolVersion::tls12));
    const Bytes state = room.state();
    native::SavedSession session;
    ASSERT_EQ(mbedtls_ssl_session_load(session.get(), state.data(), state.size()), 0);
    for (const bool extended : {false, true}) {
        SCOPED_TRACE(extended);
        Bare client(Role::client, extended, nullptr);
        ASSERT_EQ(mbedtls_ssl_set_session(client.ssl(), session.get()), 0);
        Ours server = room.server();
        client.meet(server);
        EXPECT_EQ(client.result() == 0, extended);
        EXPECT_EQ(server.outcome.progress, extended ? Progress::done : Progress::failed);
        if (extended) {
            EXPECT_TRUE(server.session->facts().resumed);
            continue;
        }
        EXPECT_EQ(server.outcome.cause, Errc::protocol_violation);
        EXPECT_EQ(server.session->facts().alert_sent, Alert::handshake_failure);
        EXPECT_EQ(client.result(), MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
        EXPECT_EQ(client.alert(), 40);
    }
}

TEST(MbedtlsSessionBinding, AClientResumesNoSessionThatHasLostIt) {
    const Room room(only(ProtocolVersion::tls12), only(ProtocolVersion::tls12));
    native::TicketKeys keys;
    ASSERT_EQ(mbedtls_ssl_ticket_setup(keys.get(), native::random_bytes, nullptr,
                                       MBEDTLS_CIPHER_AES_256_GCM, 3600),
              0);
    Ours first = room.client();
    Bare(Role::server, true, &keys).meet(first);
    ASSERT_EQ(first.outcome.progress, Progress::done);
    const auto fresh = first.session->take_resumable();
    ASSERT_EQ(fresh.size(), 1U);
    for (const bool extended : {false, true}) {
        SCOPED_TRACE(extended);
        Bare server(Role::server, extended, &keys);
        Ours client = room.client();
        ASSERT_TRUE(client.session->resume(fresh[0]));
        server.meet(client);
        EXPECT_EQ(client.outcome.progress, extended ? Progress::done : Progress::failed);
        EXPECT_EQ(server.result() == 0, extended);
        EXPECT_EQ(client.session->facts().resumed, true);
        if (extended) continue;
        EXPECT_EQ(client.outcome.cause, Errc::protocol_violation);
        EXPECT_NE(client.session->facts().native_text.find("RFC 7627"), std::string::npos);
        EXPECT_EQ(server.result(), MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
        EXPECT_EQ(server.alert(), 40);
    }
}

// However many there are in one read.
TEST_F(MbedtlsSession13, OfTheTicketsOfOneReadAFewAreKept) {
    const Room room(only(ProtocolVersion::tls13), only(ProtocolVersion::tls13));
    native::TicketKeys keys;
    ASSERT_EQ(mbedtls_ssl_ticket_setup(keys.get(), native::random_bytes, nullptr,
                                       MBEDTLS_CIPHER_AES_256_GCM, 3600),
              0);
    for (const std::uint16_t sent : {std::uint16_t{3}, std::uint16_t{40}}) {
        Bare server(Role::server, true, &keys, sent);
        Ours client = room.client();
        server.meet(client);
        ASSERT_EQ(server.result(), 0);
        server.write("first", client);
        std::string text;
        EXPECT_EQ(client.read(false, text).progress, Progress::done);
        EXPECT_EQ(text, "first");
        EXPECT_EQ(client.session->take_resumable().size(), std::min<std::size_t>(sent, 8));
    }
}

}  // namespace
}  // namespace omnitls::test
