// SPDX-License-Identifier: BSL-1.0
// One connection on OpenSSL: what OpenSSL did, told as facts. It trusts nobody and refuses nobody: every chain passes, and
// the shell withholds what this session writes until the verdict is in.
#pragma once

#include "bio.hpp"
#include "compat.hpp"
#include "context.hpp"
#include <omnitls/spi/native_session.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::inline v0::openssl_native {

class Session final : public spi::NativeSession {
public:
    /// `settings` are kept as long as the session. Errc::bad_config for an SNI that OpenSSL refuses.
    static Result<std::unique_ptr<spi::NativeSession>> make(
        std::shared_ptr<const Settings> settings, const std::string& sni);
    ~Session() override;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    spi::Outcome advance(Input& in, spi::Sink& sink) noexcept override;
    spi::Outcome read(Input& in, MutableBytes out, spi::Sink& sink) noexcept override;
    spi::Outcome write(ConstBytes plaintext, spi::Sink& sink) noexcept override;
    spi::Outcome close_notify(spi::Sink& sink) noexcept override;
    /// OpenSSL has no function for it.
    bool fatal_alert(Alert, spi::Sink&) noexcept override { return false; }
    void proceed() noexcept override;
    std::vector<spi::NativeCertificate> peer_chain() const override;
    SecretBytes traffic_secret(spi::TrafficSecret which) noexcept override;
    bool export_keying_material(std::string_view label, const ConstBytes* context,
                                MutableBytes out) noexcept override;
    Bytes tls_unique() const override;
    spi::SessionFacts facts() const override;
    bool resume(const spi::ResumableState& offered) noexcept override;
    std::vector<spi::ResumableState> take_resumable() override { return std::exchange(fresh_, {}); }
    bool send_ticket(std::chrono::seconds lifetime, spi::Sink& sink) noexcept override;
    void release_buffers() noexcept override;
    bool has_pending() const noexcept override;
    SSL* native() noexcept { return ssl_.get(); }

    /// Hooks every context of ours shares.
    static void install_callbacks(SSL_CTX* ctx, Role role) noexcept;
    /// Has sessions kept for `take_resumable`, and a server ask for those that are granted.
    static void collect_sessions(SSL_CTX* ctx, Role role) noexcept;

private:
    /// Whether the client's key may be used. `discarded`: never; OpenSSL only runs on to derive a secret.
    enum class Credential : std::uint8_t { waiting, granted, discarded };
    struct PeerCertificate {
        X509Ptr native;  ///< A reference of our own: OpenSSL may let go of its chain.
        Bytes der;
    };
    /// One call into OpenSSL: lends it the caller's cursor and sink, and takes them back.
    class Call {
    public:
        Call(Port& port, Input* in, spi::Sink* sink) noexcept : port_(port) {
            port_.input = in;
            port_.sink = sink;
            ERR_clear_error();
        }
        ~Call() { port_.input = nullptr, port_.sink = nullptr; }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;

    private:
        Port& port_;
    };

    explicit Session(std::shared_ptr<const Settings> settings) noexcept
        : settings_(std::move(settings)) {}
    static Session& of(const SSL* ssl) noexcept;
    static int on_peer_chain(X509_STORE_CTX* store, void*) noexcept;
    static int on_credential(SSL* ssl, void*) noexcept;
    static void on_key_log(const SSL* ssl, const char* line) noexcept;
    static int on_fresh_session(SSL* ssl, SSL_SESSION* session) noexcept;
    static SSL_SESSION* on_asked_session(SSL* ssl, const unsigned char* id, int size,
                                         int* copies) noexcept;
    static void on_info(const SSL* ssl, int where, int value) noexcept;
    void keep_secret(std::string_view label, std::string_view hex);
    void forget_secrets() noexcept;
    bool flight_is_complete(Input& in);
    spi::Outcome stopped(int result, const Input* in) noexcept;
    const SSL_CIPHER* cipher() const noexcept;
    std::uint16_t signature_scheme() const noexcept;

    std::shared_ptr<const Settings> settings_;
    Port port_;
    SslPtr ssl_;  // Below `port_` and `settings_`: freed before them.
    std::vector<PeerCertificate> peer_;
    Credential credential_ = Credential::waiting;
    SecretBytes client_handshake_;
    SecretBytes server_application_;
    std::optional<Alert> alert_sent_;
    std::optional<Alert> alert_received_;
    NativeError error_;
    std::vector<spi::ResumableState> fresh_;
    SessionPtr granted_session_;  ///< Servers that keep sessions.
};

}  // namespace omnitls::inline v0::openssl_native
