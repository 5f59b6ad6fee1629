// SPDX-License-Identifier: BSL-1.0
// The names a program may ask for: each factory's form, and what it refuses beside what it takes.
#include "core/ip_address.hpp"
#include <omnitls/identity.hpp>

#include <string>
#include <type_traits>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omnitls {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

/// The printed identity, or "error: text".
std::string text_of(const Result<ReferenceIdentity>& result) {
    if (result) return result->to_string();
    EXPECT_EQ(result.error().code, Errc::bad_input);
    return "error: " + result.error().what;
}

std::string dns(std::string_view host) { return text_of(ReferenceIdentity::dns(host)); }

// References into what stays, values from what goes.
TEST(ReferenceIdentity, WhatATemporaryGivesOutlivesIt) {
    const std::string& value =
        (*ReferenceIdentity::dns("a-name-too-long-for-the-object.test")).value();
    EXPECT_EQ(value, "a-name-too-long-for-the-object.test");
    const std::string& scheme = (*ReferenceIdentity::uri("sip", "example.org")).qualifier();
    EXPECT_EQ(scheme, "sip");
    const Bytes& address = (*ReferenceIdentity::ip("192.0.2.1")).address();
    EXPECT_EQ(address, (Bytes{192, 0, 2, 1}));
    static_assert(std::is_reference_v<decltype(std::declval<const ReferenceIdentity&>().value())>);
}

TEST(ReferenceIdentity, DnsIsLowerCaseWithoutTrailingDot) {
    EXPECT_EQ(dns("example.org"), "DNS:example.org");
    EXPECT_EQ(dns("EXAMPLE.Org."), "DNS:example.org");
    EXPECT_EQ(dns("localhost"), "DNS:localhost");
    EXPECT_EQ(dns("xn--bcher-kva.example"), "DNS:xn--bcher-kva.example");
    EXPECT_EQ(dns("a-b.1c.example"), "DNS:a-b.1c.example");
    EXPECT_EQ(dns("under_score.example"), "DNS:under_score.example");
    EXPECT_EQ(dns("1.example"), "DNS:1.example");
    EXPECT_EQ(ReferenceIdentity::dns("EXAMPLE.org.").value(),
              ReferenceIdentity::dns("example.org").value());
    EXPECT_EQ(ReferenceIdentity::dns("example.org")->type(), ReferenceIdentity::Type::dns);
}

TEST(ReferenceIdentity, DnsRefusesWhatIsNoHostName) {
    EXPECT_THAT(dns(""), HasSubstr("the name is empty"));
    EXPECT_THAT(dns("."), HasSubstr("an empty label"));
    EXPECT_THAT(dns(".example.org"), HasSubstr("an empty label"));
    EXPECT_THAT(dns("example..org"), HasSubstr("an empty label"));
    EXPECT_THAT(dns("example.org.."), HasSubstr("an empty label"));
    EXPECT_THAT(dns("*.example.org"), HasSubstr("a wildcard"));
    EXPECT_THAT(dns("b\xc3\xbc"
                    "cher.example"),
                HasSubstr("A-label"));
    EXPECT_THAT(dns("-a.example"), HasSubstr("begins or ends with"));
    EXPECT_THAT(dns("a-.example"), HasSubstr("begins or ends with"));
    EXPECT_THAT(dns("exa mple.org"), HasSubstr("\" \" is not allowed"));
    EXPECT_THAT(dns("user@example.org"), HasSubstr("\"@\" is not allowed"));
    EXPECT_THAT(dns("example.org:443"), HasSubstr("\":\" is not allowed"));
    EXPECT_THAT(dns("example.org/x"), HasSubstr("\"/\" is not allowed"));
    EXPECT_THAT(dns(std::string_view{"example.org\0.evil", 17}), HasSubstr("\\x00"));
    EXPECT_THAT(dns("a\nb"), HasSubstr("error: DNS-ID \"a\\nb\": ")) << "quoted safely";
}

TEST(ReferenceIdentity, DnsRefusesAddressesAndWhatResolversTakeForOne) {
    EXPECT_THAT(dns("192.0.2.1"), HasSubstr("ask for an IP-ID"));
    EXPECT_THAT(dns("::1"), HasSubstr("ask for an IP-ID"));
    EXPECT_THAT(dns("127.1"), HasSubstr("cannot end in a number"));
    EXPECT_THAT(dns("256.0.0.1"), HasSubstr("cannot end in a number"));
    EXPECT_THAT(dns("2130706433"), HasSubstr("cannot end in a number"));
    EXPECT_THAT(dns("0x7f000001"), HasSubstr("cannot end in a number"));
    EXPECT_THAT(dns("[::1]"), HasSubstr("is not allowed"));
}

