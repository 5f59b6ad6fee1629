// SPDX-License-Identifier: BSL-1.0
// A verifier that is a coroutine: it looks the server's key up in a database (Redis), and the handshake waits for the answer, but not
// for ever. The set "keys:HOST" has the SHA-256 of the public keys that are known for a host, as `SADD keys:HOST HEX` puts them there.
//
//   verifier_database HOST PORT SOCKET MILLISECONDS     SOCKET: the database's; how long it may take
//                                                       exit status: 0 accepted, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/transport/awaitable_verifier.hpp>
#include <omnitls/verifiers/compose.hpp>

#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <iostream>

using asio::use_awaitable;
using asio::local::stream_protocol;
using example::need;
using example::tcp;
using omnitls::Verdict;

// [database]
/// Whether `member` is in the set `key`.
asio::awaitable<bool> is_known(std::string database, std::string key, std::string member) {
    stream_protocol::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect({database}, use_awaitable);
    const std::string question = "SISMEMBER " + key + " " + member + "\r\n";
    co_await asio::async_write(socket, asio::buffer(question), use_awaitable);
    std::string reply;  // one that has no end within 512 bytes is an error
    co_await asio::async_read_until(socket, asio::dynamic_buffer(reply, 512), "\r\n",
                                    use_awaitable);
    if (reply != ":0\r\n" && reply != ":1\r\n") throw std::runtime_error("database: " + reply);
    co_return reply == ":1\r\n";
}

omnitls::AwaitableDecision by_database(std::string database, std::string host,
                                       const omnitls::spi::Crypto& crypto) {
    using Evidence = std::shared_ptr<const omnitls::VerifyRequest>;
    return [=, &crypto](Evidence evidence) -> asio::awaitable<Verdict> {
        const omnitls::Certificate* leaf = evidence->peer.leaf();
        const auto key = leaf != nullptr ? leaf->spki_pin(crypto) : std::nullopt;
        if (!key) throw std::runtime_error("no digest of the server's key");
        if (!co_await is_known(database, "keys:" + host, example::hex(*key))) {
            co_return Verdict::rejected(omnitls::Errc::unknown_authority,
                                        omnitls::Alert::unknown_ca,
                                        "not in the database: " + example::hex(*key));
        }
        // The entry stands for an authority. A wrong name or date is not excused by it.
        std::vector<omnitls::Finding> excused = evidence->failures();
        std::erase_if(excused, [](const omnitls::Finding& finding) {
            return finding.category != omnitls::FindingCategory::unknown_authority &&
                   finding.category != omnitls::FindingCategory::self_signed;
        });
        co_return Verdict::trusted_despite(std::move(excused));
    };
}
// [/database]

int main(int argc, char** argv) try {
    if (argc != 5)
        throw std::runtime_error("usage: verifier_database HOST PORT SOCKET MILLISECONDS");
    const omnitls::TlsBackend& backend = omnitls::backends::openssl();
    const std::chrono::milliseconds limit(std::stoi(argv[4]));
    asio::io_context io;
    omnitls::ClientConfig config;
    // [in-time]
    const auto decide = by_database(argv[3], argv[1], backend.crypto());
    config.verifier = need(omnitls::with_deadline(
        omnitls::make_awaitable_verifier(io.get_executor(), decide), limit, "the database"));
    // [/in-time]
    const auto context = need(backend.make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(argv[1]));
    omnitls::Stream<tcp::socket> stream(example::connect(io, argv[1], argv[2]),
                                        need(context->make_engine(target)));
    return example::handshake(io, stream);
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
