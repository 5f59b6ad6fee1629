// SPDX-License-Identifier: BSL-1.0
// Dialogues over a stream that have more around them: parting words, a PROXY header in front, bytes that were read before.
#include "tests/transport/harness.hpp"
#include <omnitls/starttls/proxy_header.hpp>
#include <omnitls/starttls/smtp.hpp>
#include <omnitls/starttls/xmpp.hpp>
#include <omnitls/transport/starttls.hpp>

#include <string>
#include <string_view>

namespace omnitls::test {
namespace {

using starttls::ProxyHeader;

std::string_view sent_by(const Peer& peer) {
    return as_text({peer.pipe.sent().data(), peer.pipe.sent().size()});
}

/// For `async_run_dialogue`, whose bytes are of no interest here.
auto noted_in(Outcome& outcome) {
    return [noted = outcome.handler()](std::error_code ec, const Bytes&) { noted(ec); };
}

TEST(Dialogues, WhoLeavesIsToldGoodbyeBeforeTheError) {
    for (const bool leaves : {true, false}) {
        for (const bool synchronous : {true, false}) {
            Pair p;
            const auto dialogue = starttls::smtp_server("mail.example.org").value();
            Outcome o;
            if (synchronous) {
                p.server.pipe.when_starved(
                    [&] { p.server.pipe.inject(as_bytes(leaves ? "QUIT\r\n" : "STARTTLS\r\n")); });
                run_dialogue(*p.server, *dialogue, o.ec);
            } else {
                async_run_dialogue(*p.server, *dialogue, noted_in(o));
                p.run();
                EXPECT_EQ(o.calls, 0);
                p.server.pipe.inject(as_bytes(leaves ? "QUIT\r\n" : "STARTTLS\r\n"));
                p.run();
                EXPECT_EQ(o.calls, 1);
            }
            EXPECT_EQ(o.ec, leaves ? make_error_code(Errc::starttls_refused) : std::error_code());
            EXPECT_EQ(sent_by(p.server),
                      std::string("220 mail.example.org ESMTP\r\n") +
                          (leaves ? "221 mail.example.org closing\r\n" : "220 go ahead\r\n"));
            EXPECT_EQ(p.server->last_error() != nullptr, leaves);
        }
    }
}

// Nothing can be sent: the error says why the dialogue ended, and not that nobody could be told.
TEST(Dialogues, GoodbyeThatCannotLeaveDoesNotHideTheError) {
    enum class Then { leaves, breaks, waits };
    for (const Then then : {Then::leaves, Then::breaks, Then::waits}) {
        Pair p;
        const auto dialogue = starttls::smtp_server("mail.example.org").value();
        Outcome o;
        async_run_dialogue(*p.server, *dialogue, noted_in(o));
        p.run();
        if (then != Then::leaves) p.server.pipe.capacity(0);
        p.server.pipe.inject(as_bytes("QUIT\r\n"));
        p.run();
        EXPECT_EQ(o.calls, then == Then::leaves ? 1 : 0);
        if (then == Then::breaks) p.server.pipe.break_with(asio::error::broken_pipe);
        if (then == Then::waits) ManualClock::advance(StarttlsOptions{}.dialogue_deadline);
        p.run();
        EXPECT_TRUE(o.failed(Errc::starttls_refused)) << o;
        EXPECT_EQ(p.server->last_error()->code, Errc::starttls_refused);
    }
}

TEST(Dialogues, TlsBehindAProxyHeader) {
    const ProxyHeader header{ProxyHeader::Addresses{{"192.0.2.1", 50000}, {"192.0.2.2", 443}}, {}};
    for (const std::size_t segment : {std::size_t{1}, PipeStream::unlimited}) {
        for (const bool says_header : {true, false}) {
            Pair p;
            p.server.pipe.segment(segment);
            const auto read = std::make_shared<ProxyHeader>();
            const auto reader = starttls::proxy_header_server(read);
            const auto writer =
                starttls::proxy_header_client(header, starttls::ProxyVersion::v2).value();
            Outcome c;
            Outcome s;
            // The client goes on in TLS at once, so that the server may find both in one segment.
            if (says_header) {
                async_starttls(*p.client, *writer, c.handler());
            } else {
                p.client->async_handshake(c.handler());
            }
            p.run();
            async_starttls(*p.server, *reader, s.handler());
            p.run();
            EXPECT_EQ(p.server->is_secure(), says_header) << s;
            EXPECT_EQ(p.client->is_secure(), says_header) << c;
            if (says_header) {
                EXPECT_EQ(*read, header);
            } else {
                EXPECT_TRUE(s.failed(Errc::starttls_protocol)) << s;
                EXPECT_EQ(p.server.trace->phases.size(), 0U) << "no byte has reached the engine";
            }
        }
    }
}

TEST(Dialogues, AProtocolBehindAProxyHeaderGetsWhatWasReadBeyondIt) {
    const std::string to_xmpp =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
        "version='1.0' to='a.example'>";
    for (const bool passed_on : {true, false}) {
        for (const bool synchronous : {true, false}) {
            const auto xmpp = starttls::xmpp_server("a.example", "id").value();
            Pair p;  // ends before what it uses
            p.server.pipe.inject(as_bytes("PROXY UNKNOWN\r\n" + to_xmpp));
            const auto read = std::make_shared<ProxyHeader>();
            const auto proxy = starttls::proxy_header_server(read);
            std::error_code ec;
            Bytes beyond = run_dialogue(*p.server, *proxy, ec);
            ASSERT_FALSE(ec) << ec.message();
            EXPECT_EQ(as_text(beyond), to_xmpp);
            if (!passed_on) beyond.clear();
            Outcome o;
            if (synchronous) {
                // Nobody says more: what is sent until then is what the dialogue made of what it was given.
                run_dialogue(*p.server, *xmpp, o.ec, {.already_read = beyond});
                EXPECT_EQ(o.ec, asio::error::would_block);
            } else {
                async_run_dialogue(*p.server, *xmpp, {.already_read = beyond}, noted_in(o));
                p.run();
                EXPECT_EQ(o.calls, 0) << "it waits for <starttls/>";
            }
            EXPECT_EQ(sent_by(p.server).find("<starttls") != std::string_view::npos, passed_on);
        }
    }
}

}  // namespace
}  // namespace omnitls::test
