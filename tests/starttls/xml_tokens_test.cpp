// SPDX-License-Identifier: BSL-1.0
// The XML tokenizer: what it reads, what it refuses next to what it takes, its limits to the byte.
#include "core/starttls/xml_tokens.hpp"

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

/// A token as text: "<{ns}local a=v>" , "</{ns}local>", "'text'", each with its depth; empty elements end in "/>".
std::string print(const XmlToken& token) {
    const auto name = [](const XmlName& n) {
        return n.ns.empty() ? n.local : "{" + n.ns + "}" + n.local;
    };
    const std::string depth = std::to_string(token.depth) + ":";
    switch (token.kind) {
        case XmlToken::Kind::none:
            return "";
        case XmlToken::Kind::declaration:
            return "<?xml?>";
        case XmlToken::Kind::start: {
            std::string text = depth + "<" + name(token.name);
            for (const XmlAttribute& a : token.attributes)
                text += " " + name(a.name) + "=" + a.value;
            return text + (token.empty ? "/>" : ">");
        }
        case XmlToken::Kind::end:
            return depth + "</" + name(token.name) + ">";
        case XmlToken::Kind::text:
            return depth + "'" + token.text + "'";
        case XmlToken::Kind::error:
            return std::string("ERROR ") + (token.limit ? "limit " : "") + token.text;
    }
    return "?";
}

/// All tokens of `text`; stops at an error and says how many bytes it took to see it.
std::string read(std::string_view text, XmlLimits limits = {}) {
    XmlTokenizer tokens(limits);
    std::string all;
    std::size_t at = 0;
    for (const char c : text) {
        const XmlToken token = tokens.push(static_cast<std::uint8_t>(c));
        ++at;
        if (token.kind == XmlToken::Kind::none) continue;
        if (!all.empty()) all += ' ';
        all += print(token);
        if (token.kind == XmlToken::Kind::error) return all + " @" + std::to_string(at);
    }
    return all;
}

bool refused(std::string_view text) { return read(text).find("ERROR") != std::string::npos; }

/// `bad` is refused with `why`; `good`, its twin, is read.
void expect_refused(std::string_view good, std::string_view bad, std::string_view why) {
    EXPECT_FALSE(refused(good)) << good << " -> " << read(good);
    const std::string result = read(bad);
    EXPECT_NE(result.find(std::string("ERROR ") + std::string(why)), std::string::npos)
        << bad << " -> " << result;
}

TEST(XmlTokens, ReadsElementsTextAndNamespaces) {
    EXPECT_EQ(read("<a>"), "0:<a>");
    EXPECT_EQ(read("<a><b/></a>"), "0:<a> 1:<b/> 0:</a>");
    EXPECT_EQ(read("<a>hi<b>x</b> there</a >"),
              "0:<a> 1:'hi' 1:<b> 2:'x' 1:</b> 1:' there' 0:</a>");
    EXPECT_EQ(read("<?xml version='1.0'?> <s:a xmlns:s='u:s' xmlns='u:d'><b/><s:c d='1' s:d='2'/>"),
              "<?xml?> 0:<{u:s}a> 1:<{u:d}b/> 1:<{u:s}c d=1 {u:s}d=2/>");
    EXPECT_EQ(read("<a xmlns='u'><b xmlns=''><c/></b><d/></a>"),
              "0:<{u}a> 1:<b> 2:<c/> 1:</b> 1:<{u}d/> 0:</{u}a>");
    EXPECT_EQ(read("<a xml:lang='en'/>"), "0:<a {http://www.w3.org/XML/1998/namespace}lang=en/>");
    EXPECT_EQ(read("<a\n\tb = \"1\"\r\n c='2' />"), "0:<a b=1 c=2/>");
    EXPECT_EQ(read("<a b='>' c=\"it's\"/>"), "0:<a b=> c=it's/>");
    EXPECT_EQ(read("<\xc3\xa9l\xc3\xa9 a='\xf0\x9f\x98\x80'/>"),
              "0:<\xc3\xa9l\xc3\xa9 a=\xf0\x9f\x98\x80/>");
}

TEST(XmlTokens, InnerDeclarationHidesOuter) {
    EXPECT_EQ(read("<p:a xmlns:p='u1'><p:b xmlns:p='u2'><p:c/></p:b><p:d/>"),
              "0:<{u1}a> 1:<{u2}b> 2:<{u2}c/> 1:</{u2}b> 1:<{u1}d/>");
}

