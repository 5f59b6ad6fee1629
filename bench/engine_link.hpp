// SPDX-License-Identifier: BSL-1.0
// omnitls as native_link.hpp has every library: two engines of one backend that hand each other their output.
#pragma once

#include "bench/native_link.hpp"
#include <omnitls/backend.hpp>
#include <omnitls/config.hpp>
#include <omnitls/engine.hpp>
#include <omnitls/result.hpp>
#include <omnitls/session_store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench {

template <class T>
T engine_value(omnitls::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().what);
    return std::move(result).value();
}

/// omnitls on one of its backends.
class EngineLink final : public Link {
public:
    EngineLink(std::unique_ptr<omnitls::TlsEngine> client,
               std::unique_ptr<omnitls::TlsEngine> server)
        : client_(std::move(client)), server_(std::move(server)) {}

    void handshake() override {
        bool client_done = false;
        bool server_done = false;
        for (int turn = 0; !client_done || !server_done; ++turn) {
            ensure(turn < most_turns, "the handshake is stuck");
            client_done = client_done || step(*client_, *server_);
            server_done = server_done || step(*server_, *client_);
        }
        while (server_->output_size() > 0) {
            std::uint8_t nothing = 0;
            const omnitls::MutableBytes out(&nothing, 1);
            const omnitls::Step read = take(*client_, *server_, {&out, 1});
            ensure(read.want == omnitls::Want::input, "data, not tickets");
        }
    }

    bool agreed(bool resumed) override {
        const omnitls::ConnectionInfo& info = server_->info();
        const bool tls13 = info.version == omnitls::ProtocolVersion::tls13;
        return info.cipher_suite == (tls13 ? 0x1301 : 0xc02b) && info.resumed == resumed &&
               client_->info().resumed == resumed;
    }

    std::size_t send(omnitls::ConstBytes plaintext) override {
        const omnitls::Step step = client_->write({&plaintext, 1});
        ensure(!step.error, "the engine does not write");
        return step.bytes;
    }

    std::size_t receive(omnitls::MutableBytes out) override {
        std::size_t total = 0;
        while (total < out.size()) {
            const omnitls::MutableBytes room = out.subspan(total);
            const omnitls::Step step = take(*server_, *client_, {&room, 1});
            total += step.bytes;
            if (client_->output_size() == 0) break;
        }
        return total;
    }

private:
    /// One read of what the other end wants to send.
    static omnitls::Step take(omnitls::TlsEngine& to, omnitls::TlsEngine& from,
                              std::span<const omnitls::MutableBytes> out) {
        omnitls::Input in{from.output()};
        const std::size_t before = in.bytes.size();
        const omnitls::Step step = to.read(in, out);
        ensure(!step.error, "the engine does not read");
        from.consume_output(before - in.bytes.size());
        return step;
    }

    /// The handshake of one end as far as the other's output allows.
    static bool step(omnitls::TlsEngine& engine, omnitls::TlsEngine& peer) {
        for (;;) {
            omnitls::Input in{peer.output()};
            const std::size_t before = in.bytes.size();
            const omnitls::Step step = engine.handshake(in);
            peer.consume_output(before - in.bytes.size());
            if (step.error) throw std::runtime_error(engine.last_error()->what);
            if (step.done()) return true;
            if (step.want == omnitls::Want::verdict)
                engine.verifier()->verify(*engine.take_question({}));
            else if (peer.output_size() == 0)
                return false;
        }
    }

    std::unique_ptr<omnitls::TlsEngine> client_;
    std::unique_ptr<omnitls::TlsEngine> server_;
};

class EngineEndpoints final : public Endpoints {
public:
    EngineEndpoints(const omnitls::TlsBackend& backend, const Terms& terms)
        : backend_(backend), target_(engine_value(omnitls::ClientTarget::host(server_name))) {
        const std::string suite =
            terms.tls13() ? "TLS_AES_128_GCM_SHA256" : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
        // mbedTLS 2.28 takes hashes, each for both kinds of keys.
        std::vector<std::string> schemes{"ecdsa_secp256r1_sha256"};
        if (!backend.capabilities().has("any_signature_scheme_list"))
            schemes.emplace_back("rsa_pkcs1_sha256");
        const omnitls::Algorithms algorithms = engine_value(
            omnitls::Algorithms::from_names({{suite}, {"x25519", "secp256r1"}, schemes}));
        client_config_.trust =
            engine_value(omnitls::TrustAnchors::from_file(data_file("root.pem")));
        client_config_.versions = {terms.version, terms.version};
        client_config_.algorithms = algorithms;
        omnitls::ServerConfig server;
        server.identity = engine_value(
            omnitls::Identity::from_files(data_file("leaf_chain.pem"), data_file("leaf.key")));
        server.versions = client_config_.versions;
        server.algorithms = algorithms;
        if (terms.resumption) {
            client_config_.sessions = omnitls::memory_session_store();
            server.session_lifetime = std::chrono::hours(1);
        }
        server_ = engine_value(backend.make_server_context(std::move(server)));
        renew_client();
    }

    std::unique_ptr<Link> connect() override {
        return std::make_unique<EngineLink>(engine_value(client_->make_engine(target_)),
                                            engine_value(server_->make_engine()));
    }

    void renew_client() override {
        client_ = engine_value(backend_.make_client_context(client_config_));
    }

private:
    const omnitls::TlsBackend& backend_;
    omnitls::ClientTarget target_;
    omnitls::ClientConfig client_config_;
    std::shared_ptr<const omnitls::ClientContext> client_;
    std::shared_ptr<const omnitls::ServerContext> server_;
};

}  // namespace bench
