// SPDX-License-Identifier: BSL-1.0
// Revocation lists applied to a path: whom a list is about, when it speaks, who may sign it, and what it costs.
#include "core/path_checks.hpp"
#include "tests/support/brief.hpp"
#include "tests/support/list_builder.hpp"

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using core::Path;
using core::PathChecker;

/// leaf (serial 1) under "ca" (serial 2) under "root", judged with lists; good in all else.
struct Scene {
    CertificateSpec leaf;
    CertificateSpec ca = authority("ca", "root", "ca-key", "root-key");
    CertificateSpec root = root_authority("root", "root-key");
    std::vector<ListSpec> lists;
    Revocation mode = Revocation::required;
    Limits limits;
    core::RevocationMemory* memory = nullptr;
    Strength strength = Strength::bits_112;
    std::size_t signatures = 0;

    Scene() {
        leaf.issuer = "ca";
        leaf.signed_by = "ca-key";
        leaf.serial = 1;
        ca.serial = 2;
        for (CertificateSpec* issuer : {&ca, &root}) {
            issuer->key_usage =
                static_cast<std::uint16_t>(static_cast<unsigned>(KeyUsage::key_cert_sign) |
                                           static_cast<unsigned>(KeyUsage::crl_sign));
        }
        lists = {of_ca(), ListSpec{}};
    }
    static ListSpec of_ca() {
        ListSpec list;
        list.issuer = "ca";
        list.signed_by = "ca-key";
        return list;
    }
    std::vector<RevocationList> built() const {
        std::vector<RevocationList> made;
        for (const ListSpec& list : lists) made.push_back(build_list(list));
        return made;
    }
    std::vector<Finding> judge() { return judge(RevocationLists::of(built())); }
    std::vector<Finding> judge(const RevocationLists& given) {
        const Certificate path_of[] = {build(leaf), build(ca), build(root)};
        Path path;
        for (const Certificate& certificate : path_of) path.push_back({&certificate, nullptr});
        const FakeCrypto crypto;
        const core::RevocationSource source{&given, mode, memory};
        PathChecker checker(crypto, limits, judged_at, spi::Purpose::server_auth,
                            {strength, &source});
        auto findings = checker.check(path, true, PathChecker::Extent::all);
        signatures = crypto.checks();
        return findings;
    }
};

TEST(RevocationCheck, CurrentListsThatNameNobodyAreGood) {
    Scene scene;
    EXPECT_EQ(brief(scene.judge()), "");
    scene.mode = Revocation::if_available;
    EXPECT_EQ(brief(scene.judge()), "");
}

TEST(RevocationCheck, WhoeverIsNamedIsRevokedInEitherMode) {
    for (const Revocation mode : {Revocation::required, Revocation::if_available}) {
        Scene scene;
        scene.mode = mode;
        scene.lists[0].entries = {{Bytes{9}, {}}};
        EXPECT_EQ(brief(scene.judge()), "");
        scene.lists[0].entries.push_back({Bytes{1}, {}});
        EXPECT_EQ(brief(scene.judge()), "revoked@0");
        EXPECT_EQ(scene.judge().front().text,
                  "revoked on 2029-01-01T00:00:00Z (unspecified) by the list of \"CN=ca\" of "
                  "2029-12-01T00:00:00Z");
        scene.lists[1].entries = {{Bytes{2}, {}}};
        EXPECT_EQ(brief(scene.judge()), "revoked@0 revoked@1");
        scene.lists[0].entries.clear();
        EXPECT_EQ(brief(scene.judge()), "revoked@1");
    }
}

// The anchor is trusted because the program says so; serial 1 of the root's own list is nobody below.
TEST(RevocationCheck, TheAnchorIsNotAskedAbout) {
    Scene scene;
    scene.root.serial = 7;
    scene.lists[1].entries = {{Bytes{7}, {}}};
    EXPECT_EQ(brief(scene.judge()), "");
    scene.ca.serial = 7;
    EXPECT_EQ(brief(scene.judge()), "revoked@1");
}

