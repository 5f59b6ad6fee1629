// SPDX-License-Identifier: BSL-1.0
#include "tests/conformance/known_gaps.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace omnitls::test {
namespace {

constexpr std::size_t kColumns = 5;

std::vector<std::string> split_row(std::string_view line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
            fields.back() += line[++i];
        } else if (line[i] == '"') {
            quoted = !quoted;
        } else if (line[i] == ',' && !quoted) {
            fields.emplace_back();
        } else {
            fields.back() += line[i];
        }
    }
    if (quoted) fields.clear();
    return fields;
}

std::vector<int> numbers_of(std::string_view version) {
    std::vector<int> numbers;
    while (!version.empty()) {
        int number = 0;
        const auto [end, error] =
            std::from_chars(version.data(), version.data() + version.size(), number);
        if (error != std::errc{}) break;
        numbers.push_back(number);
        version.remove_prefix(static_cast<std::size_t>(end - version.data()));
        if (version.empty() || version.front() != '.') break;
        version.remove_prefix(1);
    }
    return numbers;
}

}  // namespace

std::vector<KnownGap> parse_known_gaps(std::string_view csv) {
    std::vector<KnownGap> gaps;
    for (std::size_t number = 1; !csv.empty(); ++number) {
        const std::size_t end = std::min(csv.find('\n'), csv.size());
        const std::string_view line = csv.substr(0, end);
        csv.remove_prefix(std::min(end + 1, csv.size()));
        if (number == 1 || line.empty()) continue;  // the columns' names
        const std::vector<std::string> row = split_row(line);
        const std::string where = "known_gaps.csv, line " + std::to_string(number);
        if (row.size() != kColumns)
            throw std::runtime_error(where + ": not test,backend,versions,reason,link");
        if (std::ranges::any_of(row, [](const std::string& field) { return field.empty(); }))
            throw std::runtime_error(where + ": a field is empty");
        const std::size_t dash = row[2].find('-');
        KnownGap gap{.test = row[0],
                     .backend = row[1],
                     .first = row[2].substr(0, dash),
                     .last = dash == std::string::npos ? "" : row[2].substr(dash + 1),
                     .reason = row[3],
                     .link = row[4]};
        if (numbers_of(gap.first).empty() || numbers_of(gap.last).empty())
            throw std::runtime_error(where + ": versions are not first-last");
        gaps.push_back(std::move(gap));
    }
    return gaps;
}

const std::vector<KnownGap>& known_gaps() {
    static const std::vector<KnownGap> gaps = [] {
        std::ifstream file(known_gaps_file, std::ios::binary);
        if (!file) throw std::runtime_error(std::string("cannot open ") + known_gaps_file);
        return parse_known_gaps(std::string(std::istreambuf_iterator<char>(file), {}));
    }();
    return gaps;
}

bool matches_pattern(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern.front() != '*') {
        return !name.empty() && pattern.front() == name.front() &&
               matches_pattern(pattern.substr(1), name.substr(1));
    }
    for (std::size_t skipped = 0; skipped <= name.size(); ++skipped)
        if (matches_pattern(pattern.substr(1), name.substr(skipped))) return true;
    return false;
}

bool in_versions(const KnownGap& gap, std::string_view version) {
    const std::vector<int> first = numbers_of(gap.first);
    std::vector<int> last = numbers_of(gap.last);
    std::vector<int> here = numbers_of(version);
    if (here < first) return false;
    // As far as `last` is written: 2.28.3 is not after 2.28.
    if (here.size() > last.size()) here.resize(last.size());
    return here <= last;
}

std::string name_of(const ::testing::TestInfo& test) {
    const std::string suite = test.test_suite_name();
    return suite.substr(suite.find('/') + 1) + "." + test.name();
}

GapWatch::GapWatch(const std::vector<KnownGap>& gaps, const std::string& name,
                   const std::vector<const TlsBackend*>& backends) {
    for (const KnownGap& gap : gaps) {
        const bool concerned = std::ranges::any_of(backends, [&](const TlsBackend* backend) {
            return backend->name() == gap.backend && in_versions(gap, backend->version());
        });
        if (!concerned || !matches_pattern(gap.test, name)) continue;
        gap_ = gap;
        reporter_.emplace(
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &caught_);
        return;
    }
}

GapWatch::Settled GapWatch::settle() {
    reporter_.reset();
    if (!gap_) return {};
    Settled settled{Outcome::passes, "a known gap passes now: remove its row (" + gap_->test +
                                         ", " + gap_->backend + ") from known_gaps.csv"};
    for (int i = 0; i < caught_.size(); ++i) {
        const ::testing::TestPartResult& part = caught_.GetTestPartResult(i);
        if (part.failed())
            return {Outcome::gap, std::string(gap_prefix) + gap_->backend + ": " + gap_->reason +
                                      " (" + gap_->link + ")"};
        if (part.skipped()) settled = {Outcome::skipped, part.message()};
    }
    return settled;
}

void GapWatch::report() {
    const Settled settled = settle();
    if (settled.outcome == Outcome::no_gap) return;
    if (settled.outcome == Outcome::passes)
        ADD_FAILURE() << settled.text;
    else
        GTEST_SKIP() << settled.text;
}

}  // namespace omnitls::test
