// SPDX-License-Identifier: BSL-1.0
// While the verifier has not answered, nothing leaves this side and nothing is delivered: counted by a relay in a process of its
// own, between omnitls and programs that nobody here wrote.
#include "tests/interop/client.hpp"
#include "tests/interop/held_server.hpp"
#include "tests/interop/needs_version.hpp"
#include "tests/interop/real_server.hpp"
#include "tests/interop/relay.hpp"
#include "tests/interop/servers/servers.hpp"

#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>

#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <omnitls_built_backends.hpp>
#include <sys/ioctl.h>

namespace omnitls::test {
namespace {

using asio::ip::tcp;
using SteadyTime = std::chrono::steady_clock::time_point;

/// How often the relay gets a turn of its loop, proved by a connection that goes through it and back.
constexpr int turns = 5;

/// Bytes given to the socket that the other end's kernel has not confirmed.
int unconfirmed_bytes(int socket) {
    int bytes = -1;
    return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 ? bytes : -1;
}

/// What the relay saw while the question was open.
struct Watch {
    Relay::Connection before;
    Relay::Connection after;
    Relay::Traffic traffic;
    SteadyTime begin;
    SteadyTime end;
};

/// Runs on the thread that holds the question.
Watch watch(Relay& relay, int socket, const std::function<void()>& round_trip) {
    // What left before the question may still be on its way.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (unconfirmed_bytes(socket) != 0 && std::chrono::steady_clock::now() < deadline)
        relay.report();
    round_trip();
    Watch seen;
    seen.before = relay.report().at(0);
    seen.begin = std::chrono::steady_clock::now();
    for (int i = 0; i < turns; ++i) round_trip();
    seen.after = relay.report().at(0);
    seen.end = std::chrono::steady_clock::now();
    seen.traffic = relay.traffic(0);
    EXPECT_EQ(unconfirmed_bytes(socket), 0);
    return seen;
}

std::size_t reads_between(const Relay::Connection& connection, bool up, SteadyTime begin,
                          SteadyTime end) {
    return static_cast<std::size_t>(std::count_if(
        connection.reads.begin(), connection.reads.end(), [&](const Relay::Read& read) {
            return read.up == up && read.time > begin && read.time < end;
        }));
}

/// The TLS part of bytes that begin in plain text.
std::string tls_part(const std::string& bytes) {
    const std::size_t begin = bytes.find("\x16\x03");
    return begin == std::string::npos ? std::string() : bytes.substr(begin);
}

/// A connection of its own through the relay to the server and back.
void ask_real_server(std::string_view protocol, std::uint16_t port) {
    asio::io_context io;
    tcp::socket socket(io);
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    std::string answer;
    if (protocol == "smtp") {
        asio::read_until(socket, asio::dynamic_buffer(answer), "220 ");
    } else {
        asio::write(socket,
                    asio::buffer(std::string(
                        "<?xml version='1.0'?><stream:stream to='omnitls.test' version='1.0' "
                        "xmlns='jabber:client' "
                        "xmlns:stream='http://etherx.jabber.org/streams'>")));
        asio::read_until(socket, asio::dynamic_buffer(answer), "</stream:features>");
    }
}

// ---- The client

using ClientCell = std::tuple<std::string_view, const TlsBackend*, ProtocolVersion, bool>;

std::string client_cell_name(const testing::TestParamInfo<ClientCell>& info) {
    const auto [protocol, backend, version, certificate] = info.param;
    return (protocol == "xmpp" ? "prosody_" : "exim_") + std::string(backend->name()) +
           (version == ProtocolVersion::tls12 ? "_tls12" : "_tls13") +
           (certificate ? "_client_certificate" : "_anonymous");
}

class HeldClient : public testing::TestWithParam<ClientCell> {
protected:
    void SetUp() override {
        OMNITLS_NEED_VERSION(std::get<1>(GetParam()), std::get<2>(GetParam()));
    }
    std::string_view protocol() const { return std::get<0>(GetParam()); }
    bool tls12() const { return std::get<2>(GetParam()) == ProtocolVersion::tls12; }
    bool has_certificate() const { return std::get<3>(GetParam()); }

