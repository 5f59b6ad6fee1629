// SPDX-License-Identifier: BSL-1.0
// The evidence as a whole: path and veto together, limits, what is said when nothing leads to an anchor, and the names.
#include "core/evidence.hpp"

#include "tests/support/brief.hpp"
#include "tests/support/certificate_builder.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::brief;

using test::authority;
using test::build;
using test::build_der;
using test::CertificateSpec;
using test::FakeContext;
using test::FakeCrypto;
using test::root_authority;
namespace general = test::general;

CertificateSpec server_leaf(const std::string& issuer, const std::string& signed_by) {
    CertificateSpec spec;
    spec.issuer = issuer;
    spec.signed_by = signed_by;
    spec.names = {general::dns("good.test"), general::dns("*.wild.test")};
    spec.extended_key_usage = {test::server_auth};
    return spec;
}

CertificateSpec numbered(CertificateSpec spec, unsigned serial) {
    spec.serial = serial;
    return spec;
}

/// One judgement to be made: leaf <- ca <- root, root trusted, wanted good.test.
struct Scene {
    std::vector<Bytes> chain{build_der(server_leaf("ca", "ca-key")),
                             build_der(authority("ca", "root", "ca-key", "root-key"))};
    std::vector<Certificate> trust{build(root_authority("root", "root-key"))};
    std::vector<Certificate> intermediates;
    std::optional<ClientTarget> target;
    Role role = Role::client;
    Limits limits;
    UtcTime time = test::judged_at;
    FakeContext::Script veto;
    core::PeerMemory* memory = nullptr;

    // What was seen on the way, of the last judgement.
    std::vector<FakeContext::Asked> asked;
    std::size_t signatures = 0;

    Scene() { want("good.test"); }
    void want(std::string_view name) {
        target = ClientTarget{};
        target->names = {*ReferenceIdentity::dns(name)};
        target->dial_address = "192.0.2.7";
    }

    std::shared_ptr<const VerifyRequest> judge() {
        std::vector<spi::NativeCertificate> sent;
        for (const Bytes& der : chain) sent.push_back({der, &der});
        const TrustAnchors anchors = TrustAnchors::of(trust);
        const FakeContext context(veto);
        const FakeCrypto crypto;
        const core::EvidenceInput input{role,           sent,          target ? &*target : nullptr,
                                        &anchors,       intermediates, limits,
                                        time,           context,       crypto,
                                        "sni.test",     "xmpp-client", ProtocolVersion::tls12,
                                        Bytes{1, 2, 3}, false,         memory};
        auto request = core::make_evidence(input);
        asked = context.asked();
        signatures = crypto.checks();
        return request;
    }
};

std::string names_of(const std::vector<Certificate>& path) {
    std::string text;
    for (const auto& certificate : path) {
        if (!text.empty()) text += " ";
        text += certificate.fields().subject.common_name() + "/" +
                std::to_string(certificate.fields().serial.back());
    }
    return text;
}

TEST(Evidence, GoodChainHasEverythingAndNoFindings) {
    Scene scene;
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->failures()), "");
    EXPECT_TRUE(request->baseline_passed());
    EXPECT_EQ(names_of(request->path), "leaf/1 ca/1 root/1");
    EXPECT_EQ(request->role, Role::client);
    ASSERT_EQ(request->peer.chain.size(), 2U);
    EXPECT_EQ(request->peer.chain[0].der, scene.chain[0]);
    EXPECT_EQ(request->peer.chain[1].der, scene.chain[1]);
    EXPECT_EQ(request->reference_identities, scene.target->names);
    EXPECT_EQ(request->sni, "sni.test");
    EXPECT_EQ(request->dial_address, "192.0.2.7");
    EXPECT_EQ(request->time, test::judged_at);
    EXPECT_EQ(request->ocsp_response, (Bytes{1, 2, 3}));
    EXPECT_EQ(request->alpn, "xmpp-client");
    EXPECT_EQ(request->version, ProtocolVersion::tls12);
    EXPECT_FALSE(request->resumed);
    EXPECT_TRUE(request->name.checked);
    EXPECT_TRUE(request->name.matched);
    EXPECT_EQ(request->name.matched_by, "DNS:good.test");
}

