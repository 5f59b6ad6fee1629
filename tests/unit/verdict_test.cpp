// SPDX-License-Identifier: BSL-1.0
// What accept means: a rejection stands, an unnamed failure rejects, and nothing is accepted by accident.
#include "core/question.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

constexpr int category_count = static_cast<int>(FindingCategory::backend_refused) + 1;

FindingCategory category_at(int i) { return static_cast<FindingCategory>(i); }

Finding finding(FindingCategory category, std::size_t depth = 0) {
    return {category, depth, "CN=x", "text of " + std::string(finding_name(category))};
}

VerifyRequest request_with(std::vector<Finding> findings) {
    VerifyRequest request;
    request.findings = std::move(findings);
    request.name.checked = true;
    request.name.matched = true;
    return request;
}

/// Asks `verifier` and gives back what it answered.
std::optional<Verdict> ask(CertificateVerifier& verifier, VerifyRequest request = {}) {
    auto [question, state] = Question::make(std::make_shared<VerifyRequest>(std::move(request)));
    verifier.verify(std::move(question));
    return state->take_answer();
}

TEST(FindingTable, EveryCategoryHasItsOwnNameAndACertificateAlert) {
    std::set<std::string_view> names;
    for (int i = 0; i < category_count; ++i) {
        const auto category = category_at(i);
        EXPECT_TRUE(names.insert(finding_name(category)).second) << i;
        EXPECT_NE(finding_name(category), "unknown") << i;
        const int alert = static_cast<int>(alert_for(category));
        EXPECT_GE(alert, 42) << finding_name(category);
        EXPECT_LE(alert, 49) << finding_name(category);
        EXPECT_NE(errc_for(category), Errc::closed);
        EXPECT_NE(static_cast<int>(errc_for(category)), 0);
    }
    EXPECT_EQ(finding_name(category_at(category_count)), "unknown");
    EXPECT_EQ(errc_for(category_at(category_count)), Errc::certificate_rejected);
    EXPECT_EQ(alert_for(category_at(category_count)), Alert::certificate_unknown);
}

TEST(FindingTable, Rows) {
    struct Row {
        FindingCategory category;
        std::string_view name;
        Errc code;
        int alert;
    };
    using C = FindingCategory;
    const Row rows[] = {
        {C::unknown_authority, "unknown_authority", Errc::unknown_authority, 48},
        {C::self_signed, "self_signed", Errc::unknown_authority, 48},
        {C::bad_signature, "bad_signature", Errc::certificate_rejected, 42},
        {C::expired, "expired", Errc::certificate_expired, 45},
        {C::not_yet_valid, "not_yet_valid", Errc::certificate_not_yet_valid, 42},
        {C::not_a_ca, "not_a_ca", Errc::certificate_rejected, 48},
        {C::path_length, "path_length", Errc::certificate_rejected, 48},
        {C::key_usage, "key_usage", Errc::certificate_rejected, 43},
        {C::extended_key_usage, "extended_key_usage", Errc::certificate_rejected, 43},
        {C::name_constraints, "name_constraints", Errc::certificate_rejected, 48},
        {C::unknown_critical_extension, "unknown_critical_extension", Errc::certificate_rejected,
         43},
        {C::weak_key, "weak_key", Errc::certificate_rejected, 42},
        {C::weak_signature, "weak_signature", Errc::certificate_rejected, 42},
        {C::revoked, "revoked", Errc::certificate_revoked, 44},
        {C::revocation_unknown, "revocation_unknown", Errc::revocation_unknown, 46},
        {C::malformed, "malformed", Errc::certificate_rejected, 42},
        {C::name_mismatch, "name_mismatch", Errc::name_mismatch, 42},
        {C::limit_exceeded, "limit_exceeded", Errc::limit_exceeded, 42},
        {C::backend_refused, "backend_refused", Errc::certificate_rejected, 42},
    };
    ASSERT_EQ(std::size(rows), static_cast<std::size_t>(category_count));
    for (const Row& row : rows) {
        EXPECT_EQ(finding_name(row.category), row.name);
        EXPECT_EQ(errc_for(row.category), row.code) << row.name;
        EXPECT_EQ(static_cast<int>(alert_for(row.category)), row.alert) << row.name;
    }
}

TEST(Request, FailuresAreFindingsAndTheName) {
    VerifyRequest request = request_with({});
    EXPECT_TRUE(request.baseline_passed());
    EXPECT_TRUE(request.failures().empty());

    request.name.matched = false;
    request.name.wanted = {"DNS:wrong.test"};
    request.name.present = {"DNS:localhost", "DNS:*.wild.test"};
    EXPECT_FALSE(request.baseline_passed());
    ASSERT_EQ(request.failures().size(), 1U);
    const Finding name = request.failures().front();
    EXPECT_EQ(name.category, FindingCategory::name_mismatch);
    EXPECT_EQ(name.depth, 0U);
    EXPECT_EQ(name.text,
              "wanted DNS:wrong.test; the certificate is for DNS:localhost, DNS:*.wild.test");

    request.name.present.clear();
    EXPECT_NE(request.failures().front().text.find("common name"), std::string::npos);

    request.name.checked = false;  // nobody asked for a name
    EXPECT_TRUE(request.baseline_passed());

    request.findings = {finding(FindingCategory::expired)};
    EXPECT_FALSE(request.baseline_passed());
    EXPECT_EQ(request.failures().size(), 1U);
}

