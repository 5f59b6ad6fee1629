// SPDX-License-Identifier: BSL-1.0
// A server's choice by ClientHello: asked before the library sees a byte, answered now or later, and not undone by a second hello.
#include "tests/spi/shell_fixture.hpp"

#include <thread>

namespace omnitls::test {
namespace {

class Choice : public ShellTest {
protected:
    std::shared_ptr<const ServerContext> context(std::shared_ptr<ServerChooser> chooser,
                                                 std::vector<std::string> alpn = {}) {
        ServerConfig config;
        config.identity = load_identity("leaf");
        config.alpn = std::move(alpn);
        config.chooser = std::move(chooser);
        config.clock = test_time;
        return *backend->make_server_context(std::move(config));
    }
    static std::shared_ptr<ServerChooser> never() {
        return make_async_chooser([](ClientHelloQuestion) { FAIL() << "nobody drives here"; });
    }
    std::unique_ptr<TlsEngine> asking() { return *context(never())->make_engine(); }
};

const Bytes hello = real_client_hello("a.example", "imap");

TEST_F(Choice, ComesBeforeTheLibraryInAnySplit) {
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, hello.size()}) {
        SCOPED_TRACE(chunk);
        *script = FakeScript{};
        auto engine = asking();
        Step step;
        for (std::size_t at = 0; at < hello.size(); at += chunk) {
            const std::size_t n = std::min(chunk, hello.size() - at);
            EXPECT_FALSE(engine->take_client_hello({}).has_value());
            step = feed(*engine, Bytes(hello.begin() + static_cast<std::ptrdiff_t>(at),
                                       hello.begin() + static_cast<std::ptrdiff_t>(at + n)));
        }
        EXPECT_EQ(step.want, Want::client_hello);
        EXPECT_EQ(engine->state(), State::handshake);
        EXPECT_EQ(script->largest_input, 0U) << "the library has seen nothing";
        const Bytes early = toy_handshake("F");
        Input more{early, false};
        EXPECT_EQ(engine->handshake(more).want, Want::client_hello);
        EXPECT_EQ(more.bytes.size(), early.size()) << "nothing is taken meanwhile";
        EXPECT_EQ(engine->output_size(), 0U);
        auto question = engine->take_client_hello({});
        ASSERT_TRUE(question.has_value());
        EXPECT_FALSE(engine->take_client_hello({}).has_value());
        EXPECT_EQ(question->request().sni, "a.example");
        EXPECT_EQ(question->request().alpn, std::vector<std::string>{"imap"});
        EXPECT_EQ(question->request().supported_versions, std::vector<std::uint16_t>{0x0304});
        std::move(*question).answer(ServerChoice::keep());
        EXPECT_EQ(engine->handshake(more).want, Want::nothing);
        EXPECT_EQ(describe_records(drain(*engine)), "HCRPFF");
        EXPECT_EQ(engine->state(), State::open);
        EXPECT_EQ(engine->info().sni, "a.example");
    }
}

TEST_F(Choice, AnswersFromAnywhere) {
    auto engine = asking();
    feed(*engine, hello);
    std::thread::id woken_on;
    auto question = engine->take_client_hello([&] { woken_on = std::this_thread::get_id(); });
    ASSERT_TRUE(question.has_value());
    std::thread other([&] { std::move(*question).answer(ServerChoice::keep()); });
    const std::thread::id id = other.get_id();
    other.join();
    EXPECT_EQ(woken_on, id);
    EXPECT_EQ(feed(*engine, {}).want, Want::input);
}