TEST(Evidence, VetoIsAskedOnExactlyThePathWithTheNativeObjects) {
    Scene scene;
    const auto request = scene.judge();
    ASSERT_EQ(scene.asked.size(), 1U);
    EXPECT_EQ(names_of(scene.asked.at(0).path), "leaf/1 ca/1 root/1");
    EXPECT_EQ(scene.asked.at(0).purpose, spi::Purpose::server_auth);
    EXPECT_EQ(scene.asked.at(0).natives,
              (std::vector<const void*>{&scene.chain[0], &scene.chain[1], nullptr}));
    EXPECT_EQ(scene.signatures, 2U);
}

TEST(Evidence, VetoRefusesWhatOurChecksAccept) {
    Scene scene;
    EXPECT_EQ(brief(scene.judge()->findings), "");
    scene.veto = [](const auto&) { return spi::PathVeto{false, 34, "unhandled\nextension"}; };
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->findings), "backend_refused@0");
    EXPECT_EQ(request->findings.at(0).text,
              "the TLS library refused the path: unhandled\\nextension (34)");
    EXPECT_FALSE(judge_verdict(Verdict::trusted(), *request).accepted);
}

TEST(Evidence, PathCountsOnlyIfBothAcceptTheSame) {
    // Two ways up: ours refuses the first (forged), the library the second: neither is good.
    Scene scene;
    scene.chain = {build_der(server_leaf("ca", "ca-key")),
                   build_der(numbered(authority("ca", "root", "forged", "root-key"), 2)),
                   build_der(numbered(authority("ca", "root", "ca-key", "root-key"), 3))};
    EXPECT_EQ(brief(scene.judge()->findings), "");
    EXPECT_EQ(names_of(scene.judge()->path), "leaf/1 ca/3 root/1");
    scene.veto = [](const FakeContext::Asked& asked) {
        return spi::PathVeto{asked.path[1].fields().serial.back() == 2, 1, "no"};
    };
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->findings), "bad_signature@0");
    EXPECT_EQ(names_of(request->path), "leaf/1 ca/2 root/1");  // the first candidate is reported
    ASSERT_EQ(scene.asked.size(), 1U);  // a path that is no good is not worth asking about
    EXPECT_EQ(names_of(scene.asked.at(0).path), "leaf/1 ca/3 root/1");
}

TEST(Evidence, BacktracksPastForgedExpiredAndRestrictedTwins) {
    auto twin = [](unsigned serial) {
        return numbered(authority("ca", "root", "ca-key", "root-key"), serial);
    };
    CertificateSpec expired = twin(2);
    expired.not_after = test::first_day + std::chrono::hours(24);
    CertificateSpec usage = twin(3);
    usage.extended_key_usage = {test::client_auth};
    CertificateSpec constrained = twin(4);
    constrained.permitted = {general::dns("other.test")};
    CertificateSpec forged = twin(5);
    forged.signed_by = "forger";
    const CertificateSpec good = twin(6);

    Scene scene;
    // Same name and key: each is a way of its own, as none can stand on another.
    for (const auto& spec : {expired, usage, constrained, forged}) {
        scene.chain = {build_der(server_leaf("ca", "ca-key")), build_der(spec)};
        EXPECT_FALSE(scene.judge()->baseline_passed());
        scene.chain.push_back(build_der(good));
        const auto request = scene.judge();
        EXPECT_TRUE(request->baseline_passed()) << brief(request->findings);
        EXPECT_EQ(names_of(request->path), "leaf/1 ca/6 root/1");
    }
    scene.chain = {build_der(server_leaf("ca", "ca-key")), build_der(expired), build_der(usage),
                   build_der(constrained), build_der(forged)};
    EXPECT_EQ(brief(scene.judge()->findings), "expired@1");
    scene.chain.push_back(build_der(good));
    EXPECT_EQ(brief(scene.judge()->findings), "");
}

