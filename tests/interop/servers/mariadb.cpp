// SPDX-License-Identifier: BSL-1.0
// MariaDB: the protocol of MySQL. Its users have no passwords: one needs TLS, the other a certificate of his own.
#include "tests/interop/servers/servers.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using namespace std::string_literals;

Launch configure(const Place& place) {
    const std::string data = "--datadir=" + place.path("data");
    const std::string users = place.write("users.sql", R"(
CREATE USER over_tls@'%' REQUIRE SSL;
CREATE USER by_certificate@'%' REQUIRE SUBJECT '/O=omnitls/CN=omnitls test user';
)");
    const Arguments both{"--tmpdir=" + place.directory, "--debug-no-sync",
                         "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M",
                         "--innodb-flush-log-at-trx-commit=0"};
    Arguments install{*find_server({.program = "mariadb-install-db"}), "--no-defaults", data,
                      "--skip-test-db", "--auth-root-authentication-method=normal"};
    Arguments command{place.program,
                      "--no-defaults",
                      data,
                      "--bind-address=127.0.0.1",
                      "--port=" + std::to_string(place.ports[0]),
                      "--socket=" + place.path("socket"),
                      "--pid-file=" + place.path("pid"),
                      "--skip-name-resolve",
                      "--log-warnings=9",
                      "--init-file=" + users,
                      "--ssl-ca=" + place.path("authorities.pem"),
                      "--ssl-cert=" + place.path("chain.pem"),
                      "--ssl-key=" + place.path("key.pem")};
    for (Arguments* const each : {&install, &command})
        each->insert(each->end(), both.begin(), both.end());
    return {{install}, command};
}

std::string low_first(std::uint32_t value, std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i));
    return bytes;
}

void send_packet(Conversation& server, std::uint8_t sequence, const std::string& payload) {
    server.send(low_first(static_cast<std::uint32_t>(payload.size()), 3) +
                static_cast<char>(sequence) + payload);
}

std::string hear_packet(Conversation& server) {
    const std::string head = server.receive(4);
    std::size_t size = 0;
    for (int i = 2; i >= 0; --i)
        size = size << 8U | static_cast<unsigned char>(head[static_cast<std::size_t>(i)]);
    return server.receive(size);
}

/// HandshakeResponse41, with the flags of the dialogue's SSLRequest; its answer.
std::string log_in_as(Conversation& server, const std::string& user) {
    constexpr std::uint32_t flags = 0x0008'8000 | 0x0800 | 0x0200;
    send_packet(server, 2,
                low_first(flags, 4) + low_first(0x0100'0000, 4) + '\x2d' + std::string(23, '\0') +
                    user + "\0\0mysql_native_password\0"s);
    return hear_packet(server);
}

void talk(Conversation& server) {
    const bool tls12 = server.version() == ProtocolVersion::tls12;
    const std::string answer = log_in_as(server, "over_tls");
    EXPECT_EQ(answer.substr(0, 1), "\0"s) << answer;
    send_packet(server, 0, "\3SHOW STATUS LIKE 'ssl_version'");
    server.hear(tls12 ? "TLSv1.2" : "TLSv1.3");
    send_packet(server, 0, "\1");
}

void log_in(Conversation& server, Caller caller) {
    const std::string answer = log_in_as(server, "by_certificate");
    if (caller == Caller::known) {
        EXPECT_EQ(answer.substr(0, 1), "\0"s) << answer;
    } else {
        EXPECT_EQ(answer.substr(0, 1), "\xff");
        expect_in(answer, "Access denied for user 'by_certificate'");
    }
}

// Not a word of the alert.
std::string words_for(Alert) { return "closed normally without authentication"; }

}  // namespace

const Software software::mariadb{.program = "mariadbd",
                                 .configure = configure,
                                 .never_as_root = true,
                                 .ready = "ready for connections"};
const Service services::mariadb{.name = "mariadb",
                                .software = software::mariadb,
                                .protocol = "mysql",
                                .talk = talk,
                                .words_for = words_for,
                                .recognition = Recognition::by_login,
                                .log_in = log_in};

}  // namespace omnitls::test
