// SPDX-License-Identifier: BSL-1.0
// Compiling configurations: what is refused, what threads and processes share, and what the backend says it can do.
#include "core/client_hello.hpp"
#include "tests/backends/mbedtls/peers.hpp"

#include <set>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace omnitls::test {
namespace {

const TlsBackend& backend() { return backends::mbedtls(); }
bool can(const char* capability) { return backend().capabilities().has(capability); }

// 2.28 has no TLS 1.3; neither a range that ends there nor 1.3 alone is cut down in silence.
TEST(MbedtlsContext, AVersionItLacksIsAnErrorThatNamesTheCapability) {
    for (const VersionRange range : {VersionRange{}, only(ProtocolVersion::tls13)}) {
        PairSetup setup;
        setup.versions = setup.server_versions = range;
        const auto client = backend().make_client_context(client_config(setup));
        const auto server = backend().make_server_context(server_config(setup));
        EXPECT_EQ(client.has_value(), can("tls13"));
        EXPECT_EQ(server.has_value(), can("tls13"));
        if (can("tls13")) continue;
        EXPECT_EQ(client.error().code, Errc::not_supported);
        EXPECT_NE(client.error().what.find("capability tls13"), std::string::npos);
        EXPECT_EQ(client.error().what, server.error().what);
    }
    PairSetup setup = both(ProtocolVersion::tls12);
    EXPECT_TRUE(backend().make_client_context(client_config(setup)).has_value());
}

// mbedtls_x509_crt_parse counts what it could not read and goes on; here one odd authority among good ones is an error.
TEST(MbedtlsContext, AnAuthorityItCannotReadIsAnErrorAndNotLeftOut) {
    for (const bool odd : {true, false}) {
        PairSetup setup = both(ProtocolVersion::tls12);
        setup.client_auth = ClientAuth::request;
        ServerConfig config = server_config(setup);
        std::vector<Certificate> anchors{load_certificate("root")};
        if (odd) anchors.push_back(load_certificate("leaf_ed25519"));
        anchors.push_back(load_certificate("other_root"));
        config.client_trust = TrustAnchors::of(anchors);
        const auto made = backend().make_server_context(config);
        EXPECT_EQ(made.has_value(), !odd);
        if (!odd) continue;
        EXPECT_EQ(made.error().code, Errc::not_supported);
        EXPECT_NE(made.error().what.find(anchors[1].describe()), std::string::npos);
    }
}

TEST(MbedtlsContext, RefusesANameTooLongToSend) {
    const PairSetup setup = both(ProtocolVersion::tls12);
    const auto context =
        must(native::Backend().make_client_context(complete(client_config(setup))));
    EXPECT_TRUE(context->make_session(std::string(255, 'a')).has_value());
    const auto session = context->make_session(std::string(256, 'a'));
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().code, Errc::bad_config);
}

// A session lives on when its context is gone.
TEST(MbedtlsContext, MayGoBeforeItsSessions) {
    PairSetup setup = both(ProtocolVersion::tls12);
    setup.client_alpn = {"h2"};
    auto context = must(native::Backend().make_client_context(complete(client_config(setup))));
    Ours ours{must(context->make_session("omnitls.test")), {}};
    context.reset();
    ours.advance({});
    EXPECT_EQ(ours.outcome.progress, spi::Progress::need_input);
    EXPECT_FALSE(ours.sink.output.empty());
}

// One context, its key and the one random generator, used by threads at the same time.
TEST(MbedtlsContext, IsSharedByThreads) {
    std::atomic<int> open{0};
    PairSetup setup = both(versions().back());
    setup.server_role = "leaf_rsa";  // RSA keys keep state (blinding) between signatures.
    const auto client = must(backend().make_client_context(client_config(setup)));
    const auto server = must(backend().make_server_context(server_config(setup)));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 5; ++round) {
                Side a;
                Side b;
                a.engine = must(client->make_engine(must(ClientTarget::host("omnitls.test"))));
                b.engine = must(server->make_engine());
                exchange(a, b, Chunking::whole);
                open += a.engine->state() == State::open && b.engine->state() == State::open;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(open, 20);
}

// The generator's state is copied by fork: without a new seed both processes would draw the same keys.
TEST(MbedtlsContext, AForkedChildDrawsOtherNumbers) {
    const auto draw = [](int to) {
        Bytes random(32);
        const bool ok = backend().crypto().random(random);
        return ok && write(to, random.data(), random.size()) == 32;
    };
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    Bytes before(32);
    ASSERT_TRUE(backend().crypto().random(before));
    const pid_t child = fork();
    if (child == 0) _exit(draw(pipes[1]) ? 0 : 1);
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    Bytes childs(32);
    ASSERT_EQ(read(pipes[0], childs.data(), childs.size()), 32);
    ASSERT_TRUE(draw(pipes[1]));
    Bytes ours(32);
    ASSERT_EQ(read(pipes[0], ours.data(), ours.size()), 32);
    EXPECT_NE(childs, ours);
    EXPECT_NE(ours, before);
    close(pipes[0]);
    close(pipes[1]);
}

TEST(MbedtlsBackend, SaysWhatItIsAndCanDo) {
    EXPECT_EQ(&backend(), &backends::mbedtls());
    EXPECT_EQ(backend().name(), "mbedtls");
    EXPECT_EQ(backend().version().substr(0, 2), can("tls13") ? "3." : "2.");
    std::set<std::string> names;
    for (const Capability& row : backend().capabilities().rows()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_EQ(row.reason.empty() || row.reason.ends_with(" alone"),
                  row.state == CapabilityState::native)
            << row.name;
    }
    EXPECT_TRUE(can("tls12"));
    EXPECT_FALSE(can("client_key_before_verdict"));
    EXPECT_EQ(backend().capabilities().find("hold_verdict")->state, CapabilityState::emulated);
}

// The structures are shared with the library: another minor version would read them wrongly.
TEST(MbedtlsBackend, NoticesALibraryThatIsNotTheOneOfItsHeaders) {
    constexpr unsigned int built = MBEDTLS_VERSION_NUMBER;
    EXPECT_EQ(native::version_mismatch(built), "");
    EXPECT_EQ(native::version_mismatch(built ^ 0x100U), "");  // another patch level
    const std::string other = native::version_mismatch(built + 0x10000U);
    EXPECT_NE(other.find("built with the headers of mbedTLS"), std::string::npos) << other;
    EXPECT_NE(native::version_mismatch(0x04000000U), "");
}

}  // namespace
}  // namespace omnitls::test