TEST(ReferenceIdentity, DnsBoundsLabelsAndNames) {
    const std::string label(63, 'a');
    EXPECT_EQ(dns(label + ".example"), "DNS:" + label + ".example");
    EXPECT_THAT(dns(label + "a.example"), HasSubstr("more than 63"));
    const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b');
    ASSERT_THAT(name, SizeIs(253));
    EXPECT_EQ(dns(name), "DNS:" + name);
    EXPECT_EQ(dns(name + "."), "DNS:" + name) << "the trailing dot does not count";
    EXPECT_THAT(dns(name + "b"), HasSubstr("more than 253"));
}

TEST(ReferenceIdentity, IpIsBytes) {
    const auto v4 = ReferenceIdentity::ip("192.0.2.1");
    ASSERT_TRUE(v4);
    EXPECT_EQ(v4->address(), (Bytes{192, 0, 2, 1}));
    EXPECT_EQ(v4->to_string(), "IP:192.0.2.1");
    const auto v6 = ReferenceIdentity::ip("2001:DB8:0:0:0:0:0:1");
    ASSERT_TRUE(v6);
    EXPECT_THAT(v6->address(), SizeIs(16));
    EXPECT_EQ(v6->value(), "2001:db8::1") << "printed in one form";
    EXPECT_EQ(*v6, ReferenceIdentity::ip("2001:db8::1").value());
    EXPECT_NE(*v6, ReferenceIdentity::ip("2001:db8::2").value());
    for (const char* bad : {"", "192.0.2", "192.0.2.256", "192.0.2.1 ", " 192.0.2.1", "192.0.2.01",
                            "0xc0.0.2.1", "3221225985", "[2001:db8::1]", "fe80::1%eth0",
                            "2001:db8::1::", "example.org", "192.0.2.1/24"}) {
        EXPECT_THAT(text_of(ReferenceIdentity::ip(bad)), HasSubstr("not an IPv4 or IPv6 address"))
            << bad;
    }
    EXPECT_FALSE(ReferenceIdentity::ip(std::string_view{"192.0.2.1\0x", 11}));
}

TEST(ReferenceIdentity, Srv) {
    const auto srv = ReferenceIdentity::srv("XMPP-Client", "Example.org.");
    ASSERT_TRUE(srv);
    EXPECT_EQ(srv->to_string(), "SRV:_xmpp-client.example.org");
    EXPECT_EQ(srv->value(), "_xmpp-client.example.org");
    EXPECT_EQ(srv->qualifier(), "xmpp-client");
    for (const char* bad : {"", "_xmpp-client", "xmpp.client", "a b", "-a", "\xc3\xa4"}) {
        EXPECT_THAT(text_of(ReferenceIdentity::srv(bad, "example.org")),
                    HasSubstr("SRV-ID service"))
            << bad;
    }
    EXPECT_TRUE(ReferenceIdentity::srv(std::string(62, 's'), "example.org"));
    EXPECT_FALSE(ReferenceIdentity::srv(std::string(63, 's'), "example.org"))
        << "no room for \"_\"";
    EXPECT_FALSE(ReferenceIdentity::srv("xmpp-client", "192.0.2.1"));
    EXPECT_FALSE(ReferenceIdentity::srv("xmpp-client", ""));
}

TEST(ReferenceIdentity, Uri) {
    const auto uri = ReferenceIdentity::uri("SIP", "Example.org");
    ASSERT_TRUE(uri);
    EXPECT_EQ(uri->to_string(), "URI:sip:example.org");
    EXPECT_EQ(uri->value(), "example.org");
    EXPECT_EQ(uri->qualifier(), "sip");
    EXPECT_TRUE(ReferenceIdentity::uri("a+b-c.1", "example.org"));
    for (const char* bad : {"", "1sip", "si p", "sip:", "s\xc3\xa4"}) {
        EXPECT_FALSE(ReferenceIdentity::uri(bad, "example.org")) << bad;
    }
    EXPECT_FALSE(ReferenceIdentity::uri("sip", "user@example.org"));
}

