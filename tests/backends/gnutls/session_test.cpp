// SPDX-License-Identifier: BSL-1.0
// What a wrapper of GnuTLS easily gets wrong, a test each: "again" that does not mean "more input", alerts nobody sends, words
// that mean something else, and the ways to end.
#include "tests/backends/gnutls/peers.hpp"

#include <ctime>
#include <stdexcept>

// Exported for GnuTLS's own tests only.
extern "C" void _gnutls_global_set_gettime_function(void (*now)(struct timespec*));

namespace omnitls::test {
namespace {

constexpr ProtocolVersion both_versions[] = {ProtocolVersion::tls12, ProtocolVersion::tls13};

/// Our end against a raw one, after their handshake.
template <class Config>
struct Joined {
    Joined(const Config& config, Raw::Options options) : ours(config), raw(std::move(options)) {
        if (raw_is_server()) {
            shake(ours, raw);
        } else {
            shake(raw, ours);
        }
        if (!ours.done() || !raw.done())
            throw std::runtime_error{"no handshake: " + ours.session->facts().native_text};
    }
    static constexpr bool raw_is_server() { return std::is_same_v<Config, ClientConfig>; }
    void deliver() {
        const Bytes bytes = raw.take_output();
        ours.inbox.insert(ours.inbox.end(), bytes.begin(), bytes.end());
    }
    /// Data still goes both ways.
    void expect_alive() {
        raw.write("still here");
        deliver();
        ours.received.clear();
        EXPECT_EQ(ours.read().progress, Progress::done);
        EXPECT_EQ(ours.received, "still here");
        EXPECT_EQ(ours.write("so am I").progress, Progress::done);
        raw.put(ours.take_output());
        EXPECT_EQ(raw.read(), "so am I");
    }
    Ours ours;
    Raw raw;
};
using WithServer = Joined<ClientConfig>;
using WithClient = Joined<ServerConfig>;

Raw::Options raw_server(ProtocolVersion version) { return {.priority = Raw::at(version)}; }
Raw::Options raw_client(ProtocolVersion version) {
    return {.role = Role::client, .priority = Raw::at(version), .identity = ""};
}

// ---- "Again" ----

// A chain of more than a record: GnuTLS says "again" after each of its records, with the rest still in the input.
TEST(GnutlsAgain, AMessageOfManyRecordsIsReadInOneCall) {
    for (const ProtocolVersion version : both_versions) {
        for (const char* role : {"leaf", "leaf_big"}) {
            Ours client(client_config(only(version)));
            Ours server(server_config(only(version), role));
            client.feed({});
            server.feed(client.take_output());
            client.feed(server.take_output());
            EXPECT_TRUE(client.inbox.empty()) << role;
            EXPECT_FALSE(client.sink.output.empty()) << role;
            shake(client, server);
            EXPECT_TRUE(client.done() && server.done()) << role;
        }
    }
}

TEST(GnutlsAgain, TicketsAreNotTheEndOfTheInput) {
    Raw::Options with_tickets = raw_server(ProtocolVersion::tls13);
    gnutls_datum_t key{};
    gnutls_session_ticket_key_generate(&key);
    with_tickets.tickets = true;
    with_tickets.setup = [&](gnutls_session_t session, auto) {
        gnutls_session_ticket_enable_server(session, &key);
    };
    WithServer pair(client_config(), with_tickets);
    gnutls_session_ticket_send(pair.raw.get(), 2, 0);
    pair.deliver();
    const std::size_t tickets = pair.ours.inbox.size();
    EXPECT_GT(tickets, 200U);
    pair.raw.write("data behind tickets");
    pair.deliver();
    EXPECT_EQ(pair.ours.read().progress, Progress::done);
    EXPECT_EQ(pair.ours.received, "data behind tickets");
    gnutls_free(key.data);
}

TEST(GnutlsAgain, AKeyUpdateIsNotTheEndOfTheInput) {
    for (const unsigned request : {0U, unsigned{GNUTLS_KU_PEER}}) {
        WithClient pair(server_config(), raw_client(ProtocolVersion::tls13));
        ASSERT_EQ(gnutls_session_key_update(pair.raw.get(), request), 0);
        pair.raw.write("after the update");
        pair.deliver();
        EXPECT_EQ(pair.ours.read().progress, Progress::done);
        EXPECT_EQ(pair.ours.received, "after the update");
        pair.expect_alive();
    }
}

// ---- Alerts ----

TEST(GnutlsAlerts, EveryFailureOfTheHandshakeTellsThePeer) {
    struct Row {
        const char* priority;  // Of the raw client.
        std::optional<Alert> alert;
        Errc cause;
    };
    const Row rows[] = {
        {"NORMAL", std::nullopt, Errc::internal},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.1", Alert::protocol_version, Errc::no_common_version},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC", Alert::handshake_failure,
         Errc::no_common_parameters},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-SHA256", Alert::handshake_failure,
         Errc::no_common_parameters},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-FFDHE8192", Alert::handshake_failure,
         Errc::no_common_parameters},
    };
    for (const Row& row : rows) {
        Ours server(server_config());
        Raw client({.role = Role::client, .priority = row.priority, .identity = ""});
        shake(client, server);
        EXPECT_EQ(server.done(), !row.alert) << row.priority;
        EXPECT_EQ(server.sent(), row.alert)
            << row.priority << ": " << server.session->facts().native_text;
        EXPECT_EQ(client.alert(), row.alert) << row.priority;
        if (row.alert) {
            EXPECT_EQ(server.cause(), row.cause)
                << row.priority << ": " << server.session->facts().native_text;
        }
    }
}

