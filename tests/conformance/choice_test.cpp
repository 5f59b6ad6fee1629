// SPDX-License-Identifier: BSL-1.0
// One server, many names: the context, its backend included, is chosen by ClientHello, at once or later.
#include "tests/conformance/cell.hpp"

namespace omnitls::test {
namespace {

class Choice : public CellTest {
protected:
    /// A context for elsewhere.test that also speaks "imap".
    std::shared_ptr<const ServerContext> elsewhere() const {
        PairSetup setup = GetParam().setup();
        setup.server_role = "leaf_wrong_name";
        setup.server_alpn = {"imap"};
        return must(setup.server_backend->make_server_context(server_config(setup)));
    }
    static void expect_open(const Pair& pair) {
        EXPECT_EQ(pair.client.engine->state(), State::open)
            << (pair.client.error ? pair.client.engine->last_error()->to_string() : "");
        EXPECT_EQ(pair.server.engine->state(), State::open)
            << (pair.server.error ? pair.server.engine->last_error()->to_string() : "");
    }
};

TEST_P(Choice, TheNameChoosesTheCertificate) {
    const auto other = elsewhere();
    for (const std::string host : {"omnitls.test", "elsewhere.test", "nobody.test"}) {
        SCOPED_TRACE(host);
        PairSetup setup = GetParam().setup();
        setup.host = host;
        setup.client_alpn = {"imap"};
        setup.server_alpn = {"smtp", "imap"};
        setup.chooser = make_chooser([&](const ClientHello& hello) {
            EXPECT_EQ(hello.alpn, std::vector<std::string>{"imap"});
            if (hello.sni == "elsewhere.test") return ServerChoice::use(other);
            return hello.sni == "omnitls.test" ? ServerChoice::keep() : ServerChoice{};
        });
        Pair pair(setup);
        exchange(pair.client, pair.server, GetParam().chunking);
        if (host == "nobody.test") {
            EXPECT_EQ(pair.server.error, Errc::client_hello_refused);
            EXPECT_EQ(pair.client.error, Errc::alert_received);
            EXPECT_EQ(pair.client.engine->last_error()->alert_received, Alert::unrecognized_name);
            EXPECT_EQ(pair.client.engine->last_error()->phase, Phase::handshake);
            continue;
        }
        expect_open(pair);
        EXPECT_EQ(pair.client.engine->evidence()->name.matched_by, "DNS:" + host);
        EXPECT_EQ(pair.server.engine->info().sni, host);
        EXPECT_EQ(pair.server.engine->info().alpn, "imap");
    }
}

TEST_P(Choice, AContextOfAnyBackendMayServe) {
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(backend->name());
        if (!backend->capabilities().has(capability_of(GetParam().version))) continue;
        PairSetup second = GetParam().setup();
        second.server_backend = backend;
        const auto context = must(backend->make_server_context(server_config(second)));
        PairSetup setup = GetParam().setup();
        setup.chooser =
            make_chooser([&](const ClientHello&) { return ServerChoice::use(context); });
        Pair pair(setup);
        pair.client.write_when_open = "ping";
        exchange(pair.client, pair.server, GetParam().chunking);
        expect_open(pair);
        EXPECT_EQ(pair.server.engine->info().backend, backend->name());
        EXPECT_EQ(pair.server.received, "ping");
    }
}

TEST_P(Choice, NothingLeavesBeforeTheAnswer) {
    std::optional<ClientHelloQuestion> kept;
    PairSetup setup = GetParam().setup();
    setup.chooser =
        make_async_chooser([&](ClientHelloQuestion question) { kept = std::move(question); });
    Pair pair(setup);
    exchange(pair.client, pair.server, GetParam().chunking);
    ASSERT_TRUE(kept.has_value());
    EXPECT_EQ(pair.server.engine->output_size(), 0U);
    EXPECT_EQ(pair.client.trace, std::vector<std::string>{"handshake"});
    std::move(*kept).answer(ServerChoice::keep());
    exchange(pair.client, pair.server, GetParam().chunking);
    expect_open(pair);
}

INSTANTIATE_TEST_SUITE_P(Cells, Choice, ::testing::ValuesIn(all_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
