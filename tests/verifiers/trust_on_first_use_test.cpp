// SPDX-License-Identifier: BSL-1.0
// Trust on first use: what is remembered and when, what is asked and how often, and that a change is never accepted in silence.
#include "tests/support/certs.hpp"
#include "tests/verifiers/toys.hpp"
#include "verifiers/base64.hpp"
#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <thread>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::Asked;
using test::finding;
using test::must;
using test::request_about;
using C = FindingCategory;
using GoodPeers = TrustOptions::GoodPeers;

struct TrustTest : testing::Test {
    const Certificate one = test::leaf_with_key("leaf-key");
    const Certificate other = test::leaf_with_key("other-key");
    const std::shared_ptr<TrustStore> store = memory_trust_store();
    std::vector<TrustQuestion> questions{};

    test::VerifierPtr verifier(const std::function<void(TrustOptions&)>& change = {}) {
        TrustOptions options;
        options.protocol = "xmpp-client";
        if (change) change(options);
        return must(trust_on_first_use(store, std::move(options)));
    }
    /// One that keeps what it is asked.
    test::VerifierPtr asking(const std::function<void(TrustOptions&)>& change = {}) {
        return verifier([&](TrustOptions& options) {
            options.decide = [this](TrustQuestion question) {
                questions.push_back(std::move(question));
            };
            if (change) change(options);
        });
    }
    static VerifyRequest self_signed(const Certificate& leaf) {
        return request_about(leaf, {finding(C::self_signed)});
    }
    static TrustedKey key_of(const Certificate& leaf) {
        return *leaf.spki_pin(test::fake_judge()->crypto());
    }
    std::optional<TrustedKey> remembered() const {
        return must(store->find({"xmpp-client", 443, "DNS:example.org"}));
    }
    void remember(const Certificate& leaf) {
        must(store->put({"xmpp-client", 443, "DNS:example.org"}, key_of(leaf), remembered()));
    }
};

TEST_F(TrustTest, AFirstUseIsRememberedWhenTheConnectionIsOpen) {
    const auto trust = verifier();
    const Asked first(*trust, self_signed(one));
    EXPECT_TRUE(first.judgement().accepted);
    EXPECT_EQ(remembered(), std::nullopt);  // the handshake may still fail
    first.open();
    EXPECT_EQ(remembered(), key_of(one));
    const Asked again(*trust, self_signed(one));
    EXPECT_TRUE(again.judgement().accepted);
    EXPECT_FALSE(again.only().remember());
}

TEST_F(TrustTest, AChangeIsRefusedWithBothKeys) {
    remember(one);
    const auto trust = verifier();
    EXPECT_TRUE(test::accepts(*trust, self_signed(one)));
    const Asked changed(*trust, self_signed(other));
    EXPECT_EQ(changed.judgement().code, Errc::certificate_rejected);
    const std::string text = changed.judgement().text;
    EXPECT_NE(text.find("has changed"), std::string::npos) << text;
    for (const Certificate& leaf : {one, other}) {
        EXPECT_NE(text.find(verifiers::to_base64(key_of(leaf))), std::string::npos) << text;
    }
    EXPECT_EQ(remembered(), key_of(one));
}

TEST_F(TrustTest, AChangeIsNeverAcceptedInSilence) {
    remember(one);
    for (const GoodPeers good : {GoodPeers::bind, GoodPeers::pass}) {
        const auto trust = verifier([&](TrustOptions& options) { options.good_peers = good; });
        EXPECT_TRUE(test::accepts(*trust, request_about(one)));
        EXPECT_FALSE(test::accepts(*trust, request_about(other)));
        EXPECT_FALSE(test::accepts(*trust, self_signed(other)));
    }
}

TEST_F(TrustTest, TheProgramDecidesAboutAFirstUse) {
    const auto trust = asking();
    const Asked yes(*trust, self_signed(one));
    ASSERT_EQ(questions.size(), 1U);
    EXPECT_TRUE(yes.verdicts.empty());
    EXPECT_EQ(questions[0].event(), TrustEvent::first_use);
    EXPECT_EQ(questions[0].key().to_string(), "xmpp-client 443 DNS:example.org");
    EXPECT_EQ(questions[0].shown(), key_of(one));
    EXPECT_EQ(questions[0].remembered(), std::nullopt);
    EXPECT_EQ(questions[0].request().findings.size(), 1U);
    std::move(questions[0]).accept();
    EXPECT_TRUE(yes.judgement().accepted);
    yes.open();
    EXPECT_EQ(remembered(), key_of(one));
    must(store->remove({"xmpp-client", 443, "DNS:example.org"}));

    const Asked no(*trust, self_signed(one));
    ASSERT_EQ(questions.size(), 2U);
    std::move(questions[1]).refuse("the user said no");
    EXPECT_EQ(no.judgement().text, "the user said no");
    const Asked without_words(*trust, self_signed(one));
    std::move(questions.at(2)).refuse();
    EXPECT_NE(without_words.judgement().text.find("is not known"), std::string::npos);
}

