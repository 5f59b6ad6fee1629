// SPDX-License-Identifier: BSL-1.0
// The verifier that goes by pins: which certificate a pin is for, and that it excuses what it stands for and nothing else.
#include "tests/support/certs.hpp"
#include "tests/verifiers/toys.hpp"
#include "verifiers/base64.hpp"
#include <omnitls/verifiers/pin.hpp>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::accepts;
using test::Asked;
using test::finding;
using test::must;
using test::request_about;
using C = FindingCategory;
using Kind = Pin::Kind;

constexpr int kCategories = static_cast<int>(C::backend_refused) + 1;

struct PinTest : testing::Test {
    const Certificate leaf = test::leaf_with_key("leaf-key");
    const Certificate other = test::leaf_with_key("other-key");
    const spi::Crypto& crypto = test::fake_judge()->crypto();

    PinSet pinned(const Certificate& certificate, Kind kind = Kind::public_key,
                  const std::string& host = "example.org") const {
        PinSet set;
        set.add(must(ReferenceIdentity::host(host)), *Pin::of(certificate, kind, crypto));
        return set;
    }
};

TEST_F(PinTest, AcceptsThePinnedLeafAndNoOther) {
    for (const Kind kind : {Kind::public_key, Kind::certificate}) {
        const auto verifier = pin(pinned(leaf, kind));
        EXPECT_TRUE(accepts(*verifier, request_about(leaf)));
        EXPECT_TRUE(accepts(*verifier, request_about(leaf, {finding(C::unknown_authority, 1)})));
        EXPECT_TRUE(accepts(*verifier, request_about(leaf, {finding(C::self_signed)})));
        EXPECT_FALSE(accepts(*verifier, request_about(other)));
    }
}

TEST_F(PinTest, AMismatchSaysWhatThePeerHas) {
    const Asked asked(*pin(pinned(leaf)), request_about(other));
    EXPECT_EQ(asked.judgement().code, Errc::unknown_authority);
    EXPECT_EQ(asked.judgement().alert, Alert::unknown_ca);
    const std::string text = asked.judgement().text;
    for (const Kind kind : {Kind::public_key, Kind::certificate}) {
        EXPECT_NE(text.find(Pin::of(other, kind, crypto)->to_string()), std::string::npos) << text;
    }
    EXPECT_NE(text.find("DNS:example.org"), std::string::npos) << text;
}

TEST_F(PinTest, ExcusesTheAuthorityAndWhatIsNamed) {
    for (int i = 0; i < kCategories; ++i) {
        const auto category = static_cast<C>(i);
        const bool authority = category == C::unknown_authority || category == C::self_signed;
        for (const std::size_t depth : {0U, 1U}) {
            const auto request = request_about(leaf, {finding(category, depth)});
            EXPECT_EQ(accepts(*pin(pinned(leaf)), request), authority) << finding_name(category);
            PinOptions options;
            options.excuse = {category};
            EXPECT_TRUE(accepts(*pin(pinned(leaf), options), request)) << finding_name(category);
        }
    }
}

TEST_F(PinTest, AWrongNameIsExcusedOnlyIfNamed) {
    auto request = request_about(leaf, {finding(C::self_signed)});
    EXPECT_TRUE(accepts(*pin(pinned(leaf)), request));
    request.name.matched = false;
    EXPECT_FALSE(accepts(*pin(pinned(leaf)), request));
    PinOptions options;
    options.excuse = {C::name_mismatch};
    EXPECT_TRUE(accepts(*pin(pinned(leaf), options), request));
    // The pin is for this host: under another's name it says nothing.
    EXPECT_FALSE(accepts(*pin(pinned(leaf, Kind::public_key, "other.test"), options), request));
}

TEST_F(PinTest, AHostWithoutPinsIsRejectedOrTheBaselines) {
    const auto elsewhere = pinned(leaf, Kind::public_key, "www.example.org");
    const Asked asked(*pin(elsewhere), request_about(leaf));
    EXPECT_FALSE(asked.judgement().accepted);
    EXPECT_EQ(asked.judgement().text, "no pin is known for DNS:example.org");
    PinOptions options;
    options.unpinned = PinOptions::Unpinned::baseline;
    EXPECT_TRUE(accepts(*pin(elsewhere, options), request_about(leaf)));
    EXPECT_FALSE(accepts(*pin(elsewhere, options), request_about(leaf, {finding(C::self_signed)})));
    EXPECT_FALSE(accepts(*pin(pinned(leaf), options), request_about(other)));
}

TEST_F(PinTest, APinOfAnyReferenceIdentityCounts) {
    auto request = request_about(leaf);
    const auto verifier = pin(pinned(leaf, Kind::public_key, "example.net"));
    EXPECT_FALSE(accepts(*verifier, request));
    request.reference_identities.push_back(must(ReferenceIdentity::dns("example.net")));
    EXPECT_TRUE(accepts(*verifier, request));
}

TEST_F(PinTest, AnAuthoritysKeyCountsIfAskedForAndThePathIsGood) {
    auto request = request_about(leaf);
    request.path = {leaf, other};
    PinOptions options;
    EXPECT_FALSE(accepts(*pin(pinned(other), options), request));
    options.anywhere_on_path = true;
    options.excuse = {C::expired};
    EXPECT_TRUE(accepts(*pin(pinned(other), options), request));
    EXPECT_FALSE(accepts(*pin(pinned(other, Kind::certificate), options), request));
    for (const C wrong : {C::expired, C::unknown_authority}) {
        request.findings = {finding(wrong, 1)};
        EXPECT_FALSE(accepts(*pin(pinned(other), options), request));
        EXPECT_TRUE(accepts(*pin(pinned(leaf), options), request));
    }
}

TEST_F(PinTest, WithoutDigestsOrALeafNothingIsAccepted) {
    auto request = request_about(leaf);
    EXPECT_TRUE(accepts(*pin(pinned(leaf)), request));
    request.judge = nullptr;
    EXPECT_FALSE(accepts(*pin(pinned(leaf)), request));
    request = request_about(leaf);
    request.peer.chain[0].parsed.reset();
    EXPECT_FALSE(accepts(*pin(pinned(leaf)), request));
    request.reference_identities.clear();
    EXPECT_FALSE(accepts(*pin(pinned(leaf)), request));
}

}  // namespace
}  // namespace omnitls
