// SPDX-License-Identifier: BSL-1.0
// What a backend is known to do otherwise than the others: rows of known_gaps.csv. A test that has a row must fail; it then counts
// as a gap, visibly, with its reason. A gap that starts passing fails the suite, so that no row outlives its reason.
// Columns: test (Suite.Test/parameter, `*` for any text), backend, versions of its library (first-last, as far as written),
// reason, link (the upstream report, or the source of it). A field may be "quoted".
#pragma once

#include <omnitls/backend.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

namespace omnitls::test {

struct KnownGap {
    std::string test;
    std::string backend;
    std::string first;  ///< Version, e.g. "2.28": 2.28.3 is not before it.
    std::string last;   ///< e.g. "2.28": 2.28.3 is not after it.
    std::string reason;
    std::string link;
};

/// The rows of a file's text; throws std::runtime_error naming the line that cannot be used.
std::vector<KnownGap> parse_known_gaps(std::string_view csv);
/// Where known_gaps.csv is; a source of its own says it.
extern const char* const known_gaps_file;
/// Its rows.
const std::vector<KnownGap>& known_gaps();

bool matches_pattern(std::string_view pattern, std::string_view name);
bool in_versions(const KnownGap& gap, std::string_view version);

/// What every reason of a gap begins with when it is skipped.
inline constexpr std::string_view gap_prefix = "known gap: ";

/// Suite.Test/parameter of a test, without the prefix of its instantiation.
std::string name_of(const ::testing::TestInfo& test);

/// Catches what a test with a known gap reports until `settle`; does nothing for any other test.
class GapWatch {
public:
    /// Looks for a row of `gaps` for the test `name`, on these backends.
    GapWatch(const std::vector<KnownGap>& gaps, const std::string& name,
             const std::vector<const TlsBackend*>& backends);

    enum class Outcome {
        no_gap,   ///< There is no row: nothing was caught.
        gap,      ///< It failed, as its row says.
        passes,   ///< It passed: the row must go.
        skipped,  ///< It was skipped for another reason.
    };
    struct Settled {
        Outcome outcome = Outcome::no_gap;
        std::string text{};
    };
    /// Stops catching.
    Settled settle();
    /// Reports what `settle` says of the running test: a skip, or the failure of a gap that passes.
    void report();

private:
    std::optional<KnownGap> gap_;
    ::testing::TestPartResultArray caught_;
    std::optional<::testing::ScopedFakeTestPartResultReporter> reporter_;
};

}  // namespace omnitls::test
