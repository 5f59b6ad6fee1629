// SPDX-License-Identifier: BSL-1.0
// Drives the event loop until an operation is done.
#include "tests/interop/client.hpp"

#include "tests/interop/wait.hpp"
#include <omnitls/starttls/protocols.hpp>
#include <omnitls/transport/starttls.hpp>

#include <asio/write.hpp>

#include <system_error>
#include <utility>

namespace omnitls::test {
namespace {

using asio::ip::tcp;

ClientTarget target_of(const ClientSetup& setup) {
    ClientTarget target;
    if (setup.protocol.empty()) {
        target.names.push_back(must(ReferenceIdentity::dns(setup.name)));
    } else {
        target.names = must(starttls::reference_identities(setup.protocol, setup.name));
    }
    target.sni = "omnitls.test";
    target.dial_address = "127.0.0.1";
    return target;
}

ClientConfig config_of(const ClientSetup& setup, std::shared_ptr<CertificateVerifier> verifier) {
    ClientConfig config;
    config.trust = load_anchors(setup.anchors);
    config.versions = {setup.version, setup.version};
    config.clock = [time = setup.time] { return time; };
    config.verifier = std::move(verifier);
    config.keep_evidence = true;
    if (!setup.identity.empty()) config.identity = load_identity(setup.identity);
    return config;
}

std::unique_ptr<starttls::Dialogue> dialogue_of(const ClientSetup& setup) {
    if (setup.protocol.empty()) return nullptr;
    starttls::ClientTerms terms;
    terms.server_name = "omnitls.test";
    terms.client_name = "client.test";
    return must(starttls::make_client_dialogue(setup.protocol, terms));
}

}  // namespace

Client::Client(ClientSetup setup, std::uint16_t port)
    : setup_(std::move(setup)),
      dialogue_(dialogue_of(setup_)),
      verifier_(
          std::make_shared<LateVerifier>(io_, setup_.decide, [this] { look_while_pending(); })) {
    context_ = must(setup_.backend->make_client_context(config_of(setup_, verifier_)));
    tcp::socket socket(io_);
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    socket.set_option(tcp::no_delay(true));
    stream_.emplace(std::move(socket), must(context_->make_engine(target_of(setup_))));
}

template <class Start>
std::error_code Client::wait(const Start& start) {
    return run_until_done(io_, start);
}

std::error_code Client::upgrade() {
    return wait([this](auto done) {
        if (!dialogue_) return stream_->async_handshake(std::move(done));
        async_starttls(*stream_, *dialogue_, std::move(done));
    });
}

void Client::look_while_pending() {
    Pending seen;
    seen.state = stream_->engine().state();
    seen.secure = stream_->is_secure();
    seen.output = stream_->engine().output_size();
    std::array<char, 16> room;
    seen.read_bytes = stream_->read_some(asio::buffer(room), seen.read_error);
    pending_ = seen;
}

void Client::send(const std::string& text) {
    if (const std::error_code ec = wait(
            [&](auto done) { asio::async_write(*stream_, asio::buffer(text), std::move(done)); })) {
        throw std::system_error(ec, "writing \"" + text + "\"");
    }
}

Conversation::Got Client::read() {
    Got got;
    got.error = wait([&](auto done) {
        stream_->async_read_some(asio::buffer(block_),
                                 [this, &got, done](std::error_code ec, std::size_t n) mutable {
                                     got.text.assign(block_.data(), n);
                                     done(ec);
                                 });
    });
    return got;
}

ProtocolVersion Client::version() const { return stream_->info().version.value(); }

std::error_code Client::shut_down() {
    return wait([this](auto done) { stream_->async_shutdown(std::move(done)); });
}

}  // namespace omnitls::test
