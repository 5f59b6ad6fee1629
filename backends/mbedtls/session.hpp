// SPDX-License-Identifier: BSL-1.0
// One connection on mbedTLS: what mbedTLS did, told as facts. It trusts nobody and refuses nobody: every chain passes, and
// the shell withholds what this session writes until the verdict is in.
#pragma once

#include "context.hpp"
#include <omnitls/spi/messages.hpp>
#include <omnitls/spi/native_session.hpp>
#include <omnitls/spi/port.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace omnitls::inline v0::mbedtls_native {

inline constexpr std::size_t record_header = 5;  // RFC 8446 §5.1
inline constexpr std::uint8_t handshake_record = 22;

class Session final : public spi::SessionOf<Context> {
public:
    explicit Session(const Context& context) : SessionOf(context), config_(*context.config.get()) {}
    spi::Outcome advance(Input& in, spi::Sink& sink) override;
    spi::Outcome read(Input& in, MutableBytes out, spi::Sink& sink) override;
    spi::Outcome write(ConstBytes plaintext, spi::Sink& sink) override;
    spi::Outcome close_notify(spi::Sink& sink) override;
    bool fatal_alert(Alert alert, spi::Sink& sink) noexcept override;
    void proceed() noexcept override;
    std::vector<spi::NativeCertificate> peer_chain() const override;
    SecretBytes traffic_secret(spi::TrafficSecret which) noexcept override;
    bool export_keying_material(std::string_view label, const ConstBytes* context,
                                MutableBytes out) noexcept override;
    Bytes tls_unique() const override;
    spi::SessionFacts facts() const override;
    bool resume(const spi::ResumableState& offered) override;
    bool send_ticket(std::chrono::seconds lifetime, spi::Sink& sink) noexcept override;
    bool has_pending() const noexcept override;
    mbedtls_ssl_context* native() noexcept { return ssl_.get(); }

private:
    friend spi::NewSession Context::make_session(const std::string& sni) const;
    /// One call into mbedTLS.
    struct Call : LibraryLock, spi::Loan {
        using Loan::Loan;
    };

    static int on_send(void* self, const unsigned char* data, std::size_t size) noexcept;
    static int on_receive(void* self, unsigned char* out, std::size_t size) noexcept;
    static int on_certificate(void* self, mbedtls_x509_crt* leaf, int depth,
                              std::uint32_t* flags) noexcept;
    static void on_secret(void* self, const ExportedSecret& secret) noexcept;
    static int on_ticket_write(void* self, const mbedtls_ssl_session* session, unsigned char* out,
                               const unsigned char* end, std::size_t* size,
                               std::uint32_t* lifetime) noexcept;
    static int on_ticket_parse(void* self, mbedtls_ssl_session* session, unsigned char* ticket,
                               std::size_t size) noexcept;
    // As 3.x calls them, then as 2.28 does, where the session has the id.
    static int on_session_asked_for(void* self, const unsigned char* id, std::size_t id_size,
                                    mbedtls_ssl_session* session) noexcept;
    static int on_session_asked_for(void* self, mbedtls_ssl_session* session) noexcept;
    static int on_session_made(void* self, const unsigned char* id, std::size_t id_size,
                               const mbedtls_ssl_session* session) noexcept;
    static int on_session_made(void* self, const mbedtls_ssl_session* session) noexcept;

    bool tls13() const noexcept { return is_tls13(*ssl_.get()); }
    /// Behind that state come only the tickets of TLS 1.3, which wait for `send_ticket` if the shell keeps the sessions.
    bool over() const noexcept {
        return context_->keeps_sessions && !is_client() ? ssl_->state >= MBEDTLS_SSL_HANDSHAKE_OVER
                                                        : ssl_->state == MBEDTLS_SSL_HANDSHAKE_OVER;
    }
    bool waits_for_credential() const noexcept;
    void begin_data() noexcept;
    void flush() noexcept;
    void note_message(ConstBytes message, bool of_peer) noexcept;
    void keep_session() noexcept;
    bool add_fresh(const mbedtls_ssl_session* session, std::chrono::seconds lifetime,
                   ConstBytes id) noexcept;
    bool resumed() const noexcept { return short_handshake_ && peer_.empty(); }
    bool resumed_unbound() const noexcept;
    bool send_alert(Alert alert) noexcept;
    std::optional<Alert> alert_in_output(Alert meant) const noexcept;
    std::optional<Alert> plain_alert_received(int result) const noexcept;
    bool is_unprotected(int result) const noexcept;
    ErrorRow explain(int result);
    spi::Outcome failed(int result);
    spi::Outcome stopped(int result, const Input& in);

    Bytes staged_;  ///< What a call with an input has written, until it is known whether it failed.
    mbedtls_ssl_config config_;  ///< A copy that owns nothing: callbacks of this connection alone.
    SslContext ssl_;             // Below `config_`: freed before it.
    std::vector<Bytes> peer_;
    SecretBytes secret_;  ///< That an alert of ours could be sealed with.
    SecretBytes master_;  ///< TLS 1.2, where the library does not export by itself.
    Bytes randoms_;       ///< The client's, then the server's.
    mbedtls_tls_prf_types prf_ = MBEDTLS_SSL_TLS_PRF_NONE;
    bool granted_ = false;
    bool data_phase_ = false;
    bool sent_close_ = false;
    bool peer_closed_ = false;
    bool out_of_memory_ = false;
    bool short_handshake_ = false;             ///< The server has gone on without a certificate.
    bool new_ticket_ = false;                  ///< TLS 1.2.
    spi::ResumableState granted_session_;      ///< Servers that keep sessions.
    std::chrono::seconds ticket_lifetime_{0};  ///< Of the ticket that is being sent.
};

}  // namespace omnitls::inline v0::mbedtls_native
