// SPDX-License-Identifier: BSL-1.0
// all_of, any_of and with_deadline: what they make of their members' verdicts, whom they ask, and whom they leave alone.
#include "tests/support/certs.hpp"
#include "tests/verifiers/toys.hpp"
#include <omnitls/verifiers/compose.hpp>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using namespace std::chrono_literals;
using test::Asked;
using test::finding;
using test::Keeper;
using test::must;
using test::request_with;
using test::saying;
using C = FindingCategory;

TEST(AllOf, AcceptsWhatEveryMemberAccepts) {
    const auto yes = saying(Verdict::trusted());
    const auto no =
        saying(Verdict::rejected(Errc::certificate_revoked, Alert::access_denied, "no"));
    EXPECT_TRUE(test::accepts(*must(all_of({yes, yes, yes})), request_with({})));
    const Asked refused(*must(all_of({yes, no, yes})), request_with({}));
    EXPECT_FALSE(refused.judgement().accepted);
    EXPECT_EQ(refused.judgement().code, Errc::certificate_revoked);
    EXPECT_EQ(refused.judgement().alert, Alert::access_denied);
    EXPECT_EQ(refused.judgement().text, "no");
}

TEST(AllOf, AFailureIsAcceptedOnlyIfAllNameIt) {
    const auto both = saying(Verdict::trusted_despite({finding(C::expired), finding(C::revoked)}));
    const auto one = saying(Verdict::trusted_despite({finding(C::expired)}));
    const auto none = saying(Verdict::trusted());
    const auto of = [](std::vector<test::VerifierPtr> members) {
        return must(all_of(std::move(members)));
    };
    EXPECT_TRUE(test::accepts(*of({both, one}), request_with({finding(C::expired)})));
    EXPECT_FALSE(test::accepts(*of({both, one}), request_with({finding(C::revoked)})));
    EXPECT_TRUE(test::accepts(*of({both, both}), request_with({finding(C::revoked)})));
    EXPECT_FALSE(test::accepts(*of({both, one, none}), request_with({finding(C::expired)})));
    EXPECT_TRUE(test::accepts(*of({both, one, none}), request_with({})));
}

TEST(AllOf, SaysTrustedIfAllDoElseWhatAllName) {
    const auto both = saying(Verdict::trusted_despite({finding(C::expired), finding(C::revoked)}));
    const auto one = saying(Verdict::trusted_despite({finding(C::revoked)}));
    const auto none = saying(Verdict::trusted());
    const Asked trusted(*must(all_of({none, none})), request_with({}));
    EXPECT_EQ(trusted.only().kind(), Verdict::Kind::trusted);
    const Asked despite(*must(all_of({both, one})), request_with({}));
    ASSERT_EQ(despite.only().accepted_findings().size(), 1U);
    EXPECT_EQ(despite.only().accepted_findings()[0].category, C::revoked);
    const Asked mixed(*must(all_of({both, none})), request_with({}));
    EXPECT_EQ(mixed.only().kind(), Verdict::Kind::trusted_despite);
    EXPECT_TRUE(mixed.only().accepted_findings().empty());
}

TEST(AllOf, ResumesForTheShortestTimeAndRemembersForEach) {
    std::string heard;
    const auto member = [&](std::chrono::seconds time, const char* name) {
        return saying(
            Verdict::trusted().resumable_for(time).when_open([&heard, name] { heard += name; }));
    };
    const Asked asked(*must(all_of({member(1h, "a"), saying(Verdict::trusted().resumable_for(2h)),
                                    member(30min, "b")})),
                      request_with({}));
    EXPECT_EQ(asked.only().resumable(), 30min);
    EXPECT_EQ(heard, "");
    asked.open();
    EXPECT_EQ(heard, "ab");
    const Asked never(*must(all_of({member(1h, "c"), saying(Verdict::trusted())})),
                      request_with({}));
    EXPECT_EQ(never.only().resumable(), 0s);
    const Asked nothing(*must(all_of({saying(Verdict::trusted())})), request_with({}));
    EXPECT_FALSE(nothing.only().remember());
}

