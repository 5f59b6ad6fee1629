// SPDX-License-Identifier: BSL-1.0
// The work that a chain can cause, counted on the whole corpus: steps of the walk, signatures, certificates that were read.
#include "core/path_builder.hpp"
#include "core/path_checks.hpp"
#include "tests/support/pair.hpp"
#include "tests/verdict/corpus.hpp"
#include "tests/verdict/tally.hpp"

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

/// Walks every path of the entry's chain, even after a good one, and checks it.
void exhaust(const CorpusEntry& entry, const spi::Crypto& crypto) {
    const PeerInfo peer = PeerInfo::from_der(entry.chain);
    std::vector<spi::PathElement> sent;
    for (const PeerCertificate& one : peer.chain)
        if (one.parsed) sent.push_back({&*one.parsed, nullptr});
    if (peer.leaf() == nullptr) return;
    core::PathBuilder builder({sent, entry.intermediates, entry.anchors}, entry.limits);
    core::PathChecker checker(
        crypto, entry.limits, entry.time,
        entry.role == Role::client ? spi::Purpose::server_auth : spi::Purpose::client_auth);
    std::size_t paths = 0;
    while (const core::Path* const path = builder.next()) {
        ++paths;
        EXPECT_LE(path->size(), entry.limits.path_depth);
        checker.check(*path, true, core::PathChecker::Extent::all);
    }
    EXPECT_LE(paths, entry.limits.candidate_paths);
    EXPECT_LE(builder.steps(), core::PathBuilder::max_steps(entry.limits));
    checker.check(builder.partial(), false, core::PathChecker::Extent::all);
    EXPECT_LE(builder.steps(), core::PathBuilder::max_steps(entry.limits));
    EXPECT_LE(checker.signatures(), entry.limits.path_signatures);
}

TEST(VerdictBounds, EveryPathOfEveryEntry) {
    std::size_t largest = 0;
    for (const CorpusRule& rule : corpus()) {
        for (const CorpusEntry& entry : rule.entries) {
            SCOPED_TRACE(entry.id);
            largest = std::max(largest, entry.chain.size() + entry.intermediates.size());
            exhaust(entry, built_backends().front()->crypto());
        }
    }
    EXPECT_GE(largest, 200U);  // The corpus has chains that are worth counting.
}

/// Prints what was run once everything has been.
class Sum : public testing::Environment {
    void TearDown() override {
        const bool whole =
            testing::GTEST_FLAG(filter) == "*" && std::getenv("GTEST_TOTAL_SHARDS") == nullptr;
        Tally::instance().report(whole);
    }
};
const testing::Environment* const sum = testing::AddGlobalTestEnvironment(new Sum);

}  // namespace
}  // namespace omnitls::test
