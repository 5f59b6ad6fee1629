// SPDX-License-Identifier: BSL-1.0
// Names and numbers of suites, groups and signature schemes, what is below the floor, and what no backend could do. Each refusal
// beside what is taken.
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

}  // namespace
}  // namespace omnitls::core