TEST(RevocationCheck, WithoutACurrentListItIsUnknownIfOneIsRequired) {
    struct Row {
        const char* name;
        void (*change)(Scene&);
        const char* text;
    };
    const Row rows[] = {
        {"none", [](Scene& scene) { scene.lists.erase(scene.lists.begin()); },
         "there is no list of its issuer about it"},
        {"of somebody else", [](Scene& scene) { scene.lists[0].issuer = "cb"; },
         "there is no list of its issuer about it"},
        {"out of date", [](Scene& scene) { scene.lists[0].next_update = "291231235959Z"; },
         "has been out of date since 2029-12-31T23:59:59Z"},
        {"early", [](Scene& scene) { scene.lists[0].this_update = "300101000001Z"; },
         "is of a later day"},
        {"forged", [](Scene& scene) { scene.lists[0].signed_by = "cb-key"; },
         "does not verify with the key of CN=ca"},
        {"signed with SHA-1", [](Scene& scene) { scene.lists[0].algorithm = "1.2.840.10045.4.1"; },
         "signed with SHA-1, which can be forged"},
        {"may not sign lists",
         [](Scene& scene) {
             scene.ca.key_usage = static_cast<std::uint16_t>(KeyUsage::key_cert_sign);
         },
         "CN=ca (serial 02) may not sign lists"},
        {"of authorities only",
         [](Scene& scene) {
             scene.lists[0].extensions = {
                 list_extension("2.5.29.28", true, der::tlv(0x30, der::tlv(0x82, Bytes{0xff})))};
         },
         "there is no list of its issuer about it"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        Scene scene;
        EXPECT_EQ(brief(scene.judge()), "");
        row.change(scene);
        const auto findings = scene.judge();
        ASSERT_EQ(brief(findings), "revocation_unknown@0");
        EXPECT_NE(findings[0].text.find(row.text), std::string::npos) << findings[0].text;
        scene.mode = Revocation::if_available;
        EXPECT_EQ(brief(scene.judge()), "");
    }
}

TEST(RevocationCheck, BothDatesAreInside) {
    Scene scene;
    scene.lists[0].this_update = "300101000000Z";
    EXPECT_EQ(brief(scene.judge()), "");
    scene.lists[0].this_update = "291201000000Z";
    scene.lists[0].next_update = "300101000000Z";
    EXPECT_EQ(brief(scene.judge()), "");
}

// A certificate that was revoked stays so.
TEST(RevocationCheck, AListThatIsOutOfDateStillRevokesAndAForgedOneDoesNot) {
    Scene scene;
    scene.mode = Revocation::if_available;
    scene.lists[0].entries = {{Bytes{1}, {}}};
    scene.lists[0].next_update = "291231235959Z";
    EXPECT_EQ(brief(scene.judge()), "revoked@0");
    scene.lists[0].signed_by = "cb-key";
    EXPECT_EQ(brief(scene.judge()), "");
}

TEST(RevocationCheck, OneOfSeveralListsIsEnough) {
    Scene scene;
    ListSpec old = Scene::of_ca();
    old.next_update = "291231235959Z";
    scene.lists.insert(scene.lists.begin(), old);
    EXPECT_EQ(brief(scene.judge()), "");
    scene.lists[0].entries = {{Bytes{1}, {}}};
    EXPECT_EQ(brief(scene.judge()), "revoked@0");
    scene.lists[0].entries.clear();
    scene.lists[1].entries = {{Bytes{1}, {}}};
    EXPECT_EQ(brief(scene.judge()), "revoked@0");
}

TEST(RevocationCheck, AListIsOnlyAboutItsDistributionPoints) {
    const auto name = [](const char* uri) {
        return der::tlv(0xa0, der::tlv(0xa0, general::uri(uri)));
    };
    Scene scene;
    scene.lists[0].extensions = {
        list_extension("2.5.29.28", true, der::tlv(0x30, name("http://a.test/1")))};
    EXPECT_EQ(brief(scene.judge()), "revocation_unknown@0") << "it names no point";
    scene.leaf.distribution_points = {general::uri("http://a.test/2")};
    EXPECT_EQ(brief(scene.judge()), "revocation_unknown@0");
    scene.leaf.distribution_points.push_back(general::uri("http://a.test/1"));
    EXPECT_EQ(brief(scene.judge()), "");
    scene.lists[0].entries = {{Bytes{1}, {}}};
    EXPECT_EQ(brief(scene.judge()), "revoked@0");
}

TEST(RevocationCheck, ALargerStrengthHoldsForLists) {
    Scene scene;
    scene.strength = Strength::bits_128;
    EXPECT_EQ(brief(scene.judge()), "");
    scene.lists[0].algorithm = "1.2.840.10045.4.3.1";  // ecdsa-with-SHA224
    EXPECT_EQ(brief(scene.judge()), "revocation_unknown@0");
    scene.strength = Strength::bits_112;
    EXPECT_EQ(brief(scene.judge()), "");
}

TEST(RevocationCheck, SignaturesOfListsAreCheckedOnceAndCount) {
    Scene scene;
    scene.judge();
    EXPECT_EQ(scene.signatures, 4U);  // of two certificates and two lists
    scene.limits.path_signatures = 3;
    const auto findings = scene.judge();
    EXPECT_EQ(brief(findings), "revocation_unknown@1");
    EXPECT_NE(findings[0].text.find("path_signatures: 3"), std::string::npos);
    core::RevocationMemory memory;
    scene.memory = &memory;
    scene.limits.path_signatures = 4;
    const RevocationLists lists = RevocationLists::of(scene.built());
    EXPECT_EQ(brief(scene.judge(lists)), "");
    EXPECT_EQ(scene.signatures, 4U);
    EXPECT_EQ(brief(scene.judge(lists)), "");
    EXPECT_EQ(scene.signatures, 2U) << "the lists are known";
    EXPECT_EQ(brief(scene.judge(RevocationLists::of(scene.built()))), "");
    EXPECT_EQ(scene.signatures, 4U) << "other lists, though alike, are not";
}

}  // namespace
}  // namespace omnitls::test
