// SPDX-License-Identifier: BSL-1.0
// FTP over TLS (RFC 4217) with a server that demands of every data connection that it resumes the session of the control connection:
// so nobody else can take a file by connecting to its port first.
#include "tests/interop/servers/servers.hpp"
#include "tests/interop/stacks.hpp"
#include <omnitls/starttls/ftp.hpp>
#include <omnitls/transport/starttls.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using asio::ip::tcp;

/// One control connection and its data connections.
class FtpClient {
public:
    FtpClient(std::shared_ptr<const ClientContext> context, std::uint16_t port)
        : context_(std::move(context)), control_(connect(port), engine()) {
        const auto dialogue = must(starttls::ftp_client());
        run_starttls(control_, *dialogue);
    }

    /// Sends a command; the reply, of one line.
    std::string ask(const std::string& command) {
        asio::write(control_, asio::buffer(command + "\r\n"));
        return reply();
    }
    std::string reply() {
        const std::size_t size = asio::read_until(control_, asio::dynamic_buffer(heard_), "\r\n");
        std::string line = heard_.substr(0, size);
        heard_.erase(0, size);
        return line;
    }
    void log_in() {
        expect_in(ask("USER anonymous"), "230 ");
        expect_in(ask("PBSZ 0"), "200 ");
        expect_in(ask("PROT P"), "200 ");
        expect_in(ask("TYPE I"), "200 ");
    }

    struct Transfer {
        bool resumed = false;
        std::error_code handshake;
        std::string bytes;
        std::error_code end;
        std::string reply;  ///< On the control connection, when it is over.
    };
    /// Takes a file over a data connection, for the same target as the control connection: so a session is found.
    Transfer retrieve(const std::string& file, const ClientContext& data) {
        const std::uint16_t port = enter_passive_mode();
        Stream<tcp::socket> stream(connect(port), engine(data));
        expect_in(ask("RETR " + file), "150 ");
        Transfer transfer;
        stream.handshake(transfer.handshake);
        if (!transfer.handshake) {
            transfer.resumed = stream.info().resumed;
            asio::read(stream, asio::dynamic_buffer(transfer.bytes), transfer.end);
            std::error_code ignored;
            stream.shutdown(ignored);
        }
        transfer.reply = reply();
        return transfer;
    }
    const ClientContext& context() const { return *context_; }

private:
    tcp::socket connect(std::uint16_t port) {
        tcp::socket socket(io_);
        socket.connect({asio::ip::make_address("127.0.0.1"), port});
        return socket;
    }
    static std::unique_ptr<TlsEngine> engine(const ClientContext& context) {
        return must(context.make_engine(must(ClientTarget::host("omnitls.test"))));
    }
    std::unique_ptr<TlsEngine> engine() const { return engine(*context_); }
    /// EPSV (RFC 2428 section 3): "229 Entering Extended Passive Mode (|||PORT|)".
    std::uint16_t enter_passive_mode() {
        const std::string answer = ask("EPSV");
        const std::size_t at = answer.find("(|||");
        if (!answer.starts_with("229 ") || at == std::string::npos)
            throw std::runtime_error("EPSV: " + answer);
        return static_cast<std::uint16_t>(std::stoi(answer.substr(at + 4)));
    }

    asio::io_context io_;
    std::shared_ptr<const ClientContext> context_;
    Stream<tcp::socket> control_;
    std::string heard_;
};

/// With a store of its own.
std::shared_ptr<const ClientContext> context_of(const TlsBackend& backend,
                                                ProtocolVersion version) {
    ClientConfig config;
    config.trust = load_anchors("root");
    config.versions = VersionRange{version, version};
    config.clock = test_time;
    config.sessions = memory_session_store();
    return must(backend.make_client_context(config));
}

void expect_letter(FtpClient& client) {
    const FtpClient::Transfer transfer = client.retrieve("letter.txt", client.context());
    EXPECT_FALSE(transfer.handshake) << transfer.handshake.message();
    EXPECT_TRUE(transfer.resumed);
    EXPECT_EQ(transfer.bytes, ftp_letter());
    EXPECT_EQ(transfer.end, asio::error::eof) << "close_notify: nobody has cut the file short";
    expect_in(transfer.reply, "226 Transfer complete.");
}

TEST(FtpDataConnections, ResumeTheSessionOfTheControlConnection) {
    OMNITLS_NEED_SERVER(software::vsftpd);
    const RealServer server(software::vsftpd, "leaf");
    for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
        FtpClient client(context_of(backend, version), server.port());
        client.log_in();
        expect_letter(client);
        expect_letter(client);

        // The same, but that this store does not have the session.
        const std::string reason = "No SSL session reuse on data channel.";
        const std::size_t said = server.logged(reason);
        const auto stranger = context_of(backend, version);
        const FtpClient::Transfer refused = client.retrieve("letter.txt", *stranger);
        EXPECT_FALSE(refused.handshake) << "TLS has nothing against it";
        EXPECT_FALSE(refused.resumed);
        EXPECT_EQ(refused.bytes, "");
        expect_in(refused.reply, "522 SSL connection failed: session reuse required");
        EXPECT_EQ(server.logged(reason), said + 1) << server.log();
    });
}

TEST(FtpDataConnections, OfTwoControlConnectionsShareAStore) {
    OMNITLS_NEED_SERVER(software::vsftpd);
    const RealServer server(software::vsftpd, "leaf");
    for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
        const auto context = context_of(backend, version);
        FtpClient one(context, server.port());
        one.log_in();
        FtpClient other(context, server.port());
        other.log_in();
        for (FtpClient* const client : {&one, &other, &one}) expect_letter(*client);
    });
}

}  // namespace
}  // namespace omnitls::test
