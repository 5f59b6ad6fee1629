// SPDX-License-Identifier: BSL-1.0
// `omnitls serve`.
#include "tests/interop/tool_fixture.hpp"
#include <omnitls/transport/stream.hpp>

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <csignal>

namespace omnitls::test {
namespace {

using Serve = ToolTest;
using asio::ip::tcp;

struct Client {
    explicit Client(const Server& server) : socket(io) {
        socket.connect({asio::ip::make_address("127.0.0.1"), server.port()});
    }
    /// TLS over it; throws if the handshake fails.
    Stream<tcp::socket> secure() {
        ClientConfig config;
        config.trust = load_anchors("root");
        const auto context = must(built_backends()[0]->make_client_context(config));
        Stream<tcp::socket> stream(
            std::move(socket),
            must(context->make_engine(must(ClientTarget::host("omnitls.test")))));
        stream.handshake();
        return stream;
    }
    asio::io_context io;
    tcp::socket socket;
};

TEST_F(Serve, RefusesWhatItCannotUse) {
    Server running("leaf");
    const std::string chain = data("leaf_chain.pem");
    const std::string key = data("leaf.key");
    const std::pair<Arguments, std::string> cases[] = {
        {{"--port", "0", "--cert", "/nonexistent/c.pem", "--key", key}, "/nonexistent/c.pem"},
        {{"--port", "0", "--cert", chain, "--key", data("leaf_other.key")}, "leaf_other.key"},
        {{"--port", "0", "--cert", chain, "--key", key, "--address", "nowhere"}, "nowhere"},
        {{"--port", std::to_string(running.port()), "--cert", chain, "--key", key},
         "cannot listen"},
        {{"--port", "0", "--cert", chain, "--key", key, "--client-auth", "require"}, "--client-ca"},
        {{"--port", "0", "--cert", chain, "--key", key, "--client-ca", data("root.pem")},
         "--client-auth"},
    };
    for (auto [arguments, part] : cases) {
        arguments.insert(arguments.begin(), "serve");
        const Finished finished = tool(arguments);
        EXPECT_EQ(finished.status, 2) << testing::PrintToString(arguments) << finished.err;
        EXPECT_NE(finished.err.find(part), std::string::npos) << finished.err;
    }
}

TEST_F(Serve, EchoesOrDiscards) {
    const std::string text(40'000, 'x');
    {
        Server server("leaf", {"--echo"});
        Client client(server);
        auto stream = client.secure();
        asio::write(stream, asio::buffer(text));
        std::string back(text.size(), ' ');
        asio::read(stream, asio::buffer(back));
        EXPECT_EQ(back, text);
        stream.shutdown();
        EXPECT_NE(server.connection().find("40000 bytes in, 40000 bytes out, closed"),
                  std::string::npos)
            << server.process().out();
    }
    Server server("leaf");
    Client client(server);
    auto stream = client.secure();
    asio::write(stream, asio::buffer(text));
    stream.shutdown();
    EXPECT_NE(server.connection().find("40000 bytes in, 0 bytes out, closed"), std::string::npos)
        << server.process().out();
}

TEST_F(Serve, SeveralAtOnce) {
    Server server("leaf");
    Client silent_one(server);
    Client silent_two(server);
    EXPECT_EQ(tool(connect_to(server.where())).status, 0) << "while two others say nothing";
    EXPECT_NE(server.connection().find("connection 3 from 127.0.0.1:"), std::string::npos);
}

TEST_F(Serve, NobodyForEver) {
    for (const Arguments& mode : {Arguments{}, {"--starttls", "smtp"}, {"--starttls", "xmpp"}}) {
        Arguments arguments = {"--timeout", "1"};
        arguments.insert(arguments.end(), mode.begin(), mode.end());
        Server server("leaf", arguments);
        Client silent(server);
        const std::string said = server.connection();
        EXPECT_NE(said.find("connection 1 from 127.0.0.1:"), std::string::npos) << said;
        EXPECT_EQ(said.find("TLSv1"), std::string::npos) << said;
        EXPECT_EQ(said.find("closed"), std::string::npos) << said;
    }
}

TEST_F(Serve, CutOffIsNotClosed) {
    Server server("leaf");
    {
        Client client(server);
        auto stream = client.secure();
        stream.lowest_layer().shutdown(tcp::socket::shutdown_send);
        EXPECT_EQ(server.connection().find(", closed"), std::string::npos);
    }
    Client client(server);
    auto stream = client.secure();
    stream.shutdown();
    EXPECT_NE(server.connection().find(", closed"), std::string::npos) << "twin";
}

TEST_F(Serve, EndsOnSignals) {
    for (const int number : {SIGTERM, SIGINT}) {
        Server server("leaf");
        Client waiting(server);
        Client open(server);
        auto stream = open.secure();
        server.process().send_signal(number);
        EXPECT_EQ(server.process().wait(), 0) << server.process().err();
        EXPECT_EQ(server.process().err(), "");
        EXPECT_NE(server.process().out().find("bytes out, stopped"), std::string::npos)
            << server.process().out();
    }
}

TEST_F(Serve, Once) {
    Server server("leaf", {"--once"});
    EXPECT_EQ(tool(connect_to(server.where())).status, 0);
    EXPECT_EQ(server.process().wait(), 0);
}

TEST_F(Serve, JsonLines) {
    Process server({tool_program, "serve", "--port", "0", "--cert", data("leaf_chain.pem"), "--key",
                    data("leaf.key"), "--json", "--once"});
    const Json listening = Json::parse(server.read_line().value_or("null"));
    EXPECT_EQ(listening["event"], "listening");
    EXPECT_EQ(listening["address"], "127.0.0.1");
    const std::string where = "127.0.0.1:" + std::to_string(listening["port"].get<int>());
    EXPECT_EQ(tool(connect_to(where)).status, 0);
    const Json connection = Json::parse(server.read_line().value_or("null"));
    EXPECT_EQ(connection["event"], "connection");
    EXPECT_EQ(connection["secure"], true);
    EXPECT_EQ(connection["tls"]["version"], "TLSv1.3");
    EXPECT_EQ(connection["end"], "closed");
    EXPECT_EQ(server.wait(), 0);
}

TEST_F(Serve, PlainTextAcrossTheBoundary) {
    for (const bool injected : {false, true}) {
        Server server("leaf", {"--starttls", "smtp"});
        Client client(server);
        std::string text(1024, ' ');
        const auto expect_reply = [&](const std::string& last_line) {
            std::string got;
            while (got.find(last_line) == std::string::npos) {
                got += text.substr(0, client.socket.read_some(asio::buffer(text)));
            }
        };
        expect_reply("220 ");
        asio::write(client.socket, asio::buffer(std::string("EHLO client.test\r\n")));
        expect_reply("250 STARTTLS");
        asio::write(client.socket,
                    asio::buffer(std::string("STARTTLS\r\n") + (injected ? "RSET\r\n" : "")));
        expect_reply("220 go ahead\r\n");
        if (injected) {
            EXPECT_THROW(client.secure(), std::system_error);
            EXPECT_NE(server.connection().find("plain text"), std::string::npos)
                << server.process().out();
        } else {
            auto stream = client.secure();
            stream.shutdown();
            EXPECT_NE(server.connection().find(", closed"), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace omnitls::test
