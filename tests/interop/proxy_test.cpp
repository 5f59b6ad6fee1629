// SPDX-License-Identifier: BSL-1.0
// The PROXY header with programs that nobody here wrote, and TLS behind it: nginx believes what our client says, our server believes what
// HAProxy and curl say. Without the header there is no TLS.
#include "tests/interop/process.hpp"
#include "tests/interop/scripted_server.hpp"
#include "tests/interop/servers/servers.hpp"
#include "tests/interop/stacks.hpp"
#include "tests/interop/starttls_peers.hpp"
#include "tests/interop/wait.hpp"
#include <omnitls/starttls/proxy_header.hpp>
#include <omnitls/transport/starttls.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using asio::ip::tcp;
using starttls::ProxyEndpoint;
using starttls::ProxyHeader;
using starttls::ProxyVersion;

TEST(ProxyHeader, IsSpokenWithThoseOfTheTable) {
    EXPECT_EQ(peers_that_speak("proxy"), (std::set<std::string>{"curl", "haproxy", "nginx"}));
}

/// Our client, which stands for a proxy.
class ProxyClient {
public:
    ProxyClient(const TlsBackend& backend, ProtocolVersion version, std::uint16_t port)
        : stream_(connect(port), engine(backend, version)) {}

    /// Says `header`, if there is one, and begins with TLS.
    std::error_code begin(const std::optional<ProxyHeader>& header, ProxyVersion version) {
        std::error_code ec;
        if (header) {
            const auto dialogue = must(starttls::proxy_header_client(*header, version));
            run_starttls(stream_, *dialogue, ec);
        } else {
            stream_.handshake(ec);
        }
        return ec;
    }
    std::string get() {
        std::string page =
            "GET /caller HTTP/1.1\r\nHost: omnitls.test\r\nConnection: close\r\n\r\n";
        asio::write(stream_, asio::buffer(page));
        page.clear();
        std::error_code ec;
        asio::read(stream_, asio::dynamic_buffer(page), ec);
        EXPECT_EQ(ec, asio::error::eof) << ec.message();
        return page;
    }
    const Stream<tcp::socket>& stream() const { return stream_; }

private:
    tcp::socket connect(std::uint16_t port) {
        tcp::socket socket(io_);
        socket.connect({asio::ip::make_address("127.0.0.1"), port});
        return socket;
    }
    static std::unique_ptr<TlsEngine> engine(const TlsBackend& backend, ProtocolVersion version) {
        ClientConfig config;
        config.trust = load_anchors("root");
        config.versions = {version, version};
        config.clock = test_time;
        const auto context = must(backend.make_client_context(std::move(config)));
        return must(context->make_engine(must(ClientTarget::host("omnitls.test"))));
    }

    asio::io_context io_;
    Stream<tcp::socket> stream_;
};

struct Claim {
    ProxyHeader header;
    std::string page;  ///< What nginx makes of it.
};
std::vector<Claim> claims(ProxyVersion version) {
    std::vector<ProxyHeader::Extension> extensions;
    const ConstBytes name = as_bytes("omnitls.test");
    if (version == ProxyVersion::v2) extensions.push_back({0x02, Bytes(name.begin(), name.end())});
    return {
        {{ProxyHeader::Addresses{{"192.0.2.1", 50000}, {"192.0.2.2", 443}}, extensions},
         "from 192.0.2.1 50000 to 192.0.2.2 443"},
        {{ProxyHeader::Addresses{{"2001:db8::1", 1}, {"2001:db8::2", 65535}}, extensions},
         "from 2001:db8::1 1 to 2001:db8::2 65535"},
        {{std::nullopt, {}}, "from   to  "},
    };
}

TEST(ProxyHeader, OfOursIsBelievedByNginx) {
    OMNITLS_NEED_SERVER(software::nginx);
    const RealServer server(software::nginx, "leaf");
    for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
        for (const ProxyVersion form : {ProxyVersion::v1, ProxyVersion::v2}) {
            for (const Claim& claim : claims(form)) {
                ProxyClient client(backend, version, server.port(1));
                ASSERT_FALSE(client.begin(claim.header, form));
                EXPECT_EQ(client.stream().info().version, version);
                const std::string page = client.get();
                EXPECT_TRUE(page.ends_with("\r\n\r\n" + claim.page)) << page;
            }
        }
        // Without a header, and so without TLS: a ClientHello is none.
        const std::string words = "broken header: ";
        const std::size_t said = server.logged(words);
        ProxyClient bare(backend, version, server.port(1));
        EXPECT_TRUE(bare.begin(std::nullopt, ProxyVersion::v1));
        EXPECT_FALSE(bare.stream().is_secure());
        ASSERT_NE(bare.stream().last_error(), nullptr);
        EXPECT_EQ(bare.stream().last_error()->phase, Phase::handshake);
        EXPECT_TRUE(server.logs(words, said + 1)) << server.log();
        EXPECT_EQ(server.logged(words), said + 1) << server.log();
    });
}

/// Our server behind a proxy, one connection after the other.
template <class Protocol>
class ServerBehind {
public:
    explicit ServerBehind(const typename Protocol::endpoint& here) : acceptor_(io_, here) {}

    typename Protocol::endpoint here() const { return acceptor_.local_endpoint(); }

