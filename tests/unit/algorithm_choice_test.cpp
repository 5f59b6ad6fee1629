// SPDX-License-Identifier: BSL-1.0
// How lists, profiles, versions and a library's abilities come together, and what the library makes of it. Each refusal beside
// what is taken.
#include "core/algorithm_choice.hpp"

#include "tests/support/certs.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

using enum ProtocolVersion;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Numbers = std::vector<std::uint16_t>;

constexpr VersionRange only12{tls12, tls12};
constexpr VersionRange only13{tls13, tls13};
constexpr VersionRange both{tls12, tls13};

AlgorithmRequest naming(Algorithms named, std::optional<VersionRange> versions = {},
                        Profile profile = Profile::intermediate) {
    return {versions, profile, std::move(named)};
}

// ---- What a library has ----

/// Has what it is given, by version.
class Library final : public spi::NativeBackend {
public:
    Library(Algorithms tls12, Algorithms tls13)
        : tls12_(std::move(tls12)), tls13_(std::move(tls13)) {}
    std::string_view name() const noexcept override { return "toy"; }
    std::string version() const override { return "1.0"; }
    Capabilities capabilities() const override { return Capabilities({}); }
    const spi::Crypto& crypto() const noexcept override { std::abort(); }
    Algorithms available(Algorithms candidates, VersionRange versions) const override {
        const auto keep = [&](Numbers Algorithms::*list) {
            std::erase_if(candidates.*list, [&](std::uint16_t id) {
                const auto in = [id](const Numbers& all) {
                    return std::ranges::find(all, id) != all.end();
                };
                return !(versions.has(tls12) && in(tls12_.*list)) &&
                       !(versions.has(tls13) && in(tls13_.*list));
            });
        };
        keep(&Algorithms::cipher_suites);
        keep(&Algorithms::groups);
        keep(&Algorithms::signature_schemes);
        return candidates;
    }
    spi::NewContext make_client_context(const ClientConfig&) const override {
        return make_error(Errc::internal, "not needed");
    }
    spi::NewContext make_server_context(const ServerConfig&) const override {
        return make_error(Errc::internal, "not needed");
    }

private:
    Algorithms tls12_;
    Algorithms tls13_;
};

/// A library with one hole of each kind, and PSS in TLS 1.3 alone.
struct Holes {
    Library library{{{0xc02b, 0xc02f, 0xcca8}, {0x001d, 0x0017}, {0x0403, 0x0401}},
                    {{0x1301, 0x1302}, {0x001d, 0x0017, 0x0100}, {0x0403, 0x0401, 0x0804}}};
    AvailableAlgorithms available{"toy 1.0", library};
    Capabilities capabilities = with(true);

    Capabilities with(bool has_tls13, bool lists_for_clients = false) const {
        using enum CapabilityState;
        std::vector<Capability> rows = available.rows();
        rows.push_back({"tls12", native, ""});
        rows.push_back({"tls13", has_tls13 ? native : absent, has_tls13 ? "" : "too old"});
        rows.push_back({"any_cipher_suite_list", absent, "it multiplies"});
        rows.push_back({"tls12_client_signature_schemes", lists_for_clients ? native : absent,
                        "it takes the suite's hash"});
        return Capabilities(std::move(rows));
    }
    Result<EffectiveSettings> choose(const AlgorithmRequest& request) const {
        return choose_algorithms(request, capabilities, available);
    }
};

TEST(AlgorithmRows, SayWhatOneVersionAloneHas) {
    const Capabilities rows(Holes().available.rows());
    struct Row {
        const char* name;
        CapabilityState state;
        const char* reason;
    };
    for (const Row& row :
         {Row{"x25519", CapabilityState::native, ""},
          Row{"TLS_AES_128_GCM_SHA256", CapabilityState::native, ""},
          Row{"rsa_pkcs1_sha256", CapabilityState::native, ""},
          Row{"ffdhe2048", CapabilityState::native, "in TLSv1.3 alone"},
          Row{"rsa_pss_rsae_sha256", CapabilityState::native, "in TLSv1.3 alone"},
          Row{"ed25519", CapabilityState::absent, "the library does not have it"}}) {
        const Capability* const found = rows.find(row.name);
        ASSERT_NE(found, nullptr) << row.name;
        EXPECT_EQ(found->state, row.state) << row.name;
        EXPECT_EQ(found->reason, row.reason) << row.name;
    }
}

TEST(AlgorithmChoice, OfAProfileIsWhatTheLibraryHas) {
    const auto told = Holes().choose(naming({}));
    ASSERT_TRUE(told.has_value()) << told.error().what;
    EXPECT_EQ(told->versions, both);
    EXPECT_EQ(told->algorithms, (Algorithms{{0x1302, 0x1301, 0xc02b, 0xcca8, 0xc02f},
                                            {0x001d, 0x0017, 0x0100},
                                            {0x0403, 0x0804, 0x0401}}));
    const auto old = Holes().choose(naming({}, only12));
    ASSERT_TRUE(old.has_value());
    EXPECT_EQ(old->versions, only12);
    EXPECT_EQ(old->algorithms,
              (Algorithms{{0xc02b, 0xcca8, 0xc02f}, {0x001d, 0x0017}, {0x0403, 0x0401}}));
}

