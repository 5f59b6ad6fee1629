// SPDX-License-Identifier: BSL-1.0
// DANE on real certificates, judged by the contexts of every backend: above all the authorities that records name.
#include "tests/support/certs.hpp"
#include "tests/verifiers/tlsa_toys.hpp"
#include <omnitls/backend.hpp>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls {
namespace {

using test::Asked;
using test::load_certificate;
using test::must;

class DaneOn : public testing::TestWithParam<const TlsBackend*> {
protected:
    /// Evidence on `chain`; without anchors nothing is known of any authority.
    VerifyRequest judged(std::vector<Bytes> chain, const std::string& host = "omnitls.test",
                         const std::string& anchors = "other_root") {
        ClientConfig config;
        config.trust = test::load_anchors(anchors);
        config.clock = [] { return test::test_time(); };
        // Kept: evidence is judged again by the context that it came from.
        contexts_.push_back(must(backend().make_client_context(config)));
        auto target = must(ClientTarget::host(host));
        target.dial_port = 443;
        return *contexts_.back()->judge(std::move(chain), target);
    }
    VerifyRequest judged(const std::string& role, const std::string& host = "omnitls.test") {
        return judged(test::load_chain(role), host);
    }
    Judgement judgement(std::vector<TlsaRecord> records, const VerifyRequest& request,
                        const std::string& base_domain = {}) {
        return Asked(*dane(fixed_tlsa(std::move(records), base_domain)), request).judgement();
    }
    TlsaRecord record(int usage, int selector, int type, const std::string& role) const {
        return test::record_of(usage, selector, type, load_certificate(role), backend().crypto());
    }
    const TlsBackend& backend() const { return *GetParam(); }

private:
    std::vector<std::shared_ptr<const ClientContext>> contexts_;
};

TEST_P(DaneOn, LeafRecordsWithRealDigests) {
    for (const int selector : {0, 1}) {
        for (const int type : {0, 1, 2}) {
            const auto request = judged("leaf");
            EXPECT_FALSE(request.baseline_passed());
            EXPECT_TRUE(judgement({record(3, selector, type, "leaf")}, request).accepted);
            EXPECT_FALSE(judgement({record(3, selector, type, "leaf_rsa")}, request).accepted);
        }
    }
}

TEST_P(DaneOn, LeafRecordsExcuseNamesDatesAndAuthoritiesAndNotWeakKeys) {
    const auto own = [&](const std::string& role) {
        return judgement({record(3, 1, 1, role)}, judged(role));
    };
    for (const char* good :
         {"leaf", "leaf_self_signed", "leaf_expired", "leaf_not_yet", "leaf_wrong_name",
          "leaf_unknown_ca", "leaf_under_expired_intermediate", "leaf_under_not_ca",
          "leaf_path_length", "leaf_cn_only"}) {
        EXPECT_TRUE(own(good).accepted) << good << ": " << own(good).text;
    }
    for (const char* bad : {"leaf_weak_rsa1024", "leaf_sha1", "leaf_unknown_critical",
                            "leaf_wrong_eku", "leaf_no_digital_signature"}) {
        EXPECT_FALSE(own(bad).accepted) << bad;
    }
}

TEST_P(DaneOn, AnAuthoritysRecordBecomesTheOnlyAnchor) {
    for (const int selector : {0, 1}) {
        for (const int type : {0, 1, 2}) {
            const auto ours = judged("leaf");
            const auto record_of_ca = record(2, selector, type, "intermediate");
            EXPECT_TRUE(judgement({record_of_ca}, ours).accepted);
            EXPECT_FALSE(judgement({record_of_ca}, judged("leaf_unknown_ca")).accepted);
            EXPECT_FALSE(
                judgement({record(2, selector, type, "other_intermediate")}, ours).accepted);
        }
    }
}

TEST_P(DaneOn, AnAuthorityThatIsOnlySentVouchesForNobody) {
    auto chain = test::load_chain("leaf_unknown_ca");
    chain.push_back(load_certificate("intermediate").der());
    const auto stranger = judgement({record(2, 0, 1, "intermediate")}, judged(chain));
    EXPECT_FALSE(stranger.accepted);
    EXPECT_EQ(stranger.code, Errc::unknown_authority);
    auto good = test::load_chain("leaf");
    good.push_back(load_certificate("other_intermediate").der());
    EXPECT_TRUE(judgement({record(2, 0, 1, "intermediate")}, judged(good)).accepted);
}

TEST_P(DaneOn, ALeafIsNoAuthority) {
    EXPECT_FALSE(judgement({record(2, 1, 1, "leaf")}, judged("leaf")).accepted);
    EXPECT_TRUE(judgement({record(3, 1, 1, "leaf")}, judged("leaf")).accepted);
}

TEST_P(DaneOn, ARecordMayHoldTheAuthorityThatIsNotSent) {
    auto chain = test::load_chain("leaf");
    const auto request = judged(chain);
    EXPECT_TRUE(judgement({record(2, 0, 0, "root")}, request).accepted);
    EXPECT_FALSE(judgement({record(2, 0, 0, "other_root")}, request).accepted);
    // Its digest alone does not help: nobody has the certificate.
    EXPECT_FALSE(judgement({record(2, 0, 1, "root")}, request).accepted);
    chain.push_back(load_certificate("root").der());
    EXPECT_TRUE(judgement({record(2, 0, 1, "root")}, judged(chain)).accepted);
    EXPECT_TRUE(judgement({record(2, 1, 1, "root")}, judged(chain)).accepted);
}

TEST_P(DaneOn, UnderARecordsAuthorityTheRestMustBeGood) {
    const auto under = [&](const std::string& role) {
        return judgement({record(2, 1, 1, "intermediate")}, judged(role));
    };
    EXPECT_TRUE(under("leaf").accepted);
    EXPECT_EQ(under("leaf_expired").code, Errc::certificate_expired);
    EXPECT_EQ(under("leaf_wrong_name").code, Errc::name_mismatch);
    EXPECT_FALSE(under("leaf_weak_rsa1024").accepted);
    EXPECT_FALSE(under("leaf_wrong_eku").accepted);
    auto forged = test::load_chain("leaf");
    forged[0].back() ^= 1U;
    EXPECT_FALSE(judgement({record(2, 1, 1, "intermediate")}, judged(forged)).accepted);
}

TEST_P(DaneOn, TheBaseDomainIsANameToo) {
    // RFC 7671 §7: the service's name is an alias of the host that the certificate is for.
    const auto request = judged("leaf", "service.example");
    const std::vector<TlsaRecord> records{record(2, 1, 1, "intermediate")};
    EXPECT_FALSE(judgement(records, request).accepted);
    EXPECT_TRUE(judgement(records, request, "omnitls.test").accepted);
    EXPECT_FALSE(judgement(records, request, "elsewhere.test").accepted);
    // And the other way round.
    EXPECT_TRUE(judgement(records, judged("leaf"), "host.example").accepted);
    // PKIX usages go by the baseline, which knows nothing of aliases.
    const auto trusted = judged(test::load_chain("leaf"), "service.example", "root");
    EXPECT_FALSE(judgement({record(1, 1, 1, "leaf")}, trusted, "omnitls.test").accepted);
    const auto named = judged(test::load_chain("leaf"), "omnitls.test", "root");
    EXPECT_TRUE(judgement({record(1, 1, 1, "leaf")}, named).accepted);
}

TEST_P(DaneOn, ConstrainingUsagesNeedTheBaseline) {
    const auto trusted = judged(test::load_chain("leaf"), "omnitls.test", "root");
    const auto untrusted = judged("leaf");
    for (const auto& one : {record(1, 1, 1, "leaf"), record(0, 1, 1, "intermediate"),
                            record(0, 0, 2, "root"), record(0, 0, 0, "root")}) {
        EXPECT_TRUE(judgement({one}, trusted).accepted) << one.to_text();
        EXPECT_FALSE(judgement({one}, untrusted).accepted) << one.to_text();
    }
    EXPECT_FALSE(judgement({record(0, 1, 1, "leaf")}, trusted).accepted);
    EXPECT_FALSE(judgement({record(1, 1, 1, "intermediate")}, trusted).accepted);
    EXPECT_FALSE(judgement({record(0, 1, 1, "other_root")}, trusted).accepted);
}

INSTANTIATE_TEST_SUITE_P(Backends, DaneOn, testing::ValuesIn(built_backends()),
                         [](const auto& backend) { return std::string(backend.param->name()); });

}  // namespace
}  // namespace omnitls