TEST_F(TrustTest, TheProgramDecidesAboutAChange) {
    remember(one);
    const auto trust = asking();
    const Asked asked(*trust, self_signed(other));
    ASSERT_EQ(questions.size(), 1U);
    EXPECT_EQ(questions[0].event(), TrustEvent::changed);
    EXPECT_EQ(questions[0].shown(), key_of(other));
    EXPECT_EQ(questions[0].remembered(), key_of(one));
    std::move(questions[0]).accept();
    EXPECT_TRUE(asked.judgement().accepted);
    EXPECT_EQ(remembered(), key_of(one));
    asked.open();
    EXPECT_EQ(remembered(), key_of(other));
    EXPECT_TRUE(test::accepts(*trust, self_signed(other)));
    EXPECT_EQ(questions.size(), 1U);
}

TEST_F(TrustTest, GoodPeersAreBoundOrPass) {
    const auto bind = asking();
    const auto pass = asking([](TrustOptions& o) { o.good_peers = GoodPeers::pass; });
    const Asked passed(*pass, request_about(one));
    EXPECT_TRUE(passed.judgement().accepted);
    passed.open();
    EXPECT_EQ(remembered(), std::nullopt);
    const Asked bound(*bind, request_about(one));
    EXPECT_TRUE(bound.judgement().accepted);
    bound.open();
    EXPECT_EQ(remembered(), key_of(one));
    EXPECT_TRUE(questions.empty());
    const Asked changed(*bind, request_about(other));
    EXPECT_EQ(questions.size(), 1U);
}

TEST_F(TrustTest, AKeyExcusesTheAuthorityAndWhatIsNamed) {
    for (const bool known : {false, true}) {
        if (known) remember(one);
        for (int i = 0; i <= static_cast<int>(C::backend_refused); ++i) {
            const auto category = static_cast<C>(i);
            const auto request = request_about(one, {finding(category, 1)});
            const bool authority = category == C::unknown_authority || category == C::self_signed;
            EXPECT_EQ(test::accepts(*verifier(), request), authority) << finding_name(category);
            EXPECT_TRUE(
                test::accepts(*verifier([&](TrustOptions& o) { o.excuse = {category}; }), request));
        }
    }
}

TEST_F(TrustTest, NobodyIsAskedAboutWhatIsRejectedAnyway) {
    const auto trust = asking();
    const Asked expired(*trust, request_about(one, {finding(C::self_signed), finding(C::expired)}));
    EXPECT_EQ(expired.judgement().code, Errc::certificate_expired);
    EXPECT_TRUE(questions.empty());
    const Asked good(*trust, self_signed(one));
    EXPECT_EQ(questions.size(), 1U);
}

TEST_F(TrustTest, ConcurrentFirstUsesAreAskedAboutOnce) {
    const auto trust = asking();
    const Asked first(*trust, self_signed(one));
    const Asked second(*trust, self_signed(one));
    Asked third(*trust, self_signed(one));
    EXPECT_EQ(questions.size(), 1U);
    third.inquiry.reset();
    EXPECT_FALSE(questions[0].stop_token().stop_requested());
    std::move(questions[0]).accept();
    EXPECT_TRUE(first.judgement().accepted);
    EXPECT_TRUE(second.judgement().accepted);
    EXPECT_TRUE(third.verdicts.empty());
    first.open();
    second.open();  // what was remembered meanwhile is the same
    EXPECT_EQ(remembered(), key_of(one));
}

TEST_F(TrustTest, TheQuestionEndsWithTheLastWhoWaits) {
    const auto trust = asking();
    Asked first(*trust, self_signed(one));
    Asked second(*trust, self_signed(one));
    first.inquiry.reset();  // the one whose evidence was shown
    EXPECT_FALSE(questions[0].stop_token().stop_requested());
    second.inquiry.reset();
    EXPECT_TRUE(questions[0].stop_token().stop_requested());
    std::move(questions[0]).accept();
    const Asked later(*trust, self_signed(one));
    EXPECT_EQ(questions.size(), 2U);
    std::move(questions[1]).accept();
    EXPECT_TRUE(later.judgement().accepted);
}