TEST(GnutlsAlerts, EveryFailureOfTheRecordsTellsThePeer) {
    for (const ProtocolVersion version : both_versions) {
        for (const bool tampered : {false, true}) {
            WithServer pair(client_config(), raw_server(version));
            pair.raw.write("secret");
            pair.deliver();
            if (tampered) pair.ours.inbox.back() ^= 1U;
            EXPECT_EQ(pair.ours.read().progress, tampered ? Progress::failed : Progress::done);
            EXPECT_EQ(pair.ours.received, tampered ? "" : "secret");
            if (!tampered) continue;
            EXPECT_EQ(pair.ours.cause(), Errc::bad_record);
            EXPECT_EQ(pair.ours.sent(), Alert::bad_record_mac);
            pair.raw.put(pair.ours.take_output());
            pair.raw.read();
            EXPECT_EQ(pair.raw.alert(), Alert::bad_record_mac);
        }
    }
}

// Before priorities are set an alert crashes GnuTLS: a session has them from its first moment.
TEST(GnutlsAlerts, MayBeTheFirstThingSaid) {
    Ours client(client_config());
    Ours server(server_config());
    for (Ours* end : {&client, &server}) {
        EXPECT_TRUE(end->session->fatal_alert(Alert::internal_error, end->sink));
        const Bytes record = end->take_output();
        ASSERT_EQ(record.size(), 7U);
        EXPECT_EQ(record[0], 21);
        EXPECT_EQ(record[5], 2);
        EXPECT_EQ(record[6], 80);
        EXPECT_EQ(end->sent(), Alert::internal_error);
    }
}

TEST(GnutlsAlerts, AfterTheHandshakeAreProtected) {
    for (const ProtocolVersion version : both_versions) {
        WithServer pair(client_config(), raw_server(version));
        pair.expect_alive();
        EXPECT_TRUE(pair.ours.session->fatal_alert(Alert::access_denied, pair.ours.sink));
        EXPECT_GT(pair.ours.sink.output.size(), 7U);
        pair.raw.put(pair.ours.take_output());
        pair.raw.read();
        EXPECT_EQ(pair.raw.alert(), Alert::access_denied);
    }
}

// In place of a certificate a server's GnuTLS may report a fatal alert as NO_CERTIFICATE_FOUND.
TEST(GnutlsAlerts, InPlaceOfACertificateIsAnAlert) {
    for (const ProtocolVersion version : both_versions) {
        for (const bool refuses : {false, true}) {
            ServerConfig asking = server_config();
            asking.client_auth = ClientAuth::request;
            asking.client_trust = load_anchors("root");
            Ours server(asking);
            Raw::Options options = raw_client(version);
            options.setup = [&](gnutls_session_t session, auto) {
                gnutls_session_set_verify_function(
                    session, [](gnutls_session_t) -> int { return GNUTLS_E_CERTIFICATE_ERROR; });
                if (!refuses) gnutls_session_set_verify_function(session, nullptr);
            };
            Raw client(options);
            client.feed({});
            server.feed(client.take_output());
            client.feed(server.take_output());
            if (refuses) {
                ASSERT_EQ(client.code, GNUTLS_E_CERTIFICATE_ERROR);
                gnutls_alert_send(client.get(), GNUTLS_AL_FATAL, GNUTLS_A_UNKNOWN_CA);
            }
            server.feed(client.take_output());
            EXPECT_EQ(server.done(), !refuses) << server.session->facts().native_text;
            EXPECT_EQ(server.session->facts().alert_received,
                      refuses ? std::optional(Alert::unknown_ca) : std::nullopt);
            EXPECT_FALSE(server.sent().has_value()) << "an alert is not answered";
            if (refuses) {
                EXPECT_EQ(server.cause(), Errc::alert_received);
            }
            EXPECT_EQ(server.sink.seen, 0);
        }
    }
}