TEST(AllOf, ARejectionEndsItAtOnceAndWithdrawsTheRest) {
    Keeper first;
    Keeper second;
    Keeper third;
    const Asked asked(*must(all_of({first.verifier, second.verifier, third.verifier})),
                      request_with({}));
    first.answer(0, Verdict::trusted());
    EXPECT_TRUE(asked.verdicts.empty());
    EXPECT_FALSE(third.kept[0].stop_token().stop_requested());
    second.answer(0, Verdict::rejected(Errc::certificate_revoked));
    EXPECT_EQ(asked.judgement().code, Errc::certificate_revoked);
    EXPECT_TRUE(third.kept[0].stop_token().stop_requested());
    third.answer(0, Verdict::trusted());
    EXPECT_EQ(asked.verdicts.size(), 1U);
}

TEST(AllOf, WaitsForTheSlowestAndAcceptsInAnyOrder) {
    Keeper first;
    Keeper second;
    const Asked asked(*must(all_of({first.verifier, second.verifier})), request_with({}));
    second.answer(0, Verdict::trusted());
    EXPECT_TRUE(asked.verdicts.empty());
    first.answer(0, Verdict::trusted());
    EXPECT_TRUE(asked.judgement().accepted);
}

TEST(AllOf, AfterARejectionNobodyElseIsAsked) {
    Keeper after;
    const Asked refused(*must(all_of({saying(Verdict::rejected()), after.verifier})),
                        request_with({}));
    EXPECT_FALSE(refused.judgement().accepted);
    EXPECT_TRUE(after.kept.empty());
    const Asked asked(*must(all_of({saying(Verdict::trusted()), after.verifier})),
                      request_with({}));
    EXPECT_EQ(after.kept.size(), 1U);
}

TEST(AnyOf, TheFirstThatAcceptsAnswersAsItIs) {
    std::string heard;
    const auto remembering = [&](const char* name) {
        return saying(Verdict::trusted_despite({finding(C::expired)})
                          .resumable_for(1h)
                          .when_open([&heard, name] { heard += name; }));
    };
    const auto any = must(any_of({saying(Verdict::trusted()), remembering("a"), remembering("b")}));
    const Asked asked(*any, request_with({finding(C::expired)}));
    EXPECT_TRUE(asked.judgement().accepted);
    EXPECT_EQ(asked.only().resumable(), 1h);
    EXPECT_EQ(asked.only().accepted_findings().size(), 1U);
    asked.open();
    EXPECT_EQ(heard, "a");
    EXPECT_TRUE(test::accepts(*any, request_with({})));
    EXPECT_FALSE(test::accepts(*any, request_with({finding(C::revoked)})));
}

TEST(AnyOf, UnitesNothing) {
    const auto expired = saying(Verdict::trusted_despite({finding(C::expired)}));
    const auto revoked = saying(Verdict::trusted_despite({finding(C::revoked)}));
    const auto any = must(any_of({expired, revoked}));
    EXPECT_TRUE(test::accepts(*any, request_with({finding(C::expired)})));
    EXPECT_TRUE(test::accepts(*any, request_with({finding(C::revoked)})));
    EXPECT_FALSE(test::accepts(*any, request_with({finding(C::expired), finding(C::revoked)})));
}

TEST(AnyOf, AsksTheNextOnlyWhenAllBeforeHaveRefused) {
    Keeper first;
    Keeper second;
    const auto any = must(any_of({first.verifier, second.verifier}));
    const Asked accepted(*any, request_with({}));
    EXPECT_EQ(first.kept.size(), 1U);
    first.answer(0, Verdict::trusted());
    EXPECT_TRUE(accepted.judgement().accepted);
    EXPECT_TRUE(second.kept.empty());

    const Asked refused(*any, request_with({}));
    first.answer(1, Verdict::rejected());
    ASSERT_EQ(second.kept.size(), 1U);
    EXPECT_TRUE(refused.verdicts.empty());
    second.answer(0, Verdict::trusted());
    EXPECT_TRUE(refused.judgement().accepted);
}

TEST(AnyOf, AllRefusingIsTheFirstRefusalWithTheWordsOfAll) {
    const auto a =
        saying(Verdict::rejected(Errc::certificate_revoked, Alert::access_denied, "is revoked"));
    const auto b = saying(Verdict::rejected(Errc::unknown_authority, Alert::unknown_ca, "no pin"));
    const auto trusted = saying(Verdict::trusted());
    const Asked both(*must(any_of({a, b, trusted})), request_with({finding(C::expired)}));
    const Judgement judgement = both.judgement();
    EXPECT_FALSE(judgement.accepted);
    EXPECT_EQ(judgement.code, Errc::certificate_revoked);
    EXPECT_EQ(judgement.alert, Alert::access_denied);
    EXPECT_EQ(judgement.text,
              "none of 3 verifiers accepts the peer: is revoked; no pin; expired: CN=x: text of "
              "expired");
    const Asked alone(*must(any_of({b})), request_with({}));
    EXPECT_EQ(alone.judgement().text, "no pin");
}

