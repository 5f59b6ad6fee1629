// SPDX-License-Identifier: BSL-1.0
// RFC 9525 as a table: one presented name, one reference, match or not.
#include "core/name_match.hpp"

#include "tests/support/certificate_builder.hpp"

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using namespace std::string_literals;
namespace general = test::general;

Certificate leaf_for(std::vector<Bytes> names, std::string common_name = "leaf") {
    test::CertificateSpec spec;
    spec.subject = std::move(common_name);
    spec.names = std::move(names);
    return test::build(spec);
}

ReferenceIdentity must(Result<ReferenceIdentity> made) {
    if (!made) throw std::logic_error(made.error().what);
    return *std::move(made);
}

ReferenceIdentity dns(std::string_view host) { return must(ReferenceIdentity::dns(host)); }

bool matches(const Bytes& presented, const ReferenceIdentity& wanted) {
    const Certificate leaf = leaf_for({presented});
    return core::match_names(&leaf, {wanted}).matched;
}

std::string label(std::size_t size) { return std::string(size, 'a'); }

TEST(NameMatch, DnsTable) {
    struct Row {
        std::string presented;
        std::string wanted;
        bool match;
    };
    const std::string long_name = label(63) + "." + label(63) + "." + label(63) + "." + label(61);
    const Row rows[] = {
        {"example.org", "example.org", true},
        {"EXAMPLE.Org", "example.org", true},
        {"example.org", "Example.ORG", true},
        {"example.org", "example.org.", true},  // the reference's trailing dot is stripped
        {"example.org.", "example.org", false},
        {"example.org", "example.com", false},
        {"example.org", "a.example.org", false},
        {"a.example.org", "example.org", false},
        {"xample.org", "example.org", false},
        {"localhost", "localhost", true},
        {"a_b.example.org", "a-b.example.org", false},
        // Wildcards: the whole leftmost label, exactly one, two labels behind it.
        {"*.example.org", "foo.example.org", true},
        {"*.EXAMPLE.org", "FOO.example.ORG", true},
        {"*.example.org", "example.org", false},
        {"*.example.org", "a.b.example.org", false},
        {"*.example.org", "fooexample.org", false},
        {"*.a.example.org", "b.a.example.org", true},
        {"*.org", "example.org", false},
        {"*.", "example.org", false},
        {"*", "localhost", false},
        {"*", "example.org", false},
        {"*.org.", "example.org", false},
        {"*.example.org.", "foo.example.org", false},
        {"f*.example.org", "foo.example.org", false},
        {"*o.example.org", "foo.example.org", false},
        {"f*o.example.org", "foo.example.org", false},
        {"foo.*.org", "foo.example.org", false},
        {"foo.example.*", "foo.example.org", false},
        {"*.*.example.org", "a.b.example.org", false},
        {"**.example.org", "foo.example.org", false},
        {"*.example..org", "foo.example.org", false},
        // A-labels: a whole-label wildcard may stand for one, a partial one never.
        {"*.example.org", "xn--caf-dma.example.org", true},
        {"xn--*.example.org", "xn--caf-dma.example.org", false},
        {"xn--caf-dma.example.org", "xn--caf-dma.example.org", true},
        {"XN--CAF-DMA.example.org", "xn--caf-dma.example.org", true},
        {"caf\xc3\xa9.example.org", "xn--caf-dma.example.org", false},
        {"\xc4xample.org", "example.org", false},
        // Damage.
        {"example.org\0.evil.test"s, "example.org", false},
        {"example.org\0"s, "example.org", false},
        {"\0example.org"s, "example.org", false},
        {"*.example.org\0"s, "foo.example.org", false},
        {"exam ple.org", "example.org", false},
        {" example.org", "example.org", false},
        {"example.org\n", "example.org", false},
        {".example.org", "example.org", false},
        {".example.org", "a.example.org", false},
        {"example..org", "example.org", false},
        {"example.org/", "example.org", false},
        {"https://example.org", "example.org", false},
        {"", "example.org", false},
        // Sizes.
        {label(63) + ".org", label(63) + ".org", true},
        {label(64) + ".org", label(63) + ".org", false},
        {long_name, long_name, true},
        {long_name + "a", long_name, false},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(matches(general::dns(row.presented), dns(row.wanted)), row.match)
            << escape_untrusted(row.presented) << " for " << row.wanted;
    }
}

