// SPDX-License-Identifier: BSL-1.0
// PostgreSQL: its frontend/backend protocol 3.0. One database takes clients by password, the other by certificate.
#include "tests/interop/servers/postgresql.hpp"

#include "tests/interop/servers/servers.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using namespace std::string_literals;

Launch configure(const Place& place) {
    const std::filesystem::path programs = std::filesystem::path(place.program).parent_path();
    const std::string data = place.path("data");
    const std::string password = place.write("password", "pencil\n");
    place.write("hba.conf", R"(
hostssl postgres all 127.0.0.1/32 scram-sha-256
hostssl template1 all 127.0.0.1/32 cert map=by_certificate
)");
    place.write("ident.conf", "by_certificate \"omnitls test user\" user\n");
    const std::string file = place.write("postgresql.conf", R"(
data_directory = '@dir@/data'
hba_file = '@dir@/hba.conf'
ident_file = '@dir@/ident.conf'
listen_addresses = '127.0.0.1'
port = @port@
unix_socket_directories = ''
fsync = off
shared_buffers = 1MB
max_connections = 10
ssl = on
ssl_cert_file = '@dir@/chain.pem'
ssl_key_file = '@dir@/key.pem'
ssl_ca_file = '@dir@/authorities.pem'
)");
    return {{{(programs / "initdb").string(), "-D", data, "-U", "user", "-A", "scram-sha-256",
              "--pwfile", password, "--no-sync", "--no-locale", "-E", "UTF8"}},
            {place.program, "-c", "config_file=" + file}};
}

std::string number(std::size_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
    return bytes;
}

// There is no rule for whom comes without TLS, and so no question for a password.
void talk(Conversation& server) {
    start_postgresql(server, "postgres");
    const PostgresqlMessage asked = hear_postgresql(server);
    EXPECT_EQ(asked.type, 'R') << asked.content;
    EXPECT_EQ(asked.content, number(10) + "SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"s) << "SASL";
}

void log_in(Conversation& server, Caller caller) {
    start_postgresql(server, "template1");
    const PostgresqlMessage answer = hear_postgresql(server);
    if (caller == Caller::known) {
        EXPECT_EQ(answer.type, 'R') << answer.content;
        EXPECT_EQ(answer.content, number(0)) << "AuthenticationOk";
    } else {
        EXPECT_EQ(answer.type, 'E');
        expect_in(answer.content, "connection requires a valid client certificate");
    }
}

}  // namespace

void send_postgresql(Conversation& server, char type, const std::string& content) {
    server.send(std::string{type} + number(4 + content.size()) + content);
}

PostgresqlMessage hear_postgresql(Conversation& server) {
    const std::string head = server.receive(5);
    std::size_t size = 0;
    for (const char c : head.substr(1)) size = size << 8U | static_cast<unsigned char>(c);
    if (size < 4) throw std::runtime_error("a message of PostgreSQL that is none");
    return {head[0], server.receive(size - 4)};
}

void start_postgresql(Conversation& server, const std::string& database) {
    const std::string content =
        number(0x0003'0000) + "user\0user\0database\0"s + database + "\0\0"s;
    server.send(number(4 + content.size()) + content);
}

// It leaves System V shared memory behind if it is killed.
const Software software::postgresql{.program = "postgres",
                                    .configure = configure,
                                    .never_as_root = true,
                                    .end_signal = SIGQUIT,
                                    .ready = "database system is ready to accept connections",
                                    .versions_directory = "/usr/lib/postgresql"};
const Service services::postgresql{.name = "postgresql",
                                   .software = software::postgresql,
                                   .protocol = "postgresql",
                                   .talk = talk,
                                   .words_for = words_of_openssl,
                                   .recognition = Recognition::by_login,
                                   .log_in = log_in};

}  // namespace omnitls::test