TEST(Verdict, DefaultRejects) {
    const Verdict verdict;
    EXPECT_EQ(verdict.kind(), Verdict::Kind::rejected);
    const Judgement judgement = judge_verdict(verdict, request_with({}));
    EXPECT_FALSE(judgement.accepted);
    EXPECT_EQ(judgement.code, Errc::verifier_failed);
    EXPECT_EQ(judgement.alert, Alert::certificate_unknown);
    EXPECT_FALSE(judgement.text.empty());
    EXPECT_FALSE(judgement.certificate);
    EXPECT_TRUE(judge_verdict(Verdict::trusted(), request_with({})).accepted);
}

TEST(Verdict, RejectionCarriesItsCodeAlertAndText) {
    const auto verdict = Verdict::rejected(Errc::certificate_revoked, Alert::access_denied,
                                           "not on the list\nof the \x1b[31mdatabase");
    const Judgement judgement = judge_verdict(verdict, request_with({}));
    EXPECT_FALSE(judgement.accepted);
    EXPECT_EQ(judgement.code, Errc::certificate_revoked);
    EXPECT_EQ(judgement.alert, Alert::access_denied);
    EXPECT_EQ(judgement.text, "not on the list of the  [31mdatabase");
}

TEST(Verdict, RejectionNeverReadsAsSuccess) {
    for (const Errc code : {Errc{}, Errc::closed}) {
        const Judgement judgement = judge_verdict(Verdict::rejected(code), request_with({}));
        EXPECT_FALSE(judgement.accepted);
        EXPECT_EQ(judgement.code, Errc::certificate_rejected);
    }
    EXPECT_EQ(judge_verdict(Verdict::rejected(Errc::truncated), request_with({})).code,
              Errc::truncated);
}

TEST(Verdict, RejectionWithoutWordsQuotesTheFirstFailure) {
    const auto request = request_with({finding(FindingCategory::expired, 1)});
    const Judgement judgement = judge_verdict(Verdict::rejected(), request);
    EXPECT_EQ(judgement.text, "the verifier refused the peer (expired: CN=x: text of expired)");
    EXPECT_EQ(judge_verdict(Verdict::rejected(), request_with({})).text,
              "the verifier refused the peer");
}

TEST(Verdict, TrustedIsForTheBaselineOnly) {
    for (int i = 0; i < category_count; ++i) {
        const auto category = category_at(i);
        EXPECT_TRUE(judge_verdict(Verdict::trusted(), request_with({})).accepted);
        const auto request = request_with({finding(category, 2)});
        const Judgement judgement = judge_verdict(Verdict::trusted(), request);
        EXPECT_FALSE(judgement.accepted) << finding_name(category);
        EXPECT_EQ(judgement.code, errc_for(category));
        EXPECT_EQ(judgement.alert, alert_for(category));
        EXPECT_EQ(judgement.certificate, 2U);
        EXPECT_NE(judgement.text.find("text of "), std::string::npos);
        EXPECT_TRUE(
            judge_verdict(Verdict::trusted_despite({finding(category, 2)}), request).accepted);
    }
}

TEST(Verdict, NameMismatchRejectsUnlessNamed) {
    VerifyRequest request = request_with({});
    request.name.matched = false;
    request.name.wanted = {"DNS:a.test"};
    const Judgement judgement = judge_verdict(Verdict::trusted(), request);
    EXPECT_FALSE(judgement.accepted);
    EXPECT_EQ(judgement.code, Errc::name_mismatch);
    EXPECT_EQ(judgement.alert, Alert::bad_certificate);
    EXPECT_FALSE(
        judge_verdict(Verdict::trusted_despite({finding(FindingCategory::expired)}), request)
            .accepted);
    EXPECT_TRUE(judge_verdict(Verdict::trusted_despite(request.failures()), request).accepted);
}

TEST(Verdict, NamingIsByCategoryAndDepth) {
    const auto request = request_with({finding(FindingCategory::expired, 1)});
    auto despite = [&](Finding named) {
        return judge_verdict(Verdict::trusted_despite({std::move(named)}), request).accepted;
    };
    EXPECT_TRUE(despite({FindingCategory::expired, 1, "", "other words"}));
    EXPECT_FALSE(despite(finding(FindingCategory::expired, 0)));
    EXPECT_FALSE(despite(finding(FindingCategory::not_yet_valid, 1)));
}

