// SPDX-License-Identifier: BSL-1.0
// DANE on evidence made by hand: what is asked, what each status means, what a record of the leaf excuses. Authorities of records, and
// real certificates: dane_backend_test.cpp.
#include "tests/support/certs.hpp"
#include "tests/verifiers/tlsa_toys.hpp"

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::accepts;
using test::Asked;
using test::finding;
using test::must;
using test::request_about;
using C = FindingCategory;
using Status = TlsaAnswer::Status;

constexpr int kCategories = static_cast<int>(C::backend_refused) + 1;

struct DaneTest : testing::Test {
    const Certificate leaf = test::leaf_with_key("leaf-key");
    const Certificate other = test::leaf_with_key("other-key");
    const spi::Crypto& crypto = test::fake_judge()->crypto();
    DaneOptions baseline{};

    DaneTest() { baseline.without_records = DaneOptions::WithoutRecords::baseline; }

    TlsaRecord record(int usage, int selector, int type, const Certificate& of) const {
        return test::record_of(usage, selector, type, of, crypto);
    }
    static bool fixed_accepts(std::vector<TlsaRecord> records, const VerifyRequest& request) {
        return accepts(*dane(fixed_tlsa(std::move(records))), request);
    }
};

TEST_F(DaneTest, ALeafsRecordMatchesByEverySelectorAndType) {
    for (const int selector : {0, 1}) {
        for (const int type : {0, 1, 2}) {
            const auto request = request_about(leaf, {finding(C::self_signed)});
            EXPECT_TRUE(fixed_accepts({record(3, selector, type, leaf)}, request));
            EXPECT_FALSE(fixed_accepts({record(3, selector, type, other)}, request));
            // What is wrong is not excused by an authority's approval, and the right one is still needed.
            EXPECT_FALSE(fixed_accepts({record(1, selector, type, leaf)}, request));
            EXPECT_TRUE(fixed_accepts({record(1, selector, type, leaf)}, request_about(leaf)));
            EXPECT_FALSE(fixed_accepts({record(1, selector, type, other)}, request_about(leaf)));
        }
    }
}

TEST_F(DaneTest, OneOfManyIsEnough) {
    const auto request = request_about(leaf, {finding(C::self_signed)});
    EXPECT_FALSE(fixed_accepts({record(3, 1, 1, other), record(1, 1, 1, leaf)}, request));
    EXPECT_TRUE(fixed_accepts(
        {record(3, 1, 1, other), record(1, 1, 1, leaf), record(3, 1, 1, leaf)}, request));
}

TEST_F(DaneTest, WhatARecordOfTheLeafExcuses) {
    using enum FindingCategory;
    const std::vector<C> anywhere{unknown_authority, self_signed,   bad_signature, name_constraints,
                                  expired,           not_yet_valid, name_mismatch};
    const std::vector<C> above{not_a_ca, path_length, key_usage, extended_key_usage,
                               unknown_critical_extension};
    const auto has = [](const std::vector<C>& list, C one) {
        return std::find(list.begin(), list.end(), one) != list.end();
    };
    for (int i = 0; i < kCategories; ++i) {
        const auto category = static_cast<C>(i);
        for (const std::size_t depth : {0U, 1U}) {
            const bool excused = has(anywhere, category) || (depth > 0 && has(above, category));
            EXPECT_EQ(fixed_accepts({record(3, 1, 1, leaf)},
                                    request_about(leaf, {finding(category, depth)})),
                      excused)
                << finding_name(category) << " at " << depth;
        }
    }
    auto request = request_about(leaf);
    request.name.matched = false;
    EXPECT_TRUE(fixed_accepts({record(3, 1, 1, leaf)}, request));
    EXPECT_FALSE(fixed_accepts({record(1, 1, 1, leaf)}, request));
}

TEST_F(DaneTest, AnAuthoritysRecordMatchesAboveTheLeafOnAGoodPath) {
    auto request = request_about(leaf);
    request.path = {leaf, other};
    EXPECT_TRUE(fixed_accepts({record(0, 1, 1, other)}, request));
    EXPECT_FALSE(fixed_accepts({record(0, 1, 1, leaf)}, request));
    EXPECT_FALSE(fixed_accepts({record(1, 1, 1, other)}, request));
    request.findings = {finding(C::expired)};
    const Asked failing(*dane(fixed_tlsa({record(0, 1, 1, other)})), request);
    EXPECT_EQ(failing.judgement().code, Errc::certificate_expired);
}

