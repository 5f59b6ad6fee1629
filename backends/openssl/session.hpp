// SPDX-License-Identifier: BSL-1.0
// One connection on OpenSSL: what OpenSSL did, told as facts. It trusts nobody and refuses nobody: every chain passes, and
// the shell withholds what this session writes until the verdict is in.
#pragma once

#include "bio.hpp"
#include "context.hpp"
#include <omnitls/spi/native_session.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0::openssl_native {

class Session final : public spi::SessionOf<Context> {
public:
    /// Errc::bad_config for an SNI that OpenSSL refuses.
    static spi::NewSession make(const Context& context, const std::string& sni);
    ~Session() override;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    spi::Outcome advance(Input& in, spi::Sink& sink) override;
    spi::Outcome read(Input& in, MutableBytes out, spi::Sink& sink) override;
    spi::Outcome write(ConstBytes plaintext, spi::Sink& sink) override;
    spi::Outcome close_notify(spi::Sink& sink) override;
    // No fatal_alert: OpenSSL has no function for it.
    void proceed() noexcept override;
    std::vector<spi::NativeCertificate> peer_chain() const override;
    SecretBytes traffic_secret(spi::TrafficSecret which) noexcept override;
    bool export_keying_material(std::string_view label, const ConstBytes* context,
                                MutableBytes out) noexcept override;
    Bytes tls_unique() const override;
    spi::SessionFacts facts() const override;
    bool resume(const spi::ResumableState& offered) override;
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
    /// One call into OpenSSL, whose error queue belongs to the thread.
    struct Call : spi::Loan {
        Call(Session& session, Input* in, spi::Sink* sink) noexcept
            : Loan(session.port_, in, sink) {
            ERR_clear_error();
        }
    };

    using SessionOf::SessionOf;
    static Session& of(const SSL* ssl) noexcept;
    static int on_peer_chain(X509_STORE_CTX* store, void*) noexcept;
    static int on_credential(SSL* ssl, void*) noexcept;
    static void on_key_log(const SSL* ssl, const char* line) noexcept;
    static int on_fresh_session(SSL* ssl, SSL_SESSION* session) noexcept;
    static SSL_SESSION* on_asked_session(SSL* ssl, const unsigned char* id, int size,
                                         int* copies) noexcept;
    static void on_info(const SSL* ssl, int where, int value) noexcept;
    void keep_secret(std::string_view line);
    void forget_secret() noexcept;
    bool flight_is_complete(Input& in);
    spi::Outcome stopped(int result, const Input* in);
    const SSL_CIPHER* cipher() const noexcept;
    std::uint16_t signature_scheme() const noexcept;

    SslPtr ssl_;
    std::vector<PeerCertificate> peer_;
    Credential credential_ = Credential::waiting;
    SecretBytes alert_secret_;    ///< Of an alert after a rejection.
    SessionPtr granted_session_;  ///< Servers that keep sessions.
};

}  // namespace omnitls::inline v0::openssl_native