TEST_F(Choice, TheChosenContextDecidesEverything) {
    auto other_script = std::make_shared<FakeScript>();
    const auto other_backend = make_fake_backend(other_script);
    ServerConfig config;
    config.identity = load_identity("leaf");
    config.client_auth = ClientAuth::require;
    config.client_trust = load_anchors("root");
    config.clock = test_time;
    config.chooser = never();  // is not asked
    for (const bool chosen : {true, false}) {
        SCOPED_TRACE(chosen);
        other_script->largest_input = script->largest_input = 0;
        const std::shared_ptr<const ServerContext> second =
            *other_backend->make_server_context(config);
        auto engine = asking();
        feed(*engine, hello);
        auto question = engine->take_client_hello({});
        std::move(*question).answer(chosen ? ServerChoice::use(second) : ServerChoice::keep());
        // No certificate: only the second context insists on one.
        const Step step = feed(*engine, toy_handshake("F"));
        EXPECT_EQ(step.error,
                  chosen ? make_error_code(Errc::certificate_required) : std::error_code());
        EXPECT_EQ(script->largest_input == 0, chosen);
        EXPECT_EQ(other_script->largest_input == 0, !chosen);
    }
}

TEST_F(Choice, RefusalsSendTheirAlert) {
    struct Row {
        const char* what;
        std::optional<ServerChoice> answer;  // none: dropped
        Errc code;
        int alert;
    };
    const Row rows[] = {
        {"default", ServerChoice{}, Errc::client_hello_refused, 112},
        {"dropped", std::nullopt, Errc::client_hello_refused, 112},
        {"words", ServerChoice::refused(Alert::access_denied, "not\nyou"),
         Errc::client_hello_refused, 49},
        {"null", ServerChoice::use(nullptr), Errc::bad_config, 80},
        {"twin", ServerChoice::keep(), Errc{}, 0},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.what);
        auto engine = asking();
        feed(*engine, hello);
        {
            auto question = engine->take_client_hello({});
            if (row.answer) std::move(*question).answer(*row.answer);
        }
        const Step step = feed(*engine, {});
        if (row.alert == 0) {
            EXPECT_EQ(step.want, Want::input);
            continue;
        }
        EXPECT_EQ(step.error, row.code);
        EXPECT_EQ(engine->last_error()->alert_sent, static_cast<Alert>(row.alert));
        EXPECT_EQ(engine->last_error()->phase, Phase::handshake);
        EXPECT_EQ(engine->last_error()->what.find('\n'), std::string::npos);
        EXPECT_EQ(describe_records(drain(*engine)), "alert(" + std::to_string(row.alert) + ")");
    }
}

TEST_F(Choice, GivingUpStopsTheQuestion) {
    auto engine = asking();
    feed(*engine, hello);
    auto question = engine->take_client_hello({});
    EXPECT_FALSE(question->stop_token().stop_requested());
    engine->abandon(Errc::verdict_timeout, Alert::internal_error);
    EXPECT_TRUE(question->stop_token().stop_requested());
    EXPECT_EQ(engine->last_error()->code, Errc::verdict_timeout);
    EXPECT_EQ(describe_records(drain(*engine)), "alert(80)");
    std::move(*question).answer(ServerChoice::keep());
    EXPECT_EQ(feed(*engine, {}).error, Errc::verdict_timeout);
}

TEST_F(Choice, PendingQuestionsAreBounded) {
    ServerConfig config;
    config.identity = load_identity("leaf");
    config.chooser = never();
    config.limits.pending_questions = 1;
    const auto bounded = *backend->make_server_context(config);
    auto first = *bounded->make_engine();
    auto second = *bounded->make_engine();
    EXPECT_EQ(feed(*first, hello).want, Want::client_hello);
    EXPECT_EQ(feed(*second, hello).error, Errc::limit_exceeded);
    EXPECT_EQ(describe_records(drain(*second)), "alert(80)");
    first.reset();
    auto third = *bounded->make_engine();
    EXPECT_EQ(feed(*third, hello).want, Want::client_hello) << "its place is free again";
}