TEST(ReferenceIdentity, XmppAddr) {
    const auto xmpp = [](std::string_view address) {
        return text_of(ReferenceIdentity::xmpp_addr(address));
    };
    EXPECT_EQ(xmpp("Juliet@Example.org"), "XMPP:juliet@example.org");
    EXPECT_EQ(xmpp("example.org."), "XMPP:example.org");
    EXPECT_EQ(ReferenceIdentity::xmpp_addr("j\xc3\xbc@example.org")->value(),
              "j\xc3\xbc@example.org");
    EXPECT_THAT(xmpp("juliet@example.org/balcony"), HasSubstr("no resource"));
    EXPECT_THAT(xmpp("example.org/balcony"), HasSubstr("no resource"));
    EXPECT_THAT(xmpp("@example.org"), HasSubstr("localpart"));
    EXPECT_THAT(xmpp("a b@example.org"), HasSubstr("localpart"));
    EXPECT_THAT(xmpp("a\xff@example.org"), HasSubstr("localpart"));
    EXPECT_THAT(xmpp("a@b@example.org"), HasSubstr("\"@\" is not allowed"));
    EXPECT_THAT(xmpp("juliet@"), HasSubstr("empty"));
    EXPECT_THAT(xmpp(""), HasSubstr("empty"));
    EXPECT_THAT(xmpp("juliet@b\xc3\xbc.example"), HasSubstr("A-label"));
    EXPECT_THAT(xmpp(std::string(1024, 'a') + "@example.org"), HasSubstr("localpart"));
}

TEST(ReferenceIdentity, HostChoosesByForm) {
    EXPECT_EQ(text_of(ReferenceIdentity::host("example.org")), "DNS:example.org");
    EXPECT_EQ(text_of(ReferenceIdentity::host("192.0.2.1")), "IP:192.0.2.1");
    EXPECT_EQ(text_of(ReferenceIdentity::host("2001:db8::1")), "IP:2001:db8::1");
    EXPECT_THAT(text_of(ReferenceIdentity::host("192.0.2.999")),
                HasSubstr("cannot end in a number"));
}

TEST(ReferenceIdentity, FromTextReadsWhatToStringWrites) {
    for (const char* text :
         {"DNS:example.org", "IP:192.0.2.1", "IP:2001:db8::1", "SRV:_xmpp-client.example.org",
          "URI:sip:example.org", "XMPP:a@example.org", "XMPP:example.org"}) {
        EXPECT_EQ(ReferenceIdentity::from_text(text)->to_string(), text);
    }
    EXPECT_EQ(ReferenceIdentity::from_text("example.org")->to_string(), "DNS:example.org");
    EXPECT_EQ(ReferenceIdentity::from_text("192.0.2.1")->to_string(), "IP:192.0.2.1");
    for (const char* text : {"", "DNS:", "DNS:192.0.2.1", "IP:example.org", "SRV:example.org",
                             "SRV:_imap", "SRV:_.example.org", "URI:example.org",
                             "URI::", "XMPP:a@b@c", "dns:example.org", "email:a@example.org"}) {
        const auto name = ReferenceIdentity::from_text(text);
        ASSERT_FALSE(name) << text;
        EXPECT_EQ(name.error().code, Errc::bad_input);
    }
}

TEST(ReferenceIdentity, TypesAreNeverEqual) {
    EXPECT_FALSE(ReferenceIdentity::dns("example.org").value() ==
                 ReferenceIdentity::xmpp_addr("example.org").value());
    EXPECT_FALSE(ReferenceIdentity::uri("sip", "example.org").value() ==
                 ReferenceIdentity::uri("sips", "example.org").value());
}

TEST(IpAddress, PrintsSubnets) {
    using core::print_subnet;
    EXPECT_EQ(print_subnet(Bytes{192, 0, 2, 0, 255, 255, 255, 0}), "192.0.2.0/24");
    EXPECT_EQ(print_subnet(Bytes{192, 0, 2, 0, 255, 255, 254, 0}), "192.0.2.0/23");
    EXPECT_EQ(print_subnet(Bytes{192, 0, 2, 1, 255, 255, 255, 255}), "192.0.2.1/32");
    EXPECT_EQ(print_subnet(Bytes(8)), "0.0.0.0/0");
    EXPECT_EQ(print_subnet(Bytes{192, 0, 2, 0, 255, 255, 253, 0}), std::nullopt);
    EXPECT_EQ(print_subnet(Bytes{192, 0, 2, 0, 255, 0, 255, 0}), std::nullopt);
    EXPECT_EQ(print_subnet(Bytes(4)), std::nullopt);
    EXPECT_EQ(core::print_ip(Bytes{1, 2, 3}), "#010203");
}

}  // namespace
}  // namespace omnitls
