// SPDX-License-Identifier: BSL-1.0
// The XMPP dialogue: transcripts in every chunking, each way a server can go wrong next to the way it should have gone.
#include "tests/starttls/play.hpp"
#include <omnitls/starttls/xmpp.hpp>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using starttls::Offer;
using Turns = std::vector<std::string>;

const std::string header =
    "<?xml version='1.0'?><stream:stream from='example.org' id='x1' version='1.0' xml:lang='en' "
    "xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'>";
const std::string features =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
    "</stream:features>";
const std::string proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const Turns good = {header + features, proceed};

const std::string client_header =
    "<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";
const std::string client_starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

std::unique_ptr<starttls::Dialogue> make(Offer offer = Offer::required) {
    auto made = starttls::xmpp_client("example.org", offer);
    EXPECT_TRUE(made);
    return std::move(made).value();
}

Outcome run(const Turns& turns, Offer offer = Offer::required, const Chunking& chunking = whole(),
            bool eof = false) {
    auto dialogue = make(offer);
    return play(*dialogue, turns, chunking, eof);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
}

Turns with(std::size_t index, std::string text) {
    Turns turns = good;
    turns[index] = std::move(text);
    return turns;
}

void expect_failure(const Turns& turns, Errc code, std::size_t turn, std::string_view step,
                    std::string_view what_part) {
    const Outcome outcome = run(turns);
    EXPECT_EQ(outcome.error, code) << outcome;
    EXPECT_EQ(outcome.turn, turn) << outcome;
    EXPECT_EQ(outcome.step, step) << outcome;
    EXPECT_FALSE(outcome.upgraded);
    EXPECT_NE(outcome.what.find(what_part), std::string::npos) << outcome.what;
    EXPECT_EQ(outcome.what.find("STARTTLS (xmpp): expected "), 0U) << outcome.what;
    EXPECT_EQ(run(turns, Offer::required, pieces_of(1)), outcome);
    EXPECT_EQ(run(turns, Offer::required, pieces_of(7)), outcome);
}

void expect_upgrade(const Turns& turns) {
    const Outcome outcome = run(turns);
    EXPECT_TRUE(outcome.done && outcome.upgraded) << outcome;
    EXPECT_EQ(run(turns, Offer::required, pieces_of(1)), outcome);
}

TEST(XmppDialogue, UpgradesWhateverTheChunking) {
    const Outcome reference = run(good);
    EXPECT_TRUE(reference.done && reference.upgraded) << reference;
    EXPECT_EQ(reference.sent, client_header + client_starttls);
    EXPECT_EQ(reference.leftover, "");
    EXPECT_EQ(reference.offer, "starttls, mechanisms");
    for (std::size_t cut = 0; cut <= good[0].size(); ++cut) {
        EXPECT_EQ(run(good, Offer::required, cut_at(cut)), reference) << "cut at " << cut;
    }
    for (std::size_t size = 1; size <= 64; ++size) {
        EXPECT_EQ(run(good, Offer::required, pieces_of(size)), reference) << "pieces of " << size;
    }
}

TEST(XmppDialogue, SaysWhereItIs) {
    auto dialogue = make();
    EXPECT_EQ(dialogue->protocol(), "xmpp");
    EXPECT_EQ(dialogue->step_name(), "stream header");
    EXPECT_EQ(as_text(dialogue->output()), client_header);
    Outcome sent;
    send_output(*dialogue, sent);
    Input in{as_bytes(header), false};
    EXPECT_EQ(dialogue->step(in).want, Want::input);
    EXPECT_EQ(dialogue->step_name(), "stream features");
    EXPECT_TRUE(dialogue->output().empty());
    in.bytes = as_bytes(features);
    EXPECT_EQ(dialogue->step(in).want, Want::input);
    EXPECT_EQ(dialogue->step_name(), "STARTTLS");
    EXPECT_FALSE(dialogue->upgraded());
}

