// SPDX-License-Identifier: BSL-1.0
// Two ends in memory: `Ours`, a session of this backend driven through the SPI, and `Raw`, OpenSSL used directly as the
// peer that does what no configuration of ours would. Both take bytes in pieces and collect what they answer.
#pragma once

#include "backends/openssl/compat.hpp"
#include "backends/openssl/context.hpp"
#include "tests/support/certs.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace omnitls::test {

namespace native = openssl_native;

inline constexpr std::size_t whole = static_cast<std::size_t>(-1);
inline constexpr VersionRange only12{ProtocolVersion::tls12, ProtocolVersion::tls12};
inline constexpr VersionRange only13{ProtocolVersion::tls13, ProtocolVersion::tls13};

inline VersionRange only(ProtocolVersion version) { return {version, version}; }

/// What a session wrote, and how much of it before the peer's certificate was seen.
class MemorySink final : public spi::Sink {
public:
    void write(ConstBytes bytes) noexcept override {
        output.insert(output.end(), bytes.begin(), bytes.end());
        if (seen > 0) after_certificate += bytes.size();
    }
    void peer_certificate_seen() noexcept override { ++seen; }
    Bytes output;
    std::size_t after_certificate = 0;
    int seen = 0;
};

inline ClientConfig client_config(VersionRange versions = {}) {
    ClientConfig config;
    config.trust = load_anchors("root");
    config.versions = versions;
    config.algorithms =
        native::Backend().available(profile_algorithms(Profile::intermediate), versions);
    return config;
}

inline ServerConfig server_config(VersionRange versions = {}, const std::string& role = "leaf") {
    ServerConfig config;
    config.identity = load_identity(role);
    config.versions = versions;
    config.algorithms =
        native::Backend().available(profile_algorithms(Profile::intermediate), versions);
    return config;
}

/// A session of ours, its undelivered input and its last outcome. Proceeds by itself unless told otherwise.
class Ours {
public:
    explicit Ours(const ClientConfig& config, const std::string& sni = "omnitls.test")
        : context_(must(native::Backend().make_client_context(config))),
          session_(must(context_->make_session(sni))) {}
    explicit Ours(const ServerConfig& config)
        : context_(must(native::Backend().make_server_context(config))),
          session_(must(context_->make_session(""))) {}

    /// A further session of a context that lives elsewhere.
    explicit Ours(std::unique_ptr<spi::NativeSession> session) : session_(std::move(session)) {}

    /// Takes `bytes` in pieces of `chunk` bytes, running the handshake after each; at least once.
    void feed(ConstBytes bytes, std::size_t chunk = whole) {
        do {
            const std::size_t size = std::min(chunk, bytes.size());
            inbox.insert(inbox.end(), bytes.begin(),
                         bytes.begin() + static_cast<std::ptrdiff_t>(size));
            bytes = bytes.subspan(size);
            advance();
        } while (!bytes.empty());
    }
    spi::Outcome advance(bool eof = false) {
        for (;;) {
            Input in{inbox, eof};
            outcome = session_->advance(in, sink);
            keep(in);
            if (outcome.progress != spi::Progress::need_credential || !proceeds) return outcome;
            session_->proceed();
        }
    }
    /// Reads once into `room` bytes; the data is in `received`.
    spi::Outcome read(bool eof = false, std::size_t room = 20'000) {
        Bytes buffer(room);
        Input in{inbox, eof};
        outcome = session_->read(in, buffer, sink);
        keep(in);
        received.insert(received.end(), buffer.begin(),
                        buffer.begin() + static_cast<std::ptrdiff_t>(outcome.bytes));
        return outcome;
    }
    spi::Outcome write(ConstBytes data) { return outcome = session_->write(data, sink); }
    Bytes take_output() { return std::exchange(sink.output, {}); }
    bool settled() const { return outcome.progress != spi::Progress::need_input; }
    bool done() const { return outcome.progress == spi::Progress::done; }
    spi::NativeSession& session() { return *session_; }
    const spi::NativeContext& context() { return *context_; }

    MemorySink sink;
    Bytes inbox;
    Bytes received;
    spi::Outcome outcome;
    bool proceeds = true;

private:
    void keep(const Input& in) {
        inbox.erase(inbox.begin(), inbox.end() - static_cast<std::ptrdiff_t>(in.bytes.size()));
    }
    std::shared_ptr<const spi::NativeContext> context_;
    std::unique_ptr<spi::NativeSession> session_;
};

/// OpenSSL as it comes, at security level 0, verifying nobody. `setup` may change anything before the connection is made.
class Raw {
public:
    using Setup = std::function<void(SSL_CTX*)>;