TEST(Evidence, RightOneOfTwoAnchorsOfOneName) {
    Scene scene;
    scene.trust = {build(numbered(root_authority("root", "old-key"), 7))};
    EXPECT_EQ(brief(scene.judge()->findings), "bad_signature@1");
    scene.trust.push_back(build(numbered(root_authority("root", "root-key"), 8)));
    EXPECT_EQ(brief(scene.judge()->findings), "");
    EXPECT_EQ(names_of(scene.judge()->path), "leaf/1 ca/1 root/8");
}

TEST(Evidence, ExpiredChainIsStillVetoed) {
    Scene scene;
    CertificateSpec leaf = server_leaf("ca", "ca-key");
    leaf.not_after = test::first_day + std::chrono::hours(24);
    scene.chain[0] = build_der(leaf);
    EXPECT_EQ(brief(scene.judge()->findings), "expired@0");
    EXPECT_EQ(scene.asked.size(), 1U);
    // Whoever accepts it despite its date must still hear what the library has against it.
    scene.veto = [](const auto&) { return spi::PathVeto{false, 7, "bad"}; };
    EXPECT_EQ(brief(scene.judge()->findings), "expired@0 backend_refused@0");
    leaf.critical = {"2.999.1"};  // here the refusal would only be an echo
    scene.chain[0] = build_der(leaf);
    EXPECT_EQ(brief(scene.judge()->findings), "expired@0 unknown_critical_extension@0");
    EXPECT_EQ(scene.asked.size(), 0U);
}

TEST(Evidence, MissingIntermediateIsNamed) {
    Scene scene;
    scene.chain.pop_back();
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->findings), "unknown_authority@0");
    EXPECT_EQ(
        request->findings.at(0).text,
        "no issuer for \"CN=leaf\": the peer sent 1 certificate and not \"CN=ca\", which is not "
        "a configured anchor either");
    EXPECT_EQ(names_of(request->path), "leaf/1");
    EXPECT_TRUE(scene.asked.empty());
    scene.intermediates = {build(authority("ca", "root", "ca-key", "root-key"))};
    EXPECT_EQ(brief(scene.judge()->findings), "");
}

TEST(Evidence, UnknownAuthorityAndSelfSigned) {
    Scene scene;
    EXPECT_EQ(brief(scene.judge()->findings), "");
    scene.trust = {build(root_authority("somebody else", "else-key"))};
    EXPECT_EQ(brief(scene.judge()->findings), "unknown_authority@1");
    scene.chain.push_back(build_der(root_authority("root", "root-key")));
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->findings), "self_signed@2");
    EXPECT_EQ(request->findings.at(0).text,
              "\"CN=root\" is self-signed and not a configured anchor");
    scene.trust.clear();
    EXPECT_NE(scene.judge()->findings.at(0).text.find("no trust anchor is configured"),
              std::string::npos);
    scene.trust = {build(root_authority("root", "root-key"))};
    EXPECT_EQ(brief(scene.judge()->findings), "");
}

TEST(Evidence, SelfSignedLeafUnlessItIsTheAnchor) {
    Scene scene;
    const CertificateSpec self = server_leaf("leaf", "leaf-key");
    scene.chain = {build_der(self)};
    EXPECT_EQ(brief(scene.judge()->findings), "self_signed@0");
    scene.trust = {build(self)};
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->findings), "");
    EXPECT_EQ(names_of(request->path), "leaf/1");
    ASSERT_EQ(scene.asked.size(), 1U);
    EXPECT_EQ(scene.asked.at(0).path.size(), 1U);
    EXPECT_EQ(scene.asked.at(0).natives[0], &scene.chain[0]);
}

TEST(Evidence, AllThatIsWrongIsSaidWithoutAnAnchorToo) {
    Scene scene;
    CertificateSpec leaf = server_leaf("ca", "ca-key");
    leaf.not_after = test::first_day + std::chrono::hours(24);
    leaf.key_kind = test::KeyKind::rsa_1024;
    scene.chain[0] = build_der(leaf);
    scene.trust.clear();
    scene.want("wrong.test");
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->failures()),
              "unknown_authority@1 expired@0 weak_key@0 name_mismatch@0");
    const Judgement judgement = judge_verdict(Verdict::trusted(), *request);
    EXPECT_EQ(judgement.code, Errc::unknown_authority);
    EXPECT_EQ(judgement.alert, Alert::unknown_ca);
    EXPECT_TRUE(judge_verdict(Verdict::trusted_despite(request->failures()), *request).accepted);
}

