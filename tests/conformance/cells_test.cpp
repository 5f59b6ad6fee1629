// SPDX-License-Identifier: BSL-1.0
// How many cells there must be, by formula, and how many there are. A topic, test, pair, version or chunking that goes missing is a
// failure, as is a skip that no missing capability and no known gap explains. A run of the whole program prints the sum.
#include "tests/conformance/cell.hpp"
#include "tests/conformance/profile.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

namespace omnitls::test {
namespace {

/// Whom a topic's tests are run on.
enum class Over {
    pairs,            ///< Every ordered pair x version x chunking.
    whole_pairs,      ///< Every ordered pair x version.
    tls13_pairs,      ///< Every ordered pair, TLS 1.3.
    alone,            ///< Each backend with itself x version.
    alone_tls12,      ///< Each backend with itself, TLS 1.2.
    raw_peer,         ///< Each backend x kind of raw peer x role x version x {whole, byte}.
    raw_peer_tls13,   ///< Those of TLS 1.3.
    raw_peer_thief,   ///< Those whose peer signs with a key that is not its own.
    raw_peer_client,  ///< Those whose peer is the client.
};

struct Topic {
    const char* name;
    std::size_t tests;  ///< Adding or removing a test changes this number.
    Over over;
};

constexpr Topic kTopics[] = {
    {"Bytes_", 8, Over::pairs},
    {"Choice", 3, Over::pairs},
    {"Evidence", 8, Over::alone},
    {"Export", 2, Over::pairs},
    {"Garbage", 6, Over::pairs},
    {"Handshake", 6, Over::pairs},
    {"HoldPair", 4, Over::pairs},
    {"Logged", 3, Over::whole_pairs},
    {"KeptSession", 1, Over::pairs},
    {"KeptSessionPolicy", 8, Over::whole_pairs},
    {"KeptSessionRetry", 3, Over::tls13_pairs},
    {"KeptSessionAttack", 4, Over::alone},
    {"KeptSessionTls12", 1, Over::alone_tls12},
    {"Session", 1, Over::pairs},
    {"SessionPolicy", 8, Over::whole_pairs},
    {"SessionRecord_", 3, Over::alone},
    {"SessionTls12", 2, Over::alone_tls12},
    {"GarbageContent", 1, Over::alone},
    {"Hold", 2, Over::raw_peer},
    {"HoldSealed", 1, Over::raw_peer_tls13},
    {"HoldThief", 1, Over::raw_peer_thief},
    {"HoldServer", 1, Over::raw_peer_client},
};

/// Those that any backend must pass, whatever it has; see docs/adding-a-backend.md.
constexpr std::string_view kCoreTopics[] = {"Bytes_",         "Choice",    "Garbage",
                                            "GarbageContent", "Handshake", "HoldPair"};
constexpr std::size_t kVersions = 2;
constexpr std::size_t kChunkings = 5;
constexpr std::size_t kRawPeers = 3;
constexpr std::size_t kThieves = 2;
constexpr std::size_t kRoles = 2;
constexpr std::size_t kRawChunkings = 2;

std::size_t cells_of_test(Over over) {
    const std::size_t backends = built_backends().size();
    switch (over) {
        case Over::pairs:
            return backends * backends * kVersions * kChunkings;
        case Over::whole_pairs:
            return backends * backends * kVersions;
        case Over::tls13_pairs:
            return backends * backends;
        case Over::alone:
            return backends * kVersions;
        case Over::alone_tls12:
            return backends;
        case Over::raw_peer:
            return backends * kRawPeers * kRoles * kVersions * kRawChunkings;
        case Over::raw_peer_tls13:
            return backends * kRawPeers * kRoles * kRawChunkings;
        case Over::raw_peer_thief:
            return backends * kThieves * kRoles * kVersions * kRawChunkings;
        case Over::raw_peer_client:
            return backends * kRawPeers * kVersions * kRawChunkings;
    }
    return 0;
}

constexpr std::string_view kInstance = "Cells/";

/// The suites of cells in this program, by topic.
std::map<std::string, const ::testing::TestSuite*> cell_suites() {
    std::map<std::string, const ::testing::TestSuite*> suites;
    const auto& all = *::testing::UnitTest::GetInstance();
    for (int s = 0; s < all.total_test_suite_count(); ++s) {
        const std::string name = all.GetTestSuite(s)->name();
        if (name.starts_with(kInstance))
            suites[name.substr(kInstance.size())] = all.GetTestSuite(s);
    }
    return suites;
}

bool in_this_program(const Topic& topic) {
    if (suite_profile == SuiteProfile::core)
        return std::ranges::find(kCoreTopics, topic.name) != std::end(kCoreTopics);
    // Without peers, the topics that need them are not compiled.
    return with_peers || cell_suites().contains(topic.name);
}

TEST(CellCount, EveryTopicHasTheCellsOfTheFormula) {
    const auto suites = cell_suites();
    std::size_t total = 0;
    std::set<std::string> known;
    for (const Topic& topic : kTopics) {
        if (!in_this_program(topic)) continue;
        known.insert(topic.name);
        const auto suite = suites.find(topic.name);
        ASSERT_NE(suite, suites.end()) << topic.name << " is gone";
        // By test: the same sum could hide a test too many and one too few.
        std::map<std::string, std::set<std::string>> cells;
        for (int t = 0; t < suite->second->total_test_count(); ++t) {
            const std::string name = suite->second->GetTestInfo(t)->name();
            cells[name.substr(0, name.find('/'))].insert(name.substr(name.find('/') + 1));
        }
        EXPECT_EQ(cells.size(), topic.tests) << topic.name << ": tests in this topic";
        for (const auto& [test, names] : cells)
            EXPECT_EQ(names.size(), cells_of_test(topic.over)) << topic.name << "." << test;
        total += topic.tests * cells_of_test(topic.over);
        std::cout << "cells: " << topic.name << ": " << topic.tests << " x "
                  << cells_of_test(topic.over) << "\n";
    }
    for (const auto& [name, suite] : suites)
        EXPECT_TRUE(known.contains(name)) << name << " is a topic that the formula does not know";
    std::cout << "cells: " << total << " expected with " << built_backends().size()
              << " backends\n";
    EXPECT_EQ(all_chunkings().size(), kChunkings);
}

/// What became of the cells of one run.
struct Tally {
    std::size_t ran = 0;
    std::size_t skipped = 0;
    std::size_t gaps = 0;
    std::map<std::string, std::size_t> reasons;
};

std::string skip_reason(const ::testing::TestResult& result) {
    for (int i = 0; i < result.total_part_count(); ++i) {
        const auto& part = result.GetTestPartResult(i);
        if (!part.skipped()) continue;
        const std::string message = part.message();
        const std::size_t last = message.find_last_not_of('\n');
        return message.substr(0, last + 1);
    }
    return {};
}

// ---- Skips ----

/// Whether `name`, a test's, has `word` between its separators.
bool has_word(const std::string& name, const std::string& word) {
    const auto ends = [&](std::size_t at) {
        return at >= name.size() || name[at] == '/' || name[at] == '_';
    };
    for (std::size_t at = name.find(word); at != name.npos; at = name.find(word, at + 1))
        if ((at == 0 || ends(at - 1)) && ends(at + word.size())) return true;
    return false;
}

/// Whether `text` names `row` as absent in the backend's own words, or as absent from the one version that lacks it.
bool names_absent(const std::string& text, const TlsBackend& backend, const Capability& row) {
    const auto begins_word = [&](std::size_t at) {
        return at == 0 || text[at - 1] == ' ' || text[at - 1] == '(';
    };
    const auto says = [&](const std::string& words) {
        const std::size_t at = text.find(words);
        return at != text.npos && begins_word(at);
    };
    if (row.state == CapabilityState::absent) {
        if (says(row.name + ": absent, " + row.reason)) return true;
    }
    for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
        const bool lacks = row.state == CapabilityState::absent ||
                           (row.reason.starts_with("in TLSv") && row.reason.ends_with(" alone") &&
                            row.reason != "in " + version_name(version) + " alone");
        if (lacks && says(row.name + ": absent in " + version_name(version) + " with " +
                          std::string(backend.name()) + " " + backend.version()))
            return true;
    }
    return false;
}

/// A skip is for something that a backend of the test says it lacks, or that its raw peer does; never for convenience.
bool is_explained(const std::string& reason, const std::string& test) {
    // A raw peer whose backend is not in this program, as in the kit: there is nothing to compare its words with.
    for (const char* const peer : {"openssl", "gnutls", "mbedtls"}) {
        const bool built = std::ranges::any_of(
            built_backends(), [&](const TlsBackend* backend) { return backend->name() == peer; });
        if (!built && has_word(test, "peer_" + std::string(peer)) &&
            reason.starts_with("the " + std::string(peer) + " of the peer lacks tls1"))
            return true;
    }
    for (const TlsBackend* backend : built_backends()) {
        const std::string name(backend->name());
        const bool is_peer = has_word(test, "peer_" + name);
        for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
            const std::string capability = capability_of(version);
            // A raw peer is the same library without omnitls.
            if (is_peer && has_word(test, capability) &&
                reason == "the " + name + " of the peer lacks " + capability)
                return !backend->capabilities().has(capability);
        }
        if (!has_word(test, name)) continue;
        const auto& rows = backend->capabilities().rows();
        if (std::ranges::any_of(
                rows, [&](const Capability& row) { return names_absent(reason, *backend, row); }))
            return true;
    }
    return false;
}

