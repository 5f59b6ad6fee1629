// SPDX-License-Identifier: BSL-1.0
// How a connection ends, over real sockets and in both roles: close_notify, a bare FIN and a reset are three different results.
#include "tests/interop/needs_version.hpp"
#include "tests/interop/scripted_server.hpp"
#include "tests/interop/wait.hpp"

#include <asio/read.hpp>
#include <asio/write.hpp>

#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

using asio::ip::tcp;

enum class End : std::uint8_t { close_notify, fin, fin_inside_a_record, reset };

using Cell = std::tuple<const TlsBackend*, ProtocolVersion, Role>;

std::string cell_name(const testing::TestParamInfo<Cell>& info) {
    const auto [backend, version, role] = info.param;
    return std::string(backend->name()) +
           (version == ProtocolVersion::tls12 ? "_tls12" : "_tls13") +
           (role == Role::client ? "_client" : "_server");
}

std::unique_ptr<TlsEngine> make_engine(const TlsBackend& backend, ProtocolVersion version,
                                       Role role) {
    if (role == Role::server) return make_server_engine(backend, version);
    ClientConfig config;
    config.trust = load_anchors("root");
    config.versions = {version, version};
    config.clock = [] { return test_time(); };
    return must(must(backend.make_client_context(std::move(config)))
                    ->make_engine(must(ClientTarget::host("omnitls.test"))));
}

class EndsTest : public testing::TestWithParam<Cell> {
protected:
    void SetUp() override {
        OMNITLS_NEED_VERSION(std::get<0>(GetParam()), std::get<1>(GetParam()));
    }
    std::unique_ptr<TlsEngine> engine(bool of_the_peer) const {
        const auto [backend, version, role] = GetParam();
        const Role other = role == Role::client ? Role::server : Role::client;
        return make_engine(*backend, version, of_the_peer ? other : role);
    }

    /// The peer: hears "hello", says "words", hears that they have come, and ends.
    void peer(tcp::socket& socket, End end) const {
        Stream<tcp::socket&> stream(socket, engine(true));
        stream.handshake();
        std::string heard(5, ' ');
        asio::read(stream, asio::buffer(heard));
        asio::write(stream, asio::buffer(std::string("words")));
        asio::read(stream, asio::buffer(heard));
        EXPECT_EQ(heard, "ready");
        switch (end) {
            case End::close_notify:
                stream.close_write();
                break;
            case End::fin:
                break;
            case End::fin_inside_a_record:
                asio::write(socket, asio::buffer(std::string("\x17\x03\x03\x00\x20half", 9)));
                break;
            case End::reset:
                socket.set_option(asio::socket_base::linger(true, 0));
                break;
        }
        if (end == End::reset) return socket.close();
        socket.shutdown(tcp::socket::shutdown_send);
        // Only our side ends what is left: no reset by bytes that nobody read.
        std::error_code ec;
        while (!ec) socket.read_some(asio::buffer(heard), ec);
    }

    /// What a read that was waiting says when the peer ends like this.
    struct Result {
        std::error_code first;
        std::error_code again;
        std::size_t bytes = 0;
        bool has_detail = false;
        Phase phase{};
    };
    Result read_until_end(End end) const {
        ScriptedServer server([this, end](tcp::socket& socket) { peer(socket, end); });
        asio::io_context io;
        tcp::socket socket(io);
        socket.connect({asio::ip::make_address("127.0.0.1"), server.port()});
        socket.set_option(tcp::no_delay(true));
        Stream<tcp::socket> stream(std::move(socket), engine(false));
        stream.handshake();
        asio::write(stream, asio::buffer(std::string("hello")));
        std::string words(5, ' ');
        asio::read(stream, asio::buffer(words));
        EXPECT_EQ(words, "words");
        EXPECT_EQ(stream.engine().state(), State::open);

        Result result;
        std::array<char, 64> block;
        result.first = run_until_done(io, [&](auto done) {
            stream.async_read_some(asio::buffer(block),
                                   [&result, done](std::error_code ec, std::size_t n) mutable {
                                       result.bytes = n;
                                       done(ec);
                                   });
            // The read is waiting when the peer is told to end.
            asio::async_write(stream, asio::buffer(std::string_view("ready")),
                              [](const std::error_code& ec, std::size_t) { EXPECT_FALSE(ec); });
        });
        result.bytes += stream.read_some(asio::buffer(block), result.again);
        if (const ErrorDetail* detail = stream.last_error()) {
            result.has_detail = true;
            result.phase = detail->phase;
        }
        return result;
    }
};

TEST_P(EndsTest, AreThreeDifferentResults) {
    const Result clean = read_until_end(End::close_notify);
    EXPECT_EQ(clean.first, asio::error::eof);
    EXPECT_EQ(clean.again, asio::error::eof);
    EXPECT_FALSE(clean.has_detail) << "a clean end is no failure";

    for (const End cut : {End::fin, End::fin_inside_a_record}) {
        const Result bare = read_until_end(cut);
        EXPECT_EQ(bare.first, Errc::truncated);
        EXPECT_EQ(bare.again, Errc::truncated);
        EXPECT_EQ(bare.bytes, 0U);
        ASSERT_TRUE(bare.has_detail);
        EXPECT_EQ(bare.phase, Phase::open);
    }

    const Result broken = read_until_end(End::reset);
    EXPECT_EQ(broken.first, asio::error::connection_reset);
    EXPECT_TRUE(broken.again);
    EXPECT_NE(broken.again, asio::error::eof) << "no second answer makes it look clean";
    EXPECT_EQ(clean.bytes + broken.bytes, 0U);
}

INSTANTIATE_TEST_SUITE_P(Sockets, EndsTest,
                         testing::Combine(testing::ValuesIn(built_backends()),
                                          testing::Values(ProtocolVersion::tls12,
                                                          ProtocolVersion::tls13),
                                          testing::Values(Role::client, Role::server)),
                         cell_name);

}  // namespace
}  // namespace omnitls::test
