// SPDX-License-Identifier: BSL-1.0
// Hold and verdict: no verdict, no byte, neither way; one alert on rejection; the sealer's conditions.
#include "tests/spi/shell_fixture.hpp"

#include <thread>

namespace omnitls::test {
namespace {

using VerdictTest = ShellTest;

constexpr int kRejectionAlerts[] = {40, 42, 43, 44, 45, 46, 48, 49, 80, 113};

std::string sealed(int alert, char secret) {
    // What fake_crypto makes of it: alert and inner type, then a byte of the secret and of each label.
    const char body[6] = {2, static_cast<char>(alert), 21, secret, 'k', 'i'};
    std::string text(body, 6);
    text.resize(3 + 16, '\0');
    return "data(" + text + ")";
}

TEST_F(VerdictTest, NothingLeavesAndNothingIsDeliveredWhilePending) {
    for (const bool is_server : {false, true}) {
        SCOPED_TRACE(is_server);
        auto engine = is_server ? server(ClientAuth::require) : client();
        if (is_server) feed(*engine, real_client_hello("", ""));
        feed(*engine, {});
        drain(*engine);
        const Bytes flight = is_server ? toy_handshake("CPF") : toy_handshake("HCPF");
        const Bytes all = flight + toy_data("secret");
        Input in{all, false};
        EXPECT_EQ(engine->handshake(in).want, Want::verdict);
        EXPECT_EQ(engine->state(), State::verify_pending);
        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ(engine->handshake(in).want, Want::verdict);
            EXPECT_EQ(read_text(*engine, in), make_error_code(Errc::wrong_state).message());
            EXPECT_EQ(write(*engine, "x").error, Errc::wrong_state);
            EXPECT_EQ(engine->close_notify().error, Errc::wrong_state);
            EXPECT_EQ(engine->output_size(), 0U);
            EXPECT_EQ(in.bytes.size(), toy_data("secret").size());
        }
        answer(*engine, Verdict::trusted());
        EXPECT_TRUE(engine->handshake(in).done());
        EXPECT_EQ(describe_records(drain(*engine)), "F");
        EXPECT_EQ(read_text(*engine, in), "secret");
    }
}

TEST_F(VerdictTest, AProtocolThatWasNotOfferedIsNeverPutToAQuestion) {
    for (const char* const chosen : {"imap", "", "xmpp-server", "im\nap"}) {
        SCOPED_TRACE(chosen);
        const bool offered = chosen == std::string("imap") || *chosen == 0;
        ClientConfig config;
        config.alpn = {"xmpp-client", "imap"};
        *script = FakeScript{};
        script->alpn = chosen;
        auto engine = client(std::move(config));
        feed(*engine, {});
        drain(*engine);
        const Step step = feed(*engine, toy_handshake("HCPF"));
        EXPECT_EQ(engine->take_question({}).has_value(), offered);
        if (offered) continue;
        EXPECT_EQ(step.error, Errc::protocol_violation);
        EXPECT_EQ(engine->last_error()->alert_sent, Alert::illegal_parameter);
        EXPECT_EQ(engine->last_error()->phase, Phase::verification);
        EXPECT_NE(engine->last_error()->what.find(escape_untrusted(chosen)), std::string::npos);
        EXPECT_EQ(describe_records(drain(*engine)), sealed(47, 'c'));
    }
}

TEST_F(VerdictTest, AProofBelowTheFloorIsNeverPutToAQuestion) {
    const std::uint16_t schemes[] = {0x0201, 0x0203, 0x0303, 0x0401, 0x0403, 0x0804, 0x0807};
    for (const bool is_server : {false, true}) {
        for (const std::uint16_t scheme : schemes) {
            SCOPED_TRACE(signature_scheme_name(scheme));
            const bool good = scheme >= 0x0400;
            *script = FakeScript{};
            script->signature_scheme = scheme;
            auto engine = is_server ? server(ClientAuth::require) : client();
            if (is_server) feed(*engine, real_client_hello("", ""));
            feed(*engine, {});
            drain(*engine);
            const Step step = feed(*engine, toy_handshake(is_server ? "CPF" : "HCPF"));
            EXPECT_EQ(engine->take_question({}).has_value(), good);
            EXPECT_EQ(step.want == Want::verdict, good);
            if (good) continue;
            EXPECT_EQ(step.error, Errc::no_common_parameters);
            EXPECT_EQ(engine->last_error()->alert_sent, Alert::handshake_failure);
            EXPECT_EQ(engine->last_error()->phase, Phase::verification);
            EXPECT_NE(engine->last_error()->what.find(signature_scheme_name(scheme)),
                      std::string::npos);
        }
    }
}

TEST_F(VerdictTest, TheQuestionComesOnlyAfterProofOfPossession) {
    for (const bool proves : {true, false}) {
        SCOPED_TRACE(proves);
        auto engine = client();
        const Step step = feed(*engine, toy_handshake(proves ? "HCPF" : "HCXF"));
        EXPECT_EQ(engine->take_question({}).has_value(), proves);
        EXPECT_EQ(step.want == Want::verdict, proves);
        if (!proves) {
            EXPECT_EQ(step.error, Errc::bad_signature);
            EXPECT_EQ(engine->last_error()->phase, Phase::verification);
        }
    }
}

TEST_F(VerdictTest, TheClientKeyIsUnusedUntilAccepted) {
    for (const bool accepts : {true, false}) {
        SCOPED_TRACE(accepts);
        *script = FakeScript{};
        auto engine = client();
        EXPECT_EQ(feed(*engine, toy_handshake("HCRPF")).want, Want::verdict);
        EXPECT_EQ(script->proceeds, 0);
        answer(*engine, accepts ? Verdict::trusted() : Verdict::rejected());
        const Step step = feed(*engine, {});
        EXPECT_EQ(step.done(), accepts);
        EXPECT_EQ(script->key_uses, accepts ? 1 : 0);
        EXPECT_EQ(script->proceeds, accepts ? 1 : 0);
    }
}

// A library whose own alert would go under keys that the peer does not read leaves it to the shell.
TEST_F(VerdictTest, AWithheldAlertIsSentByTheShell) {
    for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        for (const bool withheld : {true, false}) {
            for (const bool is_server : {true, false}) {
                SCOPED_TRACE(withheld);
                *script = FakeScript{};
                script->version = version;
                script->alert_on_failure = Alert::bad_certificate;
                script->withholds_alert = withheld;
                script->cause_of_failure = Errc::handshake_failed;
                auto engine = is_server ? server(ClientAuth::require) : client();
                if (is_server) feed(*engine, real_client_hello("", ""));
                feed(*engine, {});
                drain(*engine);
                const Step step = feed(*engine, toy_handshake("CX"));
                EXPECT_EQ(step.error, Errc::certificate_rejected);
                EXPECT_EQ(engine->last_error()->alert_sent, Alert::bad_certificate);
                EXPECT_EQ(engine->last_error()->phase, Phase::verification);
                const bool seals = withheld && version == ProtocolVersion::tls13;
                EXPECT_EQ(describe_records(drain(*engine)),
                          seals ? sealed(42, is_server ? 's' : 'c') : "alert(42)");
                EXPECT_EQ(script->secrets_taken, seals ? 1 : 0);
                EXPECT_FALSE(engine->take_question({}).has_value());
            }
        }
    }
}