    /// One upgrade through the relay; `seen` is what happened while the verdict was out.
    struct Outcome {
        std::error_code error;
        Watch seen;
        Relay::Connection relay;
        std::vector<WireRecord> sent;  ///< By the client, from the first to the last.
    };
    Outcome upgrade(const RealServer& server, const Verdict& verdict) const {
        Relay relay(server.port());
        int socket = -1;
        Outcome outcome;
        ClientSetup setup;
        setup.protocol = protocol();
        setup.backend = std::get<1>(GetParam());
        setup.version = std::get<2>(GetParam());
        if (has_certificate()) setup.identity = "client";
        setup.decide = [&](const VerifyRequest&) {
            outcome.seen = watch(relay, socket, [&] { ask_real_server(protocol(), relay.port()); });
            return verdict;
        };
        Client client(setup, relay.port());
        socket = client.stream().lowest_layer().native_handle();
        outcome.error = client.upgrade();
        if (!client.pending()) throw std::runtime_error("nobody was asked");
        EXPECT_EQ(client.pending()->state, State::verify_pending);
        EXPECT_EQ(client.pending()->output, 0U);
        EXPECT_EQ(client.pending()->read_bytes, 0U);
        EXPECT_EQ(client.pending()->read_error, Errc::operation_in_progress);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (unconfirmed_bytes(socket) != 0 && std::chrono::steady_clock::now() < deadline)
            relay.report();
        outcome.relay = relay.report().at(0);
        outcome.sent = parse_records(tls_part(relay.traffic(0).up));
        return outcome;
    }

    static void expect_silence(const Watch& seen) {
        EXPECT_EQ(seen.after.up, seen.before.up);
        EXPECT_EQ(seen.after.unread_up, 0U);
        EXPECT_EQ(reads_between(seen.after, true, seen.begin, seen.end), 0U);
        // Whatever the timing: of all that ever left, only the ClientHello is TLS.
        const auto sent = parse_records(tls_part(seen.traffic.up));
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].type, 22);
        EXPECT_EQ(sent[0].first, 1) << "ClientHello";
        // And the server had said its part.
        EXPECT_GT(tls_part(seen.traffic.down).size(), 500U);
    }
};

TEST_P(HeldClient, SendsNothingBeforeTheVerdict) {
    OMNITLS_NEED_SERVER(protocol() == "xmpp" ? software::prosody : software::exim);
    RealServer server(protocol() == "xmpp" ? software::prosody : software::exim, "leaf");
    {
        SCOPED_TRACE("accepted");
        const Outcome good = upgrade(server, Verdict::trusted());
        EXPECT_FALSE(good.error) << good.error.message();
        expect_silence(good.seen);
        EXPECT_GT(good.relay.up, good.seen.after.up) << "then what was held leaves";
        EXPECT_GT(reads_between(good.relay, true, good.seen.end, SteadyTime::max()), 0U);
        ASSERT_GE(good.sent.size(), 3U);
        if (tls12()) {
            // RFC 5246 §7.4.6: what is in the clear shows that the certificate goes with it.
            EXPECT_EQ(good.sent[1].type, 22);
            EXPECT_EQ(good.sent[1].first, 11) << "Certificate";
        }
    }
    SCOPED_TRACE("rejected");
    const Outcome bad =
        upgrade(server, Verdict::rejected(Errc::certificate_rejected, Alert::access_denied, "no"));
    EXPECT_EQ(bad.error, Errc::certificate_rejected);
    expect_silence(bad.seen);
    // One alert, and before it at most the change_cipher_spec of RFC 8446 §D.4.
    std::vector<WireRecord> rest(bad.sent.begin() + 1, bad.sent.end());
    std::erase_if(rest, [](const WireRecord& record) { return record.type == 20; });
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].type, tls12() ? 21 : 23);
    EXPECT_EQ(rest[0].fragment, tls12() ? 2U : 2U + 1U + 16U);
    EXPECT_TRUE(server.logs(protocol() == "xmpp" ? "alert access denied" : "Access was denied"))
        << server.log();
}

INSTANTIATE_TEST_SUITE_P(
    Relay, HeldClient,
    testing::Combine(testing::Values("xmpp", "smtp"), testing::ValuesIn(built_backends()),
                     testing::Values(ProtocolVersion::tls12, ProtocolVersion::tls13),
                     testing::Bool()),
    client_cell_name);

// ---- The server

using ServerCell = std::tuple<const TlsBackend*, ProtocolVersion>;

std::string server_cell_name(const testing::TestParamInfo<ServerCell>& info) {
    const auto [backend, version] = info.param;
    return std::string(backend->name()) + (version == ProtocolVersion::tls12 ? "_tls12" : "_tls13");
}

