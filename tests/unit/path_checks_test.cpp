// SPDX-License-Identifier: BSL-1.0
// Each check with its twin: a path that is good, and the same path with one property changed.
#include "core/path_checks.hpp"

#include "core/name_constraints.hpp"
#include "tests/support/brief.hpp"
#include "tests/support/certificate_builder.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::brief;

using core::Path;
using core::PathChecker;
using test::authority;
using test::build;
using test::CertificateSpec;
using test::FakeCrypto;
using test::KeyKind;
using test::root_authority;
using test::SignatureKind;
namespace general = test::general;
using namespace std::string_literals;

/// leaf <- ca <- root, to be changed before it is judged.
struct Chain {
    CertificateSpec leaf;
    CertificateSpec ca = authority("ca", "root", "ca-key", "root-key");
    CertificateSpec root = root_authority("root", "root-key");
    std::vector<CertificateSpec> between;  ///< More authorities, between leaf and ca.
    UtcTime time = test::judged_at;
    spi::Purpose purpose = spi::Purpose::server_auth;
    bool anchored = true;
    Limits limits;

    Chain() {
        leaf.issuer = "ca";
        leaf.signed_by = "ca-key";
        leaf.names = {general::dns("leaf.test")};
        leaf.key_usage = static_cast<std::uint16_t>(KeyUsage::digital_signature);
        leaf.extended_key_usage = {test::server_auth, test::client_auth};
    }

    std::vector<Finding> judge(PathChecker::Extent extent = PathChecker::Extent::all) const {
        std::vector<Certificate> certificates{build(leaf)};
        for (const auto& spec : between) certificates.push_back(build(spec));
        certificates.push_back(build(ca));
        certificates.push_back(build(root));
        Path path;
        for (const auto& certificate : certificates) path.push_back({&certificate, nullptr});
        const FakeCrypto crypto;
        PathChecker checker(crypto, limits, time, purpose);
        return checker.check(path, anchored, extent);
    }
};

std::uint16_t usage(KeyUsage bit) { return static_cast<std::uint16_t>(bit); }

TEST(PathChecks, GoodChainHasNoFindings) {
    EXPECT_EQ(brief(Chain{}.judge()), "");
    Chain client;
    client.purpose = spi::Purpose::client_auth;
    EXPECT_EQ(brief(client.judge()), "");
}

TEST(PathChecks, DatesAtEveryDepthAndToTheSecond) {
    using std::chrono::seconds;
    for (int depth = 0; depth < 3; ++depth) {
        Chain chain;
        CertificateSpec& spec = depth == 0 ? chain.leaf : depth == 1 ? chain.ca : chain.root;
        const std::string at = "@" + std::to_string(depth);
        spec.not_after = chain.time;
        EXPECT_EQ(brief(chain.judge()), "");
        spec.not_after = chain.time - seconds(1);
        EXPECT_EQ(brief(chain.judge()), "expired" + at);
        EXPECT_EQ(chain.judge().front().text,
                  "certificate expired 2029-12-31T23:59:59Z, judged at 2030-01-01T00:00:00Z");
        spec.not_after = test::last_day;
        spec.not_before = chain.time;
        EXPECT_EQ(brief(chain.judge()), "");
        spec.not_before = chain.time + seconds(1);
        EXPECT_EQ(brief(chain.judge()), "not_yet_valid" + at);
        EXPECT_NE(chain.judge().front().text.find("2030-01-01T00:00:01Z"), std::string::npos);
        EXPECT_NE(chain.judge().front().subject.find("CN=" + spec.subject), std::string::npos);
    }
}

TEST(PathChecks, IssuersMustBeAuthorities) {
    for (int depth = 1; depth < 3; ++depth) {
        Chain chain;
        CertificateSpec& spec = depth == 1 ? chain.ca : chain.root;
        const std::string at = "@" + std::to_string(depth);
        spec.basic_constraints = BasicConstraints{false, std::nullopt};
        EXPECT_EQ(brief(chain.judge()), "not_a_ca" + at);
        EXPECT_NE(chain.judge().front().text.find("CA:FALSE"), std::string::npos);
        spec.basic_constraints = std::nullopt;
        EXPECT_EQ(brief(chain.judge()), "not_a_ca" + at);
        spec.basic_constraints = BasicConstraints{true, std::nullopt};
        EXPECT_EQ(brief(chain.judge()), "");
    }
    Chain chain;  // the leaf may be an authority: home-made certificates often are
    chain.leaf.basic_constraints = BasicConstraints{true, std::nullopt};
    EXPECT_EQ(brief(chain.judge()), "");
}