TEST_F(VerdictTest, RejectionSendsExactlyOneAlert) {
    for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        for (const bool is_server : {false, true}) {
            for (const bool native : {false, true}) {
                for (const int alert : kRejectionAlerts) {
                    SCOPED_TRACE(testing::Message()
                                 << version_name(version) << is_server << native << alert);
                    *script = FakeScript{};
                    script->version = version;
                    script->native_alerts = native;
                    auto engine = is_server ? server(ClientAuth::require) : client();
                    if (is_server) feed(*engine, real_client_hello("", ""));
                    feed(*engine, {});
                    drain(*engine);
                    ASSERT_EQ(feed(*engine, toy_handshake(is_server ? "CPF" : "HCPF")).want,
                              Want::verdict);
                    answer(*engine, Verdict::rejected(Errc::certificate_revoked,
                                                      static_cast<Alert>(alert), "no"));
                    EXPECT_EQ(feed(*engine, {}).error, Errc::certificate_revoked);
                    const bool seals = version == ProtocolVersion::tls13 && !native;
                    const std::string expected = seals ? sealed(alert, is_server ? 's' : 'c')
                                                       : "alert(" + std::to_string(alert) + ")";
                    EXPECT_EQ(describe_records(drain(*engine)), expected);
                    EXPECT_EQ(engine->last_error()->alert_sent, static_cast<Alert>(alert));
                    EXPECT_EQ(engine->last_error()->phase, Phase::verification);
                    EXPECT_EQ(script->secrets_taken, seals ? 1 : 0);
                    EXPECT_EQ(feed(*engine, toy_data("late")).error, Errc::certificate_revoked);
                    EXPECT_EQ(engine->output_size(), 0U);
                }
            }
        }
    }
}