TEST(Compose, AnEmptyListOrANullMemberIsAnError) {
    const auto yes = saying(Verdict::trusted());
    for (const auto of : {&all_of, &any_of}) {
        EXPECT_TRUE(of({yes}).has_value());
        const auto empty = of({});
        ASSERT_FALSE(empty);
        EXPECT_EQ(empty.error().code, Errc::bad_config);
        const auto null = of({yes, nullptr});
        ASSERT_FALSE(null);
        EXPECT_EQ(null.error().code, Errc::bad_config);
        EXPECT_NE(null.error().what.find("member 2 of 2 is null"), std::string::npos);
    }
}

TEST(Compose, APolicyIsNamedIfAllMembersAre) {
    const auto named = baseline_verifier();
    const auto lambda = saying(Verdict::trusted());
    const auto id = [](const Result<test::VerifierPtr>& verifier) {
        return verifier.value()->policy_id();
    };
    EXPECT_FALSE(id(all_of({named, named})).empty());
    EXPECT_EQ(id(all_of({named, named})), id(all_of({named, named})));
    EXPECT_EQ(id(all_of({named, lambda})), "");
    EXPECT_EQ(id(any_of({lambda, named})), "");
    EXPECT_NE(id(all_of({named, named})), id(any_of({named, named})));
    EXPECT_NE(id(all_of({named})), id(all_of({named, named})));
    const auto inner = must(all_of({named, named}));
    EXPECT_NE(id(all_of({inner, named})), id(all_of({named, inner})));
    EXPECT_EQ(id(with_deadline(named, 1s, "x")), named->policy_id());
}

TEST(WithDeadline, WhoIsTooSlowHasRejectedAndIsToldSo) {
    const auto timer = std::make_shared<test::ManualTimer>();
    Keeper keeper;
    const auto slow = must(with_deadline(keeper.verifier, 500ms, "the database", timer));
    const Asked late(*slow, request_with({}));
    const Asked in_time(*slow, request_with({}));
    timer->advance(499ms);
    EXPECT_TRUE(late.verdicts.empty());
    keeper.answer(1, Verdict::trusted());
    EXPECT_FALSE(keeper.kept[0].stop_token().stop_requested());
    timer->advance(1ms);
    EXPECT_EQ(late.judgement().code, Errc::verdict_timeout);
    EXPECT_EQ(late.judgement().text, "the database did not answer within 500 ms");
    EXPECT_TRUE(in_time.judgement().accepted);
    EXPECT_TRUE(keeper.kept[0].stop_token().stop_requested());
    keeper.answer(0, Verdict::trusted());
    EXPECT_EQ(late.verdicts.size(), 1U);
}

TEST(WithDeadline, NoAlarmIsLeftWhenItIsOver) {
    const auto timer = std::make_shared<test::ManualTimer>();
    Keeper keeper;
    const auto verifier = must(with_deadline(keeper.verifier, 1s, "x", timer));
    Asked answered(*verifier, request_with({}));
    Asked cancelled(*verifier, request_with({}));
    EXPECT_EQ(timer->pending(), 2U);
    keeper.answer(0, Verdict::trusted());
    EXPECT_EQ(timer->pending(), 1U);
    cancelled.inquiry.reset();
    EXPECT_EQ(timer->pending(), 0U);
    const auto at_once = must(with_deadline(saying(Verdict::trusted()), 1s, "x", timer));
    EXPECT_TRUE(test::accepts(*at_once, request_with({})));
    EXPECT_EQ(timer->pending(), 0U);
}

TEST(WithDeadline, WhatCannotBeADeadlineIsAnError) {
    const auto yes = saying(Verdict::trusted());
    EXPECT_TRUE(with_deadline(yes, 1ms, "x"));
    EXPECT_EQ(with_deadline(yes, 0ms, "x").error().code, Errc::bad_config);
    EXPECT_EQ(with_deadline(yes, -1ms, "x").error().code, Errc::bad_config);
    EXPECT_EQ(with_deadline(nullptr, 1ms, "x").error().code, Errc::bad_config);
    EXPECT_EQ(with_deadline(yes, 1ms, "x", nullptr).error().code, Errc::bad_config);
}

}  // namespace
}  // namespace omnitls