TEST(AlgorithmChoice, OfNamedListsIsAllOrNothing) {
    const Algorithms good{{0xc02f, 0x1301}, {0x0017}, {0x0401, 0x0403}};
    const auto told = Holes().choose(naming(good));
    ASSERT_TRUE(told.has_value()) << told.error().what;
    // Of each version in the order that was named, TLS 1.3 first.
    EXPECT_EQ(told->algorithms, (Algorithms{{0x1301, 0xc02f}, {0x0017}, {0x0401, 0x0403}}));
    struct Row {
        Numbers Algorithms::*list;
        std::uint16_t lacking;
        const char* name;
    };
    for (const Row& row : {Row{&Algorithms::cipher_suites, 0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
                           Row{&Algorithms::groups, 0x11ec, "X25519MLKEM768"},
                           Row{&Algorithms::signature_schemes, 0x0807, "ed25519"}}) {
        Algorithms more = good;
        (more.*row.list).push_back(row.lacking);
        const auto refused = Holes().choose(naming(more));
        ASSERT_FALSE(refused.has_value()) << row.name;
        EXPECT_EQ(refused.error().code, Errc::not_supported);
        EXPECT_THAT(refused.error().what,
                    AllOf(HasSubstr(std::string(row.name) + ": absent"),
                          HasSubstr("(capability " + std::string(row.name) + ")")));
    }
}

TEST(AlgorithmChoice, ANamedSchemeIsForEveryAllowedVersion) {
    // Behind PKCS#1, too: which of them a server of TLS 1.2 takes is for the server to say.
    for (const Numbers& named : {Numbers{0x0403, 0x0804}, Numbers{0x0401, 0x0403, 0x0804}}) {
        const Algorithms pss{{}, {}, named};
        const auto taken = Holes().choose(naming(pss, only13));
        ASSERT_TRUE(taken.has_value()) << taken.error().what;
        EXPECT_EQ(taken->algorithms.signature_schemes, named);
        for (const auto& versions :
             {std::optional<VersionRange>{}, std::optional(both), std::optional(only12)}) {
            const auto refused = Holes().choose(naming(pss, versions));
            ASSERT_FALSE(refused.has_value());
            EXPECT_EQ(refused.error().code, Errc::not_supported);
            EXPECT_EQ(refused.error().phase, Phase::configuration);
            EXPECT_THAT(refused.error().what,
                        AllOf(StartsWith("algorithms.signature_schemes: rsa_pss_rsae_sha256"),
                              HasSubstr("absent in TLSv1.2"), HasSubstr("toy 1.0"),
                              HasSubstr("(capability rsa_pss_rsae_sha256)")));
            EXPECT_THAT(refused.error().hint, HasSubstr("do not allow TLSv1.2"));
        }
    }
    // PKCS#1 v1.5 signs no handshake of TLS 1.3, and a library need not have it there.
    EXPECT_TRUE(Holes().choose(naming({{}, {}, {0x0401, 0x0403}}, both)).has_value());
    // By itself it leaves TLS 1.2 nothing, and nobody has named that version.
    const auto alone = Holes().choose(naming({{}, {}, {0x0804}}));
    ASSERT_TRUE(alone.has_value()) << alone.error().what;
    EXPECT_EQ(alone->versions, only13);
    // Of a profile each version has what the library has.
    EXPECT_TRUE(Holes().choose(naming({}, both)).has_value());
}

TEST(AlgorithmChoice, NamedSchemesAreForTheProofsOfClientsToo) {
    struct Row {
        const char* name;
        Numbers schemes;
        std::optional<VersionRange> versions;
        bool client_certificates;
        bool taken;
    };
    const Row rows[] = {
        {"named", {0x0403}, both, true, false},
        {"named, for TLS 1.2", {0x0403}, only12, true, false},
        {"named, for what the library has", {0x0403}, {}, true, false},
        {"named, for TLS 1.3", {0x0403}, only13, true, true},
        {"named, without client certificates", {0x0403}, both, false, true},
        {"of the profile", {}, both, true, true},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        AlgorithmRequest request = naming({{}, {}, row.schemes}, row.versions);
        request.client_certificates = row.client_certificates;
        Holes holes;
        const auto chosen = holes.choose(request);
        ASSERT_EQ(chosen.has_value(), row.taken);
        holes.capabilities = holes.with(true, true);
        EXPECT_TRUE(holes.choose(request).has_value());
        if (row.taken) continue;
        EXPECT_EQ(chosen.error().code, Errc::not_supported);
        EXPECT_EQ(chosen.error().phase, Phase::configuration);
        EXPECT_THAT(chosen.error().what,
                    AllOf(StartsWith("algorithms.signature_schemes: toy 1.0"),
                          HasSubstr("(capability tls12_client_signature_schemes: absent, it takes "
                                    "the suite's hash)")));
        EXPECT_THAT(chosen.error().hint, HasSubstr("do not allow TLSv1.2"));
    }
}

TEST(AlgorithmRequests, SayWhetherClientsProveAKey) {
    ClientConfig client;
    EXPECT_FALSE(algorithm_request(client).client_certificates);
    client.identity = test::load_identity("client");
    EXPECT_TRUE(algorithm_request(client).client_certificates);
    ServerConfig server;
    server.identity = test::load_identity("leaf");
    EXPECT_FALSE(algorithm_request(server).client_certificates);
    for (const ClientAuth asks : {ClientAuth::request, ClientAuth::require}) {
        server.client_auth = asks;
        EXPECT_TRUE(algorithm_request(server).client_certificates);
    }
}

// With the version named an error, else without the version.
TEST(AlgorithmChoice, AListMayLeaveAVersionNothing) {
    const Algorithms field{{}, {0x0100}, {}};
    const auto without = Holes().choose(naming(field));
    ASSERT_TRUE(without.has_value()) << without.error().what;
    EXPECT_EQ(without->versions, only13);
    for (const std::uint16_t id : without->algorithms.cipher_suites) EXPECT_EQ(id >> 8U, 0x13);
    const auto named = Holes().choose(naming(field, both));
    ASSERT_FALSE(named.has_value());
    EXPECT_THAT(named.error().what,
                AllOf(StartsWith("algorithms.groups: ffdhe2048"), HasSubstr("absent in TLSv1.2")));
}

TEST(AlgorithmChoice, AVersionThatTheLibraryLacksIsNamed) {
    Holes old;
    ASSERT_TRUE(old.choose(naming({}, both)).has_value());
    ASSERT_TRUE(old.choose(naming({}, {}, Profile::modern)).has_value());
    old.capabilities = old.with(false);
    const auto by_default = old.choose(naming({}));
    ASSERT_TRUE(by_default.has_value());
    EXPECT_EQ(by_default->versions, only12);
    for (const AlgorithmRequest& request :
         {naming({}, both), naming({}, only13), naming({}, {}, Profile::modern)}) {
        const auto refused = old.choose(request);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, Errc::not_supported);
        EXPECT_THAT(refused.error().what,
                    AllOf(HasSubstr("TLSv1.3"), HasSubstr("(capability tls13: absent, too old)")));
    }
}

