// SPDX-License-Identifier: BSL-1.0
// `--transcript`: what both ends say before TLS, up to the boundary or to where it failed.
#include "tests/interop/tool_fixture.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include <algorithm>

namespace omnitls::test {
namespace {

using ToolTranscript = ToolTest;

/// The lines of a transcript in `text`.
Names transcript_in(const std::string& text) {
    Names lines;
    std::size_t start = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos;
         end = text.find('\n', start)) {
        const std::string line = text.substr(start, end - start);
        start = end + 1;
        if (line.starts_with("-> ") || line.starts_with("<- ") || line.starts_with("----"))
            lines.push_back(line);
    }
    return lines;
}

/// The same as the other end sees it, whose steps are others.
Names without_steps(const Names& lines, bool turned) {
    Names all;
    for (const std::string& line : lines) {
        if (line.starts_with("----")) {
            all.push_back(line);
            continue;
        }
        const bool sent = line.starts_with("->") != turned;
        all.push_back((sent ? "-> " : "<- ") + line.substr(line.find("] ") + 2));
    }
    return all;
}

TEST_F(ToolTranscript, IsTheSameAtBothEnds) {
    for (const std::string protocol : {"smtp", "imap", "xmpp", "ldap", "mysql", "postgresql"}) {
        SCOPED_TRACE(protocol);
        Server server("leaf", {"--starttls", protocol, "--transcript", "--once", "--tls", "1.2"});
        const Finished client =
            tool(connect_to(server.where(), {"--starttls", protocol, "--transcript"}));
        EXPECT_EQ(client.status, 0) << client.err;
        EXPECT_EQ(server.process().wait(), 0);
        const Names seen = transcript_in(client.out);
        ASSERT_GE(seen.size(), 3U) << client.out;
        EXPECT_EQ(seen.back(), "---- TLS 1.2 starts here ----");
        EXPECT_EQ(std::ranges::count(seen, seen.back()), 1);
        EXPECT_EQ(without_steps(seen, false),
                  without_steps(transcript_in(server.process().out()), true))
            << server.process().out();
    }
}

TEST_F(ToolTranscript, NamesTheSteps) {
    Server server("leaf", {"--starttls", "smtp", "--domain", "mail.test"});
    const Arguments ask = connect_to(
        server.where(), {"--starttls", "smtp", "--client-name", "client.test", "--tls", "1.2"});
    const auto with = [&](const std::string& more) {
        Arguments all = ask;
        all.push_back(more);
        return tool(all);
    };
    EXPECT_EQ(transcript_in(with("--transcript").out),
              (Names{"<- [greeting] 220 mail.test ESMTP", "-> [EHLO] EHLO client.test",
                     "<- [EHLO] 250-mail.test", "<- [EHLO] 250 STARTTLS", "-> [STARTTLS] STARTTLS",
                     "<- [STARTTLS] 220 go ahead", "---- TLS 1.2 starts here ----"}));
    EXPECT_EQ(transcript_in(tool(ask).out), Names{}) << "twin";
    Arguments all = ask;
    all.insert(all.end(), {"--transcript", "--json"});
    const Json lines = Json::parse(tool(all).out)["results"][0]["transcript"];
    ASSERT_EQ(lines.size(), 7U) << lines;
    EXPECT_EQ(lines[1],
              (Json{{"direction", "sent"}, {"step", "EHLO"}, {"text", "EHLO client.test"}}));
    EXPECT_EQ(lines[6], (Json{{"boundary", "TLS 1.2 starts here"}}));
    const Finished chain =
        tool({"cert", server.where(), "--starttls", "smtp", "--transcript", "--json"});
    EXPECT_EQ(transcript_in(chain.err).size(), 7U) << chain.err;
    EXPECT_FALSE(Json::parse(chain.out, nullptr, false).is_discarded()) << chain.out;
    EXPECT_EQ(tool({"connect", server.where(), "--transcript"}).status, 2) << "nothing is plain";
}

/// What a client shows of a server that says `words` to it and nothing else.
Finished hear(const std::string& words) {
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), 0});
    const std::string where = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    Arguments command = connect_to(where, {"--starttls", "pop3", "--transcript"});
    command.insert(command.begin(), tool_program);
    Process client(command);
    asio::ip::tcp::socket socket = acceptor.accept();
    asio::write(socket, asio::buffer("+OK hello\r\n", 11));
    std::string asked(6, ' ');
    asio::read(socket, asio::buffer(asked));
    asio::write(socket, asio::buffer(words));
    socket.shutdown(asio::ip::tcp::socket::shutdown_send);
    const int status = client.wait();
    return {status, client.out(), client.err()};
}

TEST_F(ToolTranscript, EndsWhereItFailed) {
    const Finished offered = hear("+OK\r\nSTLS\r\n.\r\n");
    EXPECT_EQ(offered.status, 12);
    const Names start = {"<- [greeting] +OK hello", "-> [CAPA] CAPA", "<- [CAPA] +OK"};
    const auto after_start = [&](const Names& more) {
        Names all = start;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    EXPECT_EQ(transcript_in(offered.out),
              after_start({"<- [CAPA] STLS", "<- [CAPA] .", "-> [STLS] STLS"}));
    const Finished stripped = hear("+OK\r\nS\x1b[2J\xffLS\r\n.\r\n");
    EXPECT_EQ(stripped.status, 12);
    EXPECT_EQ(transcript_in(stripped.out),
              after_start({"<- [CAPA] S\\x1b[2J\\xffLS", "<- [CAPA] ."}));
    const Finished half = hear("+OK\r\nST");
    EXPECT_EQ(half.status, 12) << half.err;
    EXPECT_EQ(transcript_in(half.out), after_start({"<- [CAPA] ST"}));
}

// The client leaves before TLS: it is told goodbye, and there is no boundary.
TEST_F(ToolTranscript, ShowsTheGoodbye) {
    Server server("leaf", {"--starttls", "pop3", "--transcript", "--once"});
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::make_address("127.0.0.1"), server.port()});
    asio::write(socket, asio::buffer("QUIT\r\n", 6));
    EXPECT_EQ(server.process().wait(), 0);
    const Names lines = transcript_in(server.process().out());
    ASSERT_EQ(lines.size(), 3U) << server.process().out();
    EXPECT_EQ(lines[1], "<- [STLS] QUIT");
    EXPECT_TRUE(lines[2].starts_with("-> [STLS] +OK")) << lines[2];
}

}  // namespace
}  // namespace omnitls::test