TEST(PathChecks, OldRootsAreAnchorsOnly) {
    Chain chain;
    chain.root.version = 1;
    EXPECT_EQ(brief(chain.judge()), "");
    chain.anchored = false;
    EXPECT_EQ(brief(chain.judge()), "not_a_ca@2");
    chain.anchored = true;
    chain.root.issuer = "somebody";  // not self-issued: an old intermediate
    EXPECT_EQ(brief(chain.judge()), "not_a_ca@2");
    chain = Chain{};
    chain.ca.version = 1;
    EXPECT_EQ(brief(chain.judge()), "not_a_ca@1");
}

TEST(PathChecks, PathLength) {
    for (const bool at_root : {false, true}) {
        Chain chain;
        CertificateSpec& spec = at_root ? chain.root : chain.ca;
        const std::uint32_t below = at_root ? 2 : 1;
        chain.leaf.issuer = "sub";
        chain.leaf.signed_by = "sub-key";
        chain.between = {authority("sub", "ca", "sub-key", "ca-key")};
        spec.basic_constraints = BasicConstraints{true, below};
        EXPECT_EQ(brief(chain.judge()), "");
        spec.basic_constraints = BasicConstraints{true, below - 1};
        EXPECT_EQ(brief(chain.judge()), at_root ? "path_length@3" : "path_length@2");
        EXPECT_EQ(chain.judge().front().text, "allows " + std::to_string(below - 1) +
                                                  " intermediates below it, the path has " +
                                                  std::to_string(below));
    }
    // Self-issued intermediates (key roll-over) do not count, nor does a leaf that is an authority.
    Chain chain;
    chain.leaf.signed_by = "ca-key2";
    chain.leaf.basic_constraints = BasicConstraints{true, std::nullopt};
    chain.between = {authority("ca", "ca", "ca-key2", "ca-key")};
    chain.ca.basic_constraints = BasicConstraints{true, 0};
    EXPECT_EQ(brief(chain.judge()), "");
}

TEST(PathChecks, KeyUsage) {
    Chain chain;
    chain.leaf.key_usage = usage(KeyUsage::key_agreement);
    EXPECT_EQ(brief(chain.judge()), "key_usage@0");
    chain.leaf.key_usage = std::nullopt;
    EXPECT_EQ(brief(chain.judge()), "");
    for (const bool at_root : {false, true}) {
        Chain issuer;
        CertificateSpec& spec = at_root ? issuer.root : issuer.ca;
        spec.key_usage = usage(KeyUsage::crl_sign);
        EXPECT_EQ(brief(issuer.judge()), at_root ? "key_usage@2" : "key_usage@1");
        spec.key_usage = std::nullopt;
        EXPECT_EQ(brief(issuer.judge()), "");
    }
}

TEST(PathChecks, ExtendedKeyUsageForThePurposeAtEveryDepth) {
    for (int depth = 0; depth < 3; ++depth) {
        for (const bool server : {true, false}) {
            Chain chain;
            CertificateSpec& spec = depth == 0 ? chain.leaf : depth == 1 ? chain.ca : chain.root;
            chain.purpose = server ? spi::Purpose::server_auth : spi::Purpose::client_auth;
            const std::string at = "extended_key_usage@" + std::to_string(depth);
            spec.extended_key_usage = {server ? test::server_auth : test::client_auth};
            EXPECT_EQ(brief(chain.judge()), "");
            spec.extended_key_usage = {server ? test::client_auth : test::server_auth};
            EXPECT_EQ(brief(chain.judge()), at);
            spec.extended_key_usage = {test::any_usage};
            EXPECT_EQ(brief(chain.judge()), at);
            EXPECT_NE(chain.judge().front().text.find("any"), std::string::npos);
            spec.extended_key_usage = std::nullopt;
            EXPECT_EQ(brief(chain.judge()), "");
        }
    }
}