// RFC 8446 §4.1.2: the second ClientHello is the first one but for key shares and cookies.
TEST_F(Choice, ASecondHelloMustAskForTheSame) {
    struct Row {
        const char* sni;
        const char* alpn;
        const char* part;  // null: the twin
    };
    const Row rows[] = {{"a.example", "imap", nullptr},
                        {"b.example", "imap", "SNI"},
                        {"", "imap", "SNI"},
                        {"a.example", "smtp", "ALPN"},
                        {"a.example", "", "ALPN"}};
    const Bytes change{20, 3, 3, 0, 1, 1};
    for (const Row& row : rows) {
        const Bytes second = real_client_hello(row.sni, row.alpn);
        for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
            SCOPED_TRACE(std::string(row.sni) + " " + row.alpn + " in pieces of " +
                         std::to_string(chunk));
            *script = FakeScript{};
            auto engine = server(ClientAuth::none);
            Step step;
            // A library that passes over early data takes the second ClientHello behind it.
            const Bytes early_data = chunk == 7 ? toy_record(23, "H") : Bytes{};
            for (const Bytes& part : {hello, early_data, second}) {
                for (std::size_t at = 0; at < part.size() && !step.error; at += chunk) {
                    const std::size_t n = std::min(chunk, part.size() - at);
                    step = feed(*engine, Bytes(part.begin() + static_cast<std::ptrdiff_t>(at),
                                               part.begin() + static_cast<std::ptrdiff_t>(at + n)));
                }
            }
            if (row.part == nullptr) {
                EXPECT_EQ(step.want, Want::input);
                EXPECT_EQ(describe_records(drain(*engine)), "HCRPFHCRPF");
                EXPECT_TRUE(feed(*engine, toy_handshake("F")).done());
                continue;
            }
            EXPECT_EQ(step.error, Errc::protocol_violation);
            EXPECT_NE(engine->last_error()->what.find(row.part), std::string::npos);
            EXPECT_EQ(engine->last_error()->alert_sent, Alert::illegal_parameter);
            EXPECT_EQ(describe_records(drain(*engine)), "HCRPFalert(47)");
        }
    }
}

// RFC 8446 §5.1. What has no type cannot be told from a ClientHello.
TEST_F(Choice, AnEmptyHandshakeRecordIsRefused) {
    for (const bool empty : {true, false}) {
        *script = FakeScript{};
        auto engine = server(ClientAuth::none);
        feed(*engine, hello);
        drain(*engine);
        const Step step = feed(*engine, toy_record(22, empty ? "" : "F"));
        EXPECT_EQ(step.done(), !empty);
        if (!empty) continue;
        EXPECT_EQ(step.error, Errc::protocol_violation);
        EXPECT_EQ(engine->last_error()->alert_sent, Alert::unexpected_message);
        EXPECT_EQ(engine->last_error()->phase, Phase::handshake);
    }
}

TEST_F(Choice, OnlyTheNextHandshakeMessageIsLookedAt) {
    // A message larger than a ClientHello may be is not kept: only its type was looked at.
    ServerConfig config;
    config.limits.client_hello_bytes = 512;
    auto engine = server(ClientAuth::none, std::move(config));
    feed(*engine, hello);
    drain(*engine);
    EXPECT_TRUE(
        feed(*engine, toy_record(22, "P" + std::string(4000, 'x')) + toy_handshake("F")).done());
    EXPECT_LE(script->largest_input, 4096U);
}

// Found with one resumed handshake in 256: the first byte of an encrypted Finished looked like the type of a ClientHello.
TEST_F(Choice, InTls12ThereIsNoSecondHello) {
    const Bytes finished = toy_record(22, std::string("\1\0\0\2", 4) + "xx");
    for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        *script = FakeScript{};
        script->version = version;
        auto engine = server(ClientAuth::none);
        feed(*engine, hello);
        EXPECT_EQ(describe_records(drain(*engine)), "HCRPF") << "the phase is the same";
        const Step step = feed(*engine, finished);
        const bool is_hello = version == ProtocolVersion::tls13;
        EXPECT_EQ(step.error == Errc::protocol_violation, is_hello);
        if (is_hello) {
            EXPECT_EQ(engine->last_error()->alert_sent, Alert::decode_error);
        }
    }
}

}  // namespace
}  // namespace omnitls::test
