// SPDX-License-Identifier: BSL-1.0
// What the source says about each kind of name. The zones are signed files, the server is a real one, and validation is libunbound's;
// tests/data/zones/README.md says what is wrong with which name. Each stands beside one that is alike but for that.
#include "tests/unbound/ask.hpp"

#include <sstream>

namespace omnitls {
namespace {

using test::answer_about;
using test::must;
using test::options_for;

class Answers : public testing::Test {
protected:
    void SetUp() override {
        OMNITLS_NEED_UNBOUND();
        server_.emplace();
    }
    UnboundOptions options() const { return options_for(server_->address()); }
    /// "secure right", "secure wrong", "secure right at right.example", "bogus", ...
    static std::string brief(const TlsaAnswer& answer) {
        std::string text = test::status_name(answer.status);
        for (const TlsaRecord& record : answer.records)
            text += record == right() ? " right" : record == wrong() ? " wrong" : " ?";
        if (!answer.base_domain.empty()) text += " at " + answer.base_domain;
        return text;
    }
    std::string brief_about(const std::string& host) {
        if (!source_) source_ = must(unbound_tlsa(options()));
        last_ = answer_about(*source_, "_443._tcp." + host);
        return brief(last_);
    }
    const std::string& detail() const { return last_.detail; }

    static TlsaRecord right() { return record_of("right"); }
    static TlsaRecord wrong() { return record_of("wrong"); }

private:
    /// From the zone file: what the server has is what the source must have, to the byte.
    static TlsaRecord record_of(const std::string& host) {
        std::istringstream zone(test::read_data("zones/example.zone"));
        for (std::string line; std::getline(zone, line);) {
            const std::string mark = "\tTLSA\t";
            const std::size_t at = line.find(mark);
            if (line.starts_with("*._tcp." + host + ".example.") && at != std::string::npos)
                return must(TlsaRecord::from_text(line.substr(at + mark.size())));
        }
        throw std::runtime_error("no record of " + host);
    }