TEST(PathChecks, UnknownCriticalExtensions) {
    for (int depth = 0; depth < 3; ++depth) {
        Chain chain;
        CertificateSpec& spec = depth == 0 ? chain.leaf : depth == 1 ? chain.ca : chain.root;
        spec.critical = {"2.999.1"};
        EXPECT_EQ(brief(chain.judge()), "unknown_critical_extension@" + std::to_string(depth));
        EXPECT_NE(chain.judge().front().text.find("2.999.1"), std::string::npos);
        spec.critical.clear();
        EXPECT_EQ(brief(chain.judge()), "");
    }
}

TEST(PathChecks, KeyStrengthAtEveryDepth) {
    for (int depth = 0; depth < 3; ++depth) {
        Chain chain;
        CertificateSpec& spec = depth == 0 ? chain.leaf : depth == 1 ? chain.ca : chain.root;
        const std::string weak = "weak_key@" + std::to_string(depth);
        for (const auto good : {KeyKind::p256, KeyKind::rsa_2048, KeyKind::ed25519}) {
            spec.key_kind = good;
            EXPECT_EQ(brief(chain.judge()), "");
        }
        for (const auto bad : {KeyKind::p224, KeyKind::rsa_1024, KeyKind::unknown_curve,
                               KeyKind::dsa, KeyKind::unknown}) {
            spec.key_kind = bad;
            EXPECT_EQ(brief(chain.judge()), weak) << static_cast<int>(bad);
        }
        spec.key_kind = KeyKind::rsa_16384;
        EXPECT_EQ(brief(chain.judge()), "limit_exceeded@" + std::to_string(depth));
    }
}

TEST(PathChecks, WeakDigestCountsBelowTheAnchor) {
    for (const auto kind : {SignatureKind::ecdsa_sha1, SignatureKind::rsa_md5}) {
        Chain chain;
        chain.leaf.signature_kind = kind;
        EXPECT_EQ(brief(chain.judge()), "weak_signature@0");
        chain = Chain{};
        chain.ca.signature_kind = kind;
        EXPECT_EQ(brief(chain.judge()), "weak_signature@1");
        chain = Chain{};
        chain.root.signature_kind = kind;
        EXPECT_EQ(brief(chain.judge()), "");
        chain.anchored = false;
        EXPECT_EQ(brief(chain.judge()), "weak_signature@2");
    }
}

TEST(PathChecks, Signatures) {
    Chain chain;
    chain.leaf.signed_by = "forger";
    EXPECT_EQ(brief(chain.judge()), "bad_signature@0");
    EXPECT_NE(chain.judge().front().text.find("CN=ca"), std::string::npos);
    chain = Chain{};
    chain.ca.signed_by = "forger";
    EXPECT_EQ(brief(chain.judge()), "bad_signature@1");
    chain = Chain{};
    chain.root.signed_by = "whoever";  // nobody vouches for an anchor
    EXPECT_EQ(brief(chain.judge()), "");
    chain = Chain{};
    chain.leaf.signature_kind = SignatureKind::unknown;
    EXPECT_EQ(brief(chain.judge()), "bad_signature@0");
    EXPECT_NE(chain.judge().front().text.find("2.999.8"), std::string::npos);
}

TEST(PathChecks, EverythingIsSaidMostFundamentalFirst) {
    Chain chain;
    chain.leaf.not_after = test::first_day + std::chrono::seconds(1);
    chain.leaf.key_kind = KeyKind::rsa_1024;
    chain.ca.basic_constraints = std::nullopt;
    chain.ca.signed_by = "forger";
    chain.root.critical = {"2.999.1"};
    EXPECT_EQ(brief(chain.judge()),
              "bad_signature@1 expired@0 weak_key@0 not_a_ca@1 unknown_critical_extension@2");
    EXPECT_FALSE(chain.judge(PathChecker::Extent::first).empty());
    EXPECT_EQ(brief(Chain{}.judge(PathChecker::Extent::first)), "");
}