TEST(XmlTokens, TagsCompleteAtTheirOwnLastByte) {
    XmlTokenizer tokens;
    const std::string text = "<a><b x='>'/></a>";
    std::string kinds;
    for (const char c : text)
        kinds += std::to_string(static_cast<int>(tokens.push(static_cast<std::uint8_t>(c)).kind));
    EXPECT_EQ(kinds, "00200000000020003");
}

TEST(XmlTokens, DepthCounts) {
    XmlTokenizer tokens;
    const auto push = [&](std::string_view text) {
        for (const char c : text) tokens.push(static_cast<std::uint8_t>(c));
        return tokens.depth();
    };
    EXPECT_EQ(push("<a>"), 1U);
    EXPECT_EQ(push("<b/>"), 1U);
    EXPECT_EQ(push("<b><c>"), 3U);
    EXPECT_EQ(push("</c></b>"), 1U);
    EXPECT_EQ(push("</a>"), 0U);
}

TEST(XmlTokens, AttributesByName) {
    XmlTokenizer tokens;
    XmlToken token;
    for (const char c : std::string("<a xmlns:p='u' p:x='1' y='2'>"))
        token = tokens.push(static_cast<std::uint8_t>(c));
    ASSERT_NE(token.attribute("y"), nullptr);
    EXPECT_EQ(*token.attribute("y"), "2");
    EXPECT_EQ(token.attribute("x"), nullptr) << "it is in a namespace";
    EXPECT_EQ(token.attribute("xmlns:p"), nullptr);
}

TEST(XmlTokens, References) {
    EXPECT_EQ(read("<a b='&lt;&gt;&amp;&apos;&quot;'>&lt;x&gt; &amp;amp;</a>"),
              "0:<a b=<>&'\"> 1:'<x> &amp;' 0:</a>");
    EXPECT_EQ(read("<a>&#65;&#x42;&#x1F600;&#xe9;&#x800;</a>"),
              "0:<a> 1:'AB\xf0\x9f\x98\x80\xc3\xa9\xe0\xa0\x80' 0:</a>");
    const std::string_view bad[] = {
        "&nbsp;",   "&x;",   "&;",     "&",     "&lt",      "&#;",        "&#x;",
        "&#xg;",    "&#1a;", "&#0;",   "&#8;",  "&#xd800;", "&#x110000;", "&#999999999;",
        "&#xfffe;", "&LT;",  "&#X41;", "& lt;", "&a b;"};
    for (const std::string_view reference : bad) {
        expect_refused("<a>&lt;</a>", "<a>" + std::string(reference) + "</a>", "an entity");
        expect_refused("<a b='&lt;'/>", "<a b='" + std::string(reference) + "'/>", "an entity");
    }
}

TEST(XmlTokens, NothingButElements) {
    const std::string_view bad[] = {"<!DOCTYPE a>", "<!-- x -->", "<![CDATA[x]]>",
                                    "<!ENTITY x 'y'>"};
    for (const std::string_view markup : bad) {
        expect_refused("<a><b/></a>", "<a>" + std::string(markup) + "</a>", "a DTD, comment");
        expect_refused("<b/>", markup, "a DTD, comment");
    }
    EXPECT_EQ(read("<a><!ELEMENT"), "0:<a> ERROR a DTD, comment or CDATA section @5")
        << "at once, not at its end";
    expect_refused("<a><b/></a>", "<a><?php x?></a>", "a processing instruction");
    expect_refused("<?xml version='1.0'?><a/>", "<?xml-stylesheet version='1.0'?><a/>",
                   "attributes without white space");
    expect_refused("<?xml version='1.0'?><a/>", "<?php version='1.0'?><a/>",
                   "a processing instruction");
    expect_refused("<?xml version='1.0'?><a/>", " <?xml version='1.0'?><a/>",
                   "a processing instruction");
    expect_refused("<?xml version='1.0'?><a/>", "<?xml version='1.0'?><?xml version='1.0'?><a/>",
                   "a processing instruction");
}

TEST(XmlTokens, Declaration) {
    for (const std::string_view text :
         {"<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding='utf-8' ?>",
          "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>",
          "<?xml version='1.0' standalone='no'?>"}) {
        EXPECT_EQ(read(text), "<?xml?>") << text;
    }
    for (const std::string_view text :
         {"<?xml?>", "<?xml ?>", "<?xml version='1.1'?>", "<?xml version='1.0'>",
          "<?xml encoding='UTF-8'?>", "<?xml version='1.0' encoding='ISO-8859-1'?>",
          "<?xml encoding='UTF-8' version='1.0'?>", "<?xml version='1.0' version='1.0'?>",
          "<?xml version='1.0' standalone='maybe'?>", "<?xml version='1.0' x='y'?>",
          "<?xml version='1.0'encoding='UTF-8'?>"}) {
        EXPECT_TRUE(refused(text)) << text;
    }
}