    struct Served {
        ProxyHeader header;
        typename Protocol::endpoint peer;
        std::error_code upgrade;
        bool secure = false;
    };
    /// Header, TLS, a request and "here" for an answer.
    Served serve(const TlsBackend& backend, ProtocolVersion version) {
        using Socket = typename Protocol::socket;
        Served served;
        Socket socket(io_);
        done([&](auto on) { acceptor_.async_accept(socket, std::move(on)); });
        served.peer = socket.remote_endpoint();
        const auto header = std::make_shared<ProxyHeader>();
        const auto dialogue = starttls::proxy_header_server(header);
        Stream<Socket> stream(std::move(socket), make_server_engine(backend, version));
        served.upgrade = run([&](auto on) { async_starttls(stream, *dialogue, std::move(on)); });
        served.header = *header;
        served.secure = stream.is_secure();
        if (!served.upgrade) answer(stream);
        return served;
    }

private:
    template <class Start>
    std::error_code run(const Start& start) {
        return run_until_done(io_, start);
    }
    template <class Start>
    void done(const Start& start) {
        if (const std::error_code ec = run(start)) throw std::system_error(ec, "serving");
    }
    template <class Over>
    void answer(Over& stream) {
        std::string request;
        const std::string reply = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhere ";
        done([&](auto on) {
            asio::async_read_until(stream, asio::dynamic_buffer(request), "\r\n\r\n",
                                   std::move(on));
        });
        done([&](auto on) { asio::async_write(stream, asio::buffer(reply), std::move(on)); });
        run([&](auto on) { stream.async_shutdown(std::move(on)); });
    }

    asio::io_context io_;
    typename Protocol::acceptor acceptor_;
};

/// Fetches a page of omnitls.test at `port`, and prints which port it came from behind the page.
Process curl(std::uint16_t port, const Arguments& more) {
    const std::string there = "omnitls.test:" + std::to_string(port);
    Arguments command = {"curl",
                         "--silent",
                         "--show-error",
                         "--max-time",
                         "20",
                         "--cacert",
                         data_path("root.pem"),
                         "--resolve",
                         there + ":127.0.0.1",
                         "--write-out",
                         "%{local_port}",
                         "https://" + there + "/"};
    command.insert(command.end(), more.begin(), more.end());
    return Process(command);
}
constexpr int curl_ssl_connect_error = 35;

TEST(ProxyHeader, OfCurlIsReadByOurs) {
    OMNITLS_NEED_SERVER(Software{.program = "curl"});
    ServerBehind<tcp> server({asio::ip::make_address("127.0.0.1"), 0});
    const std::uint16_t port = server.here().port();
    for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
        Process with = curl(port, {"--haproxy-protocol"});
        const auto served = server.serve(backend, version);
        EXPECT_EQ(with.wait(), 0) << with.err();
        ASSERT_FALSE(served.upgrade) << served.upgrade.message();
        EXPECT_EQ(with.out(), "here " + std::to_string(served.peer.port()));
        const ProxyHeader::Addresses addresses{{"127.0.0.1", served.peer.port()},
                                               {"127.0.0.1", port}};
        EXPECT_EQ(served.header, (ProxyHeader{addresses, {}}));

        Process without = curl(port, {});
        const auto refused = server.serve(backend, version);
        EXPECT_EQ(without.wait(), curl_ssl_connect_error) << without.err();
        EXPECT_EQ(refused.upgrade, Errc::starttls_protocol) << refused.upgrade.message();
        EXPECT_FALSE(refused.secure);
        EXPECT_EQ(refused.header, ProxyHeader{});
    });
}

/// The types of extensions that HAProxy was told to send.
constexpr std::uint8_t crc32c = 0x03;
constexpr std::uint8_t unique_id = 0x05;

TEST(ProxyHeader, OfHaproxyIsReadByOurs) {
    OMNITLS_NEED_SERVER(software::haproxy);
    OMNITLS_NEED_SERVER(Software{.program = "curl"});
    using Local = asio::local::stream_protocol;
    const RealServer proxy(software::haproxy, "leaf");
    ServerBehind<Local> server(Local::endpoint(proxy.place().path("behind")));
    for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
        for (const std::size_t form : {0U, 1U}) {
            const std::uint16_t port = proxy.port(form);
            Process with = curl(port, {});
            const auto served = server.serve(backend, version);
            EXPECT_EQ(with.wait(), 0) << with.err();
            ASSERT_FALSE(served.upgrade) << served.upgrade.message();
            ASSERT_TRUE(served.header.addresses);
            const ProxyHeader::Addresses& addresses = *served.header.addresses;
            EXPECT_EQ(addresses.source.address, "127.0.0.1");
            EXPECT_EQ(with.out(), "here " + std::to_string(addresses.source.port));
            EXPECT_EQ(addresses.destination, (ProxyEndpoint{"127.0.0.1", port}));
            const auto& extensions = served.header.extensions;
            ASSERT_EQ(extensions.size(), form == 0 ? 0U : 2U);
            if (form == 0) continue;
            EXPECT_EQ(extensions[0].type, crc32c);
            EXPECT_EQ(extensions[1].type, unique_id);
            EXPECT_EQ(as_text(extensions[1].value), "unique");
        }
        Process without = curl(proxy.port(2), {});
        const auto refused = server.serve(backend, version);
        EXPECT_EQ(without.wait(), curl_ssl_connect_error) << without.err();
        EXPECT_EQ(refused.upgrade, Errc::starttls_protocol) << refused.upgrade.message();
        EXPECT_FALSE(refused.secure);
        EXPECT_EQ(refused.header, ProxyHeader{});
    });
}

}  // namespace
}  // namespace omnitls::test