TEST(Evidence, ForgedChainIsForgedWithoutAnAnchorToo) {
    Scene scene;
    scene.trust.clear();
    EXPECT_EQ(brief(scene.judge()->findings), "unknown_authority@1");
    scene.chain[0] = build_der(server_leaf("ca", "forger"));
    EXPECT_EQ(brief(scene.judge()->findings), "unknown_authority@1 bad_signature@0");
}

TEST(Evidence, MalformedCertificatesAreFindings) {
    Scene scene;
    EXPECT_EQ(brief(scene.judge()->failures()), "");
    Scene extra = scene;
    extra.chain.push_back({0x30, 0x03, 0x02, 0x01});
    const auto with_extra = extra.judge();
    EXPECT_EQ(brief(with_extra->failures()), "malformed@2");
    EXPECT_EQ(names_of(with_extra->path), "leaf/1 ca/1 root/1");
    EXPECT_NE(with_extra->findings.at(0).text.find("certificate 3 of 3"), std::string::npos);
    EXPECT_EQ(with_extra->peer.chain.size(), 3U);

    Scene broken = scene;
    broken.chain[0].pop_back();
    const auto without_leaf = broken.judge();
    EXPECT_EQ(brief(without_leaf->failures()), "malformed@0 name_mismatch@0");
    EXPECT_TRUE(without_leaf->path.empty());
    EXPECT_TRUE(broken.asked.empty());
    EXPECT_EQ(without_leaf->peer.chain[0].der, broken.chain[0]);
    EXPECT_EQ(broken.signatures, 0U);
}

TEST(Evidence, NoCertificateAtAllIsNotGood) {
    Scene scene;
    scene.role = Role::server;
    scene.target = std::nullopt;
    scene.chain.clear();
    EXPECT_EQ(brief(scene.judge()->failures()), "malformed@0");
}

TEST(Evidence, ChainLimits) {
    Scene scene;
    std::size_t bytes = 0;
    for (const Bytes& der : scene.chain) bytes += der.size();
    scene.limits.chain_certificates = 2;
    scene.limits.chain_bytes = bytes;
    EXPECT_EQ(brief(scene.judge()->failures()), "");

    Scene many = scene;
    many.limits.chain_certificates = 1;
    const auto too_many = many.judge();
    EXPECT_EQ(brief(too_many->failures()), "limit_exceeded@0");
    EXPECT_EQ(too_many->findings.at(0).text,
              "chain_certificates: the peer sent 2 certificates, at most 1 are read");
    EXPECT_EQ(too_many->peer.chain.size(), 1U);
    EXPECT_TRUE(many.asked.empty());
    EXPECT_EQ(many.signatures, 0U);
    EXPECT_EQ(judge_verdict(Verdict::trusted(), *too_many).code, Errc::limit_exceeded);

    Scene big = scene;
    big.limits.chain_bytes = bytes - 1;
    EXPECT_EQ(brief(big.judge()->failures()), "limit_exceeded@0");
    big.limits.chain_bytes = 10;  // not even the leaf
    EXPECT_EQ(brief(big.judge()->failures()), "limit_exceeded@0 name_mismatch@0");
}

TEST(Evidence, PathLimitsAreNamed) {
    Scene scene;
    EXPECT_EQ(brief(scene.judge()->findings), "");
    scene.limits.path_depth = 2;
    const auto deep = scene.judge();
    EXPECT_EQ(brief(deep->findings), "limit_exceeded@0");
    EXPECT_TRUE(deep->findings.at(0).text.starts_with("path_depth:")) << deep->findings.at(0).text;
    scene.limits.path_depth = 3;
    scene.limits.path_signatures = 1;
    const auto costly = scene.judge();
    EXPECT_EQ(brief(costly->findings), "limit_exceeded@1");
    EXPECT_TRUE(costly->findings.at(0).text.starts_with("path_signatures:"));
    scene.limits.path_signatures = 2;
    EXPECT_EQ(brief(scene.judge()->findings), "");
}