TEST(XmlTokens, WellFormedness) {
    expect_refused("<a></a>", "<a></b>", "an end tag that matches no");
    expect_refused("<a><b></b></a>", "<a><b></a></b>", "an end tag that matches no");
    expect_refused("<a/>", "</a>", "an end tag that matches no");
    expect_refused("<p:a xmlns:p='u'></p:a>", "<p:a xmlns:p='u' xmlns:q='u'></q:a>",
                   "an end tag that matches no");
    expect_refused("<a></a>", "<a></a x='y'>", "a quote in an end tag");
    expect_refused("<a></a>", "<a></a/>", "an end tag that matches no");
    expect_refused("<a/>", "<a/><b/>", "a second root");
    expect_refused("<a></a> ", "<a></a>x", "text outside");
    expect_refused("<a/>", "x<a/>", "text outside");
    expect_refused("<a/>", "\xef\xbb\xbf<a/>", "text outside");
    expect_refused("<a b='c'/>", "<a b='<'/>", "'<' inside a tag");
    expect_refused("<a></a>", "<a<a></a>", "'<' inside a tag");
    expect_refused("<a>] ]></a>", "<a>]]></a>", "\"]]>\" in text");
    expect_refused("<a/>", "< a/>", "a tag with a bad name");
    expect_refused("<a/>", "</>", "an end tag");
    expect_refused("<a/>", "<>", "a tag with a bad name");
    expect_refused("<a/>", "<1a/>", "a tag with a bad name");
    expect_refused("<a/>", "<a//>", "a tag with a bad name");
    expect_refused("<a/>", "<a= b/>", "a tag with a bad name");
    expect_refused("<a-1._/>", "<a:b:c xmlns:a='u'/>", "a tag with a bad name");
    expect_refused("<a/>", "<:a/>", "a tag with a bad name");
    expect_refused("<a/>", "<a:/>", "a tag with a bad name");
}

TEST(XmlTokens, Attributes) {
    expect_refused("<a b='1' c='2'/>", "<a b='1'c='2'/>", "attributes without white space");
    expect_refused("<a b='1'/>", "<a b/>", "an attribute without value");
    expect_refused("<a b='1'/>", "<a b=1/>", "an attribute value without quotes");
    expect_refused("<a b='1'/>", "<a b=/>", "an attribute value without quotes");
    expect_refused("<a b='1'/>", "<a ='1'/>", "an attribute with a bad name");
    expect_refused("<a b='1'/>", "<a 1b='1'/>", "an attribute with a bad name");
    expect_refused("<a b='1' c='1'/>", "<a b='1' b='1'/>", "an attribute that stands there twice");
    expect_refused("<a xmlns:p='u' xmlns:q='v' p:b='1' q:b='1'/>",
                   "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='1'/>",
                   "an attribute that stands there twice");
    expect_refused("<a xmlns='u' xmlns:p='u'/>", "<a xmlns='u' xmlns='u'/>",
                   "an attribute that stands there twice");
    EXPECT_EQ(read("<a b='x\ty\nz'/>"), "0:<a b=x y z/>");
}

TEST(XmlTokens, Namespaces) {
    expect_refused("<p:a xmlns:p='u'/>", "<p:a/>", "a prefix that is not declared");
    expect_refused("<a xmlns:p='u' p:b='1'/>", "<a p:b='1'/>", "a prefix that is not declared");
    expect_refused("<a><p:b xmlns:p='u'/></a>", "<a><p:b xmlns:p='u'/><p:c/></a>",
                   "a prefix that is not declared");
    expect_refused("<a xmlns=''/>", "<a xmlns:p=''/>", "a prefix without namespace");
    expect_refused("<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>", "<a xmlns:xml='u'/>",
                   "a declaration of a reserved");
    expect_refused("<a xmlns:p='u'/>", "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
                   "a declaration of a reserved");
    expect_refused("<a xmlns='u'/>", "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
                   "a declaration of a reserved");
    expect_refused("<a xmlns:p='u'/>", "<a xmlns:xmlns='u'/>", "a declaration of a reserved");
    expect_refused("<p:a xmlns:p='u'/>", "<xmlns:a/>", "a prefix that is not declared");
}