TEST(PathChecks, PathOfOneIsJudgedAsALeaf) {
    Chain chain;
    chain.leaf.issuer = "leaf";
    chain.leaf.signed_by = "whoever";
    chain.leaf.signature_kind = SignatureKind::ecdsa_sha1;
    auto judge = [&](bool anchored) {
        const Certificate leaf = build(chain.leaf);
        const FakeCrypto crypto;
        PathChecker checker(crypto, chain.limits, chain.time, chain.purpose);
        auto findings = checker.check({{&leaf, nullptr}}, anchored, PathChecker::Extent::all);
        EXPECT_EQ(crypto.checks(), 0U);
        return brief(findings);
    };
    EXPECT_EQ(judge(true), "");
    EXPECT_EQ(judge(false), "weak_signature@0");
    chain.leaf.not_after = chain.time - std::chrono::seconds(1);
    EXPECT_EQ(judge(true), "expired@0");
}

TEST(PathChecks, SignaturesAreCheckedOnceAndCounted) {
    const Chain chain;
    const Certificate leaf = build(chain.leaf);
    const Certificate ca = build(chain.ca);
    const Certificate root = build(chain.root);
    const Path path{{&leaf, nullptr}, {&ca, nullptr}, {&root, nullptr}};
    for (const std::size_t limit : {2U, 1U, 0U}) {
        const FakeCrypto crypto;
        Limits limits;
        limits.path_signatures = limit;
        PathChecker checker(crypto, limits, chain.time, chain.purpose);
        for (int round = 0; round < 3; ++round) {
            const auto findings = checker.check(path, true, PathChecker::Extent::all);
            const std::string wanted = limit == 2   ? ""
                                       : limit == 1 ? "limit_exceeded@1"
                                                    : "limit_exceeded@0 limit_exceeded@1";
            EXPECT_EQ(brief(findings), wanted);
        }
        EXPECT_EQ(crypto.checks(), limit);
        EXPECT_EQ(checker.signatures(), limit);
        EXPECT_EQ(checker.exceeded(), limit == 2 ? "" : "path_signatures");
    }
}

// ---- name constraints -------------------------------------------------------------------------------------------------------

struct ConstraintRow {
    Bytes constraint;
    Bytes name;
    bool inside;
};

bool allowed(std::vector<Bytes> permitted, std::vector<Bytes> excluded, std::vector<Bytes> names) {
    Chain chain;
    chain.leaf.names = std::move(names);
    chain.ca.permitted = std::move(permitted);
    chain.ca.excluded = std::move(excluded);
    const auto findings = chain.judge();
    EXPECT_TRUE(findings.empty() || brief(findings) == "name_constraints@0") << brief(findings);
    return findings.empty();
}

// Inside: permitted allows it and excluded refuses it. Outside: the other way round.
void expect_rows(const std::vector<ConstraintRow>& rows) {
    for (const auto& [constraint, name, inside] : rows) {
        const auto words = [](const Bytes& bytes) {
            return escape_untrusted(as_text(ConstBytes(bytes).subspan(2)));
        };
        EXPECT_EQ(allowed({constraint}, {}, {name}), inside)
            << words(name) << " permitted by " << words(constraint);
        EXPECT_EQ(allowed({}, {constraint}, {name}), !inside)
            << words(name) << " excluded by " << words(constraint);
    }
}

TEST(NameConstraints, Dns) {
    using general::dns;
    expect_rows({
        {dns("example.org"), dns("example.org"), true},
        {dns("example.org"), dns("a.example.org"), true},
        {dns("example.org"), dns("a.b.EXAMPLE.org"), true},
        {dns("Example.ORG"), dns("a.example.org"), true},
        {dns("example.org"), dns("*.example.org"), true},
        {dns("example.org"), dns("badexample.org"), false},
        {dns("example.org"), dns("example.com"), false},
        {dns("a.example.org"), dns("example.org"), false},
        {dns(".example.org"), dns("a.example.org"), true},
        {dns(""), dns("anything.test"), true},
    });
    // In doubt outside what is permitted and inside what is excluded.
    EXPECT_FALSE(allowed({dns(".example.org")}, {}, {dns("example.org")}));
    EXPECT_FALSE(allowed({}, {dns(".example.org")}, {dns("example.org")}));
    EXPECT_FALSE(allowed({dns("bad.example.org")}, {}, {dns("*.example.org")}));
    EXPECT_FALSE(allowed({}, {dns("bad.example.org")}, {dns("*.example.org")}));
    EXPECT_TRUE(allowed({}, {dns("very.bad.example.org")}, {dns("*.example.org")}));
}

