// SPDX-License-Identifier: BSL-1.0
// One verifier asking another: one verdict, whoever gives it and however, and none after the inquiry is gone.
#include <omnitls/inquiry.hpp>

#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

/// Asks `verifier` and collects what it says.
struct Asked {
    std::vector<Verdict> verdicts{};
    std::optional<Inquiry> inquiry{};
    explicit Asked(const std::shared_ptr<CertificateVerifier>& verifier) {
        inquiry.emplace(*verifier, std::make_shared<VerifyRequest>(),
                        [this](Verdict verdict) { verdicts.push_back(std::move(verdict)); });
    }
};

TEST(Inquiry, TellsTheVerdictThatIsGivenAtOnce) {
    const Asked yes(make_verifier([](const VerifyRequest&) { return Verdict::trusted(); }));
    ASSERT_EQ(yes.verdicts.size(), 1U);
    EXPECT_EQ(yes.verdicts[0].kind(), Verdict::Kind::trusted);
    const Asked no(make_verifier([](const VerifyRequest&) { return Verdict::rejected(); }));
    ASSERT_EQ(no.verdicts.size(), 1U);
    EXPECT_EQ(no.verdicts[0].code(), Errc::certificate_rejected);
}

TEST(Inquiry, TellsTheVerdictOfAnotherThreadAndLater) {
    std::optional<Question> kept;
    const Asked asked(make_async_verifier([&](Question question) { kept = std::move(question); }));
    EXPECT_TRUE(asked.verdicts.empty());
    std::thread([&] { std::move(*kept).answer(Verdict::trusted()); }).join();
    ASSERT_EQ(asked.verdicts.size(), 1U);
    EXPECT_EQ(asked.verdicts[0].kind(), Verdict::Kind::trusted);
}

TEST(Inquiry, AVerifierThatThrowsOrForgetsHasRejected) {
    const Asked thrown(make_async_verifier([](Question) { throw std::runtime_error("no"); }));
    const Asked forgotten(make_async_verifier([](Question) {}));
    for (const Asked* asked : {&thrown, &forgotten}) {
        ASSERT_EQ(asked->verdicts.size(), 1U);
        EXPECT_EQ(asked->verdicts[0].kind(), Verdict::Kind::rejected);
        EXPECT_EQ(asked->verdicts[0].code(), Errc::verifier_failed);
    }
}

TEST(Inquiry, StopsTheQuestionWhenItGoesAndHearsNothingMore) {
    std::vector<Question> kept;
    const auto verifier =
        make_async_verifier([&](Question question) { kept.push_back(std::move(question)); });
    Asked gone(verifier);
    Asked stays(verifier);
    EXPECT_FALSE(kept[0].stop_token().stop_requested());
    gone.inquiry.reset();
    EXPECT_TRUE(kept[0].stop_token().stop_requested());
    EXPECT_FALSE(kept[1].stop_token().stop_requested());
    for (Question& question : kept) std::move(question).answer(Verdict::trusted());
    EXPECT_TRUE(gone.verdicts.empty());
    EXPECT_EQ(stays.verdicts.size(), 1U);
}

TEST(Inquiry, AnotherInItsPlaceEndsTheFirst) {
    std::vector<Question> kept;
    const auto verifier =
        make_async_verifier([&](Question question) { kept.push_back(std::move(question)); });
    Asked first(verifier);
    Asked second(verifier);
    *first.inquiry = std::move(*second.inquiry);
    EXPECT_TRUE(kept[0].stop_token().stop_requested());
    EXPECT_FALSE(kept[1].stop_token().stop_requested());
}

}  // namespace
}  // namespace omnitls
