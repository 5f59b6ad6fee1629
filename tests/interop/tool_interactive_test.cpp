// SPDX-License-Identifier: BSL-1.0
// `omnitls connect -i`: what a person types, or a script sends, over the connection.
#include "tests/interop/tool_fixture.hpp"

namespace omnitls::test {
namespace {

using ToolInteractive = ToolTest;

Process start(const Server& server, const Arguments& more) {
    Arguments command = connect_to(server.where(), more);
    command.insert(command.begin(), tool_program);
    return Process(command);
}

// Standard output has what the peer said and nothing else.
TEST_F(ToolInteractive, SpeaksWhateverIsInside) {
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        Server server("leaf", {"--starttls", "imap"});
        Process client =
            start(server, {"--starttls", "imap", "-i", "--backend", std::string(backend->name())});
        client.send("a LOGIN alice secret\r\n");
        EXPECT_EQ(client.read_line(), "a OK logged in\r") << "before the input has ended";
        client.send("b LOGOUT\r\n");
        EXPECT_EQ(client.wait(), 0) << "the peer has ended it";
        EXPECT_EQ(client.out(), "a OK logged in\r\n* BYE\r\nb OK done\r\n");
        EXPECT_NE(client.err().find("verify"), std::string::npos) << client.err();
        EXPECT_NE(client.err().find("closed: both sides said so"), std::string::npos)
            << client.err();
        const std::string said = server.connection();
        EXPECT_NE(said.find("login \"alice\", 2 commands"), std::string::npos) << said;
        EXPECT_NE(said.find(", closed"), std::string::npos) << said;
    }
}

// The end of the input is told to the peer, and what it still has to say is printed.
TEST_F(ToolInteractive, TheEndOfTheInputIsAHalfClose) {
    const std::string text(100'000, 'x');
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        Server server("leaf", {"--echo"});
        const Finished piped = run_process(
            {"sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x | \"$0\" \"$@\"", tool_program,
             "connect", server.where(), "--ca", data("root.pem"), "--name", "omnitls.test", "-i",
             "--backend", std::string(backend->name())});
        EXPECT_EQ(piped.status, 0) << piped.err;
        EXPECT_EQ(piped.out, text);
        EXPECT_NE(server.connection().find("100000 bytes in, 100000 bytes out, closed"),
                  std::string::npos);
    }
}

TEST_F(ToolInteractive, ReadsAFileAndNothing) {
    Server server("leaf", {"--echo"});
    const auto from = [&](const std::string& redirection) {
        return run_process({"sh", "-c", "exec \"$0\" \"$@\" " + redirection, tool_program,
                            "connect", server.where(), "--ca", data("root.pem"), "--name",
                            "omnitls.test", "-i"});
    };
    const Finished file = from("< " + data("root.pem"));
    EXPECT_EQ(file.status, 0) << file.err;
    EXPECT_TRUE(file.out.starts_with("-----BEGIN CERTIFICATE-----\n")) << file.out;
    EXPECT_TRUE(file.out.ends_with("-----END CERTIFICATE-----\n")) << file.out;
    for (const char* nothing : {"< /dev/null", "<&-"}) {
        const Finished none = from(nothing);
        EXPECT_EQ(none.status, 0) << none.err;
        EXPECT_EQ(none.out, "");
    }
}

TEST_F(ToolInteractive, MakesCrlfOfLf) {
    for (const bool crlf : {true, false}) {
        Server server("leaf", {"--starttls", "smtp"});
        Arguments more = {"--starttls", "smtp", "-i"};
        if (crlf) more.emplace_back("--crlf");
        Process client = start(server, more);
        client.send("NOOP\r\nNOOP\nQUIT\n");
        client.close_input();
        EXPECT_EQ(client.wait(), 0) << client.err();
        const std::string said = server.connection();
        EXPECT_EQ(client.out(),
                  crlf ? "250 2.0.0 ok\r\n250 2.0.0 ok\r\n221 2.0.0 bye\r\n" : "250 2.0.0 ok\r\n");
        EXPECT_NE(said.find(crlf ? "3 commands" : "ended a line without CRLF: \"NOOP\""),
                  std::string::npos)
            << said;
    }
}

// To a server that is not trusted nothing is said.
TEST_F(ToolInteractive, TheExitStatusIsThatWithoutIt) {
    for (const bool trusted : {true, false}) {
        Server server(trusted ? "leaf" : "leaf_unknown_ca", {"--echo"});
        Process client = start(server, {"-i"});
        client.send("secret");
        client.close_input();
        EXPECT_EQ(client.wait(), trusted ? 0 : 14) << client.err();
        EXPECT_EQ(client.out(), trusted ? "secret" : "");
        const std::string said = server.connection();
        EXPECT_EQ(said.find("6 bytes in") != std::string::npos, trusted) << said;
    }
    EXPECT_EQ(tool({"connect", "127.0.0.1:1", "-i", "--json"}).status, 2);
    EXPECT_EQ(tool({"connect", "127.0.0.1:1", "-i", "--backend", "all"}).status, 2);
    EXPECT_EQ(tool({"connect", "127.0.0.1:1", "--crlf"}).status, 2);
}

}  // namespace
}  // namespace omnitls::test