TEST_F(DaneTest, NoMatchIsAnUnknownAuthority) {
    const Asked asked(*dane(fixed_tlsa({record(3, 1, 1, other)})), request_about(leaf));
    EXPECT_EQ(asked.judgement().code, Errc::unknown_authority);
    EXPECT_EQ(asked.judgement().alert, Alert::unknown_ca);
    EXPECT_NE(asked.judgement().text.find("none of the 1 TLSA records of example.org"),
              std::string::npos);
}

TEST_F(DaneTest, StatusDecidesWhetherRecordsCount) {
    const auto verdict = [&](Status status, const DaneOptions& options) {
        TlsaAnswer answer;
        answer.status = status;
        answer.records = {record(3, 1, 1, leaf)};
        return accepts(*dane(std::make_shared<test::ScriptedSource>(answer), options),
                       request_about(leaf));
    };
    EXPECT_TRUE(verdict(Status::secure, {}));
    for (const Status none : {Status::insecure, Status::no_records}) {
        EXPECT_FALSE(verdict(none, {}));
        EXPECT_TRUE(verdict(none, baseline));
    }
    for (const Status never : {Status::bogus, Status::failed}) {
        EXPECT_FALSE(verdict(never, {}));
        EXPECT_FALSE(verdict(never, baseline));
    }
}

TEST_F(DaneTest, WhatTheSourceSaysOfItEndsTheText) {
    const auto text = [&](Status status, const std::string& detail) {
        TlsaAnswer answer;
        answer.status = status;
        answer.detail = detail;
        const Asked asked(*dane(std::make_shared<test::ScriptedSource>(answer)),
                          request_about(leaf));
        EXPECT_FALSE(asked.judgement().accepted);
        return asked.judgement().text;
    };
    for (const Status status :
         {Status::secure, Status::insecure, Status::bogus, Status::no_records, Status::failed}) {
        const std::string without = text(status, "");
        EXPECT_EQ(text(status, "the reason"), without + ": the reason");
        EXPECT_FALSE(without.ends_with(": "));
    }
}

TEST_F(DaneTest, InsecureRecordsExcuseNothing) {
    TlsaAnswer answer;
    answer.records = {record(3, 1, 1, leaf)};
    for (const Status status : {Status::secure, Status::insecure}) {
        answer.status = status;
        EXPECT_EQ(accepts(*dane(std::make_shared<test::ScriptedSource>(answer), baseline),
                          request_about(leaf, {finding(C::self_signed)})),
                  status == Status::secure);
    }
}

TEST_F(DaneTest, UnusableRecordsAreNotThere) {
    TlsaRecord unusable = record(3, 1, 1, leaf);
    unusable.usage = 4;
    const auto request = request_about(leaf);
    EXPECT_TRUE(fixed_accepts({unusable, record(3, 1, 1, leaf)}, request));
    EXPECT_FALSE(fixed_accepts({unusable, record(3, 1, 1, other)}, request));
    EXPECT_FALSE(fixed_accepts({unusable}, request));
    EXPECT_TRUE(accepts(*dane(fixed_tlsa({unusable}), baseline), request));
    EXPECT_FALSE(accepts(*dane(fixed_tlsa({unusable, record(3, 1, 1, other)}), baseline), request));
    EXPECT_TRUE(accepts(*dane(fixed_tlsa({}), baseline), request));
    EXPECT_FALSE(fixed_accepts({}, request));
}

// RFC 7672 §3.1.3: between mail servers there are no authorities that both know.
TEST_F(DaneTest, AmongMailServersPkixUsagesAreNotThere) {
    auto request = request_about(leaf);
    request.dial_address = "mx.example.net";
    const auto among_mail_servers = [&](std::vector<TlsaRecord> records) {
        return accepts(*dane(fixed_tlsa(std::move(records)), DaneOptions::smtp_mx()), request);
    };
    EXPECT_TRUE(fixed_accepts({record(1, 1, 1, leaf)}, request));
    EXPECT_FALSE(among_mail_servers({record(1, 1, 1, leaf)}));
    EXPECT_TRUE(among_mail_servers({record(3, 1, 1, leaf)}));
    EXPECT_TRUE(among_mail_servers({record(1, 1, 1, other), record(3, 1, 1, leaf)}));
    EXPECT_FALSE(among_mail_servers({record(1, 1, 1, leaf), record(3, 1, 1, other)}));
    TlsaAnswer answer;
    answer.status = Status::secure;
    answer.records = {record(3, 1, 1, leaf)};
    const auto source = std::make_shared<test::ScriptedSource>(answer);
    request.dial_port = 25;
    EXPECT_TRUE(accepts(*dane(source, DaneOptions::smtp_mx()), request));
    EXPECT_EQ(source->names, std::vector<std::string>{"_25._tcp.mx.example.net"});
}

