// SPDX-License-Identifier: BSL-1.0
// Exported keying material and channel bindings: when, with which arguments, and what a library that cannot looks like.
#include "tests/spi/shell_fixture.hpp"

#include <functional>

namespace omnitls::test {
namespace {

using enum ChannelBindingType;

class Export : public ShellTest {};

TEST_F(Export, OnlyWhileThereAreKeys) {
    auto engine = client();
    EXPECT_EQ(engine->export_keying_material("EXPERIMENTAL x", {}, 32).error().code,
              Errc::wrong_state);
    EXPECT_EQ(best_channel_binding(*engine).error().code, Errc::wrong_state);
    feed(*engine, toy_handshake("HCPF"));
    ASSERT_EQ(engine->state(), State::verify_pending);
    EXPECT_EQ(engine->export_keying_material("EXPERIMENTAL x", {}, 32).error().code,
              Errc::wrong_state)
        << "not before the verdict";
    answer(*engine, Verdict::trusted());
    feed(*engine, {});
    ASSERT_TRUE(engine->export_keying_material("EXPERIMENTAL x", {}, 32));
    EXPECT_TRUE(best_channel_binding(*engine));
    engine->close_notify();
    EXPECT_TRUE(engine->export_keying_material("EXPERIMENTAL x", {}, 32)) << "closing";
    engine->abandon(Errc::truncated, Alert::user_canceled);
    EXPECT_EQ(engine->export_keying_material("EXPERIMENTAL x", {}, 32).error().code,
              Errc::wrong_state);
}

TEST_F(Export, ArgumentsAreChecked) {
    auto engine = open_client();
    const auto code = [&](std::string_view label, std::size_t length) {
        const auto out = engine->export_keying_material(label, {}, length);
        EXPECT_TRUE(!out || out->bytes().size() == length);
        return out ? std::error_code() : out.error().code;
    };
    EXPECT_FALSE(code("EXPERIMENTAL x", 1));
    EXPECT_FALSE(code(std::string(249, 'x'), 8160));
    EXPECT_EQ(code("", 32), Errc::bad_input);
    EXPECT_EQ(code(std::string(250, 'x'), 32), Errc::bad_input);
    EXPECT_EQ(code("EXPERIMENTAL x", 0), Errc::bad_input);
    EXPECT_EQ(code("EXPERIMENTAL x", 8161), Errc::bad_input);
    for (const char* reserved : {"client finished", "server finished", "master secret",
                                 "key expansion", "extended master secret"})
        EXPECT_EQ(code(reserved, 32), Errc::bad_input) << reserved;
    script->exports = false;
    EXPECT_EQ(code("EXPERIMENTAL x", 32), Errc::not_supported);
}

TEST_F(Export, NoContextAndAnEmptyOneAreTwoThings) {
    auto engine = open_client();
    const auto first = [&](std::optional<ConstBytes> context) {
        return engine->export_keying_material("EXPERIMENTAL x", context, 4)->bytes()[0];
    };
    EXPECT_EQ(first({}), 14);
    EXPECT_EQ(first(ConstBytes()), 0x80);
    EXPECT_EQ(first(as_bytes("abc")), 0x83);
}

TEST_F(Export, BindingsThatAConnectionHas) {
    struct Row {
        const char* what;
        std::function<void(FakeScript&)> change;
        std::vector<ChannelBindingType> has;
    };
    const Row rows[] = {
        {"1.3", [](FakeScript&) {}, {tls_exporter, tls_server_end_point}},
        {"1.2",
         [](FakeScript& s) { s.version = ProtocolVersion::tls12; },
         {tls_exporter, tls_unique, tls_server_end_point}},
        {"1.2 without extended master secret",
         [](FakeScript& s) {
             s.version = ProtocolVersion::tls12, s.extended_master_secret = false;
         },
         {tls_server_end_point}},
        {"1.2, a library that does not export",
         [](FakeScript& s) { s.version = ProtocolVersion::tls12, s.exports = false; },
         {tls_unique, tls_server_end_point}},
        {"1.2, a library that does not tell the Finished",
         [](FakeScript& s) { s.version = ProtocolVersion::tls12, s.first_finished.clear(); },
         {tls_exporter, tls_server_end_point}},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.what);
        *script = FakeScript{};
        row.change(*script);
        auto engine = open_client();
        std::vector<ChannelBindingType> has;
        for (const auto type : {tls_exporter, tls_unique, tls_server_end_point}) {
            const auto binding = channel_binding(*engine, type);
            if (binding) {
                EXPECT_EQ(binding->type, type);
                EXPECT_FALSE(binding->data.empty());
                has.push_back(type);
            } else {
                EXPECT_EQ(binding.error().code, Errc::not_supported);
                EXPECT_NE(binding.error().what.find(channel_binding_name(type)), std::string::npos)
                    << binding.error().what;
            }
        }
        EXPECT_EQ(has, row.has);
        EXPECT_EQ(best_channel_binding(*engine)->type, row.has.front());
    }
}

TEST_F(Export, TheEndPointIsTheServersCertificateOnBothSides) {
    auto ours = open_client();
    const auto seen = channel_binding(*ours, tls_server_end_point);
    auto theirs = server(ClientAuth::none);  // shows the certificate that the client above has seen
    feed(*theirs, real_client_hello("", "") + toy_handshake("F"));
    ASSERT_EQ(theirs->state(), State::open);
    const auto shown = channel_binding(*theirs, tls_server_end_point);
    ASSERT_TRUE(seen && shown);
    EXPECT_EQ(seen->data, shown->data);
}

}  // namespace
}  // namespace omnitls::test