TEST(CellSkips, AreForWhatABackendOfTheTestSaysItLacks) {
    for (const TlsBackend* backend : built_backends()) {
        const std::string name(backend->name());
        SCOPED_TRACE(name);
        const std::string test = "Cells/Topic.Test/" + name + "_to_" + name + "_tls12_whole";
        const Capability* const absent = backend->capabilities().find("dtls");
        ASSERT_NE(absent, nullptr);
        ASSERT_EQ(absent->state, CapabilityState::absent);
        const std::string lacks = "dtls: absent, " + absent->reason;
        for (const std::string& good :
             {missing(*backend, "dtls"), lacks, "versions: it cannot (capability " + lacks + ")",
              "dtls: absent in TLSv1.2 with " + name + " " + backend->version()})
            EXPECT_TRUE(is_explained(good, test)) << good;
        const std::vector<std::string> others{"",
                                              "it is slow",
                                              "the weather: absent",
                                              "dtls: absent",
                                              "dtls: absent, for another reason",
                                              "x" + lacks,
                                              "alpn: absent, ",
                                              "sni: absent, no name",
                                              "the " + name + " of the peer lacks tls12",
                                              "dtls: absent in TLSv1.2 with another 1.0"};
        for (const std::string& bad : others) EXPECT_FALSE(is_explained(bad, test)) << bad;
        EXPECT_FALSE(is_explained(lacks, "Cells/Topic.Test/x" + name + "_to_other_tls12_whole"))
            << "what lacks it has no part in that test";
    }
}