    std::optional<test::DnsServer> server_;
    std::shared_ptr<TlsaSource> source_;
    TlsaAnswer last_;
};

TEST_F(Answers, ValidatedRecordsAreSecureToTheByte) {
    EXPECT_EQ(brief_about("right.example"), "secure right");
    EXPECT_EQ(brief_about("wrong.example"), "secure wrong");
    EXPECT_EQ(detail(), "");
    // A name by itself is no service: nothing is expanded.
    const auto source = must(unbound_tlsa(options()));
    EXPECT_EQ(brief(answer_about(*source, "alias.example")), "no_records");
    EXPECT_EQ(brief(answer_about(*source, "_443._TCP.Right.Example.")), "secure right");
}

TEST_F(Answers, ProvenAbsenceIsNoRecords) {
    EXPECT_EQ(brief_about("none.example"), "no_records") << "the name does not exist";
    EXPECT_EQ(brief_about("other.example"), "no_records") << "the name has no TLSA record";
    EXPECT_EQ(brief_about("right.example"), "secure right");
}

TEST_F(Answers, WithoutASignedDelegationItIsInsecure) {
    EXPECT_EQ(brief_about("right.unsigned.example"), "insecure");
    EXPECT_EQ(brief_about("right.example"), "secure right");
}

TEST_F(Answers, AChangedRecordIsBogus) {
    EXPECT_EQ(brief_about("right.tampered.example"), "bogus");
    EXPECT_NE(detail().find("signature"), std::string::npos) << detail();
    EXPECT_EQ(brief_about("good.tampered.example"), "secure right");
    EXPECT_EQ(detail(), "");
}

TEST_F(Answers, ASignatureIsGoodInItsTimeOnly) {
    using namespace std::chrono;
    const auto at = [&](sys_days time) {
        UnboundOptions then = options();
        then.time = time;
        return answer_about(*must(unbound_tlsa(then)), "_443._tcp.right.expired.example");
    };
    const TlsaAnswer late = at(year{2021} / March / 1);
    EXPECT_EQ(brief(late), "bogus");
    EXPECT_NE(late.detail.find("expired"), std::string::npos) << late.detail;
    EXPECT_EQ(brief(at(year{2020} / March / 1)), "secure right");
    EXPECT_EQ(brief(at(year{2019} / March / 1)), "bogus");
    EXPECT_EQ(brief_about("right.expired.example"), "bogus") << "now";
}

TEST_F(Answers, AnAnchorOfSomebodyElseMakesAllBogus) {
    // Of the right size and algorithm, so that it is wrong and not unknown.
    UnboundOptions other = options();
    other.trust_anchor_file.clear();
    other.trust_anchors = {". IN DS 1 13 2 " + std::string(64, '0')};
    EXPECT_EQ(brief(answer_about(*must(unbound_tlsa(other)), "_443._tcp.right.example")), "bogus");
    std::string anchor = test::read_data("zones/root.anchor");
    anchor.pop_back();
    other.trust_anchors = {anchor};
    EXPECT_EQ(brief(answer_about(*must(unbound_tlsa(other)), "_443._tcp.right.example")),
              "secure right");
}

TEST_F(Answers, AMalformedRecordIsNotThereAndIsTold) {
    EXPECT_EQ(brief_about("short.example"), "secure");
    EXPECT_NE(detail().find("malformed TLSA record: RDATA of 2 bytes"), std::string::npos)
        << detail();
    EXPECT_EQ(brief_about("mixed.example"), "secure right");
    EXPECT_NE(detail().find("malformed"), std::string::npos);
    EXPECT_EQ(brief_about("right.example"), "secure right");
    EXPECT_EQ(detail(), "");
}

// RFC 7671 §7, at its end: records may be kept in one place.
TEST_F(Answers, TheRecordItselfMayBeAnAlias) {
    EXPECT_EQ(brief_about("record-alias.example"), "secure right");
    EXPECT_EQ(brief_about("record-half.example"), "insecure");
}

// RFC 7671 §7.
TEST_F(Answers, AnAliasLeadsToTheRecordsOfItsTarget) {
    EXPECT_EQ(brief_about("alias.example"), "secure right at right.example");
    EXPECT_EQ(brief_about("alias-of-alias.example"), "secure right at right.example");
    EXPECT_EQ(brief_about("alias-six.example"), "secure right at six.example")
        << "without an IPv4 address";
    EXPECT_EQ(brief_about("alias-good.example"), "secure right at good.tampered.example");
}

TEST_F(Answers, WithoutRecordsAtTheTargetThoseOfTheHostCount) {
    EXPECT_EQ(brief_about("alias-none.example"), "secure right");
    EXPECT_EQ(brief_about("alias-nowhere.example"), "secure right");
    EXPECT_EQ(brief_about("alias-unsigned.example"), "secure right");
    EXPECT_EQ(brief_about("alias-through.example"), "secure wrong")
        << "a chain that is not secure is no chain, wherever it ends";
}

TEST_F(Answers, WhereTheTargetIsBogusTheHostDoesNotHelp) {
    EXPECT_EQ(brief_about("alias-tampered.example"), "bogus at right.tampered.example");
    EXPECT_EQ(brief_about("alias-good.example"), "secure right at good.tampered.example");
    EXPECT_EQ(brief_about("address.tampered.example"), "bogus") << "who knows where it leads";
    EXPECT_NE(detail().find("address.tampered.example. A IN"), std::string::npos) << detail();
    EXPECT_EQ(brief_about("good.tampered.example"), "secure right");
}

TEST_F(Answers, AResolverThatRefusesLeavesNothingKnown) {
    const test::DnsServer refusing(test::DnsServer::Manner::refuses);
    const auto source = must(unbound_tlsa(options_for(refusing.address())));
    const TlsaAnswer refused = answer_about(*source, "_443._tcp.right.example");
    EXPECT_EQ(brief(refused), "failed");
    EXPECT_NE(refused.detail.find("SERVFAIL"), std::string::npos) << refused.detail;
    EXPECT_EQ(brief_about("right.example"), "secure right");
}

TEST_F(Answers, WhatIsNoNameHasFailed) {
    const auto source = must(unbound_tlsa(options()));
    EXPECT_EQ(brief(answer_about(*source, "_443._tcp." + std::string(64, 'a'))), "failed");
    EXPECT_EQ(brief(answer_about(*source, "_443._tcp." + std::string(63, 'a'))), "no_records");
    EXPECT_EQ(brief(answer_about(*source, "_443._tcp.")), "no_records");
}

TEST_F(Answers, SettingsCannotMakeSecureWhatIsNot) {
    const auto with = [&](const std::string& name, const std::string& value) {
        UnboundOptions more = options();
        more.settings = {{name, value}};
        const auto source = must(unbound_tlsa(more));
        return brief(answer_about(*source, "_443._tcp.right.tampered.example")) + ", " +
               brief(answer_about(*source, "_443._tcp.right.example"));
    };
    EXPECT_EQ(with("val-log-level", "0"), "bogus, secure right");
    EXPECT_EQ(with("val-permissive-mode:", "yes"), "insecure, secure right");
}

}  // namespace
}  // namespace omnitls