TEST(XmppDialogue, OtherSpellingsOfTheSame) {
    const std::string prefixed_tls =
        "<p:features xmlns:p='http://etherx.jabber.org/streams'><t:starttls "
        "xmlns:t='urn:ietf:params:xml:ns:xmpp-tls'/></p:features>";
    expect_upgrade({header + prefixed_tls, proceed});
    expect_upgrade({replaced(header, "<?xml version='1.0'?>", "") + features, proceed});
    expect_upgrade({header, features, proceed});
    expect_upgrade({header + "\n " + features + "\r\n", proceed});
    expect_upgrade(with(1, "<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"></proceed>"));
    expect_upgrade(with(1, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls' ></proceed >"));
    expect_upgrade(with(1, "<t:proceed a='b' xmlns:t='urn:ietf:params:xml:ns:xmpp-tls'/>"));
    expect_upgrade(with(1, " \n" + proceed));
    const std::string default_streams =
        "<stream xmlns='http://etherx.jabber.org/streams' version='1.0'><features><starttls "
        "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></features>";
    expect_upgrade({default_streams, proceed});
}

TEST(XmppDialogue, LeavesWhatFollowsTheGoAhead) {
    const std::string closing = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>";
    for (const std::string& go_ahead : {proceed, closing}) {
        for (const std::string injected : {"", "<", " ", "\n", "<iq/>", "</stream:stream>", ">"}) {
            const Turns turns = with(1, go_ahead + injected);
            for (std::size_t cut = 0; cut <= turns[1].size(); ++cut) {
                const Outcome outcome = run(turns, Offer::required, cut_at(cut));
                EXPECT_TRUE(outcome.upgraded) << outcome;
                EXPECT_EQ(outcome.leftover, injected) << cut;
            }
        }
    }
}

TEST(XmppDialogue, EndIsSticky) {
    auto dialogue = make();
    ASSERT_TRUE(play(*dialogue, good).upgraded);
    Input in{as_bytes(features), true};
    EXPECT_TRUE(dialogue->step(in).done());
    EXPECT_EQ(in.bytes.size(), features.size());
    auto failed = make();
    ASSERT_EQ(play(*failed, with(1, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")).error,
              Errc::starttls_refused);
    in = {as_bytes(proceed), false};
    EXPECT_EQ(failed->step(in).error, Errc::starttls_refused);
    EXPECT_FALSE(failed->upgraded());
}

TEST(XmppDialogue, Refusal) {
    expect_upgrade(good);
    for (const std::string failure :
         {"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>",
          "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'></failure>"}) {
        expect_failure(with(1, failure), Errc::starttls_refused, 1, "STARTTLS",
                       "expected <proceed/> to <starttls/>, server answered <failure/>");
    }
    expect_failure(with(1, "<failure xmlns='jabber:client'/>"), Errc::starttls_protocol, 1,
                   "STARTTLS", "server sent <failure> in namespace \"jabber:client\"");
}

TEST(XmppDialogue, StreamHeaderIsChecked) {
    expect_upgrade(good);
    const std::pair<std::string, std::string> cases[] = {
        {replaced(header, "http://etherx.jabber.org/streams", "http://etherx.jabber.org/stream"),
         "<stream> in namespace"},
        {replaced(header, "<stream:stream", "<stream:streams"), "<streams> in namespace"},
        {replaced(header, " version='1.0' xml:", " xml:"), "has no version"},
        {replaced(header, " version='1.0' xml:", " version='2.0' xml:"), "has version \"2.0\""},
        {replaced(header, " version='1.0' xml:", " version='' xml:"), "has version \"\""},
        {replaced(header, "'jabber:client'>", "'jabber:client'/>"), "<stream> in namespace"},
        {"<html><head>", "<html> in namespace \"\""},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", "text outside the root element"},
        {"SSH-2.0-OpenSSH\r\n", "text outside the root element"},
        {"<!DOCTYPE html>", "a DTD"},
    };
    for (const auto& [text, part] : cases) {
        SCOPED_TRACE(text);
        expect_failure({text, features, proceed}, Errc::starttls_protocol, 0, "stream header",
                       part);
    }
    // The text of the error does not depend on the chunking, the quote beside it says what was at hand.
    auto dialogue = make();
    play(*dialogue, {"HTTP/1.1 400 Bad Request\r\n"});
    EXPECT_EQ(dialogue->last_error()->peer_text, "HTTP/1.1 400 Bad Request\\r\\n");
}

TEST(XmppDialogue, FeaturesAreChecked) {
    const auto only = [](const std::string& inner) {
        return Turns{header + "<stream:features>" + inner + "</stream:features>", proceed};
    };
    expect_upgrade(only("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
    const std::pair<std::string, std::string> cases[] = {
        {"", "server offers nothing"},
        {"<starttls/>", "server offers \"starttls\""},
        {"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls:1'/>", "server offers \"starttls\""},
        {"<STARTTLS xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "server offers \"STARTTLS\""},
        {"<x xmlns='u'><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></x>",
         "server offers \"x\""},
        {"<x>starttls</x><y/>", "server offers \"x, y\""},
    };
    for (const auto& [inner, part] : cases) {
        SCOPED_TRACE(inner);
        expect_failure(only(inner), Errc::starttls_not_offered, 0, "stream features", part);
        const Outcome plain = run(only(inner), Offer::if_offered);
        EXPECT_TRUE(plain.done && !plain.upgraded) << plain;
        EXPECT_EQ(plain.sent, client_header);
    }
    expect_failure({header + "<stream:features/>", proceed}, Errc::starttls_not_offered, 0,
                   "stream features",
                   "expected <starttls/> among the stream features, server offers nothing");
    expect_failure(
        {header + "<features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></features>",
         proceed},
        Errc::starttls_protocol, 0, "stream features", "<features> in namespace \"jabber:client\"");
    expect_failure({header + proceed}, Errc::starttls_protocol, 0, "stream features",
                   "<proceed> in namespace");
    expect_failure({header + "<stream:features>hello</stream:features>"},
                   Errc::starttls_not_offered, 0, "stream features", "server offers nothing");
    expect_failure({header + "hello" + features}, Errc::starttls_protocol, 0, "stream features",
                   "server sent text: \"hello\"");
}

TEST(XmppDialogue, IfOfferedUpgradesWhenItIs) {
    const Outcome outcome = run(good, Offer::if_offered);
    EXPECT_TRUE(outcome.done && outcome.upgraded);
    const Outcome refused =
        run(with(1, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), Offer::if_offered);
    EXPECT_EQ(refused.error, Errc::starttls_refused)
        << "offered and refused is no case for plain text";
}

TEST(XmppDialogue, GoAheadIsChecked) {
    expect_upgrade(good);
    const std::pair<std::string, std::string> cases[] = {
        {"<proceed/>", "<proceed> in namespace \"jabber:client\""},
        {"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "<proceed> in namespace"},
        {"<proceeds xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceeds> in namespace"},
        {"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'><x/></proceed>", "<x> in namespace"},
        {"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'>go</proceed>",
         "server sent text: \"go\""},
        {"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></x>",
         "an end tag that matches no start tag"},
        {features, "<features> in namespace"},
        {"</stream:stream>", "server closed the stream"},
        {"<message>hi</message>", "<message> in namespace"},
        {"text" + proceed, "server sent text: \"text\""},
        {"<!-- -->" + proceed, "a DTD, comment"},
        {"<\x1b[31m>", "not UTF-8, or a character"},
    };
    for (const auto& [text, part] : cases) {
        SCOPED_TRACE(text);
        expect_failure(with(1, text), Errc::starttls_protocol, 1, "STARTTLS", part);
    }
}

TEST(XmppDialogue, StreamErrors) {
    const auto error = [](const std::string& inner) {
        return "<stream:error>" + inner + "</stream:error></stream:stream>";
    };
    const std::string condition = "<host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
    const std::string text =
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>No \x7f\xc3\xa9 "
        "here</text>";
    expect_upgrade(good);
    expect_failure({header + error(condition)}, Errc::starttls_protocol, 0, "stream features",
                   "server sent stream error \"host-unknown\"");
    expect_failure({header + error(condition + text)}, Errc::starttls_protocol, 0,
                   "stream features", "\"host-unknown\": \"No \\x7f\\xc3\\xa9 here\"");
    expect_failure(with(1, error(condition)), Errc::starttls_protocol, 1, "STARTTLS",
                   "\"host-unknown\"");
    expect_failure({header + error("<x/>")}, Errc::starttls_protocol, 0, "stream features",
                   "\"without condition\"");
    expect_failure({header + "<stream:error/>"}, Errc::starttls_protocol, 0, "stream features",
                   "\"without condition\"");
}

TEST(XmppDialogue, AnswersBeforeTheQuestion) {
    expect_upgrade(good);
    expect_failure({header + features + proceed}, Errc::starttls_protocol, 0, "STARTTLS",
                   "before it was asked");
    expect_failure({header + features + "<"}, Errc::starttls_protocol, 0, "STARTTLS",
                   "before it was asked");
    // The stream header is the client's to send first.
    for (const bool sent : {true, false}) {
        auto dialogue = make();
        if (sent) dialogue->consume_output(dialogue->output().size());
        Input in{as_bytes(header), false};
        const Step step = dialogue->step(in);
        EXPECT_EQ(step.error, sent ? std::error_code() : make_error_code(Errc::starttls_protocol));
        EXPECT_EQ(dialogue->step_name(), sent ? "stream features" : "stream header");
    }
    auto space = make();
    Input in{as_bytes(" "), false};
    EXPECT_EQ(space->step(in).error, Errc::starttls_protocol);
}

TEST(XmppDialogue, ConnectionEndsAnywhere) {
    const std::string all = good[0] + good[1];
    for (std::size_t bytes = 0; bytes < all.size(); ++bytes) {
        Turns turns = {all.substr(0, std::min(bytes, good[0].size()))};
        if (bytes >= good[0].size())
            turns.push_back(all.substr(good[0].size(), bytes - good[0].size()));
        const Outcome waiting = run(turns);
        EXPECT_FALSE(waiting.done || waiting.error) << "without the end it waits";
        const Outcome outcome = run(turns, Offer::required, whole(), true);
        EXPECT_EQ(outcome.error, Errc::truncated) << outcome;
        const bool in_header = bytes < header.size();
        const bool in_features = !in_header && bytes < good[0].size();
        EXPECT_EQ(outcome.step, in_header     ? "stream header"
                                : in_features ? "stream features"
                                              : "STARTTLS");
        const std::string expected = in_header     ? "a stream header"
                                     : in_features ? "<stream:features> after the stream header"
                                                   : "<proceed/> to <starttls/>";
        const std::size_t start = in_header ? 0 : in_features ? header.size() : good[0].size();
        const std::string came = all.substr(start, std::min<std::size_t>(bytes - start, 256));
        EXPECT_EQ(outcome.what, "STARTTLS (xmpp): expected " + expected + ", connection ended " +
                                    (came.empty() ? "before anything came"
                                                  : "after \"" + escape_untrusted(came) + "\""));
    }
    EXPECT_TRUE(run(good, Offer::required, whole(), true).upgraded);
}

TEST(XmppDialogue, Limits) {
    const auto nested = [](int depth) {
        std::string text = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
        for (int i = 0; i < depth; ++i) text += "<x>";
        for (int i = 0; i < depth; ++i) text += "</x>";
        return Turns{header + text + "</stream:features>", proceed};
    };
    expect_upgrade(nested(14));
    expect_failure(nested(15), Errc::limit_exceeded, 0, "stream features", "nested too deep");

    const auto attribute = [](std::size_t size) {
        return with(1, replaced(proceed, " xmlns", " a='" + std::string(size, 'x') + "' xmlns"));
    };
    const std::size_t fits = 4096 - proceed.size() - 5;
    expect_upgrade(attribute(fits));
    expect_failure(attribute(fits + 1), Errc::limit_exceeded, 1, "STARTTLS", "too long");

    const auto filled = [](std::size_t total) {
        std::size_t rest = total - good[0].size() - good[1].size();
        std::string filler;
        while (rest > 0) {
            const std::size_t size = rest > 2000 ? 1000 : rest;
            filler += "<x>" + std::string(size - 7, 'y') + "</x>";
            rest -= size;
        }
        return with(0, replaced(good[0], "<mechanisms", filler + "<mechanisms"));
    };
    ASSERT_EQ(filled(65536)[0].size() + proceed.size(), 65536U);
    expect_upgrade(filled(65536));
    expect_failure(filled(65537), Errc::limit_exceeded, 1, "STARTTLS", "65536");
}

TEST(XmppDialogue, Domain) {
    for (const std::string domain : {"example.org", "localhost", "192.0.2.1", "[2001:db8::1]",
                                     "\xc3\xa9xample.org", "xn--xample-9ua.org"}) {
        auto made = starttls::xmpp_client(domain);
        ASSERT_TRUE(made) << domain;
        EXPECT_NE(as_text((*made)->output()).find(" to='" + domain + "' "), std::string::npos);
    }
    for (const std::string& domain :
         {std::string(), std::string("a'b"), std::string("a\"b"), std::string("a<b"),
          std::string("a>b"), std::string("a&b"), std::string("a b"), std::string("a\nb"),
          std::string("a@b"), std::string("a/b"), std::string("a\0b", 3), std::string("a\xe9"),
          std::string("a\xc3"), std::string("a\x7f")}) {
        const auto made = starttls::xmpp_client(domain);
        ASSERT_FALSE(made) << domain;
        EXPECT_EQ(made.error().code, Errc::bad_input);
    }
    EXPECT_TRUE(starttls::xmpp_client(std::string(1023, 'a')));
    EXPECT_FALSE(starttls::xmpp_client(std::string(1024, 'a')));
}

// Clients of GnuTLS end their header so.
TEST(XmppServer, WhiteSpaceBehindTheHeaderIsNoAnswer) {
    const std::string opening =
        "<stream:stream xmlns='jabber:client' to='a.example' version='1.0' "
        "xmlns:stream='http://etherx.jabber.org/streams'>";
    const std::string starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    for (const char* space : {"", "\n", " \r\n\t"}) {
        const auto server = starttls::xmpp_server("a.example", "id").value();
        const Outcome outcome = play(*server, {opening + space, space + starttls});
        EXPECT_TRUE(outcome.upgraded) << outcome;
    }
    const auto server = starttls::xmpp_server("a.example", "id").value();
    EXPECT_EQ(play(*server, {opening + "\nx", starttls}).error, Errc::starttls_protocol);
    // To whom it may concern: any domain, if the program has said none.
    for (const char* mine : {"", "a.example", "b.example"}) {
        const auto any = starttls::xmpp_server(mine, "id").value();
        EXPECT_EQ(play(*any, {opening, starttls}).upgraded, mine != std::string("b.example"));
    }
}

}  // namespace
}  // namespace omnitls::test