// RFC 7671 §9.
TEST_F(DaneTest, TheStrongerDigestCountsOfTheSameUsageAndSelector) {
    const auto request = request_about(leaf, {finding(C::self_signed)});
    const TlsaRecord weaker = record(3, 1, 1, leaf);
    EXPECT_FALSE(fixed_accepts({weaker, record(3, 1, 2, other)}, request));
    EXPECT_TRUE(fixed_accepts({weaker, record(3, 1, 2, leaf)}, request));
    EXPECT_TRUE(fixed_accepts({weaker, record(3, 1, 1, other)}, request));
    EXPECT_TRUE(fixed_accepts({weaker, record(3, 0, 2, other)}, request));
    EXPECT_TRUE(fixed_accepts({weaker, record(1, 1, 2, other)}, request));
    // Neither stronger nor weaker: the bytes themselves.
    EXPECT_TRUE(fixed_accepts({weaker, record(3, 1, 0, other)}, request));
    EXPECT_TRUE(fixed_accepts({record(3, 1, 0, leaf), record(3, 1, 2, other)}, request));
    TlsaRecord unusable = record(3, 1, 2, other);
    unusable.data.pop_back();
    EXPECT_TRUE(fixed_accepts({weaker, unusable}, request));
}

TEST_F(DaneTest, NoMoreThanSixtyFourRecords) {
    std::vector<TlsaRecord> records(63, record(3, 1, 1, other));
    records.push_back(record(3, 1, 1, leaf));
    EXPECT_TRUE(fixed_accepts(records, request_about(leaf)));
    records.push_back(record(3, 1, 1, leaf));
    const Asked asked(*dane(fixed_tlsa(records)), request_about(leaf));
    EXPECT_EQ(asked.judgement().code, Errc::limit_exceeded);
}

TEST_F(DaneTest, AsksForTheRightName) {
    TlsaAnswer answer;
    answer.status = Status::secure;
    answer.records = {record(3, 1, 1, leaf)};
    const auto source = std::make_shared<test::ScriptedSource>(answer);
    auto request = request_about(leaf);
    request.reference_identities = {must(ReferenceIdentity::srv("xmpp-client", "example.org")),
                                    must(ReferenceIdentity::dns("Example.org"))};
    request.dial_address = "xmpp.example.net";
    request.dial_port = 5222;
    EXPECT_TRUE(accepts(*dane(source), request));
    DaneOptions options;
    options.port = 853;
    options.transport = "udp";
    options.base = DaneOptions::Base::dial_address;
    EXPECT_TRUE(accepts(*dane(source, options), request));
    EXPECT_EQ(source->names,
              (std::vector<std::string>{"_5222._tcp.example.org", "_853._udp.xmpp.example.net"}));
}

TEST_F(DaneTest, WithoutWhatItNeedsItRejects) {
    const auto good = dane(fixed_tlsa({record(3, 1, 1, leaf)}));
    const auto changed = [&](const std::function<void(VerifyRequest&)>& change) {
        auto request = request_about(leaf);
        change(request);
        return accepts(*good, request);
    };
    EXPECT_TRUE(changed([](VerifyRequest&) {}));
    EXPECT_FALSE(changed([](VerifyRequest& request) { request.role = Role::server; }));
    EXPECT_FALSE(changed([](VerifyRequest& request) { request.judge = nullptr; }));
    EXPECT_FALSE(changed([](VerifyRequest& request) { request.dial_port = 0; }));
    EXPECT_FALSE(changed([](VerifyRequest& request) { request.peer.chain[0].parsed.reset(); }));
    EXPECT_FALSE(accepts(*dane(nullptr), request_about(leaf)));
    const std::string address = "192.0.2.1";
    EXPECT_FALSE(accepts(*good, request_about(leaf, {}, address)));
    EXPECT_TRUE(accepts(*dane(fixed_tlsa({record(3, 1, 1, leaf)}), baseline),
                        request_about(leaf, {}, address)));
    EXPECT_FALSE(accepts(*dane(fixed_tlsa({record(3, 1, 1, leaf)}, "*.bad")), request_about(leaf)));
    EXPECT_TRUE(
        accepts(*dane(fixed_tlsa({record(3, 1, 1, leaf)}, "good.test")), request_about(leaf)));
}

}  // namespace
}  // namespace omnitls
