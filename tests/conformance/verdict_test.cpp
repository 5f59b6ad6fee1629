// SPDX-License-Identifier: BSL-1.0
// Real certificates judged by every backend, through the public API: the same chain gives the same evidence everywhere.
#include "tests/conformance/cell.hpp"
#include "tests/support/brief.hpp"
#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"
#include <omnitls/judge.hpp>

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls {
namespace {

using test::brief;

/// One role, and what must be wrong with it.
struct Row {
    const char* role;
    const char* failures;
    const char* needs = nullptr;  ///< A capability without which the library refuses the path.
    std::string failures_on(const TlsBackend& backend) const {
        return needs == nullptr || backend.capabilities().has(needs) ? failures
                                                                     : "backend_refused@0";
    }
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.role; }

/// What is judged against what; the ordinary case unless a test changes it.
struct Bench {
    const TlsBackend& backend;
    ClientConfig config{};
    std::string wanted = "omnitls.test";

    explicit Bench(const TlsBackend& on) : backend(on) {
        config.trust = test::load_anchors("root");
        config.clock = test::test_time;
    }
    std::shared_ptr<const VerifyRequest> judge(std::vector<Bytes> chain) const {
        const auto context = test::must(backend.make_client_context(config));
        return context->judge(std::move(chain), test::must(ClientTarget::host(wanted)));
    }
    std::shared_ptr<const VerifyRequest> judge(const std::string& role) const {
        return judge(test::load_chain(role));
    }
};

std::string case_name(const testing::TestParamInfo<std::tuple<const TlsBackend*, Row>>& info) {
    return std::string(std::get<0>(info.param)->name()) + "_" + std::get<1>(info.param).role;
}

class VerdictOn : public testing::TestWithParam<std::tuple<const TlsBackend*, Row>> {};

TEST_P(VerdictOn, ServerRole) {
    const auto& [backend, row] = GetParam();
    const Bench bench(*backend);
    ASSERT_TRUE(bench.judge("leaf")->baseline_passed());  // the twin of them all
    const auto request = bench.judge(row.role);
    EXPECT_EQ(brief(request->failures()), row.failures_on(*backend))
        << (request->findings.empty() ? "" : request->findings.front().text);
    const Judgement judgement = judge_verdict(Verdict::trusted(), *request);
    EXPECT_EQ(judgement.accepted, request->failures().empty());
    if (!judgement.accepted) {
        const Finding first = request->failures().front();
        EXPECT_EQ(judgement.code, errc_for(first.category));
        EXPECT_EQ(judgement.alert, alert_for(first.category));
        EXPECT_FALSE(first.subject.empty());
        EXPECT_FALSE(first.text.empty());
    }
    EXPECT_TRUE(judge_verdict(Verdict::trusted_despite(request->failures()), *request).accepted);
}

constexpr Row server_roles[] = {
    {"leaf", ""},
    {"leaf_rsa", ""},
    {"leaf_p384", ""},
    {"leaf_ed25519", "", "ed25519"},
    {"leaf_under_root", ""},
    {"leaf_big", ""},
    {"leaf_unknown_noncritical", ""},
    {"leaf_unknown_critical", "unknown_critical_extension@0"},
    {"leaf_expired", "expired@0"},
    {"leaf_not_yet", "not_yet_valid@0"},
    {"leaf_wrong_name", "name_mismatch@0"},
    {"leaf_cn_only", "name_mismatch@0"},
    {"leaf_san_other_types", "name_mismatch@0"},
    {"leaf_unknown_ca", "unknown_authority@1"},
    {"leaf_self_signed", "self_signed@0"},
    {"leaf_wrong_eku", "extended_key_usage@0"},
    {"leaf_no_digital_signature", "key_usage@0"},
    {"leaf_weak_rsa1024", "weak_key@0"},
    {"leaf_sha1", "weak_signature@0"},
    {"leaf_under_expired_intermediate", "expired@1"},
    {"leaf_under_not_ca", "not_a_ca@1"},
    {"leaf_under_no_cert_sign", "key_usage@1"},
    {"leaf_path_length_ok", ""},
    {"leaf_path_length", "path_length@2"},
    {"leaf_constrained_ok", ""},
    {"leaf_constrained_outside", "name_constraints@0"},
    {"leaf_constrained_excluded", "name_constraints@0"},
};
INSTANTIATE_TEST_SUITE_P(Every, VerdictOn,
                         testing::Combine(testing::ValuesIn(built_backends()),
                                          testing::ValuesIn(server_roles)),
                         case_name);

class ClientVerdictOn : public testing::TestWithParam<std::tuple<const TlsBackend*, Row>> {};

TEST_P(ClientVerdictOn, ClientRole) {
    const auto& [backend, row] = GetParam();
    ServerConfig config;
    config.identity = test::load_identity("leaf");
    config.client_auth = ClientAuth::require;
    config.client_trust = test::load_anchors("root");
    config.clock = test::test_time;
    const auto context = test::must(backend->make_server_context(config));
    const auto request = context->judge(test::load_chain(row.role));
    EXPECT_EQ(request->role, Role::server);
    EXPECT_FALSE(request->name.checked);
    EXPECT_EQ(brief(request->failures()), row.failures);
    EXPECT_EQ(judge_verdict(Verdict::trusted(), *request).accepted, request->failures().empty());
}

constexpr Row client_roles[] = {
    {"client", ""},
    {"client_rsa", ""},
    {"client_expired", "expired@0"},
    {"client_unknown_ca", "unknown_authority@1"},
    {"client_self_signed", "self_signed@0"},
    {"client_wrong_eku", "extended_key_usage@0"},
};
INSTANTIATE_TEST_SUITE_P(Every, ClientVerdictOn,
                         testing::Combine(testing::ValuesIn(built_backends()),
                                          testing::ValuesIn(client_roles)),
                         case_name);

class PathOn : public testing::TestWithParam<const TlsBackend*> {
protected:
    Bench bench{*GetParam()};
    std::string path_of(const VerifyRequest& request) const {
        std::string text;
        for (const auto& certificate : request.path) {
            for (const char* role : {"leaf", "intermediate", "intermediate_cross", "root",
                                     "other_root", "other_intermediate", "leaf_self_signed"}) {
                if (certificate == test::load_certificate(role)) {
                    text += (text.empty() ? "" : " ") + std::string(role);
                }
            }
        }
        return text;
    }
};

TEST_P(PathOn, CrossSigningIsFollowedToWhateverIsTrusted) {
    auto chain = test::load_chain("leaf");
    chain.push_back(test::load_certificate("intermediate_cross").der());
    EXPECT_EQ(path_of(*bench.judge(chain)), "leaf intermediate root");
    EXPECT_TRUE(bench.judge(chain)->baseline_passed());
    bench.config.trust = test::load_anchors("other_root");
    EXPECT_EQ(path_of(*bench.judge(chain)), "leaf intermediate_cross other_root");
    EXPECT_TRUE(bench.judge(chain)->baseline_passed());
    chain.pop_back();
    EXPECT_EQ(brief(bench.judge(chain)->failures()), "unknown_authority@1");
}

TEST_P(PathOn, AnyCertificateMayBeTheAnchor) {
    bench.config.trust = test::load_anchors("intermediate");
    EXPECT_TRUE(bench.judge("leaf")->baseline_passed());
    EXPECT_EQ(path_of(*bench.judge("leaf")), "leaf intermediate");
    bench.config.trust = test::load_anchors("leaf");
    EXPECT_TRUE(bench.judge("leaf")->baseline_passed());
    EXPECT_EQ(path_of(*bench.judge("leaf")), "leaf");
    EXPECT_FALSE(bench.judge("leaf_rsa")->baseline_passed());
    bench.config.trust = test::load_anchors("leaf_self_signed");
    EXPECT_TRUE(bench.judge("leaf_self_signed")->baseline_passed())
        << brief(bench.judge("leaf_self_signed")->failures());
}

TEST_P(PathOn, MissingIntermediateIsNamedAndMayBeConfigured) {
    auto chain = test::load_chain("leaf");
    chain.resize(1);
    const auto request = bench.judge(chain);
    EXPECT_EQ(brief(request->failures()), "unknown_authority@0");
    const std::string& text = request->findings.front().text;
    const std::string issuer = test::load_certificate("intermediate").fields().subject.to_string();
    EXPECT_TRUE(text.starts_with("no issuer for \"")) << text;
    EXPECT_NE(text.find("the peer sent 1 certificate and not \"" + issuer + "\""),
              std::string::npos)
        << text;
    bench.config.intermediates = {test::load_certificate("intermediate")};
    EXPECT_TRUE(bench.judge(chain)->baseline_passed());
}

TEST_P(PathOn, ForgedSignaturesAreFound) {
    for (const std::size_t victim : {0U, 1U}) {
        auto chain = test::load_chain("leaf");
        EXPECT_TRUE(bench.judge(chain)->baseline_passed());
        chain[victim].back() ^= 1U;  // the last byte of the signature
        EXPECT_EQ(brief(bench.judge(chain)->failures()), "bad_signature@" + std::to_string(victim));
    }
}

TEST_P(PathOn, ForgedTwinDoesNotHideTheGoodOne) {
    auto chain = test::load_chain("leaf");
    Bytes forged = chain[1];
    forged.back() ^= 1U;
    chain.insert(chain.begin() + 1, forged);
    const auto request = bench.judge(chain);
    EXPECT_TRUE(request->baseline_passed()) << brief(request->failures());
    EXPECT_EQ(path_of(*request), "leaf intermediate root");
    chain.pop_back();
    EXPECT_EQ(brief(bench.judge(chain)->failures()), "bad_signature@1");
}

TEST_P(PathOn, SentRootAndStrangersChangeNothing) {
    auto chain = test::load_chain("leaf");
    chain.push_back(test::load_certificate("other_intermediate").der());
    chain.push_back(test::load_certificate("root").der());
    const auto request = bench.judge(chain);
    EXPECT_TRUE(request->baseline_passed());
    EXPECT_EQ(path_of(*request), "leaf intermediate root");
    bench.config.trust = test::load_anchors("other_root");
    EXPECT_EQ(brief(bench.judge(chain)->failures()), "self_signed@2");
}

TEST_P(PathOn, ListsSayWhoIsRevoked) {
    OMNITLS_NEEDS(*GetParam(), "revocation_lists");
    struct Judged {
        const char* lists;  ///< Files, one after the other.
        const char* role;
        Revocation mode;
        const char* failures;
    };
    constexpr auto available = Revocation::if_available;
    constexpr auto required = Revocation::required;
    const Judged rows[] = {
        {"intermediate", "leaf", available, ""},
        {"intermediate", "leaf_p384", available, "revoked@0"},
        {"intermediate root", "leaf", required, ""},
        {"intermediate root", "leaf_p384", required, "revoked@0"},
        {"intermediate root_revokes", "leaf", available, "revoked@1"},
        {"intermediate", "leaf", required, "revocation_unknown@1"},
        {"root", "leaf", required, "revocation_unknown@0"},
        {"intermediate_out_of_date root", "leaf", available, ""},
        {"intermediate_out_of_date root", "leaf", required, "revocation_unknown@0"},
        {"intermediate_out_of_date root", "leaf_p384", required, "revoked@0"},
        {"intermediate_early root", "leaf", required, "revocation_unknown@0"},
        {"intermediate_forged root", "leaf", available, ""},
        {"intermediate_forged root", "leaf", required, "revocation_unknown@0"},
        {"intermediate_forged intermediate root", "leaf", required, ""},
    };
    for (const Judged& row : rows) {
        SCOPED_TRACE(std::string(row.lists) + " " + row.role);
        std::string text;
        std::istringstream names(row.lists);
        for (std::string name; names >> name;) text += test::read_data(name + ".crl");
        bench.config.revocation_lists = test::must(RevocationLists::from_text(text));
        bench.config.revocation = row.mode;
        EXPECT_EQ(brief(bench.judge(row.role)->failures()), row.failures);
    }
}

TEST_P(PathOn, AVerifierMayHaveTheChainJudgedUnderOtherAnchorsAndNames) {
    bench.config.trust = test::load_anchors("other_root");
    bench.wanted = "wrong.test";
    const auto first = bench.judge("leaf_expired");
    // Its context is gone, and evidence does not keep it.
    EXPECT_EQ(first->judge->judge_again(*first, {}).error().code, Errc::wrong_state);
    const auto context = test::must(bench.backend.make_client_context(bench.config));
    const auto target = test::must(ClientTarget::host(bench.wanted));
    const auto asked = context->judge(test::load_chain("leaf_expired"), target);
    const auto again = [&](const char* anchors, std::optional<const char*> name) {
        JudgeAs as{test::load_anchors(anchors), std::nullopt};
        if (name) as.names = {test::must(ReferenceIdentity::dns(*name))};
        return brief(test::must(asked->judge->judge_again(*asked, as))->failures());
    };
    EXPECT_EQ(brief(asked->failures()), "unknown_authority@1 expired@0 name_mismatch@0");
    EXPECT_EQ(again("other_root", std::nullopt), brief(asked->failures()));
    EXPECT_EQ(again("root", std::nullopt), "expired@0 name_mismatch@0");
    EXPECT_EQ(again("root", "omnitls.test"), "expired@0");
    EXPECT_EQ(again("intermediate", "omnitls.test"), "expired@0");
    EXPECT_EQ(&asked->judge->crypto(), &bench.backend.crypto());
}

TEST_P(PathOn, EverythingWrongIsSaidAtOnce) {
    bench.config.trust = test::load_anchors("other_root");
    bench.wanted = "wrong.test";
    EXPECT_EQ(brief(bench.judge("leaf_expired")->failures()),
              "unknown_authority@1 expired@0 name_mismatch@0");
}

TEST_P(PathOn, FindingsCarryTheirEvidence) {
    EXPECT_EQ(bench.judge("leaf_expired")->findings.at(0).text.substr(0, 40),
              "certificate expired 2025-02-01T00:00:00Z");
    EXPECT_NE(
        bench.judge("leaf_expired")->findings.at(0).text.find("judged at 2030-01-01T00:00:00Z"),
        std::string::npos);
    const auto wrong = bench.judge("leaf_wrong_name");
    const std::string text = wrong->failures().at(0).text;
    for (const char* part :
         {"wanted DNS:omnitls.test", "DNS:elsewhere.test", "DNS:*.omnitls.test", "IP:192.0.2.1"}) {
        EXPECT_NE(text.find(part), std::string::npos) << text;
    }
}

TEST_P(PathOn, TimeIsTheConfiguredOne) {
    EXPECT_TRUE(bench.judge("leaf")->baseline_passed());
    bench.config.clock = [] { return *from_rfc3339("2060-01-01T00:00:00Z"); };
    EXPECT_EQ(brief(bench.judge("leaf")->failures()), "expired@0 expired@1 expired@2");
    bench.config.clock = [] { return *from_rfc3339("2024-01-01T00:00:00Z"); };
    EXPECT_TRUE(bench.judge("leaf_expired")->baseline_passed());
}

TEST_P(PathOn, NamesOfEveryKind) {
    for (const char* good : {"omnitls.test", "OMNITLS.test.", "localhost", "a.wild.omnitls.test",
                             "127.0.0.1", "::1"}) {
        bench.wanted = good;
        EXPECT_TRUE(bench.judge("leaf")->baseline_passed()) << good;
    }
    for (const char* bad :
         {"x.omnitls.test", "wild.omnitls.test", "a.b.wild.omnitls.test", "127.0.0.2", "::2"}) {
        bench.wanted = bad;
        EXPECT_EQ(brief(bench.judge("leaf")->failures()), "name_mismatch@0") << bad;
    }
}

INSTANTIATE_TEST_SUITE_P(Every, PathOn, testing::ValuesIn(built_backends()),
                         [](const auto& one) { return std::string(one.param->name()); });

}  // namespace
}  // namespace omnitls