    explicit Raw(Role role, const Setup& setup = {}) : ctx_(SSL_CTX_new(TLS_method())) {
        SSL_CTX_set_security_level(ctx_.get(), 0);
        SSL_CTX_set_min_proto_version(ctx_.get(), TLS1_VERSION);
        SSL_CTX_set_cert_verify_callback(
            ctx_.get(), [](X509_STORE_CTX*, void*) { return 1; }, nullptr);
        if (setup) setup(ctx_.get());
        connect(role);
    }
    /// A further connection with the same settings, tickets and sessions.
    Raw(const Raw& other) {
        SSL_CTX_up_ref(other.ctx_.get());
        ctx_.reset(other.ctx_.get());
        connect(SSL_is_server(other.ssl()) == 1 ? Role::server : Role::client);
    }
    Raw& operator=(const Raw&) = delete;
    static Setup identity(const std::string& role) {
        return [role](SSL_CTX* ctx) { use(ctx, role); };
    }
    static void use(SSL_CTX* ctx, const std::string& role) {
        if (SSL_CTX_use_certificate_chain_file(ctx, data_path(role + "_chain.pem").c_str()) != 1 ||
            SSL_CTX_use_PrivateKey_file(ctx, data_path(role + ".key").c_str(), SSL_FILETYPE_PEM) !=
                1)
            throw std::runtime_error{"the raw peer cannot use " + role};
    }
    static void limit(SSL_CTX* ctx, int version) {
        SSL_CTX_set_min_proto_version(ctx, version);
        SSL_CTX_set_max_proto_version(ctx, version);
    }

    void feed(ConstBytes bytes, std::size_t = whole) {
        put(bytes);
        if (SSL_is_init_finished(ssl()) == 0) check(SSL_do_handshake(ssl()));
    }
    /// Reads what there is; empty if nothing or an error (see `reason`).
    std::string read() {
        std::string data(20'000, '\0');
        ERR_clear_error();
        const int size = SSL_read(ssl(), data.data(), static_cast<int>(data.size()));
        if (size <= 0) check(size);
        data.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return data;
    }
    void put(ConstBytes bytes) {
        BIO_write(SSL_get_rbio(ssl()), bytes.data(), static_cast<int>(bytes.size()));
    }
    void write(const std::string& data) {
        ERR_clear_error();
        check(SSL_write(ssl(), data.data(), static_cast<int>(data.size())));
    }
    Bytes take_output() {
        Bytes output(BIO_ctrl_pending(SSL_get_wbio(ssl())));
        if (!output.empty())
            BIO_read(SSL_get_wbio(ssl()), output.data(), static_cast<int>(output.size()));
        return output;
    }
    bool settled() const { return SSL_is_init_finished(ssl_.get()) == 1 || reason != 0; }
    bool done() const { return SSL_is_init_finished(ssl_.get()) == 1 && reason == 0; }
    /// The alert that ended this peer, if an alert did.
    std::optional<Alert> alert() const {
        if (reason < SSL_AD_REASON_OFFSET) return std::nullopt;
        return static_cast<Alert>(reason - SSL_AD_REASON_OFFSET);
    }
    SSL* ssl() const { return ssl_.get(); }
    /// A secret by its key log label; empty if there is none yet.
    Bytes secret(const std::string& label) const {
        for (const std::string& line : key_log_) {
            if (!line.starts_with(label + " ")) continue;
            long size = 0;
            unsigned char* bytes =
                OPENSSL_hexstr2buf(line.substr(line.rfind(' ') + 1).c_str(), &size);
            Bytes secret(bytes, bytes + size);
            OPENSSL_free(bytes);
            return secret;
        }
        return {};
    }
    int reason = 0;  ///< Of the error that ended it.

private:
    void connect(Role role) {
        SSL_CTX_set_keylog_callback(ctx_.get(), [](const SSL* ssl, const char* line) {
            static_cast<Raw*>(SSL_get_app_data(ssl))->key_log_.emplace_back(line);
        });
        ssl_.reset(SSL_new(ctx_.get()));
        SSL_set_app_data(ssl_.get(), this);
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        role == Role::client ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
    }
    void check(int result) {
        const unsigned long error = ERR_peek_last_error();
        if (result <= 0 && error != 0) reason = ERR_GET_REASON(error);
        ERR_clear_error();
    }
    std::vector<std::string> key_log_;
    native::SslCtxPtr ctx_;
    native::SslPtr ssl_;
};

/// Carries bytes between two ends until neither says anything more.
template <class A, class B>
void shake(A& client, B& server, std::size_t chunk = whole) {
    client.feed({}, chunk);
    for (int round = 0; round < 10; ++round) {
        const Bytes to_server = client.take_output();
        if (!to_server.empty()) server.feed(to_server, chunk);
        const Bytes to_client = server.take_output();
        if (!to_client.empty()) client.feed(to_client, chunk);
        if (to_server.empty() && to_client.empty()) return;
    }
    FAIL() << "the two ends never fall silent";
}

inline std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

}  // namespace omnitls::test
