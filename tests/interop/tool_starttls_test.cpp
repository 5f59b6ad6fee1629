// SPDX-License-Identifier: BSL-1.0
// Clients that nobody here wrote are upgraded by `omnitls serve --starttls`, in every protocol that they speak, and judge what they get.
#include "tests/interop/starttls_peers.hpp"
#include "tests/interop/tool_fixture.hpp"
#include <omnitls/starttls/protocols.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

namespace omnitls::test {
namespace {

Arguments by_openssl(const Server& server, const std::string& protocol, const std::string& ca) {
    return {"openssl",
            "s_client",
            "-connect",
            server.where(),
            "-starttls",
            protocol,
            "-xmpphost",
            "omnitls.test",
            "-CAfile",
            data(ca),
            "-verify_return_error",
            "-verify_hostname",
            "omnitls.test"};
}

Arguments by_gnutls(const Server& server, const std::string& protocol, const std::string& ca) {
    return {"gnutls-cli",
            "--starttls-proto",
            protocol,
            "--port",
            std::to_string(server.port()),
            "--x509cafile",
            data(ca),
            "--verify-hostname",
            "omnitls.test",
            "--sni-hostname",
            "omnitls.test",
            "127.0.0.1"};
}

/// With nothing to say: it goes when the handshake is over.
Finished run_client(const Arguments& arguments) {
    Process client(arguments);
    client.close_input();
    const int status = client.wait();
    return {status, client.out(), client.err()};
}

class ServeStarttls : public ToolTest {
protected:
    using Make = Arguments (*)(const Server&, const std::string&, const std::string&);
    /// With the right authority and with another one.
    static void expect_upgrade(const std::string& protocol, const TlsBackend& backend, Make make,
                               const std::string& name) {
        SCOPED_TRACE(protocol + " on " + std::string(backend.name()));
        Server server("leaf", {"--starttls", protocol, "--backend", std::string(backend.name())});
        const Finished good = run_client(make(server, name, "root.pem"));
        EXPECT_EQ(good.status, 0) << good.out << good.err;
        const std::string said = server.connection();
        EXPECT_NE(said.find(": TLSv1."), std::string::npos) << said;
        EXPECT_NE(said.find("closed"), std::string::npos) << said;
        const Finished bad = run_client(make(server, name, "other_root.pem"));
        EXPECT_NE(bad.status, 0);
        // The client came as far as the certificate.
        const std::string told = bad.out + bad.err;
        EXPECT_NE(told.find("omnitls test intermediate"), std::string::npos) << told;
    }
};

TEST_F(ServeStarttls, UpgradesClientsOfOpenssl) {
    const auto rows = peers_by("openssl");
    EXPECT_EQ(rows.size(), starttls::protocols().size());
    for (const StarttlsPeer& row : rows)
        for (const TlsBackend* backend : built_backends())
            expect_upgrade(std::string(row.protocol), *backend, by_openssl,
                           std::string(row.spoken));
}

TEST_F(ServeStarttls, UpgradesClientsOfGnutls) {
    const auto rows = peers_by("gnutls-cli");
    EXPECT_EQ(rows.size(), 10U);
    for (const StarttlsPeer& row : rows)
        for (const TlsBackend* backend : built_backends())
            expect_upgrade(std::string(row.protocol), *backend, by_gnutls, std::string(row.spoken));
}

// A name that nobody would say is no setting that can be kept silently.
TEST_F(ServeStarttls, NamesThatTheProtocolHasNoWordForAreErrors) {
    const auto status = [](Arguments words, const Arguments& more) {
        words.insert(words.end(), more.begin(), more.end());
        return tool(words).status;
    };
    Server server("leaf", {"--starttls", "smtp", "--domain", "mail.example.org"});
    const Arguments client = connect_to(server.where());
    EXPECT_EQ(status(client, {"--starttls", "smtp", "--client-name", "client.example.org"}), 0);
    EXPECT_EQ(status(client, {"--starttls", "imap", "--client-name", "client.example.org"}), 2);
    EXPECT_EQ(status(client, {"--starttls", "smtp", "--domain", "example.org"}), 2);
    EXPECT_EQ(status(client, {"--client-name", "client.example.org"}), 2);
    const Arguments serve = {"serve",  "--cert", data("leaf_chain.pem"), "--key", data("leaf.key"),
                             "--port", "0"};
    EXPECT_EQ(status(serve, {"--starttls", "ldap", "--domain", "example.org"}), 2);
    EXPECT_EQ(status(serve, {"--starttls", "smtp", "--domain", "a b"}), 2);
    EXPECT_EQ(status(serve, {"--domain", "example.org"}), 2);
}

// A MySQL client goes on in TLS at once; what comes behind its request and is none is refused.
TEST_F(ServeStarttls, WhatFollowsAMysqlRequestIsTls) {
    using namespace std::string_literals;
    Server server("leaf", {"--starttls", "mysql"});
    EXPECT_EQ(tool(connect_to(server.where(), {"--starttls", "mysql"})).status, 0);
    EXPECT_NE(server.connection().find(": TLSv1."), std::string::npos);
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::make_address("127.0.0.1"), server.port()});
    asio::write(socket, asio::buffer("\x20\0\0\1\0\x0a"s + std::string(30, '\0') + "SELECT 1"));
    const std::string said = server.connection();
    EXPECT_NE(said.find("8 bytes of plain text came before TLS started"), std::string::npos)
        << said;
}

}  // namespace
}  // namespace omnitls::test
