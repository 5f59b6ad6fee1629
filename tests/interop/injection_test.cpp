// SPDX-License-Identifier: BSL-1.0
// Plain text across the STARTTLS boundary (the family of CVE-2011-0411): in the segment of the go-ahead, in a later one, half a
// line. The upgrade fails with an error of its own, and nothing of it is ever readable. The server is real TLS behind a script.
#include "tests/interop/client.hpp"
#include "tests/interop/needs_version.hpp"
#include "tests/interop/scripted_server.hpp"

#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <string>
#include <string_view>
#include <tuple>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

using asio::ip::tcp;

/// What the server sends around its go-ahead.
struct Injection {
    const char* name;
    std::size_t split =
        0;  ///< The go-ahead comes in two segments, the first of this size; 0: in one.
    std::string same_segment{};  ///< In the segment of the go-ahead.
    std::string next_segment{};  ///< In the one after it, at once.
    std::string after_hello{};   ///< When the client has begun with TLS.
};

void send(tcp::socket& socket, const std::string& text) {
    if (!text.empty()) asio::write(socket, asio::buffer(text));
}

/// Reads until `end`, with nothing behind it.
void expect_request(tcp::socket& socket, const std::string& end) {
    std::string request;
    const std::size_t size = asio::read_until(socket, asio::dynamic_buffer(request), end);
    EXPECT_EQ(size, request.size()) << request;
}

