// SPDX-License-Identifier: BSL-1.0
// Random trees of combinators over random findings, against what the rules say in a few lines.
#include "tests/support/certs.hpp"
#include "tests/verifiers/toys.hpp"
#include <omnitls/verifiers/compose.hpp>

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::must;
using test::VerifierPtr;
using Named = std::set<std::pair<FindingCategory, std::size_t>>;

/// A tree, and its meaning: accepts exactly if `accepts`, and what it accepts in any case is at most `named`.
struct Tree {
    VerifierPtr verifier;
    bool rejects = false;  ///< Says no, whatever is asked.
    Named named{};         ///< Of one that is no combinator.
    std::vector<Tree> children{};
    bool all = false;
};

Named failing(const VerifyRequest& request) {
    Named set;
    for (const Finding& failure : request.failures()) set.emplace(failure.category, failure.depth);
    return set;
}

bool accepts(const Tree& tree, const Named& failures) {
    if (tree.children.empty()) {
        return !tree.rejects && std::includes(tree.named.begin(), tree.named.end(),
                                              failures.begin(), failures.end());
    }
    const auto accept = [&](const Tree& child) { return accepts(child, failures); };
    return tree.all ? std::all_of(tree.children.begin(), tree.children.end(), accept)
                    : std::any_of(tree.children.begin(), tree.children.end(), accept);
}

void leaves(const Tree& tree, std::vector<const Tree*>& out) {
    if (tree.children.empty()) out.push_back(&tree);
    for (const Tree& child : tree.children) leaves(child, out);
}

class Maker {
public:
    int any(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
    std::vector<Finding> findings(int most) {
        std::vector<Finding> set;
        for (int n = any(most + 1); n > 0; --n) {
            // Few kinds, so that sets meet.
            set.push_back(test::finding(static_cast<FindingCategory>(any(4)),
                                        static_cast<std::size_t>(any(2))));
        }
        return set;
    }
    Tree tree(int depth) {
        if (depth == 0 || any(4) == 0) return leaf();
        Tree made;
        made.all = any(2) == 0;
        std::vector<VerifierPtr> members;
        for (int n = 1 + any(3); n > 0; --n) {
            made.children.push_back(tree(depth - 1));
            members.push_back(made.children.back().verifier);
        }
        made.verifier = must(made.all ? all_of(members) : any_of(members));
        return made;
    }
    std::mt19937& random() { return random_; }

private:
    Tree leaf() {
        Tree made;
        made.rejects = any(5) == 0;
        std::vector<Finding> named = findings(8);
        for (const Finding& finding : named) made.named.emplace(finding.category, finding.depth);
        Verdict verdict = made.rejects    ? Verdict::rejected()
                          : named.empty() ? Verdict::trusted()
                                          : Verdict::trusted_despite(std::move(named));
        made.verifier = any(3) == 0 ? later(std::move(verdict)) : test::saying(std::move(verdict));
        return made;
    }
    /// One that is answered by `answer_all`.
    VerifierPtr later(Verdict verdict) {
        return make_async_verifier([this, verdict](Question question) {
            waiting_.emplace_back(std::move(question), verdict);
        });
    }

public:
    /// In any order, until nobody asks any more.
    void answer_all() {
        while (!waiting_.empty()) {
            const auto which = static_cast<std::size_t>(any(static_cast<int>(waiting_.size())));
            auto [question, verdict] = std::move(waiting_[which]);
            waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(which));
            std::move(question).answer(std::move(verdict));
        }
    }

private:
    std::mt19937 random_{20300101};
    std::vector<std::pair<Question, Verdict>> waiting_;
};

TEST(ComposeProperty, AcceptsWhatTheRulesAcceptAndNothingElse) {
    Maker maker;
    const Certificate leaf = test::leaf_with_key("leaf-key");
    int accepted = 0;
    int refused = 0;
    for (int round = 0; round < 4'000; ++round) {
        const Tree tree = maker.tree(3);
        for (int request = 0; request < 3; ++request) {
            const test::Asked asked(*tree.verifier, test::request_about(leaf, maker.findings(2)));
            maker.answer_all();
            const Judgement judgement = asked.judgement();
            const Named failures = failing(*asked.request);
            ASSERT_EQ(judgement.accepted, accepts(tree, failures)) << round;
            (judgement.accepted ? accepted : refused) += 1;

            // Said once more, without the recursion: nobody is let in whom no member would let in, ...
            std::vector<const Tree*> members;
            leaves(tree, members);
            const auto lets_in = [&](const Tree* one) { return accepts(*one, failures); };
            if (judgement.accepted) {
                EXPECT_TRUE(std::any_of(members.begin(), members.end(), lets_in));
            }
            // ... and a failure that nobody names refuses.
            for (const auto& failure : failures) {
                const bool is_named = std::any_of(members.begin(), members.end(), [&](auto* one) {
                    return one->named.count(failure) != 0;
                });
                EXPECT_TRUE(is_named || !judgement.accepted);
            }
        }
    }
    EXPECT_GT(accepted, 1000);
    EXPECT_GT(refused, 1000);
}

TEST(ComposeProperty, OneThatRefusesIsEnoughForAll) {
    Maker maker;
    int with = 0;
    for (int round = 0; round < 1'000; ++round) {
        std::vector<VerifierPtr> members;
        std::vector<Tree> trees;
        for (int n = 1 + maker.any(4); n > 0; --n) {
            trees.push_back(maker.tree(2));
            members.push_back(trees.back().verifier);
        }
        const test::Asked without(*must(all_of(members)), test::request_with({}));
        maker.answer_all();
        members.insert(members.begin() + maker.any(static_cast<int>(members.size()) + 1),
                       test::saying(Verdict::rejected()));
        const test::Asked asked(*must(all_of(members)), test::request_with({}));
        maker.answer_all();
        ASSERT_FALSE(asked.judgement().accepted);
        with += without.judgement().accepted ? 1 : 0;
    }
    EXPECT_GT(with, 100);
}

}  // namespace
}  // namespace omnitls