TEST_F(VerdictTest, WithoutASecretTheAlertIsPlain) {
    script->has_secret = false;
    auto engine = client();
    feed(*engine, toy_handshake("HCPF"));
    drain(*engine);
    answer(*engine, Verdict::rejected());
    feed(*engine, {});
    EXPECT_EQ(describe_records(drain(*engine)), "alert(46)");
}

TEST_F(VerdictTest, ADroppedQuestionAndADefaultVerdictReject) {
    for (const bool drop : {true, false}) {
        SCOPED_TRACE(drop);
        auto engine = client();
        feed(*engine, toy_handshake("HCPF"));
        if (drop) {
            (void)engine->take_question({});
        } else {
            answer(*engine, Verdict());
        }
        EXPECT_EQ(feed(*engine, {}).error, Errc::verifier_failed);
    }
}

TEST_F(VerdictTest, TrustedStillFailsForAnotherNameAndNamingItAccepts) {
    for (const bool despite : {false, true}) {
        SCOPED_TRACE(despite);
        script->chain = load_chain("leaf");
        ClientConfig config;
        config.trust = load_anchors("root");
        config.clock = test_time;
        config.keep_evidence = true;
        auto context = backend->make_client_context(config);
        auto engine = *(*context)->make_engine(*ClientTarget::host("wrong.test"));
        ASSERT_EQ(feed(*engine, toy_handshake("HCPF")).want, Want::verdict);
        auto question = engine->take_question({});
        const auto failures = question->request().failures();
        std::move(*question).answer(despite ? Verdict::trusted_despite(failures)
                                            : Verdict::trusted());
        const Step step = feed(*engine, {});
        EXPECT_EQ(step.done(), despite);
        if (!despite) {
            EXPECT_EQ(step.error, Errc::name_mismatch);
            EXPECT_NE(engine->last_error()->what.find("wrong.test"), std::string::npos);
            EXPECT_NE(engine->last_error()->what.find("omnitls.test"), std::string::npos);
        }
        EXPECT_NE(engine->evidence(), nullptr);
    }
}

TEST_F(VerdictTest, TheEvidenceGoesWhenTheConnectionIsOpenUnlessItIsKept) {
    std::optional<Bytes> binding;
    for (const bool keeps : {true, false}) {
        script->chain = load_chain("leaf");
        ClientConfig config;
        config.trust = load_anchors("root");
        config.clock = test_time;
        config.keep_evidence = keeps;
        auto context = backend->make_client_context(config);
        auto engine = *(*context)->make_engine(*ClientTarget::host("omnitls.test"));
        ASSERT_EQ(feed(*engine, toy_handshake("HCPF")).want, Want::verdict);
        const std::weak_ptr<const VerifyRequest> evidence = engine->evidence();
        EXPECT_FALSE(evidence.expired());
        answer(*engine, Verdict::trusted());
        ASSERT_TRUE(feed(*engine, {}).done());
        EXPECT_EQ(engine->evidence() != nullptr, keeps);
        EXPECT_EQ(evidence.expired(), !keeps) << "nobody else holds it";
        const auto now = engine->channel_binding(ChannelBindingType::tls_server_end_point);
        ASSERT_TRUE(now);
        EXPECT_EQ(*now, binding.value_or(*now)) << "it needs the certificate no more";
        binding = *now;
    }
}