class HeldServerTest : public testing::TestWithParam<ServerCell> {
protected:
    void SetUp() override {
        OMNITLS_NEED_VERSION(std::get<0>(GetParam()), std::get<1>(GetParam()));
    }
    bool tls12() const { return std::get<1>(GetParam()) == ProtocolVersion::tls12; }

    std::vector<std::string> s_client(std::uint16_t port) const {
        return {"openssl",     "s_client",
                "-connect",    "127.0.0.1:" + std::to_string(port),
                "-cert",       data_path("client.pem"),
                "-key",        data_path("client.key"),
                "-cert_chain", data_path("client_chain.pem"),
                "-CAfile",     data_path("root.pem"),
                "-quiet",      tls12() ? "-tls1_2" : "-tls1_3"};
    }
    /// Through the relay: nothing but what the server echoes.
    static void ping(std::uint16_t port) {
        asio::io_context io;
        tcp::socket socket(io);
        socket.connect({asio::ip::make_address("127.0.0.1"), port});
        asio::write(socket, asio::buffer(std::string("ping\n")));
        std::string answer;
        asio::read_until(socket, asio::dynamic_buffer(answer), "ping\n");
    }
    /// In TLS 1.3 a client speaks before the server has judged it: until its words are at the server's door.
    void wait_for_words(Relay& relay, std::size_t size) const {
        if (tls12()) return;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (std::chrono::steady_clock::now() < deadline) {
            const auto records = parse_records(relay.traffic(0).up);
            if (!records.empty() && records.back().type == 23 &&
                records.back().fragment == size + 1 + 16)
                return;
        }
        ADD_FAILURE() << "the client did not speak";
    }
};

TEST_P(HeldServerTest, SaysAndHearsNothingBeforeTheVerdict) {
    const std::string words = "words before the verdict\n";
    for (const bool accept : {true, false}) {
        SCOPED_TRACE(accept ? "accepted" : "rejected");
        Watch seen;
        std::unique_ptr<Relay> relay;
        HeldServer server(
            *std::get<0>(GetParam()), std::get<1>(GetParam()), [&](HeldServer& self) -> Verdict {
                wait_for_words(*relay, words.size());
                seen = watch(*relay, self.socket(), [&] { ping(relay->port()); });
                if (accept) return Verdict::trusted();
                return Verdict::rejected(Errc::certificate_rejected, Alert::access_denied, "no");
            });
        relay = std::make_unique<Relay>(server.port());
        Process client(s_client(relay->port()));
        client.send(words);
        const std::error_code ec = server.handshake();

        EXPECT_EQ(seen.after.down, seen.before.down);
        EXPECT_EQ(seen.after.unread_down, 0U);
        EXPECT_EQ(reads_between(seen.after, false, seen.begin, seen.end), 0U);
        if (tls12()) {
            for (const WireRecord& record : parse_records(seen.traffic.down))
                EXPECT_EQ(record.type, 22) << "no change_cipher_spec, no Finished";
        }
        ASSERT_TRUE(server.pending());
        EXPECT_EQ(server.pending()->state, State::verify_pending);
        EXPECT_EQ(server.pending()->output, 0U);
        EXPECT_EQ(server.pending()->read_error, Errc::operation_in_progress);
        EXPECT_EQ(server.pending()->read_bytes, 0U);
        EXPECT_EQ(server.verifier().questions, 1U);
        EXPECT_NE(server.verifier().decided_on, server.verifier().asked_on);
        if (accept) {
            EXPECT_FALSE(ec) << ec.message();
            EXPECT_EQ(server.read(), words);
            server.write("welcome\n");
            EXPECT_TRUE(client.read_until("welcome")) << client.err();
            EXPECT_GT(relay->report().at(0).down, seen.after.down);
        } else {
            EXPECT_EQ(ec, Errc::certificate_rejected);
            EXPECT_EQ(server.read(), "") << "nothing is ever readable";
            server.close();
            EXPECT_NE(client.wait(), 0);
            EXPECT_NE(client.err().find("alert access denied"), std::string::npos) << client.err();
            EXPECT_NE(client.err().find("SSL alert number 49"), std::string::npos) << client.err();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Relay, HeldServerTest,
                         testing::Combine(testing::ValuesIn(built_backends()),
                                          testing::Values(ProtocolVersion::tls12,
                                                          ProtocolVersion::tls13)),
                         server_cell_name);

}  // namespace
}  // namespace omnitls::test