TEST(NameConstraints, EveryNameAndEveryListCounts) {
    using general::dns;
    EXPECT_TRUE(allowed({dns("a.test"), dns("b.test")}, {}, {dns("x.a.test"), dns("x.b.test")}));
    EXPECT_FALSE(allowed({dns("a.test"), dns("b.test")}, {}, {dns("x.a.test"), dns("x.c.test")}));
    EXPECT_TRUE(allowed({dns("a.test")}, {dns("bad.a.test")}, {dns("x.a.test")}));
    EXPECT_FALSE(allowed({dns("a.test")}, {dns("bad.a.test")}, {dns("x.bad.a.test")}));
    // Names of other types are free.
    EXPECT_TRUE(allowed({dns("a.test")}, {}, {general::email("x@y"), general::ip({1, 2, 3, 4})}));
    EXPECT_TRUE(allowed({general::ip({10, 0, 0, 0, 255, 0, 0, 0})}, {}, {dns("x.test")}));
}

TEST(NameConstraints, Addresses) {
    using general::ip;
    Bytes v6(16, 1);
    Bytes all_v6(32);
    expect_rows({
        {ip({10, 0, 0, 0, 255, 0, 0, 0}), ip({10, 1, 2, 3}), true},
        {ip({10, 0, 0, 0, 255, 0, 0, 0}), ip({11, 1, 2, 3}), false},
        {ip({10, 1, 2, 3, 255, 255, 255, 255}), ip({10, 1, 2, 3}), true},
        {ip({10, 1, 2, 3, 255, 255, 255, 255}), ip({10, 1, 2, 4}), false},
        {ip({0, 0, 0, 0, 0, 0, 0, 0}), ip({1, 2, 3, 4}), true},
        {ip({0, 0, 0, 0, 0, 0, 0, 0}), ip(v6), false},
        {ip(all_v6), ip(v6), true},
        {ip(all_v6), ip({1, 2, 3, 4}), false},
    });
}

TEST(NameConstraints, EmailAndUri) {
    using general::email;
    using general::uri;
    expect_rows({
        {email("a@example.org"), email("a@example.org"), true},
        {email("a@example.org"), email("a@EXAMPLE.org"), true},
        {email("a@example.org"), email("b@example.org"), false},
        {email("example.org"), email("b@example.org"), true},
        {email("example.org"), email("b@a.example.org"), false},
        {email(".example.org"), email("b@a.example.org"), true},
        {email(".example.org"), email("b@example.org"), false},
        {uri("example.org"), uri("https://example.org/x"), true},
        {uri("example.org"), uri("HTTPS://Example.org:8443"), true},
        {uri("example.org"), uri("https://u@example.org?x"), true},
        {uri("example.org"), uri("https://a.example.org/"), false},
        {uri(".example.org"), uri("https://a.example.org/"), true},
        {uri("example.org"), uri("https://evil.test/?example.org"), false},
    });
    // No host to compare: refused by either list (RFC 5280 §4.2.1.10).
    for (const std::string bad :
         {"urn:x", "sip:example.org", "https://192.0.2.1/", "https://[::1]/"}) {
        EXPECT_FALSE(allowed({uri("example.org")}, {}, {uri(bad)})) << bad;
        EXPECT_FALSE(allowed({}, {uri("other.test")}, {uri(bad)})) << bad;
        EXPECT_TRUE(allowed({}, {}, {uri(bad)})) << bad;
    }
    EXPECT_FALSE(allowed({email("A@example.org")}, {}, {email("a@example.org")}));
    EXPECT_FALSE(allowed({}, {email("A@example.org")}, {email("a@example.org")}));
    EXPECT_FALSE(allowed({email("example.org")}, {}, {email("no at sign")}));
    EXPECT_FALSE(allowed({}, {email("example.org")}, {email("no at sign")}));
}

Bytes directory(const std::vector<std::pair<std::string, std::string>>& attributes,
                std::uint8_t tag = 0x0c) {
    return general::directory(test::der::name(attributes, tag));
}