TEST(Verdict, ResumableIsZeroUnlessSaid) {
    EXPECT_EQ(Verdict::trusted().resumable(), std::chrono::seconds(0));
    const Verdict verdict = Verdict::trusted().resumable_for(std::chrono::hours(1));
    EXPECT_EQ(verdict.resumable(), std::chrono::hours(1));
    EXPECT_EQ(verdict.kind(), Verdict::Kind::trusted);
    EXPECT_EQ(Verdict::trusted().resumable_for(std::chrono::seconds(-5)).resumable(),
              std::chrono::seconds(0));
}

// Random sets of failures and of named findings, judged by the definition: accepted if and only if every failure is named.
TEST(VerdictProperty, AnUnnamedFailureAlwaysRejectsAndRejectDominates) {
    std::mt19937 random(20300101);
    auto any = [&](int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random); };
    auto any_set = [&](int most) {
        std::vector<Finding> set;
        for (int n = any(most + 1); n > 0; --n) {
            set.push_back(
                finding(category_at(any(category_count)), static_cast<std::size_t>(any(4))));
        }
        return set;
    };
    int accepted = 0;
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        VerifyRequest request = request_with(any_set(4));
        request.name.matched = any(4) != 0;
        // Start from what failed, so that both outcomes are common; drop some, add others, shuffle.
        std::vector<Finding> named = request.failures();
        while (!named.empty() && any(3) == 0) named.pop_back();
        for (const Finding& extra : any_set(3)) named.push_back(extra);
        std::shuffle(named.begin(), named.end(), random);

        const Finding* first_unnamed = nullptr;
        const std::vector<Finding> failures = request.failures();
        for (const Finding& failure : failures) {
            const bool is_named =
                std::count_if(named.begin(), named.end(), [&](const Finding& n) {
                    return n.category == failure.category && n.depth == failure.depth;
                }) != 0;
            if (!is_named && !first_unnamed) first_unnamed = &failure;
        }
        const Judgement judgement = judge_verdict(Verdict::trusted_despite(named), request);
        ASSERT_EQ(judgement.accepted, first_unnamed == nullptr);
        if (first_unnamed) {
            EXPECT_EQ(judgement.code, errc_for(first_unnamed->category));
            EXPECT_EQ(judgement.alert, alert_for(first_unnamed->category));
            EXPECT_EQ(judgement.certificate, first_unnamed->depth);
        }
        EXPECT_EQ(judge_verdict(Verdict::trusted(), request).accepted, failures.empty());
        EXPECT_FALSE(judge_verdict(Verdict::rejected(), request).accepted);
        EXPECT_FALSE(judge_verdict(Verdict{}, request).accepted);
        (judgement.accepted ? accepted : refused) += 1;
    }
    EXPECT_GT(accepted, 1000);
    EXPECT_GT(refused, 1000);
}

TEST(Verifiers, BaselineTrustsAndSharesItsPolicy) {
    const auto verifier = baseline_verifier();
    const auto verdict = ask(*verifier);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->kind(), Verdict::Kind::trusted);
    EXPECT_FALSE(verifier->policy_id().empty());
    EXPECT_EQ(verifier->policy_id(), baseline_verifier()->policy_id());
}

TEST(Verifiers, FunctionDecidesOnTheEvidence) {
    const auto verifier = make_verifier([](const VerifyRequest& request) {
        return request.sni == "good" ? Verdict::trusted() : Verdict::rejected();
    });
    VerifyRequest good;
    good.sni = "good";
    EXPECT_EQ(ask(*verifier, good)->kind(), Verdict::Kind::trusted);
    EXPECT_EQ(ask(*verifier)->code(), Errc::certificate_rejected);
    EXPECT_TRUE(verifier->policy_id().empty());
}

TEST(Verifiers, FunctionThatThrowsRejectsWithItsWords) {
    bool fail = false;
    const auto verifier = make_verifier([&](const VerifyRequest&) -> Verdict {
        if (fail) throw std::runtime_error("database is down");
        return Verdict::trusted();
    });
    EXPECT_EQ(ask(*verifier)->kind(), Verdict::Kind::trusted);
    fail = true;
    const auto verdict = ask(*verifier);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->kind(), Verdict::Kind::rejected);
    EXPECT_EQ(verdict->code(), Errc::verifier_failed);
    EXPECT_EQ(verdict->text(), "the verifier threw: database is down");
    EXPECT_EQ(ask(*make_verifier(nullptr))->code(), Errc::verifier_failed);
}

TEST(Verifiers, AsyncFunctionMayKeepTheQuestion) {
    std::optional<Question> kept;
    const auto verifier =
        make_async_verifier([&](Question question) { kept.emplace(std::move(question)); });
    auto [question, state] = Question::make(std::make_shared<VerifyRequest>());
    verifier->verify(std::move(question));
    EXPECT_FALSE(state->answered());
    std::move(*kept).answer(Verdict::trusted());
    EXPECT_EQ(state->take_answer()->kind(), Verdict::Kind::trusted);
}

TEST(Verifiers, AsyncFunctionThatForgetsRejects) {
    const auto verifier = make_async_verifier([](Question) {});
    EXPECT_EQ(ask(*verifier)->code(), Errc::verifier_failed);
}

}  // namespace
}  // namespace omnitls
