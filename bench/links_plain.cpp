// SPDX-License-Identifier: BSL-1.0
// Connected sockets, and what the media cost without any TLS.
#include "bench/links.hpp"

#include <asio/ip/tcp.hpp>

namespace bench {
namespace {

template <class Next>
std::unique_ptr<Connection> connect_ends(asio::io_context& io) {
    auto [client, server] = connected(io, static_cast<const Next*>(nullptr));
    return std::make_unique<StreamConnection<Next>>(io, std::make_unique<Next>(std::move(client)),
                                                    std::make_unique<Next>(std::move(server)),
                                                    Form::callbacks);
}

}  // namespace

std::pair<asio::ip::tcp::socket, asio::ip::tcp::socket> connected_sockets(asio::io_context& io) {
    using asio::ip::tcp;
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    tcp::socket client(io);
    tcp::socket server(io);
    client.connect(acceptor.local_endpoint());
    acceptor.accept(server);
    client.set_option(tcp::no_delay(true));
    server.set_option(tcp::no_delay(true));
    return {std::move(client), std::move(server)};
}

std::unique_ptr<Connection> connect_plain(asio::io_context& io, Medium medium) {
    if (medium == Medium::memory) return connect_ends<MemoryPipe>(io);
    return connect_ends<asio::ip::tcp::socket>(io);
}

}  // namespace bench