TEST(NameMatch, AddressTable) {
    const Bytes v4{192, 0, 2, 1};
    Bytes v6(16);
    v6[0] = 0x20;
    v6[1] = 0x01;
    v6[2] = 0x0d;
    v6[3] = 0xb8;
    v6[15] = 1;
    Bytes mapped(16);
    mapped[10] = mapped[11] = 0xff;
    std::copy(v4.begin(), v4.end(), mapped.begin() + 12);
    const auto ref4 = must(ReferenceIdentity::ip("192.0.2.1"));
    const auto ref6 = must(ReferenceIdentity::ip("2001:db8::1"));

    EXPECT_TRUE(matches(general::ip(v4), ref4));
    EXPECT_TRUE(matches(general::ip(v6), ref6));
    EXPECT_FALSE(matches(general::ip({192, 0, 2, 2}), ref4));
    EXPECT_FALSE(matches(general::ip(v6), ref4));
    EXPECT_FALSE(matches(general::ip(v4), ref6));
    EXPECT_FALSE(matches(general::ip(mapped), ref4));
    // An address written as a DNS name is no address, and no wildcard is for one (RFC 9525 §6.5).
    EXPECT_FALSE(matches(general::dns("192.0.2.1"), ref4));
    EXPECT_FALSE(matches(general::dns("*.0.2.1"), ref4));
    EXPECT_FALSE(matches(general::dns("2001:db8::1"), ref6));
    EXPECT_FALSE(matches(general::uri("https://192.0.2.1"), ref4));
}

TEST(NameMatch, SrvTable) {
    const auto wanted = must(ReferenceIdentity::srv("xmpp-client", "example.org"));
    const auto below = must(ReferenceIdentity::srv("xmpp-client", "im.example.org"));
    EXPECT_TRUE(matches(general::srv("_xmpp-client.example.org"), wanted));
    EXPECT_TRUE(matches(general::srv("_XMPP-Client.Example.ORG"), wanted));
    EXPECT_FALSE(matches(general::srv("_xmpp-server.example.org"), wanted));
    EXPECT_FALSE(matches(general::srv("xmpp-client.example.org"), wanted));
    EXPECT_FALSE(matches(general::srv("_xmpp-client.example.com"), wanted));
    EXPECT_FALSE(matches(general::srv("_xmpp-client"), wanted));
    EXPECT_FALSE(matches(general::srv("_.example.org"), wanted));
    EXPECT_FALSE(matches(general::srv("*.example.org"), wanted));
    EXPECT_TRUE(matches(general::srv("_xmpp-client.*.example.org"), below));
    EXPECT_FALSE(matches(general::srv("_xmpp-client.*.example.org"), wanted));
    EXPECT_FALSE(matches(general::dns("example.org"), wanted));
    EXPECT_FALSE(matches(general::dns("_xmpp-client.example.org"), wanted));
}

TEST(NameMatch, UriTable) {
    const auto sip = must(ReferenceIdentity::uri("sip", "example.org"));
    const auto https = must(ReferenceIdentity::uri("https", "example.org"));
    EXPECT_TRUE(matches(general::uri("sip:example.org"), sip));
    EXPECT_TRUE(matches(general::uri("SIP:Example.org"), sip));
    EXPECT_TRUE(matches(general::uri("sip:example.org;transport=tls"), sip));
    EXPECT_TRUE(matches(general::uri("https://example.org/path?x#y"), https));
    EXPECT_FALSE(matches(general::uri("sips:example.org"), sip));
    EXPECT_FALSE(matches(general::uri("sip:alice@example.org"), sip));
    EXPECT_FALSE(matches(general::uri("https://alice@example.org/"), https));
    EXPECT_FALSE(matches(general::uri("https://example.org:8443/"), https));
    EXPECT_FALSE(matches(general::uri("https://example.org.evil.test/"), https));
    EXPECT_FALSE(matches(general::uri("https://evil.test/example.org"), https));
    EXPECT_FALSE(matches(general::uri("https://evil.test#example.org"), https));
    EXPECT_FALSE(matches(general::uri("example.org"), sip));
    EXPECT_FALSE(matches(general::uri("sip:"), sip));
    EXPECT_FALSE(matches(general::dns("example.org"), sip));
}