TEST(NameConstraints, DirectoryNames) {
    const std::string country = "2.5.4.6";
    const std::string org = "2.5.4.10";
    const Bytes example = directory({{country, "DE"}, {org, "Example"}});
    auto subject_allowed = [&](bool permitted, const Bytes& constraint,
                               std::vector<std::pair<std::string, std::string>> subject,
                               std::uint8_t tag = 0x0c) {
        Chain chain;
        chain.leaf.subject_der = test::der::name(subject, tag);
        (permitted ? chain.ca.permitted : chain.ca.excluded) = {constraint};
        return chain.judge().empty();
    };
    const std::vector<std::pair<std::string, std::string>> inside{
        {country, "DE"}, {org, "Example"}, {"2.5.4.3", "leaf"}};
    const std::vector<std::pair<std::string, std::string>> sloppy{
        {country, "de"}, {org, "  eXample "}, {"2.5.4.3", "leaf"}};
    const std::vector<std::pair<std::string, std::string>> outside{
        {country, "DE"}, {org, "Other"}, {"2.5.4.3", "leaf"}};
    const std::vector<std::pair<std::string, std::string>> shorter{{country, "DE"}};
    EXPECT_TRUE(subject_allowed(true, example, inside));
    EXPECT_FALSE(subject_allowed(false, example, inside));
    EXPECT_TRUE(subject_allowed(true, example, sloppy, 0x13));
    EXPECT_FALSE(subject_allowed(false, example, sloppy, 0x13));
    EXPECT_FALSE(subject_allowed(true, example, outside));
    EXPECT_TRUE(subject_allowed(false, example, outside));
    EXPECT_FALSE(subject_allowed(true, example, shorter));
    EXPECT_TRUE(subject_allowed(false, example, shorter));
    // The same words as UTF-16 must not slip past.
    const std::string wide = "\0E\0x\0a\0m\0p\0l\0e"s;
    EXPECT_FALSE(subject_allowed(false, directory({{org, "Example"}}), {{org, wide}}, 0x1e));
    EXPECT_TRUE(subject_allowed(false, directory({{org, "Other"}}), {{org, wide}}, 0x1e));
    // An alternative name counts, and an empty subject does not.
    EXPECT_FALSE(allowed({}, {directory({{country, "FR"}})}, {directory({{country, "FR"}})}));
    EXPECT_TRUE(allowed({}, {directory({{country, "FR"}})}, {directory({{country, "DE"}})}));
    Chain empty;
    empty.leaf.subject.clear();
    empty.ca.permitted = {example};
    EXPECT_EQ(brief(empty.judge()), "");
}

// What may be one name to another reader is inside what is excluded, and outside what is permitted.
TEST(NameConstraints, DirectoryNamesBeyondAscii) {
    const auto accepted = [](const char* name, std::vector<Bytes> permitted,
                             std::vector<Bytes> excluded) {
        Chain chain;
        chain.leaf.subject_der = test::der::name({{"2.5.4.10", name}}, 0x0c);
        chain.ca.permitted = std::move(permitted);
        chain.ca.excluded = std::move(excluded);
        return chain.judge().empty();
    };
    struct Pair {
        const char* constraint;
        const char* name;
        bool may_be_same;
    };
    const Pair pairs[] = {
        {"Caf\u00e9", "Caf\u00e9", true},   {"Caf\u00e9", "CAF\u00c9", true},
        {"Caf\u00e9", "Cafe\u0301", true},  {"Cafe", "Ca\u00adfe", true},
        {"\u212aelvin", "kelvin", true},    {"Caf\u00e9", "Corp", false},
        {"Caf\u00e9", "Cafeteria", true},  // in doubt
        {"Caf\u00e9", "Conf\u00e9", false}, {"Corp", "Corp\u00e9", true},
        {"Corp", "Company", false},
    };
    for (const Pair& pair : pairs) {
        SCOPED_TRACE(std::string(pair.constraint) + " " + pair.name);
        const Bytes constraint = directory({{"2.5.4.10", pair.constraint}});
        EXPECT_EQ(accepted(pair.name, {}, {constraint}), !pair.may_be_same);
        const bool same = std::string_view(pair.constraint) == pair.name;
        EXPECT_EQ(accepted(pair.name, {constraint}, {}), same);
    }
}

