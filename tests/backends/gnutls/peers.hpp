// SPDX-License-Identifier: BSL-1.0
// Two ends in memory: `Ours`, a session of this backend driven through the SPI, and `Raw`, GnuTLS used directly as the peer
// that does what no configuration of ours would.
#pragma once

#include "backends/gnutls/compat.hpp"
#include "backends/gnutls/context.hpp"
#include "core/failure_cause.hpp"
#include "tests/support/certs.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace omnitls::test {

namespace native = gnutls_native;
using spi::Progress;

inline constexpr std::size_t whole = static_cast<std::size_t>(-1);

inline VersionRange only(ProtocolVersion version) { return {version, version}; }
inline constexpr VersionRange only12{ProtocolVersion::tls12, ProtocolVersion::tls12};
inline constexpr VersionRange only13{ProtocolVersion::tls13, ProtocolVersion::tls13};

class Collector final : public spi::Sink {
public:
    void write(ConstBytes bytes) noexcept override {
        output.insert(output.end(), bytes.begin(), bytes.end());
    }
    void peer_certificate_seen() noexcept override {
        before_certificate = output.size();
        ++seen;
    }
    Bytes output;
    std::size_t before_certificate = 0;
    int seen = 0;
};

inline ClientConfig client_config(VersionRange versions = {}) {
    return {.trust = load_anchors("root"),
            .versions = versions,
            .algorithms =
                native::Backend().available(profile_algorithms(Profile::intermediate), versions)};
}
inline ServerConfig server_config(VersionRange versions = {}, const std::string& role = "leaf") {
    ServerConfig config;
    config.identity = load_identity(role);
    config.versions = versions;
    config.algorithms =
        native::Backend().available(profile_algorithms(Profile::intermediate), versions);
    return config;
}

/// A session of ours with its undelivered input. It is given all input at once, not record by record as the shell does.
class Ours {
public:
    explicit Ours(const ClientConfig& config, const std::string& sni = "omnitls.test")
        : context(must(native::Backend().make_client_context(config))),
          session(must(context->make_session(sni))) {}
    explicit Ours(const ServerConfig& config)
        : context(must(native::Backend().make_server_context(config))),
          session(must(context->make_session(""))) {}

    void feed(ConstBytes bytes, std::size_t chunk = whole) {
        do {
            const ConstBytes piece = bytes.first(std::min(chunk, bytes.size()));
            inbox.insert(inbox.end(), piece.begin(), piece.end());
            bytes = bytes.subspan(piece.size());
            advance();
        } while (!bytes.empty());
    }
    spi::Outcome advance(bool eof = false) {
        if (outcome.progress == Progress::failed || done()) return outcome;
        call([&](Input& in) { return session->advance(in, sink); }, eof);
        if (outcome.progress != Progress::need_credential) return outcome;
        ++pauses;
        if (!proceeds) return outcome;
        session->proceed();
        return advance(eof);
    }
    /// Reads once; the data is in `received`.
    spi::Outcome read(bool eof = false, std::size_t room = 20'000) {
        Bytes buffer(room);
        call([&](Input& in) { return session->read(in, buffer, sink); }, eof);
        received += as_text(ConstBytes(buffer).first(outcome.bytes));
        return outcome;
    }
    spi::Outcome write(std::string_view text) {
        return outcome = session->write(as_bytes(text), sink);
    }
    Bytes take_output() { return std::exchange(sink.output, {}); }
    bool done() const { return done_; }
    Errc cause() const { return core::failure_cause(outcome, session->facts()); }
    std::optional<Alert> sent() const { return session->facts().alert_sent; }

    Collector sink;
    Bytes inbox;
    std::string received;
    spi::Outcome outcome;
    bool proceeds = true;
    int pauses = 0;
    std::shared_ptr<const spi::NativeContext> context;
    std::unique_ptr<spi::NativeSession> session;

private:
    template <class Step>
    void call(Step step, bool eof) {
        Input in{inbox, eof};
        outcome = step(in);
        done_ = done_ || outcome.progress == Progress::done;
        inbox.assign(in.bytes.begin(), in.bytes.end());
    }
    bool done_ = false;
};