// Neither "more input" nor an end.
TEST(GnutlsAlerts, WarningsInTls12AreNoEnd) {
    WithServer pair(client_config(), raw_server(ProtocolVersion::tls12));
    gnutls_alert_send(pair.raw.get(), GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    pair.raw.write("behind a warning");
    pair.deliver();
    EXPECT_EQ(pair.ours.read().progress, Progress::done);
    EXPECT_EQ(pair.ours.received, "behind a warning");
    EXPECT_FALSE(pair.ours.session->facts().alert_received.has_value());
    pair.expect_alive();
}

// RFC 8446 §6: all are fatal but two, of which GnuTLS knows close_notify only.
TEST(GnutlsAlerts, WarningsInTls13AreFatal) {
    for (const bool end : {false, true}) {
        WithServer pair(client_config(), raw_server(ProtocolVersion::tls13));
        gnutls_alert_send(pair.raw.get(), GNUTLS_AL_WARNING,
                          end ? GNUTLS_A_CLOSE_NOTIFY : GNUTLS_A_USER_CANCELED);
        pair.deliver();
        EXPECT_EQ(pair.ours.read().progress, end ? Progress::peer_closed : Progress::failed);
        if (end) continue;
        EXPECT_EQ(pair.ours.session->facts().alert_received, Alert::user_canceled);
        EXPECT_EQ(pair.ours.cause(), Errc::alert_received);
    }
}

TEST(GnutlsAlerts, CloseNotifyInTheHandshakeIsAnEnd) {
    Ours client(client_config());
    client.feed({});
    EXPECT_EQ(client.outcome.progress, Progress::need_input);
    client.take_output();
    client.feed(Bytes{21, 3, 3, 0, 2, 1, 0});
    EXPECT_EQ(client.outcome.progress, Progress::peer_closed);
    EXPECT_TRUE(client.sink.output.empty());
}

// ---- Renegotiation ----

TEST(GnutlsRenegotiation, OfAClientIsRefusedAndTheConnectionGoesOn) {
    WithClient pair(server_config(), raw_client(ProtocolVersion::tls12));
    pair.expect_alive();
    EXPECT_EQ(gnutls_handshake(pair.raw.get()), GNUTLS_E_AGAIN);
    pair.deliver();
    ASSERT_FALSE(pair.ours.inbox.empty());
    EXPECT_EQ(pair.ours.read().progress, Progress::need_input);
    EXPECT_TRUE(pair.ours.inbox.empty());
    const Bytes answer = pair.ours.take_output();
    ASSERT_GT(answer.size(), 5U);
    EXPECT_EQ(answer[0], 21) << "an alert and no ServerHello";
    EXPECT_EQ(std::size_t{answer[4]} + 5U, answer.size());
    EXPECT_FALSE(pair.ours.sent().has_value()) << "no fatal one";
    pair.raw.put(answer);
    EXPECT_EQ(gnutls_handshake(pair.raw.get()), GNUTLS_E_WARNING_ALERT_RECEIVED);
    EXPECT_EQ(gnutls_alert_get(pair.raw.get()), GNUTLS_A_NO_RENEGOTIATION);
    // A client that goes on all the same is heard.
    pair.raw.write("never mind");
    pair.deliver();
    pair.ours.received.clear();
    EXPECT_EQ(pair.ours.read().progress, Progress::done);
    EXPECT_EQ(pair.ours.received, "never mind");
}

TEST(GnutlsRenegotiation, OfAServerIsRefusedAndTheConnectionGoesOn) {
    WithServer pair(client_config(), raw_server(ProtocolVersion::tls12));
    pair.expect_alive();
    ASSERT_EQ(gnutls_rehandshake(pair.raw.get()), 0);
    pair.deliver();
    ASSERT_FALSE(pair.ours.inbox.empty());
    EXPECT_EQ(pair.ours.read().progress, Progress::need_input);
    EXPECT_EQ(pair.ours.sink.output.at(0), 21) << "an alert and no ClientHello";
    pair.raw.put(pair.ours.take_output());
    pair.raw.read();
    EXPECT_EQ(gnutls_alert_get(pair.raw.get()), GNUTLS_A_NO_RENEGOTIATION);
    EXPECT_EQ(pair.ours.sink.seen, 1);
    pair.expect_alive();
}

// GNUTLS_E_GOT_APPLICATION_DATA is no invitation to go on.
TEST(GnutlsRenegotiation, DataInTheHandshakeIsRefused) {
    for (const bool early : {false, true}) {
        Ours client(client_config(only12));
        Ours server(server_config(only12));
        client.feed({});
        server.feed(client.take_output());
        if (early) {
            server.feed(Bytes{23, 3, 3, 0, 1, 'x'});
            EXPECT_EQ(server.outcome.progress, Progress::failed);
            EXPECT_EQ(server.cause(), Errc::protocol_violation);
            EXPECT_EQ(server.sent(), Alert::unexpected_message);
            continue;
        }
        client.feed(server.take_output());
        shake(client, server);
        EXPECT_TRUE(client.done() && server.done());
    }
}

// ---- Writing ----

TEST(GnutlsWrite, NothingIsNoRecord) {
    WithServer pair(client_config(), raw_server(ProtocolVersion::tls13));
    EXPECT_EQ(pair.ours.write("").progress, Progress::done);
    EXPECT_TRUE(pair.ours.sink.output.empty());
    EXPECT_EQ(pair.ours.write("x").bytes, 1U);
    EXPECT_FALSE(pair.ours.sink.output.empty());
}

// A refused push would make GnuTLS send the old bytes under the name of the new ones: the port refuses none.
TEST(GnutlsWrite, EveryByteGoesOutInItsOwnCall) {
    for (const ProtocolVersion version : both_versions) {
        WithServer pair(client_config(), raw_server(version));
        const std::string first(16'384, 'a');
        std::string all;
        for (const std::string& text : {first, std::string("b"), first, std::string("cd")}) {
            EXPECT_EQ(pair.ours.write(text).bytes, text.size());
            const Bytes out = pair.ours.take_output();
            EXPECT_EQ(std::size_t{out.at(3)} * 256 + out.at(4) + 5, out.size()) << "one record";
            pair.raw.put(out);
            all += text;
        }
        EXPECT_EQ(pair.raw.read(), all);
    }
}

// RFC 8449: a peer that takes small records only still gets all of it.
TEST(GnutlsWrite, SmallRecordsForWhoAsksForThem) {
    Raw::Options small = raw_server(ProtocolVersion::tls13);
    small.setup = [](gnutls_session_t session, auto) {
        ASSERT_EQ(gnutls_record_set_max_recv_size(session, 512), 0);
    };
    WithServer pair(client_config(), small);
    const std::string text(16'384, 'z');
    EXPECT_EQ(pair.ours.write(text).bytes, text.size());
    pair.raw.put(pair.ours.take_output());
    EXPECT_EQ(pair.raw.read(), text);
}

// ---- Ends ----

TEST(GnutlsEnd, CloseNotifyIsStickyAndLeavesTheTail) {
    for (const ProtocolVersion version : both_versions) {
        WithServer pair(client_config(), raw_server(version));
        pair.raw.write("last words");
        ASSERT_EQ(gnutls_bye(pair.raw.get(), GNUTLS_SHUT_WR), 0);
        pair.deliver();
        const std::string tail = "\x17\x03\x03 plain text follows";
        const ConstBytes bytes = as_bytes(tail);
        pair.ours.inbox.insert(pair.ours.inbox.end(), bytes.begin(), bytes.end());
        EXPECT_EQ(pair.ours.read().progress, Progress::done);
        EXPECT_EQ(pair.ours.received, "last words");
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(pair.ours.read().progress, Progress::peer_closed);
            EXPECT_EQ(as_text(pair.ours.inbox), tail);
        }
        // Half closed: the other direction goes on.
        EXPECT_EQ(pair.ours.write("an answer").progress, Progress::done);
        EXPECT_EQ(pair.ours.session->close_notify(pair.ours.sink).progress, Progress::done);
        pair.raw.put(pair.ours.take_output());
        EXPECT_EQ(pair.raw.read(), "an answer");
        EXPECT_EQ(pair.raw.code, 0);
    }
}

// What GnuTLS calls PREMATURE_TERMINATION, without the alert it would write to a transport that is gone.
TEST(GnutlsEnd, ACutOffIsTruncated) {
    for (const ProtocolVersion version : both_versions) {
        for (const std::size_t missing : {std::size_t{0}, std::size_t{1}}) {
            WithServer pair(client_config(), raw_server(version));
            pair.raw.write("half a sentence");
            pair.deliver();
            pair.ours.inbox.resize(pair.ours.inbox.size() - missing);
            EXPECT_EQ(pair.ours.read(true).progress,
                      missing == 0 ? Progress::done : Progress::truncated);
            EXPECT_EQ(pair.ours.read(true).progress, Progress::truncated);
            EXPECT_TRUE(pair.ours.sink.output.empty());
            EXPECT_FALSE(pair.ours.sent().has_value());
        }
        Ours client(client_config(only(version)));
        Ours server(server_config(only(version)));
        client.feed({});
        server.feed(client.take_output());
        Bytes flight = server.take_output();
        flight.pop_back();
        client.feed(flight);
        EXPECT_EQ(client.outcome.progress, Progress::need_input);
        EXPECT_EQ(client.advance(true).progress, Progress::truncated);
        EXPECT_EQ(server.advance(true).progress, Progress::truncated);
    }
}

TEST(GnutlsEnd, OnlyTheNextRecordIsTaken) {
    WithServer pair(client_config(), raw_server(ProtocolVersion::tls13));
    pair.raw.write("one");
    pair.deliver();
    const std::size_t first = pair.ours.inbox.size();
    pair.raw.write("two");
    pair.deliver();
    const std::size_t both = pair.ours.inbox.size();
    EXPECT_EQ(pair.ours.read(false, 2).bytes, 2U);
    EXPECT_EQ(pair.ours.inbox.size(), both - first);
    EXPECT_TRUE(pair.ours.session->has_pending());
    EXPECT_EQ(pair.ours.read(false, 2).bytes, 1U);
    EXPECT_EQ(pair.ours.inbox.size(), both - first);
    EXPECT_FALSE(pair.ours.session->has_pending());
    EXPECT_EQ(pair.ours.read().progress, Progress::done);
    EXPECT_EQ(pair.ours.received, "onetwo");
}

// ---- Time and memory of its own ----

timespec fake_now{1'000'000, 0};

// GnuTLS gives up on a handshake after 40 seconds by itself; deadlines are the transport's.
TEST(GnutlsTime, TheHandshakeHasNoDeadline) {
    _gnutls_global_set_gettime_function([](timespec* now) { *now = fake_now; });
    for (const bool late : {false, true}) {
        Ours client(client_config());
        Ours server(server_config());
        client.feed({});
        server.feed(client.take_output());
        if (late) fake_now.tv_sec += 24 * 3600;
        client.feed(server.take_output());
        server.feed(client.take_output());
        EXPECT_TRUE(client.done() && server.done()) << client.session->facts().native_text;
    }
    // The twin that has one: the clock that moves is the one GnuTLS looks at.
    Raw impatient(
        {.role = Role::client, .identity = "", .setup = [](gnutls_session_t session, auto) {
             gnutls_handshake_set_timeout(session, 40'000);
             gnutls_transport_set_pull_timeout_function(
                 session, [](gnutls_transport_ptr_t, unsigned) { return 1; });
         }});
    Ours server(server_config());
    impatient.feed({});
    server.feed(impatient.take_output());
    fake_now.tv_sec += 24 * 3600;
    impatient.feed(server.take_output());
    EXPECT_EQ(impatient.code, GNUTLS_E_TIMEDOUT);
    _gnutls_global_set_gettime_function([](timespec* now) { timespec_get(now, TIME_UTC); });
}

/// Whether a client that has been at `first` resumes at `second`.
template <class Server>
bool resumes(Server& first, Server& second, ProtocolVersion version) {
    Raw::Options options = raw_client(version);
    options.tickets = true;
    Raw client(options);
    shake(client, first);
    EXPECT_TRUE(client.done());
    client.read();
    gnutls_datum_t saved{};
    gnutls_session_get_data2(client.get(), &saved);
    Raw again(options);
    gnutls_session_set_data(again.get(), saved.data, saved.size);
    gnutls_free(saved.data);
    shake(again, second);
    EXPECT_TRUE(again.done());
    return gnutls_session_is_resumed(again.get()) != 0;
}

TEST(GnutlsSession, NothingIsResumable) {
    gnutls_datum_t key{};
    gnutls_session_ticket_key_generate(&key);
    for (const ProtocolVersion version : both_versions) {
        Ours first(server_config());
        Ours second(server_config());
        second.context = std::move(first.context);
        second.session = must(second.context->make_session(""));
        EXPECT_FALSE(resumes(first, second, version));
        EXPECT_FALSE(second.session->facts().resumed);
        Raw::Options options = raw_server(version);
        options.tickets = true;
        options.setup = [&](gnutls_session_t session, auto) {
            gnutls_session_ticket_enable_server(session, &key);
        };
        Raw raw_first(options);
        Raw raw_second(options);
        EXPECT_TRUE(resumes(raw_first, raw_second, version));
    }
    gnutls_free(key.data);
}

}  // namespace
}  // namespace omnitls::test