TEST(Evidence, ForgedTwinsCannotHideTheGoodOneWithinTheLimits) {
    for (const unsigned twins : {31U, 32U}) {
        Scene scene;
        scene.chain.resize(1);
        scene.intermediates.clear();
        for (unsigned i = 0; i < twins; ++i) {
            scene.intermediates.push_back(build(numbered(
                authority("ca", "root", "forged-" + std::to_string(i), "root-key"), i + 10)));
        }
        scene.intermediates.push_back(build(authority("ca", "root", "ca-key", "root-key")));
        const auto request = scene.judge();
        EXPECT_EQ(brief(request->findings), twins == 31 ? "" : "bad_signature@0 limit_exceeded@0");
        EXPECT_LE(scene.signatures, scene.limits.path_signatures);
        if (twins == 32) {
            EXPECT_TRUE(request->findings.at(1).text.starts_with("candidate_paths:"));
        }
    }
}

TEST(Evidence, SignatureLimitEndsTheSearch) {
    Scene scene;
    scene.chain.resize(1);
    for (unsigned i = 0; i < 20; ++i) {
        scene.intermediates.push_back(build(
            numbered(authority("ca", "root", "forged-" + std::to_string(i), "root-key"), i + 10)));
    }
    scene.limits.path_signatures = 5;
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->findings), "bad_signature@0 limit_exceeded@0");
    EXPECT_TRUE(request->findings.at(1).text.starts_with("path_signatures:"));
    EXPECT_EQ(scene.signatures, 5U);
}

TEST(Evidence, NameIsCheckedOnItsOwn) {
    Scene scene;
    scene.want("wrong.test");
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->findings), "");
    EXPECT_EQ(brief(request->failures()), "name_mismatch@0");
    EXPECT_EQ(request->failures().at(0).text,
              "wanted DNS:wrong.test; the certificate is for DNS:good.test, DNS:*.wild.test");
    EXPECT_EQ(request->path.size(), 3U);
    scene.want("x.wild.test");
    EXPECT_EQ(scene.judge()->name.matched_by, "DNS:*.wild.test");

    scene.want("wrong.test");
    scene.target->danger_any_name = true;
    const auto any = scene.judge();
    EXPECT_FALSE(any->name.checked);
    EXPECT_FALSE(any->name.matched);
    EXPECT_EQ(any->name.present.size(), 2U);
    EXPECT_TRUE(any->baseline_passed());
}

TEST(Evidence, ServerJudgesClientsWithoutAName) {
    Scene scene;
    scene.role = Role::server;
    scene.target = std::nullopt;
    EXPECT_EQ(brief(scene.judge()->failures()), "extended_key_usage@0");
    CertificateSpec client = server_leaf("ca", "ca-key");
    client.extended_key_usage = {test::client_auth};
    scene.chain[0] = build_der(client);
    const auto request = scene.judge();
    EXPECT_EQ(brief(request->failures()), "");
    EXPECT_FALSE(request->name.checked);
    EXPECT_TRUE(request->reference_identities.empty());
    EXPECT_EQ(scene.asked.at(0).purpose, spi::Purpose::client_auth);
    scene.role = Role::client;
    scene.want("good.test");
    EXPECT_EQ(brief(scene.judge()->failures()), "extended_key_usage@0");
}

TEST(Evidence, PeerTextIsEscapedAndFindingsAreOneLine) {
    Scene scene;
    CertificateSpec leaf = server_leaf("ca\x1b[31m\r\n", "ca-key");
    leaf.subject = "leaf\x1b[31m\r\n";
    leaf.names = {general::dns("evil\r\n\x1b[31m")};
    leaf.not_after = test::first_day;
    scene.chain = {build_der(leaf)};
    const auto failures = scene.judge()->failures();
    EXPECT_EQ(brief(failures), "unknown_authority@0 expired@0 name_mismatch@0");
    for (const Finding& finding : failures) {
        for (const std::string& text : {finding.text, finding.subject}) {
            EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
                return c >= 0x20 && c < 0x7f;
            })) << escape_untrusted(text);
        }
    }
}

