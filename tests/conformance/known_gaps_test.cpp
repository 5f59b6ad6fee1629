// SPDX-License-Identifier: BSL-1.0
// The list of known gaps: what a row may say, whom it concerns, and that a gap which passes is a failure.
#include "tests/conformance/known_gaps.hpp"

#include <algorithm>
#include <stdexcept>

#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

using Outcome = GapWatch::Outcome;

constexpr std::string_view kColumns = "test,backend,versions,reason,link\n";

TEST(KnownGaps, RowsAreReadAndBrokenOnesAreNamed) {
    const auto gaps = parse_known_gaps(
        std::string(kColumns) + "Close.*,toy,2.28-3.5,\"says \"\"no\"\", twice\",http://x\n");
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].reason, "says \"no\", twice");
    EXPECT_EQ(gaps[0].first, "2.28");
    EXPECT_EQ(gaps[0].last, "3.5");
    EXPECT_EQ(gaps[0].link, "http://x");
    for (const char* broken :
         {"a,b,1-2,reason\n", "a,b,1-2,,link\n", "a,b,1,reason,link\n", "a,b,x-2,reason,link\n",
          "a,b,1-2,\"open,link\n", "a,b,1-2,two,more,link\n"}) {
        EXPECT_THROW((void)parse_known_gaps(std::string(kColumns) + broken), std::runtime_error)
            << broken;
    }
    EXPECT_TRUE(parse_known_gaps(kColumns).empty());
}

TEST(KnownGaps, VersionsAreComparedAsFarAsTheyAreWritten) {
    const KnownGap gap{"", "", "2.28", "3.5", "r", "l"};
    for (const char* inside : {"2.28", "2.28.0", "2.28.3", "3.0.17", "3.5", "3.5.4"})
        EXPECT_TRUE(in_versions(gap, inside)) << inside;
    for (const char* outside : {"2.27.9", "2", "3.6", "3.10", "4.0"})
        EXPECT_FALSE(in_versions(gap, outside)) << outside;
}

TEST(KnownGaps, PatternsMatchWholeNames) {
    EXPECT_TRUE(matches_pattern("A.B/*_tls13_*", "A.B/x_to_y_tls13_byte"));
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_FALSE(matches_pattern("A.B", "A.BC"));
    EXPECT_FALSE(matches_pattern("A.B/*_tls13", "A.B/x_tls13_byte"));
}

TEST(KnownGaps, AFailureIsAGapAndAPassIsAFailure) {
    if (built_backends().empty()) GTEST_SKIP() << "no backend in this build";
    const TlsBackend* backend = built_backends().front();
    const auto settled = [&](const KnownGap& gap, const std::string& name, auto body) {
        GapWatch watch({gap}, name, {backend});
        body();
        return watch.settle();
    };
    const KnownGap here{"Topic.Test*", std::string(backend->name()), "0", "999", "why", "where"};
    const auto fails = [] { ADD_FAILURE() << "on purpose"; };
    const auto passes = [] { SUCCEED(); };
    const auto skips = [] { GTEST_SKIP() << "it cannot"; };
    EXPECT_EQ(settled(here, "Topic.Test/x", fails).outcome, Outcome::gap);
    EXPECT_NE(settled(here, "Topic.Test/x", fails).text.find("why (where)"), std::string::npos);
    EXPECT_EQ(settled(here, "Topic.Test/x", passes).outcome, Outcome::passes);
    EXPECT_EQ(settled(here, "Topic.Test/x", skips).outcome, Outcome::skipped);
    // Whom the row does not concern, it does not shield.
    EXPECT_EQ(settled(here, "Topic.Other/x", passes).outcome, Outcome::no_gap);
    KnownGap elsewhere = here;
    elsewhere.backend = "another";
    EXPECT_EQ(settled(elsewhere, "Topic.Test/x", passes).outcome, Outcome::no_gap);
    KnownGap older = here;
    older.first = older.last = "0";
    EXPECT_EQ(settled(older, "Topic.Test/x", passes).outcome, Outcome::no_gap);
    EXPECT_NONFATAL_FAILURE(GapWatch({here}, "Topic.Test/x", {backend}).report(),
                            "a known gap passes now");
}

TEST(KnownGaps, LinksLeadToAnIssueOrAPlaceInTheSource) {
    for (const KnownGap& gap : known_gaps()) {
        EXPECT_TRUE(gap.link.starts_with("https://")) << gap.test << ": " << gap.link;
        EXPECT_EQ(gap.link.find("/tree/"), std::string::npos)
            << gap.test << ": a whole tree shows nothing: " << gap.link;
    }
}

TEST(KnownGaps, EveryRowIsForATestThatExists) {
    for (const KnownGap& gap : known_gaps()) {
        const bool built = std::ranges::any_of(built_backends(), [&](const TlsBackend* backend) {
            return backend->name() == gap.backend;
        });
        if (!built) GTEST_SKIP() << gap.backend << " is not built, so its tests are not there";
    }
    const auto& all = *::testing::UnitTest::GetInstance();
    for (const KnownGap& gap : known_gaps()) {
        bool found = false;
        for (int s = 0; s < all.total_test_suite_count(); ++s) {
            const auto& suite = *all.GetTestSuite(s);
            for (int t = 0; t < suite.total_test_count(); ++t)
                found = found || matches_pattern(gap.test, name_of(*suite.GetTestInfo(t)));
        }
        EXPECT_TRUE(found) << gap.test;
    }
}

}  // namespace
}  // namespace omnitls::test
