// SPDX-License-Identifier: BSL-1.0
// The same error for the same cause: every induced failure x backend x side x version gives the code, the phase and the alerts of
// its row, on the victim and on the other end.
#include "tests/conformance/causes.hpp"
#include "tests/conformance/cell.hpp"

#include <algorithm>
#include <iostream>
#include <set>

namespace omnitls::test {
namespace {

struct Case {
    const Cause* cause;
    const Expected* row;
    const TlsBackend* backend;
    ProtocolVersion version;

    std::string name() const {
        return std::string(cause->name) + (row->role == Role::client ? "_client_" : "_server_") +
               std::string(backend->name()) + "_" + capability_of(version);
    }
    const std::string& expected() const {
        return version == ProtocolVersion::tls13 ? row->tls13 : row->tls12;
    }
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name(); }

std::vector<const Cause*> all_causes() {
    std::vector<const Cause*> all;
    for (const auto* table :
         {&causes_in_the_handshake(), &causes_once_open(), &causes_of_trust(), &causes_of_use()}) {
        for (const Cause& cause : *table) all.push_back(&cause);
    }
    return all;
}

/// The cause of a row; null if there is none of its name and side.
const Cause* cause_of(const Expected& row) {
    for (const Cause* cause : all_causes()) {
        const bool its_side =
            cause->on == On::both || (cause->on == On::client) == (row.role == Role::client);
        if (cause->name == row.cause && its_side) return cause;
    }
    return nullptr;
}

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const Expected& row : expected_errors()) {
        const Cause* cause = cause_of(row);
        for (const TlsBackend* backend : built_backends()) {
            for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
                const Case one{cause, &row, backend, version};
                if (cause != nullptr && !one.expected().empty()) cases.push_back(one);
            }
        }
    }
    return cases;
}

class SameError : public ::testing::TestWithParam<Case> {
protected:
    void SetUp() override {
        const Case& one = GetParam();
        OMNITLS_NEEDS(*one.backend, capability_of(one.version));
        if (one.cause->needs != nullptr) OMNITLS_NEEDS(*one.backend, one.cause->needs);
        watch_.emplace(known_gaps(),
                       name_of(*::testing::UnitTest::GetInstance()->current_test_info()),
                       std::vector{one.backend});
    }
    void TearDown() override {
        if (watch_) watch_->report();
    }

private:
    std::optional<GapWatch> watch_;
};

TEST_P(SameError, ForTheSameCause) {
    const Case& one = GetParam();
    Scene scene(*one.backend, one.version, one.row->role);
    one.cause->induce(scene);
    EXPECT_EQ(scene.outcome(), one.expected())
        << (scene.victim().engine->last_error() != nullptr
                ? scene.victim().engine->last_error()->to_string()
                : "");
    // The twin of them all: without the cause the same two open.
    Scene twin(*one.backend, one.version, one.row->role);
    twin.open();
    EXPECT_EQ(twin.outcome(), "open | open");
}

INSTANTIATE_TEST_SUITE_P(Every, SameError, ::testing::ValuesIn(all_cases()),
                         [](const auto& one) { return one.param.name(); });

TEST(SameErrorTable, HasAtLeastFortyCausesAndARowForEachOfTheirSides) {
    std::set<std::string> names;
    std::set<std::string> sides;
    for (const Cause* cause : all_causes()) {
        names.insert(cause->name);
        if (cause->on != On::server) sides.insert(std::string(cause->name) + ",client");
        if (cause->on != On::client) sides.insert(std::string(cause->name) + ",server");
    }
    std::set<std::string> rows;
    for (const Expected& row : expected_errors()) {
        EXPECT_NE(cause_of(row), nullptr) << row.cause;
        EXPECT_FALSE(row.tls12.empty() && row.tls13.empty()) << row.cause;
        const bool is_new =
            rows.insert(row.cause + (row.role == Role::client ? ",client" : ",server")).second;
        EXPECT_TRUE(is_new) << row.cause << " twice";
    }
    EXPECT_EQ(rows, sides);
    std::cout << "causes: " << names.size() << " induced failures, " << rows.size()
              << " with their sides, " << all_cases().size() << " cases with "
              << built_backends().size() << " backends, " << known_gaps().size()
              << " rows of known gaps\n";
    EXPECT_GE(names.size(), 40U);
}

}  // namespace
}  // namespace omnitls::test