TEST(NameMatch, XmppAddrTable) {
    const auto user = must(ReferenceIdentity::xmpp_addr("juliet@example.org"));
    const auto domain = must(ReferenceIdentity::xmpp_addr("example.org"));
    EXPECT_TRUE(matches(general::xmpp("juliet@example.org"), user));
    EXPECT_TRUE(matches(general::xmpp("juliet@Example.org"), user));
    EXPECT_TRUE(matches(general::xmpp("example.org"), domain));
    EXPECT_FALSE(matches(general::xmpp("romeo@example.org"), user));
    EXPECT_FALSE(matches(general::xmpp("example.org"), user));
    EXPECT_FALSE(matches(general::xmpp("juliet@example.org"), domain));
    EXPECT_FALSE(matches(general::xmpp("*.example.org"), domain));
    EXPECT_FALSE(matches(general::xmpp("example.org\0"s), domain));
    EXPECT_FALSE(matches(general::email("juliet@example.org"), user));
}

TEST(NameMatch, CommonNameNeverCounts) {
    const Certificate without = leaf_for({}, "example.org");
    const Certificate other_types = leaf_for({general::email("a@example.org")}, "example.org");
    const Certificate with = leaf_for({general::dns("example.org")}, "something else");
    EXPECT_FALSE(core::match_names(&without, {dns("example.org")}).matched);
    EXPECT_FALSE(core::match_names(&other_types, {dns("example.org")}).matched);
    EXPECT_TRUE(core::match_names(&with, {dns("example.org")}).matched);
}

TEST(NameMatch, AnyOfTheWantedIsEnough) {
    const Certificate leaf = leaf_for({general::dns("a.test"), general::dns("*.b.test")});
    const auto result = core::match_names(
        &leaf, {dns("c.test"), must(ReferenceIdentity::ip("192.0.2.1")), dns("x.b.test")});
    EXPECT_TRUE(result.checked);
    EXPECT_TRUE(result.matched);
    EXPECT_EQ(result.matched_by, "DNS:*.b.test");
    EXPECT_EQ(result.wanted,
              (std::vector<std::string>{"DNS:c.test", "IP:192.0.2.1", "DNS:x.b.test"}));
    EXPECT_EQ(result.present, (std::vector<std::string>{"DNS:a.test", "DNS:*.b.test"}));
    EXPECT_FALSE(core::match_names(&leaf, {dns("c.test")}).matched);
}

TEST(NameMatch, NothingWantedAndNoLeafNeverMatch) {
    const Certificate leaf = leaf_for({general::dns("a.test")});
    EXPECT_TRUE(core::match_names(&leaf, {dns("a.test")}).matched);
    const auto nothing_wanted = core::match_names(&leaf, {});
    EXPECT_FALSE(nothing_wanted.matched);
    EXPECT_EQ(nothing_wanted.present.size(), 1U);
    const auto no_leaf = core::match_names(nullptr, {dns("a.test")});
    EXPECT_TRUE(no_leaf.checked);
    EXPECT_FALSE(no_leaf.matched);
    EXPECT_TRUE(no_leaf.present.empty());
    EXPECT_EQ(no_leaf.wanted.size(), 1U);
}

TEST(NameMatch, PresentNamesArePrintedEscapedAndBounded) {
    std::vector<Bytes> names{general::dns("a\nb\x80"),
                             general::ip({192, 0, 2, 1}),
                             general::uri("sip:x"),
                             general::email("a@b"),
                             general::srv("_s.x"),
                             general::xmpp("j@x"),
                             general::directory(test::der::name({{"2.5.4.3", "dir"}})),
                             general::registered_id("1.2.3"),
                             general::other("2.999.1", "?")};
    const Certificate some = leaf_for(names);
    const auto present = core::match_names(&some, {}).present;
    EXPECT_EQ(present, (std::vector<std::string>{
                           "DNS:a\\nb\\x80", "IP:192.0.2.1", "URI:sip:x", "email:a@b", "SRV:_s.x",
                           "XMPP:j@x", "directory:CN=dir", "RID:1.2.3", "other:2.999.1"}));

    std::vector<Bytes> many;
    for (int i = 0; i < 100; ++i) many.push_back(general::dns("n" + std::to_string(i) + ".test"));
    const Certificate crowd = leaf_for(many);
    const auto result = core::match_names(&crowd, {dns("n99.test")});
    EXPECT_EQ(result.present.size(), 32U);
    EXPECT_TRUE(result.matched);  // all are compared, not only those that are printed
    EXPECT_EQ(result.matched_by, "DNS:n99.test");
}

}  // namespace
}  // namespace omnitls
