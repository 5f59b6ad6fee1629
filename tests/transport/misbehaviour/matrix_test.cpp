// SPDX-License-Identifier: BSL-1.0
// Whatever a verifier does, whatever it is made of, on every backend, in both roles and both versions: one outcome, and nothing
// leaves or is delivered before it.
#include "tests/support/pair.hpp"
#include "tests/transport/misbehaviour/bench.hpp"

#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

bool is_left_out(const Form& form, const Misbehaviour& misbehaviour) {
    return std::ranges::any_of(left_out(), [&](const LeftOut& row) {
        return row.form == form.name && row.misbehaviour == misbehaviour.name;
    });
}

std::vector<MatrixCell> matrix() {
    std::vector<MatrixCell> cells;
    for (const Misbehaviour& misbehaviour : misbehaviours()) {
        for (const Form& form : forms()) {
            if (is_left_out(form, misbehaviour)) continue;
            for (const TlsBackend* backend : built_backends()) {
                for (const Role role : {Role::client, Role::server}) {
                    for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13})
                        cells.push_back({misbehaviour, form, backend, role, version});
                }
            }
        }
    }
    return cells;
}

std::string cell_name(const testing::TestParamInfo<MatrixCell>& info) {
    const MatrixCell& cell = info.param;
    return cell.form.name + "_" + cell.misbehaviour.name + "_" + std::string(cell.backend->name()) +
           (cell.role == Role::client ? "_client_" : "_server_") + capability_of(cell.version);
}

/// How many cells have come to their end.
std::size_t played = 0;

class Matrix : public testing::TestWithParam<MatrixCell> {};

TEST_P(Matrix, OneOutcome) {
    const MatrixCell& cell = GetParam();
    const std::string lacks = missing(*cell.backend, capability_of(cell.version));
    if (!lacks.empty()) GTEST_SKIP() << lacks;
    Bench bench(cell);
    {
        SCOPED_TRACE("misbehaves");
        bench.play(cell.misbehaviour.script);
    }
    SCOPED_TRACE("its twin, on the same contexts unless they were lost");
    bench.play(cell.misbehaviour.twin);
    ++played;
}

INSTANTIATE_TEST_SUITE_P(Cells, Matrix, testing::ValuesIn(matrix()), cell_name);

// ---- The cells that there are

std::size_t forms_with_coroutines() { return OMNITLS_HAS_COROUTINES ? 5 : 4; }

TEST(MatrixCells, AreThoseOfTheFormula) {
    EXPECT_EQ(forms().size(), forms_with_coroutines());
    EXPECT_EQ(misbehaviours().size(), 28U);
    std::set<std::pair<std::string, std::string>> without;
    std::size_t of_these_forms = 0;
    for (const LeftOut& row : left_out()) {
        EXPECT_TRUE(without.emplace(row.form, row.misbehaviour).second)
            << row.form << " " << row.misbehaviour << " twice";
        EXPECT_FALSE(row.reason.empty());
        EXPECT_TRUE(std::ranges::any_of(misbehaviours(), [&](const Misbehaviour& one) {
            return one.name == row.misbehaviour;
        })) << row.misbehaviour;
        of_these_forms += static_cast<std::size_t>(std::ranges::count_if(
            forms(), [&](const Form& form) { return form.name == row.form; }));
    }
    const std::size_t combinations = forms().size() * misbehaviours().size() - of_these_forms;
    EXPECT_EQ(combinations, OMNITLS_HAS_COROUTINES ? 102U : 81U);
    const std::size_t expected = combinations * built_backends().size() * 2 * 2;
    EXPECT_EQ(matrix().size(), expected);
    std::cout << "cells: " << combinations << " of form and misbehaviour, " << expected
              << " with backends, roles and versions\n";
}

/// A twin ends otherwise, or it would prove nothing; who asks for what is kept has kept it.
TEST(MatrixCells, HaveATwinThatEndsOtherwise) {
    for (const Misbehaviour& one : misbehaviours()) {
        EXPECT_NE(one.script.end, one.twin.end) << one.name;
        EXPECT_TRUE(one.twin.end == End::open || one.script.end == End::open) << one.name;
    }
}

/// At the end of a run: each cell that should run has come to its end, or says which version its backend lacks.
class Summary : public testing::Environment {
public:
    void TearDown() override {
        std::size_t due = 0;
        std::size_t skipped = 0;
        std::size_t failed = 0;
        const auto& all = *testing::UnitTest::GetInstance();
        for (int s = 0; s < all.total_test_suite_count(); ++s) {
            const testing::TestSuite& suite = *all.GetTestSuite(s);
            if (std::string_view(suite.name()) != "Cells/Matrix") continue;
            for (int t = 0; t < suite.total_test_count(); ++t) {
                const testing::TestInfo& test = *suite.GetTestInfo(t);
                if (!test.should_run()) continue;
                ++due;
                if (test.result()->Skipped()) ++skipped;
                if (test.result()->Failed()) ++failed;
            }
        }
        std::size_t lacking = 0;
        for (const MatrixCell& cell : matrix())
            if (!missing(*cell.backend, capability_of(cell.version)).empty()) ++lacking;
        std::cout << "cells: due " << due << ", played " << played << ", skipped " << skipped
                  << " (capability)\n";
        if (failed == 0) {
            EXPECT_EQ(played + skipped, due);
        }
        EXPECT_LE(skipped, lacking);
        if (all.test_to_run_count() == all.total_test_count()) {
            EXPECT_EQ(skipped, lacking);
            EXPECT_EQ(due, matrix().size());
        }
    }
};

const auto* const summary = testing::AddGlobalTestEnvironment(new Summary);

}  // namespace
}  // namespace omnitls::test