// The library done before the verdict, or going on after it; and a connection that is given up in between.
TEST_F(VerdictTest, WhatIsToBeRememberedIsWhenTheHandshakeIsCompleteAndNotBefore) {
    for (const char* flight : {"HCPF", "HCRPF"}) {
        for (const char* fate : {"open", "refused", "abandoned"}) {
            SCOPED_TRACE(std::string(flight) + " " + fate);
            const bool open = std::string(fate) == "open";
            const bool refused = std::string(fate) == "refused";
            script->proceeds = 0;
            int remembered = 0;
            auto engine = client();
            ASSERT_EQ(feed(*engine, toy_handshake(flight)).want, Want::verdict);
            Verdict verdict = refused ? Verdict::rejected() : Verdict::trusted();
            answer(*engine, std::move(verdict).when_open([&] { ++remembered; }));
            EXPECT_EQ(remembered, 0) << "an answer is not a handshake";
            if (!open && !refused) engine->abandon(Errc::verdict_timeout, Alert::user_canceled);
            EXPECT_EQ(feed(*engine, {}).done(), open);
            EXPECT_EQ(engine->handshake_complete(), open);
            EXPECT_EQ(remembered, open ? 1 : 0);
            feed(*engine, {});
            EXPECT_EQ(remembered, open ? 1 : 0) << "once";
        }
    }
}

TEST_F(VerdictTest, WhatCannotBeRememberedFailsTheConnection) {
    for (const bool throws : {false, true}) {
        SCOPED_TRACE(throws);
        script->native_alerts = true;
        auto engine = client();
        feed(*engine, toy_handshake("HCPF"));
        answer(*engine, Verdict::trusted().when_open([throws] {
            if (throws) throw std::runtime_error("the disk is full");
        }));
        const Step step = feed(*engine, {});
        EXPECT_EQ(step.done(), !throws);
        if (throws) {
            EXPECT_EQ(step.error, Errc::verifier_failed);
            EXPECT_NE(engine->last_error()->what.find("the disk is full"), std::string::npos);
            EXPECT_EQ(engine->last_error()->alert_sent, Alert::internal_error);
            EXPECT_EQ(write(*engine, "data").error, Errc::verifier_failed);
        } else {
            EXPECT_FALSE(write(*engine, "data").error);
        }
    }
}

TEST_F(VerdictTest, AnswersFromAnotherThreadWakeTheDriver) {
    auto engine = client();
    feed(*engine, toy_handshake("HCPF"));
    std::thread::id woken_on;
    auto question = engine->take_question([&] { woken_on = std::this_thread::get_id(); });
    std::thread other([&] { std::move(*question).answer(Verdict::trusted()); });
    const std::thread::id other_id = other.get_id();
    other.join();
    EXPECT_EQ(woken_on, other_id);
    EXPECT_TRUE(feed(*engine, {}).done());
}

TEST_F(VerdictTest, AnAnswerAfterTheEngineIsGoneDoesNothing) {
    auto engine = client();
    feed(*engine, toy_handshake("HCPF"));
    bool woken = false;
    auto question = engine->take_question([&] { woken = true; });
    engine.reset();
    EXPECT_TRUE(question->stop_token().stop_requested());
    std::move(*question).answer(Verdict::trusted());
    EXPECT_FALSE(woken);
}

TEST_F(VerdictTest, AbandonRejectsWithItsOwnCauseAndStopsTheQuestion) {
    auto engine = client();
    feed(*engine, toy_handshake("HCPF"));
    drain(*engine);
    auto question = engine->take_question({});
    engine->abandon(Errc::verdict_timeout, Alert::certificate_unknown);
    EXPECT_EQ(engine->state(), State::failed);
    EXPECT_EQ(describe_records(drain(*engine)), sealed(46, 'c'));
    EXPECT_TRUE(question->stop_token().stop_requested());
    std::move(*question).answer(Verdict::trusted());
    EXPECT_EQ(feed(*engine, {}).error, Errc::verdict_timeout);
}

