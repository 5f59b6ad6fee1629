// SPDX-License-Identifier: BSL-1.0
// Names and numbers of suites, groups and signature schemes, what is below the floor, and how lists, profiles, versions and a
// library's abilities come together. Each refusal beside what is taken.
#include "core/algorithm_choice.hpp"

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

// ---- Names ----

TEST(AlgorithmNamesTest, GoToNumbersAndBack) {
    const AlgorithmNames names{{"TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
                               {"x25519", "X25519MLKEM768", "ffdhe2048"},
                               {"ecdsa_secp256r1_sha256", "ed25519"}};
    const auto made = Algorithms::from_names(names);
    ASSERT_TRUE(made.has_value()) << made.error().what;
    EXPECT_EQ(*made, (Algorithms{{0x1301, 0xc030}, {0x001d, 0x11ec, 0x0100}, {0x0403, 0x0807}}));
    const AlgorithmNames again = made->names();
    EXPECT_EQ(again.cipher_suites, names.cipher_suites);
    EXPECT_EQ(again.groups, names.groups);
    EXPECT_EQ(again.signature_schemes, names.signature_schemes);
    EXPECT_EQ(*Algorithms::from_names({}), Algorithms{});
}

TEST(AlgorithmNamesTest, EveryKnownOneHasAName) {
    EXPECT_EQ(*Algorithms::from_names(known_algorithms().names()), known_algorithms());
}

TEST(AlgorithmNamesTest, AnUnknownOneIsNamedWithItsListAndPosition) {
    struct Row {
        AlgorithmNames names;
        const char* list;
        const char* at;
        const char* known;
    };
    const Row rows[] = {
        {{{"TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"}, {}, {}},
         "algorithms.cipher_suites",
         "entry 2, \"ECDHE-RSA-AES128-GCM-SHA256\"",
         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
        {{{}, {"P-256"}, {}}, "algorithms.groups", "entry 1, \"P-256\"", "secp256r1"},
        {{{}, {"X25519"}, {}}, "algorithms.groups", "entry 1, \"X25519\"", "x25519"},
        {{{}, {}, {"ed25519", "ed448", "SHA256\n"}},
         "algorithms.signature_schemes",
         "entry 3, \"SHA256\\n\"",
         "rsa_pss_rsae_sha256"},
        {{{}, {}, {""}}, "algorithms.signature_schemes", "entry 1, \"\"", "ed448"},
    };
    for (const Row& row : rows) {
        const auto made = Algorithms::from_names(row.names);
        ASSERT_FALSE(made.has_value());
        EXPECT_EQ(made.error().code, Errc::bad_input);
        EXPECT_THAT(made.error().what, AllOf(StartsWith(row.list), HasSubstr(row.at)));
        EXPECT_THAT(made.error().hint, HasSubstr(row.known));
    }
}

TEST(Profiles, AreOfWhatOmnitlsTakesAndOnceEach) {
    for (const Profile profile : {Profile::intermediate, Profile::modern}) {
        SCOPED_TRACE(profile_name(profile));
        EXPECT_EQ(check_algorithms({std::nullopt, profile, {}}), std::nullopt);
        // The same lists, named, are none the less good.
        EXPECT_EQ(check_algorithms({std::nullopt, profile, profile_algorithms(profile)}),
                  std::nullopt);
    }
    const auto is_tls13 = [](std::uint16_t id) { return id >> 8U == 0x13; };
    EXPECT_TRUE(std::ranges::all_of(profile_algorithms(Profile::modern).cipher_suites, is_tls13));
    EXPECT_FALSE(
        std::ranges::all_of(profile_algorithms(Profile::intermediate).cipher_suites, is_tls13));
}

// ---- What no backend could do ----

void expect_bad(const AlgorithmRequest& request, const std::vector<std::string>& parts) {
    const auto error = check_algorithms(request);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, Errc::bad_config);
    EXPECT_EQ(error->phase, Phase::configuration);
    for (const std::string& part : parts) EXPECT_THAT(error->what, HasSubstr(part));
}

AlgorithmRequest naming(Algorithms named, std::optional<VersionRange> versions = {},
                        Profile profile = Profile::intermediate) {
    return {versions, profile, std::move(named)};
}

TEST(AlgorithmFloor, RefusesWithTheReason) {
    struct Row {
        Algorithms good;
        Algorithms bad;
        const char* field;
        const char* entry;
        const char* reason;
    };
    const Row rows[] = {
        {{{0xc02f}, {}, {}},
         {{0xc02f, 0xc013}, {}, {}},
         "algorithms.cipher_suites",
         "entry 2, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
         "CBC"},
        {{{0xc02f}, {}, {}},
         {{0x009c}, {}, {}},
         "algorithms.cipher_suites",
         "entry 1, TLS_RSA_WITH_AES_128_GCM_SHA256",
         "no forward secrecy"},
        {{{0x1301}, {}, {}},
         {{0x1304}, {}, {}},
         "algorithms.cipher_suites",
         "entry 1, TLS_AES_128_CCM_SHA256",
         "cannot seal alerts"},
        {{{0x1301}, {}, {}},
         {{0x1301, 0x4242}, {}, {}},
         "algorithms.cipher_suites",
         "entry 2, 0x4242",
         "not one that omnitls takes"},
        {{{}, {0x001d}, {}},
         {{}, {0x001d, 0x001a}, {}},
         "algorithms.groups",
         "entry 2, brainpoolP256r1",
         "not one that omnitls takes"},
        {{{}, {}, {0x0401}},
         {{}, {}, {0x0401, 0x0403, 0x0201}},
         "algorithms.signature_schemes",
         "entry 3, rsa_pkcs1_sha1",
         "SHA-1"},
        {{{}, {}, {0x0403}},
         {{}, {}, {0x0203}},
         "algorithms.signature_schemes",
         "entry 1, ecdsa_sha1",
         "SHA-1"},
        {{{}, {0x001d, 0x0017}, {}},
         {{}, {0x001d, 0x001d}, {}},
         "algorithms.groups",
         "entry 2, x25519",
         "there twice"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.entry);
        EXPECT_EQ(check_algorithms(naming(row.good)), std::nullopt);
        expect_bad(naming(row.bad), {row.field, row.entry, row.reason});
    }
}

TEST(AlgorithmFloor, AProfileThatIsNoneIsRefused) {
    EXPECT_EQ(check_algorithms(naming({}, {}, Profile::modern)), std::nullopt);
    expect_bad(naming({}, {}, static_cast<Profile>(7)), {"profile: ", "another value"});
}

TEST(AlgorithmVersions, ContradictionsNameBothSides) {
    struct Row {
        AlgorithmRequest good;
        AlgorithmRequest bad;
        std::vector<std::string> parts;
    };
    const Row rows[] = {
        {naming({}, only13, Profile::modern),
         naming({}, both, Profile::modern),
         {"versions: TLSv1.2", "profile modern", "cipher suite"}},
        {naming({{0x1301}, {}, {}}, only13),
         naming({{0x1301}, {}, {}}, both),
         {"versions: TLSv1.2", "algorithms.cipher_suites", "cipher suite"}},
        {naming({{0xc02f}, {}, {}}, only12),
         naming({{0xc02f}, {}, {}}, only13),
         {"versions: TLSv1.3", "algorithms.cipher_suites"}},
        {naming({{0x1301}, {}, {}}, only13),
         naming({{0x1301, 0xc02f}, {}, {}}, only13),
         {"algorithms.cipher_suites: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLSv1.2",
          "versions do not allow"}},
        {naming({{}, {0x001d, 0x11ec}, {}}, both),
         naming({{}, {0x001d, 0x11ec}, {}}, only12),
         {"algorithms.groups: X25519MLKEM768", "TLSv1.3", "versions do not allow"}},
        {naming({{}, {0x11ec, 0x001d}, {}}, both),
         naming({{}, {0x11ec}, {}}, both),
         {"versions: TLSv1.2", "algorithms.groups", "group"}},
        {naming({{}, {}, {0x0401, 0x0804}}, both),
         naming({{}, {}, {0x0401}}, both),
         {"versions: TLSv1.3", "algorithms.signature_schemes"}},
        {naming({{0x1301}, {0x11ec}, {}}),
         naming({{0xc02f}, {0x11ec}, {}}),
         {"no TLS version", "cipher_suites", "groups", "signature_schemes"}},
        {naming({{0x1301}, {0x11ec}, {}}),
         naming({{0x1301, 0xc02f}, {0x11ec}, {}}),
         {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLSv1.2", "algorithms.groups has no group"}},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(check_algorithms(row.good), std::nullopt) << check_algorithms(row.good)->what;
        expect_bad(row.bad, row.parts);
    }
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
    Result<std::unique_ptr<spi::NativeContext>> make_client_context(
        const ClientConfig&) const override {
        return make_error(Errc::internal, "not needed");
    }
    Result<std::unique_ptr<spi::NativeContext>> make_server_context(
        const ServerConfig&) const override {
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
    Capabilities capabilities = with_versions(true);

    Capabilities with_versions(bool has_tls13) const {
        using enum CapabilityState;
        std::vector<Capability> rows = available.rows();
        rows.push_back({"tls12", native, ""});
        rows.push_back({"tls13", has_tls13 ? native : absent, has_tls13 ? "" : "too old"});
        rows.push_back({"any_cipher_suite_list", absent, "it multiplies"});
        return Capabilities(std::move(rows));
    }
    Result<EffectiveSettings> choose(const AlgorithmRequest& request) const {
        return choose_algorithms(request, capabilities, available);
    }
};

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
    const Algorithms good{{0xc02f, 0x1301}, {0x0017}, {0x0804, 0x0403}};
    const auto told = Holes().choose(naming(good));
    ASSERT_TRUE(told.has_value()) << told.error().what;
    // Of each version in the order that was named, TLS 1.3 first.
    EXPECT_EQ(told->algorithms, (Algorithms{{0x1301, 0xc02f}, {0x0017}, {0x0804, 0x0403}}));
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

TEST(AlgorithmChoice, WhatOneVersionAloneHasIsNotForTheOther) {
    const Algorithms pss{{}, {}, {0x0403, 0x0804}};
    EXPECT_TRUE(Holes().choose(naming(pss, both)).has_value());
    EXPECT_TRUE(Holes().choose(naming(pss, only13)).has_value());
    const auto refused = Holes().choose(naming(pss, only12));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::not_supported);
    EXPECT_THAT(refused.error().what, AllOf(HasSubstr("rsa_pss_rsae_sha256: absent in TLSv1.2"),
                                            HasSubstr("toy 1.0"), HasSubstr("(capability ")));
    // A list that leaves a version nothing: with the version named an error, else without the version.
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
    old.capabilities = old.with_versions(false);
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