TEST_F(TrustTest, WhatIsNotTheSameIsAskedAboutOnItsOwn) {
    const auto trust = asking([](TrustOptions& o) { o.excuse = {C::name_mismatch}; });
    const Asked first(*trust, self_signed(one));
    const Asked other_key(*trust, self_signed(other));
    const Asked other_host(*trust, request_about(one, {finding(C::self_signed)}, "example.net"));
    auto request = self_signed(one);
    request.name.matched = false;
    const Asked other_failures(*trust, request);
    request = self_signed(one);
    request.dial_port = 444;
    const Asked other_port(*trust, request);
    EXPECT_EQ(questions.size(), 5U);
}

TEST_F(TrustTest, OfTwoFirstUsesThatCrossTheSecondDoesNotReplaceTheFirst) {
    const auto trust = verifier();
    const Asked first(*trust, self_signed(one));
    const Asked second(*trust, self_signed(other));
    EXPECT_TRUE(first.judgement().accepted);
    EXPECT_TRUE(second.judgement().accepted);
    first.open();
    EXPECT_THROW(second.open(), std::runtime_error);
    EXPECT_EQ(remembered(), key_of(one));
}

TEST_F(TrustTest, ASessionIsOfferedToKnownKeysOnly) {
    const auto trust = asking();
    auto request = self_signed(one);
    request.resumed = true;
    EXPECT_FALSE(test::accepts(*trust, request));
    remember(other);
    EXPECT_FALSE(test::accepts(*trust, request));
    EXPECT_TRUE(questions.empty());
    remember(one);
    EXPECT_TRUE(test::accepts(*trust, request));
}

TEST_F(TrustTest, AStoreThatFailsRejects) {
    struct Broken final : TrustStore {
        Result<std::optional<TrustedKey>> find(const TrustKey&) const override {
            if (broken) return make_error(Errc::bad_input, "the disk is gone");
            return std::optional<TrustedKey>{};
        }
        Result<bool> put(const TrustKey&, const TrustedKey&,
                         const std::optional<TrustedKey>&) override {
            return make_error(std::make_error_code(std::errc::io_error), "the disk is full");
        }
        Result<bool> remove(const TrustKey&) override { return false; }
        bool broken = false;
    };
    const auto broken = std::make_shared<Broken>();
    TrustOptions options;
    options.protocol = "x";
    const auto trust = must(trust_on_first_use(broken, options));
    const Asked asked(*trust, self_signed(one));
    EXPECT_TRUE(asked.judgement().accepted);
    EXPECT_THROW(asked.open(), std::runtime_error);
    broken->broken = true;
    EXPECT_EQ(Asked(*trust, self_signed(one)).judgement().text, "the disk is gone");
}

TEST_F(TrustTest, WithoutWhatItNeedsItRejects) {
    const auto changed = [&](const std::function<void(VerifyRequest&)>& change) {
        auto request = self_signed(one);
        change(request);
        return test::accepts(*verifier(), request);
    };
    EXPECT_TRUE(changed([](VerifyRequest&) {}));
    EXPECT_FALSE(changed([](VerifyRequest& request) { request.role = Role::server; }));
    EXPECT_FALSE(changed([](VerifyRequest& request) { request.judge = nullptr; }));
    EXPECT_FALSE(changed([](VerifyRequest& request) { request.reference_identities.clear(); }));
    EXPECT_FALSE(changed([](VerifyRequest& request) { request.peer.chain[0].parsed.reset(); }));
}

TEST_F(TrustTest, WhatCannotWorkIsAnErrorWhenMade) {
    TrustOptions options;
    const auto code = [&](const std::string& protocol, const std::shared_ptr<TrustStore>& in) {
        options.protocol = protocol;
        const auto made = trust_on_first_use(in, options);
        return made ? std::error_code{} : made.error().code;
    };
    EXPECT_EQ(code("imap.4_a-b", store), std::error_code{});
    EXPECT_EQ(code(std::string(64, 'a'), store), std::error_code{});
    for (const std::string& bad :
         {std::string(), std::string("a b"), std::string("A"), std::string(65, 'a')}) {
        EXPECT_EQ(code(bad, store), Errc::bad_config) << bad;
    }
    EXPECT_EQ(code("imap", nullptr), Errc::bad_config);
}

TEST_F(TrustTest, ConnectionsComeAndGoWhileTheProgramDecides) {
    for (int round = 0; round < 100; ++round) {
        questions.clear();
        const auto trust = asking();
        std::vector<std::unique_ptr<Asked>> waiting;
        for (int i = 0; i < 4; ++i) {
            waiting.push_back(std::make_unique<Asked>(*trust, self_signed(one)));
        }
        std::thread decides([&] { std::move(questions[0]).accept(); });
        std::thread goes([&] {
            waiting[0]->inquiry.reset();
            waiting[1]->inquiry.reset();
        });
        waiting[2]->inquiry.reset();
        decides.join();
        goes.join();
        EXPECT_TRUE(waiting[3]->judgement().accepted);
    }
}

}  // namespace
}  // namespace omnitls