TEST_F(VerdictTest, RequireRefusesAClientWithoutCertificate) {
    for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        for (const bool has_certificate : {false, true}) {
            SCOPED_TRACE(testing::Message() << version_name(version) << has_certificate);
            *script = FakeScript{};
            script->version = version;
            auto engine = server(ClientAuth::require);
            feed(*engine, real_client_hello("", ""));
            drain(*engine);
            const Step step = feed(*engine, toy_handshake(has_certificate ? "CPF" : "F"));
            if (has_certificate) {
                EXPECT_EQ(step.want, Want::verdict);
                continue;
            }
            EXPECT_EQ(step.error, Errc::certificate_required);
            EXPECT_EQ(describe_records(drain(*engine)),
                      version == ProtocolVersion::tls13 ? sealed(116, 's') : "alert(40)");
        }
    }
}

TEST_F(VerdictTest, WhenTheLibraryFailsWhileHeldOnlyItsAlertLeaves) {
    for (const bool with_flight : {false, true}) {
        SCOPED_TRACE(with_flight);
        *script = FakeScript{};
        script->alert_on_failure = Alert::decrypt_error;
        script->flight_with_failure = with_flight;
        auto engine = client();
        feed(*engine, {});
        drain(*engine);
        EXPECT_EQ(feed(*engine, toy_handshake("HCX")).error, Errc::bad_signature);
        EXPECT_EQ(describe_records(drain(*engine)), with_flight ? "" : "alert(51)");
    }
}

// Behind its flight a server's next record is the first one under the application key; before it, and in TLS 1.2, it is plain.
TEST_F(VerdictTest, AServerThatGivesUpSaysSoUnderTheRightKeys) {
    for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        for (const bool after_flight : {false, true}) {
            SCOPED_TRACE(after_flight);
            *script = FakeScript{};
            script->version = version;
            auto engine = server(ClientAuth::none);
            if (after_flight) feed(*engine, real_client_hello("", ""));
            EXPECT_EQ(describe_records(drain(*engine)), after_flight ? "HCRPF" : "");
            engine->abandon(Errc::handshake_timeout, Alert::access_denied);
            EXPECT_EQ(engine->last_error()->alert_sent, Alert::access_denied);
            EXPECT_EQ(engine->last_error()->phase, Phase::handshake);
            const bool is_sealed = after_flight && version == ProtocolVersion::tls13;
            EXPECT_EQ(describe_records(drain(*engine)), is_sealed ? sealed(49, 's') : "alert(49)");
        }
    }
}

TEST_F(VerdictTest, PendingQuestionsAreBoundedPerContext) {
    script->chain = load_chain("leaf");
    ClientConfig config;
    config.trust = load_anchors("root");
    config.clock = test_time;
    config.limits.pending_questions = 2;
    auto context = *backend->make_client_context(config);
    const auto target = *ClientTarget::host("omnitls.test");
    std::vector<std::unique_ptr<TlsEngine>> engines;
    for (int i = 0; i < 2; ++i) {
        engines.push_back(*context->make_engine(target));
        ASSERT_EQ(feed(*engines.back(), toy_handshake("HCPF")).want, Want::verdict);
    }
    auto third = *context->make_engine(target);
    EXPECT_EQ(feed(*third, toy_handshake("HCPF")).error, Errc::limit_exceeded);
    engines.pop_back();
    auto fourth = *context->make_engine(target);
    EXPECT_EQ(feed(*fourth, toy_handshake("HCPF")).want, Want::verdict);
}

TEST_F(VerdictTest, TheSameEvidenceWhetherConnectedOrJudgedOffline) {
    ClientConfig config;
    config.trust = load_anchors("root");
    config.clock = test_time;
    auto context = *backend->make_client_context(config);
    for (const char* role : {"leaf", "leaf_expired", "leaf_wrong_name", "leaf_unknown_ca"}) {
        SCOPED_TRACE(role);
        script->chain = load_chain(role);
        const auto target = *ClientTarget::host("omnitls.test");
        auto engine = *context->make_engine(target);
        ASSERT_EQ(feed(*engine, toy_handshake("HCPF")).want, Want::verdict);
        const auto judged = context->judge(script->chain, target);
        const auto seen = engine->evidence();
        ASSERT_EQ(judged->failures().size(), seen->failures().size());
        for (std::size_t i = 0; i < seen->failures().size(); ++i) {
            EXPECT_TRUE(judged->failures()[i].same_as(seen->failures()[i]));
        }
        EXPECT_EQ(judged->baseline_passed(), std::string(role) == "leaf");
    }
}

}  // namespace
}  // namespace omnitls::test