// What a path that was good is remembered for, and what it is not.

TEST(Evidence, GoodPathIsVerifiedOnce) {
    core::PeerMemory memory;
    Scene scene;
    scene.memory = &memory;
    EXPECT_TRUE(scene.judge()->baseline_passed());
    EXPECT_EQ(scene.signatures, 2U);
    EXPECT_EQ(scene.asked.size(), 1U);
    const auto again = scene.judge();
    EXPECT_TRUE(again->baseline_passed());
    EXPECT_EQ(names_of(again->path), "leaf/1 ca/1 root/1");
    EXPECT_EQ(scene.signatures, 0U);
    EXPECT_TRUE(scene.asked.empty());
}

TEST(Evidence, CertificateOfAGoodPathIsReadOnce) {
    core::PeerMemory memory;
    Scene scene;
    scene.memory = &memory;
    const auto first = scene.judge();
    const auto again = scene.judge();
    EXPECT_EQ(&again->peer.leaf()->fields(), &first->peer.leaf()->fields());
    scene.memory = nullptr;
    EXPECT_NE(&scene.judge()->peer.leaf()->fields(), &first->peer.leaf()->fields());
    core::PeerMemory other;
    scene.memory = &other;
    scene.chain[0] = build_der(server_leaf("ca", "other-key"));
    const auto forged = scene.judge();
    EXPECT_EQ(brief(forged->findings), "bad_signature@0");
    EXPECT_NE(&scene.judge()->peer.leaf()->fields(), &forged->peer.leaf()->fields());
}

TEST(Evidence, KnownPathIsStillJudgedByDateAndName) {
    core::PeerMemory memory;
    Scene scene;
    scene.memory = &memory;
    scene.judge();
    scene.time += std::chrono::years(100);
    scene.want("other.test");
    const auto later = scene.judge();
    EXPECT_EQ(brief(later->findings), "expired@0 expired@1 expired@2");
    EXPECT_FALSE(later->name.matched);
    EXPECT_FALSE(later->baseline_passed());
}

TEST(Evidence, PathThatIsGoodButForItsDatesIsKnownToo) {
    core::PeerMemory memory;
    Scene scene;
    scene.memory = &memory;
    const UtcTime now = scene.time;
    scene.time += std::chrono::years(100);
    EXPECT_FALSE(scene.judge()->baseline_passed());
    scene.time = now;
    EXPECT_TRUE(scene.judge()->baseline_passed());
    EXPECT_EQ(scene.signatures, 0U);
}

TEST(Evidence, AnotherLeafAnchorOrPurposeIsAnotherPath) {
    core::PeerMemory memory;
    Scene scene;
    scene.memory = &memory;
    scene.judge();
    Scene leaf = scene;
    leaf.chain[0] = build_der(numbered(server_leaf("ca", "ca-key"), 2));
    leaf.judge();
    EXPECT_EQ(leaf.signatures, 2U);
    EXPECT_EQ(leaf.asked.size(), 1U);
    Scene anchor = scene;
    anchor.trust = {build(numbered(root_authority("root", "root-key"), 2))};
    anchor.judge();
    EXPECT_EQ(anchor.signatures, 2U);
    EXPECT_EQ(anchor.asked.size(), 1U);
    Scene purpose = scene;
    purpose.role = Role::server;
    EXPECT_FALSE(purpose.judge()->baseline_passed());
    EXPECT_EQ(purpose.signatures, 2U);
}

TEST(Evidence, BadPathIsNotRemembered) {
    core::PeerMemory memory;
    Scene forged;
    forged.memory = &memory;
    forged.chain[0] = build_der(server_leaf("ca", "other-key"));
    Scene refused;
    refused.memory = &memory;
    refused.veto = [](const FakeContext::Asked&) { return spi::PathVeto::no(7, "no"); };
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(brief(forged.judge()->findings), "bad_signature@0");
        EXPECT_EQ(brief(refused.judge()->findings), "backend_refused@0");
        EXPECT_EQ(refused.asked.size(), 1U);
    }
}

}  // namespace
}  // namespace omnitls