TEST(XmlTokens, Utf8) {
    const auto valid = [](std::initializer_list<int> bytes) {
        Utf8Check check;
        for (const int byte : bytes) {
            if (!check.push(static_cast<std::uint8_t>(byte))) return false;
        }
        return check.at_boundary();
    };
    EXPECT_TRUE(valid({0x41, 0x0a, 0x7f}));
    EXPECT_TRUE(valid({0xc2, 0x80}));
    EXPECT_TRUE(valid({0xe0, 0xa0, 0x80}));
    EXPECT_TRUE(valid({0xed, 0x9f, 0xbf}));
    EXPECT_TRUE(valid({0xee, 0x80, 0x80}));
    EXPECT_TRUE(valid({0xf0, 0x90, 0x80, 0x80}));
    EXPECT_TRUE(valid({0xf4, 0x8f, 0xbf, 0xbf}));
    EXPECT_FALSE(valid({0x00}));
    EXPECT_FALSE(valid({0x1f}));
    EXPECT_FALSE(valid({0x80})) << "continuation first";
    EXPECT_FALSE(valid({0xc2})) << "cut short";
    EXPECT_FALSE(valid({0xc2, 0x41})) << "cut short by ASCII";
    EXPECT_FALSE(valid({0xc1, 0xbf})) << "over-long";
    EXPECT_FALSE(valid({0xe0, 0x9f, 0xbf})) << "over-long";
    EXPECT_FALSE(valid({0xf0, 0x8f, 0xbf, 0xbf})) << "over-long";
    EXPECT_FALSE(valid({0xed, 0xa0, 0x80})) << "surrogate";
    EXPECT_FALSE(valid({0xf4, 0x90, 0x80, 0x80})) << "past U+10FFFF";
    EXPECT_FALSE(valid({0xf8, 0x88, 0x80, 0x80, 0x80}));
    EXPECT_FALSE(valid({0xff}));
    EXPECT_FALSE(valid({0xef, 0xbf, 0xbe})) << "no character of XML";
    expect_refused("<a>\xc3\xa9</a>", "<a>\xc3</a>", "not UTF-8");
    expect_refused("<a b='\xc3\xa9'/>", "<a b='\xe9'/>", "not UTF-8");
    expect_refused("<a>\t</a>", std::string_view("<a>\0</a>", 8), "not UTF-8");
    EXPECT_EQ(read("<a>\xc3</a>"), "0:<a> ERROR not UTF-8, or a character XML does not allow @5");
}

TEST(XmlTokens, LimitsToTheByte) {
    const XmlLimits limits{.token_bytes = 20, .depth = 3, .attributes = 2};
    const auto tag = [](std::size_t bytes) { return "<" + std::string(bytes - 3, 'x') + "/>"; };
    EXPECT_EQ(read(tag(20), limits), "0:" + tag(20));
    EXPECT_EQ(read(tag(21), limits), "ERROR limit a tag or text that is too long @21");
    EXPECT_EQ(read("<a>" + std::string(19, 'x') + "</a>", limits),
              "0:<a> 1:'" + std::string(19, 'x') + "' 0:</a>");
    EXPECT_EQ(read("<a>" + std::string(21, 'x'), limits),
              "0:<a> ERROR limit a tag or text that is too long @24");
    EXPECT_EQ(read(std::string(21, ' '), limits), "ERROR limit a tag or text that is too long @21");
    EXPECT_EQ(read("<a b='" + std::string(20, 'x'), limits),
              "ERROR limit a tag or text that is too long @21");
    EXPECT_EQ(read("<a><b><c></c>", limits), "0:<a> 1:<b> 2:<c> 2:</c>");
    EXPECT_EQ(read("<a><b><c><d/>", limits),
              "0:<a> 1:<b> 2:<c> ERROR limit elements nested too deep @13");
    EXPECT_EQ(read("<a b='' c=''/>", limits), "0:<a b= c=/>");
    EXPECT_EQ(read("<a b='' c='' d=''/>", limits), "ERROR limit too many attributes @19");
    EXPECT_EQ(read("<a xmlns='u' c=''/>", limits), "0:<{u}a c=/>");
    EXPECT_EQ(read("<a xmlns='' c='' d=''/>", {.token_bytes = 99, .depth = 3, .attributes = 2}),
              "ERROR limit too many attributes @23");
}

TEST(XmlTokens, ErrorsAreFinal) {
    XmlTokenizer tokens;
    for (const char c : std::string("<a></b>")) tokens.push(static_cast<std::uint8_t>(c));
    for (const char c : std::string("<a></a>")) {
        EXPECT_EQ(print(tokens.push(static_cast<std::uint8_t>(c))),
                  "ERROR an end tag that matches no start tag");
    }
}

}  // namespace
}  // namespace omnitls::core
