// SPDX-License-Identifier: BSL-1.0
#include "tests/verdict/tally.hpp"

#include "tests/verdict/corpus.hpp"

#include <algorithm>
#include <cstdio>

#include <omnitls_built_backends.hpp>

namespace omnitls::test {

Tally& Tally::instance() {
    static Tally tally;
    return tally;
}

const KnownGap* Tally::gap_of(const TlsBackend& backend, const std::string& name) const {
    const auto found = std::ranges::find_if(known_gaps(), [&](const KnownGap& gap) {
        return backend.name() == gap.backend && in_versions(gap, backend.version()) &&
               matches_pattern(gap.test, name);
    });
    return found == known_gaps().end() ? nullptr : &*found;
}

void Tally::done(const TlsBackend& backend, const std::string& name, const std::string& problem) {
    const std::string on(backend.name());
    ++cells_[on];
    const KnownGap* const gap = gap_of(backend, name);
    if (gap != nullptr) used_.insert(gap);
    if (!problem.empty()) ++disagreements_[on];
    if (gap != nullptr && !problem.empty()) {
        ++gaps_[on];
    } else if (gap != nullptr) {
        ADD_FAILURE() << name << ": a known gap passes now: remove its row (" << gap->test << ", "
                      << gap->backend << ") from known_gaps.csv";
    } else if (!problem.empty()) {
        ADD_FAILURE() << name << ": " << problem;
    }
}

void Tally::report(bool whole) const {
    std::size_t entries = 0;
    for (const CorpusRule& rule : corpus()) entries += rule.entries.size();
    std::printf("verdict corpus: %zu rules, %zu entries, %zu chains judged or shown\n",
                corpus().size(), entries, runs_);
    std::printf("left out with TLS 1.2, run with 1.3: %zu orders\n", orders_left_out_);
    const auto of = [](const std::map<std::string, int>& counts, const std::string& key) {
        const auto found = counts.find(key);
        return found == counts.end() ? 0 : found->second;
    };
    for (const auto& [backend, cells] : cells_)
        std::printf("cells: verdict %s %d, disagreements %d (known gaps %d), unread %d\n",
                    backend.c_str(), cells, of(disagreements_, backend), of(gaps_, backend),
                    of(unread_, backend));
    for (const auto& [reason, count] : left_out_)
        std::printf("no handshake for %d cells: %s\n", count, reason.c_str());
    if (!whole) return;
    for (const TlsBackend* backend : built_backends())
        for (const KnownGap& gap : known_gaps())
            if (gap.backend == backend->name() && in_versions(gap, backend->version()) &&
                !used_.contains(&gap))
                ADD_FAILURE() << "known_gaps.csv: no cell is called " << gap.test;
}

}  // namespace omnitls::test