TEST(NameConstraints, EmailInTheSubjectCounts) {
    for (const bool inside : {true, false}) {
        Chain chain;
        chain.leaf.subject_der =
            test::der::name({{"1.2.840.113549.1.9.1", inside ? "a@example.org" : "a@evil.test"}});
        chain.ca.permitted = {general::email("example.org")};
        EXPECT_EQ(brief(chain.judge()), inside ? "" : "name_constraints@0");
    }
}

TEST(NameConstraints, DomainsOfSrvAndXmppNamesAreHeldToTheDnsOnes) {
    using general::dns;
    EXPECT_TRUE(allowed({dns("a.test")}, {}, {general::srv("_xmpp-client.a.test")}));
    EXPECT_FALSE(allowed({dns("a.test")}, {}, {general::srv("_xmpp-client.b.test")}));
    EXPECT_FALSE(allowed({}, {dns("a.test")}, {general::srv("_xmpp-client.x.a.test")}));
    EXPECT_TRUE(allowed({dns("a.test")}, {}, {general::xmpp("u@a.test")}));
    EXPECT_TRUE(allowed({dns("a.test")}, {}, {general::xmpp("u@a.test/r@b.test")}));
    EXPECT_FALSE(allowed({dns("a.test")}, {}, {general::xmpp("a.test@b.test")}));
    EXPECT_FALSE(allowed({dns("a.test")}, {}, {general::xmpp("b.test")}));
}

TEST(NameConstraints, TypesThatAreNotProcessedRefuseSuchNames) {
    const Bytes names[] = {general::srv("_x.a.test"), general::xmpp("a.test"),
                           general::registered_id("1.2.3"), general::other("2.999.1", "x")};
    for (const Bytes& name : names) {
        EXPECT_FALSE(allowed({name}, {}, {name}));
        EXPECT_FALSE(allowed({}, {name}, {name}));
        EXPECT_TRUE(allowed({name}, {}, {general::dns("x.test")}));
    }
}

TEST(NameConstraints, BindAllBelowButSelfIssuedIntermediates) {
    for (const bool at_root : {false, true}) {
        Chain chain;
        (at_root ? chain.root : chain.ca).permitted = {general::dns("other.test")};
        EXPECT_EQ(brief(chain.judge()), "name_constraints@0");
        const std::string text = chain.judge().front().text;
        EXPECT_NE(text.find("leaf.test"), std::string::npos) << text;
        EXPECT_NE(text.find(at_root ? "CN=root" : "CN=ca"), std::string::npos) << text;
    }
    for (const bool self_issued : {true, false}) {
        Chain chain;
        const std::string name = self_issued ? "ca" : "sub";
        chain.leaf.issuer = name;
        chain.leaf.signed_by = "sub-key";
        chain.between = {authority(name, "ca", "sub-key", "ca-key")};
        chain.between[0].names = {general::dns("bad.test")};
        chain.ca.excluded = {general::dns("bad.test")};
        EXPECT_EQ(brief(chain.judge()), self_issued ? "" : "name_constraints@1");
    }
}

TEST(NameConstraints, BindASelfIssuedLeaf) {
    for (const char* permitted : {"leaf.test", "other.test"}) {
        Chain chain;
        chain.leaf.subject = "ca";  // the issuer's name with a key of its own
        chain.ca.permitted = {general::dns(permitted)};
        EXPECT_EQ(brief(chain.judge()), permitted == "leaf.test"s ? "" : "name_constraints@0");
    }
}

TEST(NameConstraints, WorkIsBounded) {
    std::vector<Bytes> names;
    std::vector<Bytes> constraints;
    for (int i = 0; i < 700; ++i) {
        names.push_back(general::dns("a" + std::to_string(i) + ".test"));
        constraints.push_back(general::dns("b" + std::to_string(i) + ".test"));
    }
    Chain chain;
    chain.leaf.names = names;
    chain.ca.excluded = {constraints.begin(), constraints.begin() + 100};
    EXPECT_EQ(brief(chain.judge()), "");
    chain.ca.excluded = constraints;
    EXPECT_EQ(brief(chain.judge()), "limit_exceeded@0");
    EXPECT_NE(chain.judge().front().text.find("comparisons"), std::string::npos);
}

}  // namespace
}  // namespace omnitls
