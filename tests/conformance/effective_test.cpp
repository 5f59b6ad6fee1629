// SPDX-License-Identifier: BSL-1.0
// What `effective()` says is what goes over the wire: of a profile what the library has, of lists that are named exactly these.
#include "tests/conformance/algorithm_lists.hpp"
#include "tests/conformance/on_backend.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

namespace omnitls::test {
namespace {

using enum ProtocolVersion;
using ::testing::HasSubstr;
class EffectiveOn : public OnBackend {
protected:
    static ClientConfig client() {
        ClientConfig config;
        config.trust = load_anchors("root");
        return config;
    }
    static ServerConfig server() {
        ServerConfig config;
        config.identity = load_identity("leaf");
        return config;
    }
    static VersionRange all_versions() {
        return {can("tls12") ? tls12 : tls13, can("tls13") ? tls13 : tls12};
    }
    /// What a client's ClientHello says.
    static ClientHello hello_of(const ClientContext& context) {
        const auto seen = std::make_shared<ClientHello>();
        ServerConfig config = server();
        config.chooser = make_chooser([seen](const ClientHello& hello) {
            *seen = hello;
            return ServerChoice::refused();
        });
        Side one;
        Side other;
        one.engine = must(context.make_engine(must(ClientTarget::host("omnitls.test"))));
        other.engine = must(must(backend().make_server_context(config))->make_engine());
        exchange(one, other, Chunking::whole);
        return *seen;
    }
};
OMNITLS_ON_EVERY_BACKEND(EffectiveOn);

Numbers sorted(Numbers numbers) {
    std::ranges::sort(numbers);
    return numbers;
}

/// Without what is no algorithm: signalling suites and GREASE.
Numbers suites_in(const ClientHello& hello) {
    Numbers numbers = hello.cipher_suites;
    std::erase_if(numbers, [](std::uint16_t id) { return id == 0x00ff || id == 0x5600; });
    return numbers;
}

void expect_offered(const ClientHello& hello, const EffectiveSettings& settings) {
    EXPECT_EQ(suites_in(hello), settings.algorithms.cipher_suites);
    EXPECT_EQ(hello.groups, settings.algorithms.groups);
    EXPECT_EQ(sorted(hello.signature_algorithms), sorted(settings.algorithms.signature_schemes));
    std::set<std::uint16_t> versions(hello.supported_versions.begin(),
                                     hello.supported_versions.end());
    if (versions.empty()) versions = {hello.legacy_version};
    for (const ProtocolVersion version : {tls12, tls13})
        EXPECT_EQ(versions.contains(static_cast<std::uint16_t>(version)),
                  settings.versions.has(version));
}

TEST_P(EffectiveOn, ByDefaultIsOfTheProfileWhatTheLibraryHas) {
    const auto own = must(backend().make_client_context(client()));
    const auto peer = must(backend().make_server_context(server()));
    const EffectiveSettings& settings = own->effective();
    EXPECT_EQ(settings.versions, all_versions());
    EXPECT_EQ(own->config().versions, all_versions());
    for (const auto list : {suites, groups, schemes}) {
        Numbers wanted = profile_algorithms(Profile::intermediate).*list;
        std::erase_if(wanted, [&](std::uint16_t id) { return !can(entry_name(list, id)); });
        EXPECT_FALSE(wanted.empty());
        const bool any_order = list == schemes;
        const Numbers& found = settings.algorithms.*list;
        EXPECT_EQ(any_order ? sorted(found) : found, any_order ? sorted(wanted) : wanted);
    }
    EXPECT_EQ(peer->effective().algorithms, settings.algorithms);
    EXPECT_EQ(peer->effective().versions, settings.versions);
    expect_offered(hello_of(*own), settings);
}

TEST_P(EffectiveOn, OfEachVersionIsForThatVersion) {
    for (const ProtocolVersion version : {tls12, tls13}) {
        if (!can(capability_of(version))) continue;
        ClientConfig config = client();
        config.versions = {version, version};
        const auto context = must(backend().make_client_context(config));
        EXPECT_EQ(context->effective().versions, (VersionRange{version, version}));
        for (const std::uint16_t id : context->effective().algorithms.cipher_suites)
            EXPECT_EQ(id >> 8U == 0x13, version == tls13) << cipher_suite_name(id);
        expect_offered(hello_of(*context), context->effective());
    }
}

TEST_P(EffectiveOn, OfTheModernProfileIsTls13) {
    ClientConfig config = client();
    config.profile = Profile::modern;
    const auto modern = backend().make_client_context(config);
    ASSERT_EQ(modern.has_value(), can("tls13"));
    if (!modern) {
        EXPECT_EQ(modern.error().code, Errc::not_supported);
        EXPECT_THAT(modern.error().what, HasSubstr("(capability tls13"));
        return;
    }
    EXPECT_EQ((*modern)->effective().versions, (VersionRange{tls13, tls13}));
    EXPECT_EQ((*modern)->effective().algorithms.cipher_suites,
              profile_algorithms(Profile::modern).cipher_suites);
    expect_offered(hello_of(**modern), (*modern)->effective());
}

TEST_P(EffectiveOn, OfNamedListsIsTheLists) {
    ClientConfig config = client();
    config.algorithms = must(Algorithms::from_names(
        {.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                           "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
         .groups = {"secp384r1", "x25519"},
         .signature_schemes = {"ecdsa_secp384r1_sha384", "rsa_pkcs1_sha384"}}));
    const auto context = must(backend().make_client_context(config));
    EXPECT_EQ(context->effective().versions, (VersionRange{tls12, tls12}));
    EXPECT_EQ(context->effective().algorithms, config.algorithms);
    EXPECT_EQ(context->config().algorithms, config.algorithms);
    expect_offered(hello_of(*context), context->effective());
}

// Never left out without a word: every entry that omnitls takes, in a list of its own, works or is refused by its name.
TEST_P(EffectiveOn, EveryEntryIsTakenOrRefusedByItsName) {
    const Algorithms all = every_entry();
    int taken = 0;
    for (const auto list : {suites, groups, schemes}) {
        for (const std::uint16_t id : all.*list) {
            ClientConfig config = client();
            config.algorithms.*list = {id};
            const std::string name = entry_name(list, id);
            const auto context = backend().make_client_context(config);
            if (context) {
                ++taken;
                EXPECT_EQ((*context)->effective().algorithms.*list, Numbers{id}) << name;
                continue;
            }
            EXPECT_EQ(context.error().code, Errc::not_supported) << context.error().what;
            EXPECT_THAT(context.error().what, HasSubstr(name));
            EXPECT_THAT(context.error().what, HasSubstr("(capability "));
            if (can(name)) continue;
            EXPECT_THAT(context.error().what, HasSubstr("capability " + name + ")"));
        }
    }
    EXPECT_GT(taken, 10);
}

}  // namespace
}  // namespace omnitls::test