/// As far as the request to start TLS; returns the go-ahead.
std::string talk(std::string_view protocol, tcp::socket& socket) {
    if (protocol == "smtp") {
        send(socket, "220 mail.test ESMTP\r\n");
        expect_request(socket, "\r\n");
        send(socket, "250-mail.test\r\n250 STARTTLS\r\n");
        expect_request(socket, "STARTTLS\r\n");
        return "220 go ahead\r\n";
    }
    expect_request(socket, "streams'>");
    send(socket,
         "<?xml version='1.0'?><stream:stream id='1' version='1.0' xmlns='jabber:client' "
         "xmlns:stream='http://etherx.jabber.org/streams'><stream:features><starttls "
         "xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
    expect_request(socket, "/>");
    return "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
}

using Cell = std::tuple<std::string_view, const TlsBackend*, ProtocolVersion>;

std::string cell_name(const testing::TestParamInfo<Cell>& info) {
    const auto [protocol, backend, version] = info.param;
    return std::string(protocol) + "_" + std::string(backend->name()) +
           (version == ProtocolVersion::tls12 ? "_tls12" : "_tls13");
}

class InjectionTest : public testing::TestWithParam<Cell> {
protected:
    void SetUp() override {
        OMNITLS_NEED_VERSION(std::get<1>(GetParam()), std::get<2>(GetParam()));
    }
    std::string_view protocol() const { return std::get<0>(GetParam()); }

    /// The server's script: the dialogue, the injection, then TLS as if nothing had been.
    ScriptedServer::Script script(const Injection& injection) const {
        const auto [protocol, backend, version] = GetParam();
        return [=, protocol = protocol, backend = backend, version = version](tcp::socket& socket) {
            const std::string go_ahead = talk(protocol, socket);
            send(socket, go_ahead.substr(0, injection.split));
            send(socket, go_ahead.substr(injection.split) + injection.same_segment);
            send(socket, injection.next_segment);
            if (!injection.after_hello.empty()) {
                socket.wait(tcp::socket::wait_read);
                send(socket, injection.after_hello);
            }
            Stream<tcp::socket&> stream(socket, make_server_engine(*backend, version));
            std::error_code ec;
            stream.handshake(ec);
            std::string words;
            while (!ec) {
                std::array<char, 256> block;
                const std::size_t n = stream.read_some(asio::buffer(block), ec);
                words.append(block.data(), n);
                if (!ec) asio::write(stream, asio::buffer(block.data(), n), ec);
            }
            // Whoever was tricked would have gone on to speak.
            const bool clean = injection.same_segment.empty() && injection.next_segment.empty() &&
                               injection.after_hello.empty();
            EXPECT_EQ(words, clean ? "echo this" : "");
        };
    }

    ClientSetup setup() const {
        ClientSetup setup;
        setup.protocol = protocol();
        setup.backend = std::get<1>(GetParam());
        setup.version = std::get<2>(GetParam());
        return setup;
    }

    void expect_upgrade(const Injection& injection) const {
        SCOPED_TRACE(injection.name);
        ScriptedServer server(script(injection));
        Client client(setup(), server.port());
        const std::error_code ec = client.upgrade();
        ASSERT_FALSE(ec) << ec.message();
        EXPECT_TRUE(client.stream().is_secure());
        EXPECT_EQ(client.verifier().questions, 1U);
        EXPECT_EQ(client.say("echo this", "this"), "echo this");
        EXPECT_EQ(client.shut_down(), Errc::truncated) << "the script does not say close_notify";
    }

    void expect_failure(const Injection& injection) const {
        SCOPED_TRACE(injection.name);
        ScriptedServer server(script(injection));
        {
            Client client(setup(), server.port());
            EXPECT_EQ(client.upgrade(), Errc::plaintext_after_starttls);
            EXPECT_FALSE(client.stream().is_secure());
            EXPECT_EQ(client.verifier().questions, 0U) << "no certificate was judged";
            const ErrorDetail* const detail = client.last_error();
            ASSERT_NE(detail, nullptr);
            EXPECT_EQ(detail->code, Errc::plaintext_after_starttls);
            EXPECT_LE(detail->phase, Phase::handshake) << phase_name(detail->phase);
            EXPECT_FALSE(detail->alert_received) << "our own judgement, not the server's";
            for (int i = 0; i < 3; ++i) {
                const Client::Got got = client.read();
                EXPECT_TRUE(got.error);
                EXPECT_EQ(got.text, "");
            }
            EXPECT_TRUE(client.stream().take_leftover().empty());
            std::error_code ec;
            asio::write(client.stream(), asio::buffer(std::string("password")), ec);
            EXPECT_TRUE(ec) << "nor does anything leave in plain text";
        }
        server.finish();
    }
};

TEST_P(InjectionTest, FailsTheUpgrade) {
    const bool smtp = protocol() == "smtp";
    const std::string line = smtp ? "250 injected\r\n" : "<injected xmlns='urn:x'/>";
    const std::string half = line.substr(0, 6);
    const std::string rest = line.substr(6);
    const std::string record =
        std::string("\x16\x03\x03\x00\x04", 5) + "\x0e" + std::string(3, '\0');

    expect_upgrade({"nothing injected"});
    expect_failure({.name = "the same segment", .same_segment = line});
    expect_failure({.name = "the next segment, at once", .next_segment = line});
    expect_failure({.name = "a later segment", .after_hello = line});
    expect_failure({.name = "half a line", .same_segment = half});
    expect_failure(
        {.name = "half a line, the rest at once", .same_segment = half, .next_segment = rest});
    expect_failure(
        {.name = "half a line, the rest later", .same_segment = half, .after_hello = rest});
    expect_failure({.name = "half a line, later", .after_hello = half});
    expect_failure({.name = "one line end", .same_segment = "\n"});
    expect_failure({.name = "a TLS record that nobody asked for", .same_segment = record});
    expect_upgrade({.name = "the go-ahead in two segments", .split = 5});
    expect_failure({.name = "the same, injected", .split = 5, .same_segment = line});
}

INSTANTIATE_TEST_SUITE_P(
    Boundary, InjectionTest,
    testing::Combine(testing::Values("xmpp", "smtp"), testing::ValuesIn(built_backends()),
                     testing::Values(ProtocolVersion::tls12, ProtocolVersion::tls13)),
    cell_name);

}  // namespace
}  // namespace omnitls::test