TEST(CellSkips, OfRawPeersAreForVersionsThatTheirLibraryLacks) {
    for (const TlsBackend* backend : built_backends()) {
        const std::string name(backend->name());
        for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
            const std::string capability = capability_of(version);
            const std::string reason = "the " + name + " of the peer lacks " + capability;
            const std::string suite = "Cells/Hold.Test/another_client_peer_";
            EXPECT_EQ(is_explained(reason, suite + name + "_" + capability + "_whole"),
                      !backend->capabilities().has(capability));
            EXPECT_FALSE(is_explained(reason, suite + "other_" + capability + "_whole"));
        }
    }
}

Tally tally() {
    Tally sum;
    for (const auto& [name, suite] : cell_suites()) {
        for (int t = 0; t < suite->total_test_count(); ++t) {
            const ::testing::TestInfo& test = *suite->GetTestInfo(t);
            if (!test.should_run()) continue;
            if (!test.result()->Skipped()) {
                ++sum.ran;
                continue;
            }
            const std::string reason = skip_reason(*test.result());
            const bool gap = reason.starts_with(gap_prefix);
            ++(gap ? sum.gaps : sum.skipped);
            ++sum.reasons[reason];
        }
    }
    return sum;
}

/// The tests of every suite; none may be skipped without a capability or a known gap.
Tally tally_of_all() {
    Tally sum;
    const auto& all = *::testing::UnitTest::GetInstance();
    for (int s = 0; s < all.total_test_suite_count(); ++s) {
        const auto& suite = *all.GetTestSuite(s);
        for (int t = 0; t < suite.total_test_count(); ++t) {
            const ::testing::TestInfo& test = *suite.GetTestInfo(t);
            if (!test.result()->Skipped()) {
                ++sum.ran;
                continue;
            }
            const std::string reason = skip_reason(*test.result());
            const bool gap = reason.starts_with(gap_prefix);
            ++(gap ? sum.gaps : sum.skipped);
            if (!gap) ++sum.reasons[reason];
            const std::string name = std::string(suite.name()) + "." + test.name();
            EXPECT_TRUE(gap || is_explained(reason, name)) << name << ": " << reason;
        }
    }
    return sum;
}

/// Prints and compares at the end of a run of the whole program.
class Summary : public ::testing::Environment {
public:
    void TearDown() override {
        const auto& all = *::testing::UnitTest::GetInstance();
        if (all.test_to_run_count() != all.total_test_count()) return;
        std::size_t expected = 0;
        for (const Topic& topic : kTopics)
            if (in_this_program(topic)) expected += topic.tests * cells_of_test(topic.over);
        const Tally sum = tally();
        for (const auto& [reason, count] : sum.reasons)
            std::cout << "cells: " << count << " not run: " << reason << "\n";
        std::cout << "cells: expected " << expected << ", ran " << sum.ran << ", skipped "
                  << sum.skipped << " (capability), known gaps " << sum.gaps << "\n";
        EXPECT_EQ(sum.ran + sum.skipped + sum.gaps, expected);
        EXPECT_GT(sum.ran, 0U) << "nothing ran";
        const Tally program = tally_of_all();
        for (const auto& [reason, count] : program.reasons)
            std::cout << "program: " << count << " not run: " << reason << "\n";
        std::cout << "program: ran " << program.ran << " tests, skipped " << program.skipped
                  << " (capability), known gaps " << program.gaps << " in " << known_gaps().size()
                  << " rows\n";
        EXPECT_GT(program.ran, 0U) << "nothing ran";
    }
};

const auto* const summary = ::testing::AddGlobalTestEnvironment(new Summary);

}  // namespace
}  // namespace omnitls::test
