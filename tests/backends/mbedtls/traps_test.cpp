// SPDX-License-Identifier: BSL-1.0
// What mbedTLS does differently from what its callers believe, each with the test that it does not show. Their list is in
// backends/mbedtls/README.md.
#include "core/client_hello.hpp"
#include "tests/backends/mbedtls/peers.hpp"

#include <algorithm>

namespace omnitls::test {
namespace {

using spi::Progress;

class MbedtlsTrap : public testing::TestWithParam<ProtocolVersion> {};
INSTANTIATE_TEST_SUITE_P(Versions, MbedtlsTrap, testing::ValuesIn(versions()), version_label);

// mbedtls_ssl_read returns 0, the word for "end", when the transport ends without close_notify.
TEST_P(MbedtlsTrap, TheEndOfTheTransportIsTruncationAndCloseNotifyIsNot) {
    for (const bool polite : {true, false}) {
        SCOPED_TRACE(polite);
        Sessions ends(GetParam());
        ends.server.session->write(as_bytes("last words"), ends.server.sink);
        if (polite) ends.server.session->close_notify(ends.server.sink);
        ends.client.inbox = ends.server.sink.output;
        std::string text;
        EXPECT_EQ(ends.client.read(true, text).progress, Progress::done);
        EXPECT_EQ(text, "last words");
        EXPECT_EQ(ends.client.read(true, text).progress,
                  polite ? Progress::peer_closed : Progress::truncated);
        EXPECT_EQ(text, "last words");
    }
}

// mbedTLS forgets the close_notify and takes what follows for a record.
TEST_P(MbedtlsTrap, CloseNotifyIsStickyAndLeavesTheTail) {
    Sessions ends(GetParam());
    ends.server.session->close_notify(ends.server.sink);
    const std::string tail = "220 plain text again\r\n";
    ends.client.inbox = ends.server.sink.output;
    ends.client.inbox.insert(ends.client.inbox.end(), tail.begin(), tail.end());
    std::string text;
    for (int again = 0; again < 3; ++again) {
        EXPECT_EQ(ends.client.read(false, text).progress, Progress::peer_closed);
        EXPECT_EQ(as_text(ends.client.inbox), tail);
    }
    // Half closed: the other direction goes on.
    EXPECT_EQ(ends.client.session->write(as_bytes("late"), ends.client.sink).bytes, 4U);
    ends.server.inbox = ends.client.sink.output;
    EXPECT_EQ(ends.server.read(false, text).progress, Progress::done);
    EXPECT_EQ(text, "late");
}

// mbedTLS would go on writing after its own close_notify.
TEST_P(MbedtlsTrap, NothingIsWrittenAfterCloseNotify) {
    Sessions ends(GetParam());
    EXPECT_EQ(ends.client.session->write(as_bytes("a"), ends.client.sink).progress, Progress::done);
    ends.client.session->close_notify(ends.client.sink);
    const std::size_t size = ends.client.sink.output.size();
    EXPECT_EQ(ends.client.session->write(as_bytes("a"), ends.client.sink).progress,
              Progress::failed);
    EXPECT_FALSE(ends.client.session->fatal_alert(Alert::internal_error, ends.client.sink));
    EXPECT_EQ(ends.client.session->close_notify(ends.client.sink).progress, Progress::done);
    EXPECT_EQ(ends.client.sink.output.size(), size);
}

// Before a version is agreed on, mbedTLS 2.28 writes an alert into a record of version 0.0, or of one that the peer made up.
TEST_P(MbedtlsTrap, AnAlertIsInATlsRecordWhateverTheVersion) {
    const auto last_record = [](Side& side) {
        const Bytes all = side.take();
        return all.size() < 7 ? all : Bytes(all.end() - 7, all.end());
    };
    for (const bool with_hello : {false, true}) {
        Pair pair(both(GetParam()));
        pair.client.run();
        if (with_hello) pair.server.feed(ConstBytes(pair.client.take()).first(7));
        pair.server.run();
        pair.server.engine->abandon(Errc::truncated, Alert::internal_error);
        EXPECT_EQ(last_record(pair.server), (Bytes{0x15, 3, 3, 0, 2, 2, 80})) << with_hello;
    }
    for (const bool made_up : {false, true}) {
        Pair pair(both(GetParam()));
        pair.client.run();
        pair.server.feed(pair.client.take());
        Bytes flight = pair.server.take();
        ASSERT_GT(flight.size(), 11U);
        if (made_up) flight[9] = 'E';  // Of the ServerHello's version.
        pair.client.feed(flight);
        EXPECT_EQ(bool(pair.client.error), made_up) << pair.client.error.message();
        const Bytes record = last_record(pair.client);
        ASSERT_GE(record.size(), 7U);
        if (made_up) {
            EXPECT_EQ(Bytes(record.begin(), record.begin() + 6), (Bytes{0x15, 3, 3, 0, 2, 2}));
        }
    }
}

// mbedtls_ssl_write makes an empty record of nothing.
TEST_P(MbedtlsTrap, AWriteOfNothingIsNoRecord) {
    Sessions ends(GetParam());
    ends.client.sink.output.clear();
    EXPECT_EQ(ends.client.session->write({}, ends.client.sink).progress, Progress::done);
    EXPECT_TRUE(ends.client.sink.output.empty());
    EXPECT_EQ(ends.client.session->write(as_bytes("a"), ends.client.sink).bytes, 1U);
    EXPECT_FALSE(ends.client.sink.output.empty());
}

// After a refused write mbedTLS sends the old bytes and counts the new ones. So none is ever refused, however much lies about.
TEST_P(MbedtlsTrap, EveryWriteIsAcceptedWholeAndArrivesInOrder) {
    Sessions ends(GetParam());
    std::string sent;
    for (int i = 0; i < 200; ++i) {
        const std::string piece(i % 2 == 0 ? 16'384U : 9U, static_cast<char>('a' + i % 26));
        EXPECT_EQ(ends.client.session->write(as_bytes(piece), ends.client.sink).bytes,
                  piece.size());
        sent += piece;
    }
    EXPECT_GT(ends.client.sink.output.size(), sent.size());
    ends.server.inbox = std::move(ends.client.sink.output);
    std::string text;
    while (ends.server.read(false, text).progress == Progress::done) {
    }
    EXPECT_TRUE(text == sent);
}

// mbedTLS 3.6 takes no name for a forgotten one unless it is told; without one there is no SNI, and the handshake goes on.
TEST_P(MbedtlsTrap, NoNameIsSaidAndNotForgotten) {
    for (const std::string name : {"", "omnitls.test"}) {
        PairSetup setup = both(GetParam());
        Pair pair(setup);
        ClientTarget target = must(ClientTarget::host("omnitls.test"));
        target.sni = name;
        pair.client.engine = *must(backends::mbedtls().make_client_context(client_config(setup)))
                                  ->make_engine(target);
        exchange(pair.client, pair.server, Chunking::whole);
        EXPECT_EQ(pair.client.engine->state(), State::open);
        EXPECT_EQ(pair.server.engine->info().sni, name);
    }
}

// mbedTLS has no function for the code of an alert; here it comes from where the library keeps the record.
TEST_P(MbedtlsTrap, TheAlertReceivedIsExact) {
    for (const int alert : {40, 42, 48, 49, 80, 113}) {
        for (const bool by_client : {true, false}) {
            PairSetup setup = both(GetParam());
            setup.client_auth = ClientAuth::require;
            setup.client_role = "client";
            Pair pair(setup);
            Side& judge = by_client ? pair.client : pair.server;
            Side& judged = by_client ? pair.server : pair.client;
            judge.decide = [alert](const VerifyRequest&) {
                return Verdict::rejected(Errc::certificate_rejected, static_cast<Alert>(alert));
            };
            exchange(pair.client, pair.server, Chunking::whole);
            EXPECT_EQ(judge.questions, 1);
            EXPECT_EQ(judge.engine->last_error()->alert_sent, static_cast<Alert>(alert));
            ASSERT_NE(judged.engine->last_error(), nullptr);
            EXPECT_EQ(judged.engine->last_error()->alert_received, static_cast<Alert>(alert));
        }
    }
}

// mbedTLS cannot read such a chain: no question, but an error that says so and an alert that every peer decodes. In TLS 1.3 its
// own alert would be in plain text, or under the handshake keys when the peer has gone on.
TEST_P(MbedtlsTrap, AChainItCannotReadIsRefusedAloud) {
    struct Row {
        const char* role;
        int alert;
    };
    for (const RawPeerKind& kind : raw_peer_kinds()) {
        for (const Row& row :
             {Row{"leaf_unknown_critical", 42}, Row{"leaf_constrained_ok", 42}, Row{"leaf", -1}}) {
            // The raw mbedTLS cannot read its own either.
            if (std::string(kind.name) == "mbedtls" && row.alert != -1) continue;
            SCOPED_TRACE(std::string(kind.name) + " with " + row.role);
            Scene scene(kind, GetParam(), row.role, only(GetParam()));
            scene.run();
            EXPECT_EQ(scene.side.questions, row.alert == -1 ? 1 : 0);
            EXPECT_EQ(scene.peer->alert.value_or(-1), row.alert) << scene.peer->error;
            if (row.alert == -1) {
                EXPECT_EQ(scene.side.engine->state(), State::open);
                continue;
            }
            EXPECT_EQ(scene.side.error, Errc::certificate_rejected);
            EXPECT_EQ(scene.side.engine->last_error()->phase, Phase::handshake);
            EXPECT_EQ(scene.side.engine->last_error()->alert_sent, static_cast<Alert>(row.alert));
            EXPECT_NE(scene.side.engine->last_error()->backend_text.find("X509"),
                      std::string::npos);
        }
    }
}

// The same when the chain is a client's: a TLS 1.3 client reads under its application keys by then.
TEST_P(MbedtlsTrap, AClientsChainItCannotReadIsRefusedAloud) {
    for (const char* name : {"openssl", "gnutls"}) {
        for (const std::string role : {"leaf_unknown_critical", "client"}) {
            SCOPED_TRACE(name + role);
            Scene scene(raw(name), GetParam(), role);
            scene.run();
            const bool good = role == "client";
            EXPECT_EQ(scene.side.questions, good ? 1 : 0);
            EXPECT_EQ(scene.peer->alert.value_or(-1), good ? -1 : 42) << scene.peer->error;
            EXPECT_EQ(scene.side.engine->state(), good ? State::open : State::failed);
        }
    }
}

// A Certificate message above 16 KiB: mbedTLS gives up without an alert, and the peer would wait for ever.
TEST_P(MbedtlsTrap, AChainLargerThanARecordIsAnsweredWithAnAlert) {
    for (const char* name : {"openssl", "gnutls"}) {
        for (const std::string role : {"leaf_big", "leaf"}) {
            SCOPED_TRACE(name + role);
            Scene scene(raw(name), GetParam(), role, only(GetParam()));
            scene.run();
            if (role == "leaf") {
                EXPECT_EQ(scene.side.engine->state(), State::open);
                continue;
            }
            EXPECT_EQ(scene.side.questions, 0);
            EXPECT_EQ(scene.side.error, Errc::not_supported)
                << scene.side.engine->last_error()->to_string();
            EXPECT_NE(scene.side.engine->last_error()->what.find("long_chains"), std::string::npos);
            EXPECT_EQ(scene.peer->alert.value_or(-1), 80) << scene.peer->error;
        }
    }
}

ClientHello hello_of(VersionRange range) {
    PairSetup setup;
    setup.versions = range;
    Side side;
    side.engine = *must(backends::mbedtls().make_client_context(client_config(setup)))
                       ->make_engine(must(ClientTarget::host("omnitls.test")));
    side.run();
    return std::get<ClientHello>(core::read_client_hello(side.take()));
}

// mbedTLS 3.6 offers RSA-PSS and refuses it in a TLS 1.2 ServerKeyExchange.
TEST_P(MbedtlsTrap, WhatItRefusesIsNotOfferedFirst) {
    const auto is_pss = [](std::uint16_t scheme) { return scheme >= 0x0804 && scheme <= 0x0806; };
    const auto is_pkcs1 = [](std::uint16_t scheme) { return (scheme & 0xffU) == 1U; };
    const auto offered12 = hello_of(only(ProtocolVersion::tls12)).signature_algorithms;
    EXPECT_TRUE(std::ranges::none_of(offered12, is_pss));
    EXPECT_TRUE(std::ranges::any_of(offered12, is_pkcs1));
    const VersionRange all =
        *must(backends::mbedtls().make_client_context(client_config({})))->config().versions;
    const auto offered = hello_of(all).signature_algorithms;
    const auto first_pss = std::ranges::find_if(offered, is_pss);
    EXPECT_LT(std::ranges::find_if(offered, is_pkcs1), first_pss);
    EXPECT_EQ(first_pss != offered.end(), all.max == ProtocolVersion::tls13);
    for (const RawPeerKind& kind : raw_peer_kinds()) {
        Scene scene(kind, GetParam(), "leaf_rsa", all);
        scene.run();
        EXPECT_EQ(scene.side.engine->state(), State::open) << kind.name << scene.peer->error;
        EXPECT_EQ(is_pss(scene.side.engine->info().signature_scheme),
                  GetParam() == ProtocolVersion::tls13);
    }
}

// Nothing of the first session can be found by a second one: no ticket is asked for, none is given, no id is remembered.
TEST_P(MbedtlsTrap, NoSessionIsOfferedOrKept) {
    Pair pair(both(GetParam()));
    pair.client.run();
    const Bytes hello = pair.client.take();
    // session_ticket (RFC 5077) and pre_shared_key (RFC 8446) as an extension with an empty or any body.
    for (const std::uint8_t extension : {std::uint8_t{35}, std::uint8_t{41}}) {
        const std::array<std::uint8_t, 4> empty{0, extension, 0, 0};
        EXPECT_EQ(std::search(hello.begin(), hello.end(), empty.begin(), empty.end()), hello.end());
    }
    pair.server.feed(hello);
    pair.client.feed(pair.server.take());
    exchange(pair.client, pair.server, Chunking::whole);
    EXPECT_EQ(pair.client.engine->state(), State::open);
    EXPECT_FALSE(pair.client.engine->info().resumed || pair.server.engine->info().resumed);
}

// The answer is a warning (RFC 5246 §7.2.2), no handshake, and the connection goes on.
TEST(MbedtlsTrap12, RenegotiationIsRefused) {
    Scene scene(raw("mbedtls"), ProtocolVersion::tls12, "client");
    scene.run();
    ASSERT_EQ(scene.side.engine->state(), State::open);
    ASSERT_TRUE(scene.peer->renegotiate());
    EXPECT_GT(scene.peer->output.size(), 100U);
    scene.side.feed(std::exchange(scene.peer->output, {}));
    EXPECT_FALSE(scene.side.error);
    EXPECT_EQ(scene.side.questions, 1);
    const Bytes answer = scene.side.take();
    ASSERT_EQ(answer.size(), 5U + 8 + 2 + 16);  // one alert: nonce, level and description, tag
    EXPECT_EQ(answer[0], 21);
    EXPECT_FALSE(scene.side.write("still here").error);
}

class MbedtlsTrap13 : public testing::Test {
protected:
    void SetUp() override {
        const std::string gap = missing(backends::mbedtls(), "tls13");
        if (!gap.empty()) GTEST_SKIP() << gap;
    }
};

// A ticket in front of data makes mbedTLS 3.6 say "want read", with the data at hand.
TEST_F(MbedtlsTrap13, TicketsBeforeDataAreReadOver) {
    Scene scene(raw("openssl"), ProtocolVersion::tls13, "leaf", only(ProtocolVersion::tls13));
    scene.run();
    ASSERT_EQ(scene.side.engine->state(), State::open);
    EXPECT_TRUE(scene.peer->write("first"));
    scene.run();
    EXPECT_EQ(scene.side.received, "first");
    EXPECT_FALSE(scene.side.error);
}

// An OpenSSL client that fails by itself sends its alert in plain text, which mbedTLS tries to decrypt.
TEST_F(MbedtlsTrap13, APlainAlertInTheHandshakeIsRead) {
    for (const bool damaged : {true, false}) {
        Scene scene(raw("openssl"), ProtocolVersion::tls13, "client");
        scene.peer->step();
        scene.side.feed(std::exchange(scene.peer->output, {}));
        Bytes flight = scene.side.take();
        if (damaged) flight.back() = static_cast<std::uint8_t>(flight.back() ^ 1U);
        scene.peer->input = flight;
        scene.peer->step();
        scene.side.feed(std::exchange(scene.peer->output, {}));
        EXPECT_EQ(scene.side.questions, damaged ? 0 : 1);
        EXPECT_EQ(scene.side.engine->state(), damaged ? State::failed : State::open);
        if (!damaged) continue;
        EXPECT_EQ(scene.side.engine->last_error()->alert_received, Alert::bad_record_mac)
            << scene.side.engine->last_error()->to_string();
        EXPECT_EQ(scene.side.error, Errc::alert_received);
    }
}

// A KeyUpdate is the peer's right, and mbedTLS does not know it: the connection ends, and the error says why.
TEST_F(MbedtlsTrap13, AKeyUpdateEndsTheConnectionWithItsReason) {
    for (const bool updates : {true, false}) {
        Scene scene(raw("openssl"), ProtocolVersion::tls13, "leaf", only(ProtocolVersion::tls13));
        scene.run();
        ASSERT_EQ(scene.side.engine->state(), State::open);
        if (updates) {
            ASSERT_TRUE(scene.peer->update_keys());
        }
        EXPECT_TRUE(scene.peer->write("after"));
        scene.run();
        EXPECT_EQ(scene.side.received, updates ? "" : "after");
        if (!updates) continue;
        EXPECT_EQ(scene.side.error, Errc::not_supported);
        EXPECT_NE(scene.side.engine->last_error()->what.find("KeyUpdate"), std::string::npos);
        EXPECT_EQ(scene.peer->alert.value_or(-1), 10);
        EXPECT_EQ(scene.side.engine->last_error()->alert_sent, Alert::unexpected_message);
    }
    EXPECT_FALSE(backends::mbedtls().capabilities().has("key_update_receive"));
}

}  // namespace
}  // namespace omnitls::test