// ---- What the library makes of it ----

TEST(AlgorithmConfirmation, ANamedListThatBecomesAnotherIsRefused) {
    const Holes holes;
    const AlgorithmRequest named = naming({{0x1301, 0xc02f}, {0x001d}, {0x0403, 0x0401}});
    const EffectiveSettings told = *holes.choose(named);
    const auto confirm = [&](const AlgorithmRequest& request, EffectiveSettings read) {
        return confirm_algorithms(request, told, std::move(read), holes.capabilities);
    };
    ASSERT_TRUE(confirm(named, told).has_value());
    EffectiveSettings other_order = told;
    std::ranges::reverse(other_order.algorithms.signature_schemes);
    const auto taken = confirm(named, other_order);
    ASSERT_TRUE(taken.has_value()) << taken.error().what;
    EXPECT_EQ(taken->algorithms, other_order.algorithms);
    EffectiveSettings more = told;
    more.algorithms.cipher_suites.push_back(0xcca8);
    const auto refused = confirm(named, more);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::not_supported);
    EXPECT_THAT(refused.error().what,
                AllOf(HasSubstr("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
                      HasSubstr("(capability any_cipher_suite_list: absent, it multiplies)")));
    EXPECT_THAT(refused.error().what, HasSubstr("would be added"));
    EffectiveSettings fewer = told;
    fewer.algorithms.cipher_suites = {0x1301};
    const auto without = confirm(named, fewer);
    ASSERT_FALSE(without.has_value());
    EXPECT_THAT(without.error().what,
                HasSubstr("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 would be left out"));
    EffectiveSettings turned = told;
    std::ranges::reverse(turned.algorithms.cipher_suites);
    const auto reordered = confirm(named, turned);
    ASSERT_FALSE(reordered.has_value());
    EXPECT_THAT(reordered.error().what, HasSubstr("the order would become"));
    // Nobody named a list: then it says what it does, and that is all.
    const auto shown = confirm(naming({}), more);
    ASSERT_TRUE(shown.has_value());
    EXPECT_EQ(shown->algorithms.cipher_suites, more.algorithms.cipher_suites);
}

TEST(AlgorithmConfirmation, LeavesOutWhatNoAllowedVersionUses) {
    const Holes holes;
    const AlgorithmRequest request = naming({{0xc02f}, {}, {}}, only12);
    const EffectiveSettings told = *holes.choose(request);
    EffectiveSettings read = told;
    read.algorithms.cipher_suites = {0x1301, 0xc02f};
    const auto shown = confirm_algorithms(request, told, read, holes.capabilities);
    ASSERT_TRUE(shown.has_value()) << shown.error().what;
    EXPECT_EQ(shown->algorithms.cipher_suites, Numbers{0xc02f});
}

}  // namespace
}  // namespace omnitls::core
