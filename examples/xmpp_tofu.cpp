// SPDX-License-Identifier: BSL-1.0
// An XMPP client that trusts on first use: a server that no authority vouches for is shown to a person once, remembered, and known by its
// key from then on. Upgrades the stream (RFC 6120 §5) and says how one could log in.
//
//   xmpp_tofu DOMAIN HOST PORT KEYS-FILE      type yes or no when asked; exit status: 0 trusted, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/starttls/protocols.hpp>
#include <omnitls/transport/starttls.hpp>
#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

using example::need;
using example::tcp;

// [person]
void ask_a_person(omnitls::TrustQuestion question) {
    const bool changed = question.event() == omnitls::TrustEvent::changed;
    std::cout << (changed ? "ANOTHER KEY than the last time: " : "For the first time: ")
              << question.key().to_string() << "\n  shows " << example::hex(question.shown())
              << "\n";
    if (changed) std::cout << "  known " << example::hex(*question.remembered()) << "\n";
    std::cout << "Trust it from now on (yes or no)? " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "yes") return std::move(question).accept();
    std::move(question).refuse("the user said no");
}
// [/person]

// Where the stream begins anew inside TLS: what was offered in plain text does not count.
class Client {
public:
    Client(std::string domain, tcp::socket socket, std::unique_ptr<omnitls::TlsEngine> engine)
        : domain_(std::move(domain)),
          stream_(std::move(socket), std::move(engine)),
          dialogue_(need(omnitls::starttls::make_client_dialogue("xmpp", {domain_, {}}))) {}

    void start() {
        async_starttls(stream_, *dialogue_, [this](std::error_code ec) {
            if (ec) throw std::runtime_error(stream_.last_error()->to_string());
            hello_ = "<stream:stream to='" + domain_ +
                     "' version='1.0' xmlns='jabber:client' "
                     "xmlns:stream='http://etherx.jabber.org/streams'>";
            async_write(stream_, asio::buffer(hello_), [this](std::error_code, std::size_t) {
                read();  // which tells why it failed, if it did
            });
        });
    }

private:
    void read() {
        stream_.async_read_some(asio::buffer(room_), [this](std::error_code ec, std::size_t n) {
            if (ec) throw std::runtime_error("the server went away: " + ec.message());
            features_.append(room_.data(), n);
            if (features_.find("</stream:features>") == std::string::npos) return read();
            const std::size_t from = features_.find("<mechanisms");
            std::cout << "one can log in by: "
                      << omnitls::escape_untrusted(features_.substr(std::min(from, n))) << '\n';
            stream_.async_shutdown([](std::error_code) {});
        });
    }

    const std::string domain_;
    omnitls::Stream<tcp::socket> stream_;
    std::unique_ptr<omnitls::starttls::Dialogue> dialogue_;
    std::string hello_;
    std::array<char, 4096> room_{};
    std::string features_;
};

int main(int argc, char** argv) try {
    if (argc != 5) throw std::runtime_error("usage: xmpp_tofu DOMAIN HOST PORT KEYS-FILE");
    omnitls::ClientConfig config;
    asio::thread_pool desk(1);  // a person is asked here, and the connection goes on meanwhile
    // [trust]
    omnitls::TrustOptions options;
    options.protocol = "xmpp-client";
    options.decide = [&desk](omnitls::TrustQuestion question) {
        asio::post(desk, [question = std::move(question)]() mutable {
            ask_a_person(std::move(question));
        });
    };
    auto keys = need(omnitls::file_trust_store(argv[4]));
    config.verifier = need(omnitls::trust_on_first_use(std::move(keys), std::move(options)));
    // [/trust]
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    auto target = need(omnitls::starttls::client_target("xmpp", argv[1]));
    target.dial_address = argv[2];  // where an SRV record led
    asio::io_context io;
    Client client(argv[1], example::connect(io, argv[2], argv[3]),
                  need(context->make_engine(target)));
    client.start();
    io.run();
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
