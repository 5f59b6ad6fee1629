// SPDX-License-Identifier: BSL-1.0
// The handshake as the shell runs it: order, chunking, first bytes, limits, ends.
#include "tests/spi/shell_fixture.hpp"

namespace omnitls::test {
namespace {

using Handshake = ShellTest;

TEST_F(Handshake, ClientSaysHelloAndWaits) {
    auto engine = client();
    EXPECT_EQ(engine->state(), State::handshake);
    const Step step = feed(*engine, {});
    EXPECT_EQ(step.want, Want::input);
    EXPECT_EQ(describe_records(drain(*engine)), "H");
    EXPECT_EQ(engine->info().sni, "omnitls.test");
}

TEST_F(Handshake, EveryChunkingReachesTheSameQuestionAndTheSameEnd) {
    const Bytes flight = toy_handshake("HCPF");
    for (std::size_t chunk = 1; chunk <= flight.size(); ++chunk) {
        SCOPED_TRACE(chunk);
        auto engine = client();
        Step step = feed(*engine, {});
        for (std::size_t at = 0; at < flight.size() && step.want == Want::input; at += chunk) {
            const std::size_t n = std::min(chunk, flight.size() - at);
            step = feed(*engine, Bytes(flight.begin() + static_cast<std::ptrdiff_t>(at),
                                       flight.begin() + static_cast<std::ptrdiff_t>(at + n)));
        }
        ASSERT_EQ(step.want, Want::verdict);
        EXPECT_EQ(describe_records(drain(*engine)), "H");
        answer(*engine, Verdict::trusted());
        EXPECT_TRUE(feed(*engine, {}).done());
        EXPECT_EQ(engine->state(), State::open);
        EXPECT_EQ(describe_records(drain(*engine)), "F");
    }
}

TEST_F(Handshake, TheSessionSeesAtMostOneRecordPerCallAndTheRestStaysWithTheCaller) {
    auto engine = client();
    const Bytes tail = toy_data("already here");
    const Bytes all = toy_handshake("HCPF") + tail;
    Input in{all, false};
    EXPECT_EQ(engine->handshake(in).want, Want::verdict);
    EXPECT_EQ(Bytes(in.bytes.begin(), in.bytes.end()), tail);
    EXPECT_LE(script->largest_input, 6U);
}

TEST_F(Handshake, ServerReadsTheClientHelloItself) {
    auto engine = server(ClientAuth::none);
    const Bytes hello = real_client_hello("mail.example", "imap");
    for (std::size_t i = 0; i + 1 < hello.size(); ++i) {
        ASSERT_EQ(feed(*engine, {hello[i]}).want, Want::input);
        ASSERT_TRUE(engine->output().empty());
    }
    EXPECT_EQ(feed(*engine, {hello.back()}).want, Want::input);
    EXPECT_EQ(engine->info().sni, "mail.example");
    EXPECT_EQ(describe_records(drain(*engine)), "HCRPF");
    EXPECT_TRUE(feed(*engine, toy_handshake("F")).done());
    EXPECT_TRUE(engine->peer_confirmed());
}

// A library without TLS 1.3 does not know the extension, and would blame the suites.
TEST_F(Handshake, AClientHelloWithoutAnAllowedVersionGetsTheAlertForIt) {
    for (const auto allowed : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        ServerConfig config;
        config.versions = {allowed, allowed};
        auto engine = server(ClientAuth::none, config);
        const Step step = feed(*engine, real_client_hello("", ""));  // lists TLS 1.3 only
        EXPECT_EQ(script->largest_input > 0, allowed == ProtocolVersion::tls13);
        if (allowed == ProtocolVersion::tls13) {
            EXPECT_FALSE(step.error);
            continue;
        }
        EXPECT_EQ(step.error, Errc::no_common_version);
        EXPECT_EQ(engine->last_error()->alert_sent, Alert::protocol_version);
        EXPECT_EQ(describe_records(drain(*engine)), "alert(70)");
    }
}

TEST_F(Handshake, PlainTextIsNamedAndQuotedAndItsTwinIsNot) {
    for (const bool is_server : {false, true}) {
        SCOPED_TRACE(is_server);
        auto engine = is_server ? server(ClientAuth::none) : client();
        const Step step = feed(*engine, Bytes{'H', 'T', 'T', 'P', '/', '1', '\r', '\n'});
        EXPECT_EQ(step.error, Errc::plaintext_peer);
        ASSERT_NE(engine->last_error(), nullptr);
        EXPECT_EQ(engine->last_error()->peer_text, "HTTP/1\\r\\n");
        EXPECT_EQ(engine->last_error()->phase, Phase::handshake);
        EXPECT_FALSE(engine->last_error()->alert_sent.has_value());

        auto twin = is_server ? server(ClientAuth::none) : client();
        EXPECT_FALSE(
            feed(*twin, is_server ? real_client_hello("a.test", "") : toy_handshake("H")).error);
    }
}

TEST_F(Handshake, PlainTextByteByByteFailsAtTheFirstByteThatIsNoTls) {
    auto engine = client();
    EXPECT_EQ(feed(*engine, {22}).want, Want::input);
    EXPECT_EQ(feed(*engine, {'x'}).error, Errc::plaintext_peer);
}

TEST_F(Handshake, MalformedClientHelloGetsAnAlertAndAText) {
    auto engine = server(ClientAuth::none);
    Bytes hello = real_client_hello("a.test", "");
    hello[5 + 4 + 2 + 32] = 33;  // legacy_session_id longer than allowed
    const Step step = feed(*engine, hello);
    EXPECT_EQ(step.error, Errc::protocol_violation);
    EXPECT_EQ(describe_records(drain(*engine)), "alert(50)");
    EXPECT_NE(engine->last_error()->what.find("legacy_session_id"), std::string::npos);
}

TEST_F(Handshake, EndlessClientHelloIsBounded) {
    ServerConfig config;
    config.limits.client_hello_bytes = 2048;
    auto engine = server(ClientAuth::none, config);
    Bytes endless{1, 0xff, 0xff, 0xff};
    endless.resize(1000, 0);
    Step step;
    std::size_t fed = 0;
    while (!step.error && fed < 10'000) {
        step = feed(*engine, toy_record(22, as_text(endless)));
        fed += 1005;
        endless[0] = 1;
    }
    EXPECT_EQ(step.error, Errc::limit_exceeded);
    EXPECT_LE(fed, 2048U + 2010U);
    EXPECT_NE(engine->last_error()->what.find("client_hello_bytes"), std::string::npos);
}

TEST_F(Handshake, EndlessHandshakeIsBounded) {
    ClientConfig config;
    config.limits.handshake_bytes = 4096;
    auto engine = client(config);
    Step step = feed(*engine, {});
    std::size_t fed = 0;
    while (!step.error && fed < 20'000) {
        step = feed(*engine, toy_handshake("HHHHHHHHHH"));
        fed += 60;
    }
    EXPECT_EQ(step.error, Errc::limit_exceeded);
    EXPECT_LE(fed, 4096U + 120U);
}

TEST_F(Handshake, EndOfTransportIsTruncationAtEveryByte) {
    const Bytes flight = toy_handshake("HCPF");
    for (std::size_t n = 0; n < flight.size(); ++n) {
        SCOPED_TRACE(n);
        auto engine = client();
        const Step step = feed(
            *engine, Bytes(flight.begin(), flight.begin() + static_cast<std::ptrdiff_t>(n)), true);
        EXPECT_EQ(step.error, Errc::truncated);
        EXPECT_EQ(engine->state(), State::failed);
    }
    auto twin = client();
    EXPECT_EQ(feed(*twin, flight, true).want, Want::verdict);
}

TEST_F(Handshake, ReceivedAlertsHaveTheirOwnCause) {
    const std::pair<int, Errc> rows[] = {
        {70, Errc::no_common_version},     {40, Errc::no_common_parameters},
        {71, Errc::no_common_parameters},  {120, Errc::no_common_protocol},
        {116, Errc::certificate_required}, {48, Errc::alert_received},
        {10, Errc::alert_received},
    };
    for (const auto& [alert, code] : rows) {
        SCOPED_TRACE(alert);
        auto engine = client();
        feed(*engine, toy_handshake("H"));
        EXPECT_EQ(feed(*engine, toy_alert(2, static_cast<std::uint8_t>(alert))).error, code);
        ASSERT_NE(engine->last_error(), nullptr);
        EXPECT_EQ(engine->last_error()->alert_received, static_cast<Alert>(alert));
        EXPECT_EQ(engine->last_error()->phase, Phase::handshake);
    }
}

// A library that says no more than which alert it sent; one that says more is believed.
TEST_F(Handshake, SentAlertsTellTheCause) {
    const std::pair<int, Errc> rows[] = {
        {10, Errc::protocol_violation},
        {22, Errc::protocol_violation},
        {47, Errc::protocol_violation},
        {50, Errc::protocol_violation},
        {109, Errc::protocol_violation},
        {110, Errc::protocol_violation},
        {20, Errc::bad_record},
        {51, Errc::bad_signature},
        {70, Errc::no_common_version},
        {40, Errc::no_common_parameters},
        {71, Errc::no_common_parameters},
        {120, Errc::no_common_protocol},
        {42, Errc::certificate_rejected},
        {43, Errc::certificate_rejected},
        {80, Errc::internal},
        {90, Errc::handshake_failed},
    };
    for (const auto& [alert, code] : rows) {
        for (const bool knows : {false, true}) {
            SCOPED_TRACE(alert);
            *script = FakeScript{};
            script->alert_on_failure = static_cast<Alert>(alert);
            script->cause_of_failure = knows ? Errc::limit_exceeded : Errc::handshake_failed;
            auto engine = client();
            EXPECT_EQ(feed(*engine, toy_handshake("HX")).error,
                      knows ? Errc::limit_exceeded : code);
            ASSERT_NE(engine->last_error(), nullptr);
            EXPECT_EQ(engine->last_error()->alert_sent, static_cast<Alert>(alert));
        }
    }
}

TEST_F(Handshake, CloseNotifyInTheHandshakeIsAFailure) {
    auto engine = client();
    EXPECT_EQ(feed(*engine, toy_close_notify()).error, Errc::handshake_failed);
}

TEST_F(Handshake, ASessionThatNeverTakesItsInputDoesNotLoopForEver) {
    script->stuck = true;
    auto engine = client();
    EXPECT_EQ(feed(*engine, toy_handshake("HC")).error, Errc::internal);
}

TEST_F(Handshake, AnonymousServerHandshakeIsOpenWithoutAQuestion) {
    auto engine = server(ClientAuth::request);
    feed(*engine, real_client_hello("", ""));
    EXPECT_TRUE(feed(*engine, toy_handshake("F")).done());
    EXPECT_EQ(engine->state(), State::open);
    EXPECT_EQ(engine->evidence(), nullptr);
    EXPECT_FALSE(engine->take_question({}).has_value());
}

TEST_F(Handshake, ConfirmedIsMoreThanCompleteForTls13Clients) {
    auto engine = open_client();
    EXPECT_TRUE(engine->handshake_complete());
    EXPECT_FALSE(engine->peer_confirmed());
    const Bytes data = toy_data("x");
    Input in{data, false};
    EXPECT_EQ(read_text(*engine, in), "x");
    EXPECT_TRUE(engine->peer_confirmed());

    script->version = ProtocolVersion::tls12;
    EXPECT_TRUE(open_client()->peer_confirmed());
}

}  // namespace
}  // namespace omnitls::test