/// GnuTLS as it comes, verifying nobody. `setup` may change anything before the handshake.
class Raw {
public:
    struct Options {
        Role role = Role::server;
        std::string priority = "NORMAL";
        std::string identity = "leaf";  ///< Empty: none.
        std::string key_role{};         ///< Whose key is used; empty: the identity's.
        bool tickets = false;
        std::function<void(gnutls_session_t, gnutls_certificate_credentials_t)> setup{};
    };
    explicit Raw(Options options) : role_(options.role) {
        credentials_ =
            native::make<native::CredentialsPtr>(gnutls_certificate_allocate_credentials);
        if (!options.identity.empty()) load(options);
        const unsigned flags = (role_ == Role::server ? GNUTLS_SERVER : GNUTLS_CLIENT) |
                               GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
                               (options.tickets ? 0U : unsigned{GNUTLS_NO_TICKETS});
        session_ = native::make<native::SessionPtr>(gnutls_init, flags);
        check(gnutls_priority_set_direct(get(), options.priority.c_str(), nullptr));
        check(gnutls_credentials_set(get(), GNUTLS_CRD_CERTIFICATE, credentials_.get()));
        gnutls_transport_set_ptr(get(), this);
        gnutls_transport_set_pull_function(get(), pull);
        gnutls_transport_set_push_function(get(), push);
        gnutls_handshake_set_max_packet_length(get(), 1 << 20);
        if (options.setup) options.setup(get(), credentials_.get());
    }
    static std::string at(ProtocolVersion version) {
        return version == ProtocolVersion::tls13 ? "NORMAL:-VERS-ALL:+VERS-TLS1.3"
                                                 : "NORMAL:-VERS-ALL:+VERS-TLS1.2";
    }

    void feed(ConstBytes bytes, std::size_t = whole) {
        put(bytes);
        for (std::size_t before = 1; !done_ && code >= 0 && before > 0;) {
            before = input.size();
            const int result = gnutls_handshake(get());
            done_ = result == 0;
            if (result < 0 && gnutls_error_is_fatal(result) != 0) code = result;
        }
    }
    void put(ConstBytes bytes) { input.insert(input.end(), bytes.begin(), bytes.end()); }
    /// Reads all there is.
    std::string read() {
        std::string text(20'000, '\0');
        std::string all;
        for (std::size_t before = 1; before > 0 || gnutls_record_check_pending(get()) > 0;) {
            before = input.size();
            const ssize_t size = gnutls_record_recv(get(), text.data(), text.size());
            if (size > 0) all.append(text, 0, static_cast<std::size_t>(size));
            if (size < 0) code = static_cast<int>(size);
            if (size == 0 || code == GNUTLS_E_FATAL_ALERT_RECEIVED) break;
        }
        return all;
    }
    void write(std::string_view text) {
        EXPECT_EQ(gnutls_record_send(get(), text.data(), text.size()),
                  static_cast<ssize_t>(text.size()));
    }
    Bytes take_output() { return std::exchange(output_, {}); }
    bool done() const { return done_ && code >= 0; }
    /// The fatal alert that ended this peer.
    std::optional<Alert> alert() const {
        if (code >= 0) return std::nullopt;
        return static_cast<Alert>(gnutls_alert_get(get()));
    }
    gnutls_session_t get() const { return session_.get(); }

    Bytes input;
    int code = 0;  ///< Of the last failure.

private:
    static void check(int result) {
        if (result < 0) throw std::runtime_error{gnutls_strerror(result)};
    }
    void load(const Options& options) {
        gnutls_certificate_set_flags(credentials_.get(), GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
        const std::string key = options.key_role.empty() ? options.identity : options.key_role;
        check(gnutls_certificate_set_x509_key_file(
            credentials_.get(), data_path(options.identity + "_chain.pem").c_str(),
            data_path(key + ".key").c_str(), GNUTLS_X509_FMT_PEM));
    }
    static ssize_t pull(gnutls_transport_ptr_t self, void* data, std::size_t size) {
        auto& raw = *static_cast<Raw*>(self);
        if (raw.input.empty()) {
            gnutls_transport_set_errno(raw.get(), EAGAIN);
            return -1;
        }
        const auto end =
            raw.input.begin() + static_cast<std::ptrdiff_t>(std::min(size, raw.input.size()));
        const auto taken = std::copy(raw.input.begin(), end, static_cast<std::uint8_t*>(data)) -
                           static_cast<std::uint8_t*>(data);
        raw.input.erase(raw.input.begin(), end);
        return taken;
    }
    static ssize_t push(gnutls_transport_ptr_t self, const void* data, std::size_t size) {
        auto& output = static_cast<Raw*>(self)->output_;
        const auto* bytes = static_cast<const std::uint8_t*>(data);
        output.insert(output.end(), bytes, bytes + size);
        return static_cast<ssize_t>(size);
    }
    Role role_;
    native::CredentialsPtr credentials_;
    native::SessionPtr session_;
    Bytes output_;
    bool done_ = false;
};

/// Carries bytes between two ends until neither says anything more.
template <class A, class B>
void shake(A& client, B& server, std::size_t chunk = whole) {
    client.feed({}, chunk);
    for (bool moved = true; moved;) {
        const Bytes to_server = client.take_output();
        if (!to_server.empty()) server.feed(to_server, chunk);
        const Bytes to_client = server.take_output();
        if (!to_client.empty()) client.feed(to_client, chunk);
        moved = !to_server.empty() || !to_client.empty();
    }
}

}  // namespace omnitls::test
