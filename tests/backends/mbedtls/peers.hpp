// SPDX-License-Identifier: BSL-1.0
// An engine on this backend against a peer that is not omnitls, and sessions of this backend driven through the SPI.
#pragma once

#include "backends/mbedtls/context.hpp"
#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"
#include "tests/support/raw_peer.hpp"
#include <omnitls/backends/mbedtls.hpp>

#include <gtest/gtest.h>

namespace omnitls::test {

namespace native = mbedtls_native;

/// The versions that the mbedTLS under test has.
inline std::vector<ProtocolVersion> versions() {
    std::vector<ProtocolVersion> all{ProtocolVersion::tls12};
    if (backends::mbedtls().capabilities().has("tls13")) all.push_back(ProtocolVersion::tls13);
    return all;
}
inline VersionRange only(ProtocolVersion version) { return {version, version}; }
inline std::string version_label(const testing::TestParamInfo<ProtocolVersion>& cell) {
    return cell.param == ProtocolVersion::tls12 ? "tls12" : "tls13";
}

/// mbedTLS at both ends, of one version.
inline PairSetup both(ProtocolVersion version) {
    PairSetup setup;
    setup.client_backend = setup.server_backend = &backends::mbedtls();
    setup.versions = setup.server_versions = only(version);
    return setup;
}

/// A client of this backend and a raw server with the certificate of `role`; or a server of this backend and a raw client.
class Scene {
public:
    Scene(const RawPeerKind& kind, ProtocolVersion version, const std::string& role,
          VersionRange ours) {
        RawPeerSetup raw;
        raw.version = version;
        raw.certificate = read_data(role + "_chain.pem");
        raw.key = read_data(role + ".key");
        peer = kind.make(raw);
        PairSetup setup;
        setup.versions = ours;
        side.engine = *must(backends::mbedtls().make_client_context(client_config(setup)))
                           ->make_engine(must(ClientTarget::host("omnitls.test")));
    }
    Scene(const RawPeerKind& kind, ProtocolVersion version, const std::string& client_role) {
        RawPeerSetup raw;
        raw.role = Role::client;
        raw.version = version;
        raw.certificate = read_data(client_role + "_chain.pem");
        raw.key = read_data(client_role + ".key");
        peer = kind.make(raw);
        PairSetup setup;
        setup.server_versions = only(version);
        setup.client_auth = ClientAuth::require;
        side.engine =
            *must(backends::mbedtls().make_server_context(server_config(setup)))->make_engine();
    }
    /// Moves bytes until nothing moves.
    void run() {
        for (int idle = 0; idle < 2;) {
            side.run();
            const Bytes ours = side.take();
            peer->input.insert(peer->input.end(), ours.begin(), ours.end());
            peer->step();
            const Bytes theirs = std::exchange(peer->output, {});
            side.feed(theirs);
            idle = ours.empty() && theirs.empty() ? idle + 1 : 0;
        }
    }
    Side side;
    std::unique_ptr<RawPeer> peer;
};

inline const RawPeerKind& raw(const std::string& name) {
    for (const RawPeerKind& kind : raw_peer_kinds())
        if (name == kind.name) return kind;
    throw std::runtime_error("no raw peer is called " + name);
}

/// What a session wrote.
class MemorySink final : public spi::Sink {
public:
    void write(ConstBytes bytes) noexcept override {
        output.insert(output.end(), bytes.begin(), bytes.end());
    }
    void peer_certificate_seen() noexcept override { ++seen; }
    Bytes output;
    int seen = 0;
};

/// A session through the SPI.
struct Ours {
    std::unique_ptr<spi::NativeSession> session;
    MemorySink sink;
    spi::Outcome outcome{};
    Bytes inbox{};
    void advance(const Bytes& bytes) {
        inbox.insert(inbox.end(), bytes.begin(), bytes.end());
        Input in{inbox, false};
        outcome = session->advance(in, sink);
        inbox.assign(in.bytes.begin(), in.bytes.end());
    }
    spi::Outcome read(bool eof, std::string& text) {
        Bytes buffer(20'000);
        Input in{inbox, eof};
        outcome = session->read(in, buffer, sink);
        inbox.assign(in.bytes.begin(), in.bytes.end());
        text.append(as_text(ConstBytes(buffer).first(outcome.bytes)));
        return outcome;
    }
};

/// `config` as core completes it.
template <class Config>
Config complete(Config config) {
    config.algorithms =
        native::Backend().available(profile_algorithms(Profile::intermediate), *config.versions);
    return config;
}

/// Two sessions after their handshake.
struct Sessions {
    explicit Sessions(ProtocolVersion version, const std::string& sni = "omnitls.test") {
        const PairSetup setup = both(version);
        client.session =
            must(must(native::Backend().make_client_context(complete(client_config(setup))))
                     ->make_session(sni));
        server.session =
            must(must(native::Backend().make_server_context(complete(server_config(setup))))
                     ->make_session(""));
        for (int round = 0; round < 6; ++round) {
            client.advance(std::exchange(server.sink.output, {}));
            server.advance(std::exchange(client.sink.output, {}));
        }
        if (client.outcome.progress != spi::Progress::done ||
            server.outcome.progress != spi::Progress::done)
            throw std::runtime_error("the handshake failed");
    }
    Ours client;
    Ours server;
};

}  // namespace omnitls::test
