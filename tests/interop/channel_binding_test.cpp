// SPDX-License-Identifier: BSL-1.0
// A login that is bound to its connection: SCRAM-SHA-256-PLUS at PostgreSQL, with the tls-server-end-point (RFC 5929 section 4) that this
// side computes and the one that the server does.
#include "examples/scram.hpp"
#include "tests/interop/client.hpp"
#include "tests/interop/servers/postgresql.hpp"
#include "tests/interop/servers/servers.hpp"
#include "tests/interop/stacks.hpp"
#include <omnitls/channel_binding.hpp>

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using namespace std::string_literals;
using example::ScramClient;

const std::string mechanism = "SCRAM-SHA-256-PLUS";
// AuthenticationRequest's kinds, in front of their data.
const std::string ok = "\0\0\0\0"s;
const std::string sasl = "\0\0\0\x0a"s;
const std::string sasl_continue = "\0\0\0\x0b"s;
const std::string sasl_final = "\0\0\0\x0c"s;

/// The data of the next message, which has to be an AuthenticationRequest of that kind.
std::string hear_request(Conversation& client, const std::string& kind) {
    const PostgresqlMessage message = hear_postgresql(client);
    if (message.type != 'R' || !message.content.starts_with(kind))
        throw std::runtime_error("PostgreSQL says " + std::string{message.type} + message.content);
    return message.content.substr(kind.size());
}

/// As far as the proof that the client knows the password and is on this connection.
void prove(Conversation& client, ScramClient& scram) {
    start_postgresql(client, "postgres");
    expect_in(hear_request(client, sasl), mechanism + '\0');
    const std::string first = scram.first_message();
    send_postgresql(client, 'p', mechanism + "\0\0\0\0"s + static_cast<char>(first.size()) + first);
    send_postgresql(client, 'p', scram.final_message(hear_request(client, sasl_continue)));
}

class ChannelBindingLogin : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override { OMNITLS_NEED_SERVER(software::postgresql); }
};

/// Upgrades; the binding of the connection.
ChannelBinding upgrade(Client& client) {
    if (const std::error_code ec = client.upgrade()) throw std::system_error(ec);
    return must(
        channel_binding(client.stream().engine(), ChannelBindingType::tls_server_end_point));
}

TEST_P(ChannelBindingLogin, IsOfThisConnection) {
    const RealServer server(software::postgresql, GetParam());
    for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
        ClientSetup setup;
        setup.protocol = "postgresql";
        setup.backend = &backend;
        setup.version = version;
        {
            Client client(setup, server.port());
            ScramClient scram(backend.crypto(), "pencil", upgrade(client));
            prove(client, scram);
            EXPECT_TRUE(scram.accepts(hear_request(client, sasl_final)));
            hear_request(client, ok);
            // Settings and keys, then ReadyForQuery.
            while (hear_postgresql(client).type != 'Z') {
            }
            send_postgresql(client, 'Q',
                            "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()\0"s);
            client.hear(version == ProtocolVersion::tls12 ? "TLSv1.2" : "TLSv1.3");
        }
        Client client(setup, server.port());
        ChannelBinding binding = upgrade(client);
        binding.data.back() ^= 1U;
        ScramClient scram(backend.crypto(), "pencil", binding);
        prove(client, scram);
        const PostgresqlMessage refusal = hear_postgresql(client);
        EXPECT_EQ(refusal.type, 'E') << refusal.content;
        expect_in(refusal.content, "SCRAM channel binding check failed");
    });
}

// Signed with SHA-256, SHA-384 and SHA-512: the hash of the binding is that of the certificate.
INSTANTIATE_TEST_SUITE_P(Real, ChannelBindingLogin,
                         testing::Values("leaf", "leaf_p384", "leaf_p521"),
                         [](const auto& role) { return role.param; });

}  // namespace
}  // namespace omnitls::test
