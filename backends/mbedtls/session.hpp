// SPDX-License-Identifier: BSL-1.0
// One connection on mbedTLS: what mbedTLS did, told as facts. It trusts nobody and refuses nobody: every chain passes, and
// the shell withholds what this session writes until the verdict is in.
#pragma once

#include "context.hpp"
#include <omnitls/spi/native_session.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace omnitls::inline v0::mbedtls_native {

inline constexpr std::size_t record_header = 5;  // RFC 8446 §5.1

/// Two bytes of `bytes`, 0 behind their end.
inline std::uint16_t number_at(ConstBytes bytes, std::size_t at) noexcept {
    return at + 2 > bytes.size() ? 0
                                 : static_cast<std::uint16_t>((bytes[at] << 8U) | bytes[at + 1]);
}

class Session final : public spi::NativeSession {
public:
    /// `settings` are kept as long as the session. Errc::bad_config for an SNI that mbedTLS refuses.
    static Result<std::unique_ptr<spi::NativeSession>> make(
        std::shared_ptr<const Settings> settings, const std::string& sni);

    spi::Outcome advance(Input& in, spi::Sink& sink) noexcept override;
    spi::Outcome read(Input& in, MutableBytes out, spi::Sink& sink) noexcept override;
    spi::Outcome write(ConstBytes plaintext, spi::Sink& sink) noexcept override;
    spi::Outcome close_notify(spi::Sink& sink) noexcept override;
    bool fatal_alert(Alert alert, spi::Sink& sink) noexcept override;
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
    bool has_pending() const noexcept override;
    mbedtls_ssl_context* native() noexcept { return ssl_.get(); }

private:
    /// What the transport functions work on, set for the duration of one call, and what one step has written.
    struct Port {
        Input* input = nullptr;
        spi::Sink* sink = nullptr;
        Bytes staged;  ///< With an input only: until it is known whether the call failed.
    };
    /// One call into mbedTLS: lends it the caller's cursor and sink, and takes them back.
    class Call {
    public:
        Call(Port& port, Input* in, spi::Sink* sink) noexcept : port_(port) {
            port_.input = in;
            port_.sink = sink;
        }
        ~Call() { port_.input = nullptr, port_.sink = nullptr; }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;

    private:
        LibraryLock lock_;
        Port& port_;
    };

    explicit Session(std::shared_ptr<const Settings> settings) noexcept
        : settings_(std::move(settings)), config_(*settings_->config.get()) {}
    static int on_send(void* self, const unsigned char* data, std::size_t size) noexcept;
    static int on_receive(void* self, unsigned char* out, std::size_t size) noexcept;
    static int on_certificate(void* self, mbedtls_x509_crt* leaf, int depth,
                              std::uint32_t* flags) noexcept;
    static int on_ticket_write(void* self, const mbedtls_ssl_session* session, unsigned char* out,
                               const unsigned char* end, std::size_t* size,
                               std::uint32_t* lifetime) noexcept;
    static int on_ticket_parse(void* self, mbedtls_ssl_session* session, unsigned char* ticket,
                               std::size_t size) noexcept;
    static int on_kept_ticket_write(void* self, const mbedtls_ssl_session* session,
                                    unsigned char* out, const unsigned char* end, std::size_t* size,
                                    std::uint32_t* lifetime) noexcept;
    static int on_kept_ticket_parse(void* self, mbedtls_ssl_session* session, unsigned char* ticket,
                                    std::size_t size) noexcept;
    static int on_session_asked_for(void* self, ConstBytes id,
                                    mbedtls_ssl_session* session) noexcept;
    static int on_session_made(void* self, ConstBytes id,
                               const mbedtls_ssl_session* session) noexcept;
    static void on_secret(void* self, const ExportedSecret& secret) noexcept;
    void keep_secret(const ExportedSecret& secret);
    /// Behind that state come only the tickets of TLS 1.3, which wait for `send_ticket` if the shell keeps the sessions.
    bool over() const noexcept {
        const bool waits = settings_->keeps_sessions && settings_->role == Role::server;
        return waits ? ssl_->state >= MBEDTLS_SSL_HANDSHAKE_OVER
                     : ssl_->state == MBEDTLS_SSL_HANDSHAKE_OVER;
    }
    bool waits_for_credential() const noexcept;
    void begin_data() noexcept;
    void flush() noexcept;
    void note_message(ConstBytes message, bool of_peer) noexcept;
    void note_progress() noexcept;
    void keep_first_session() noexcept;
    void keep_session() noexcept;
    void add_fresh(const mbedtls_ssl_session* session, std::chrono::seconds lifetime,
                   ConstBytes id) noexcept;
    bool resumed() const noexcept { return short_handshake_ && peer_.empty(); }
    bool resumed_unbound() const noexcept;
    bool send_alert(Alert alert) noexcept;
    std::optional<Alert> alert_in_output(Alert meant) const noexcept;
    spi::Outcome failed(int result) noexcept;
    spi::Outcome stopped(int result, const Input& in) noexcept;
    bool is_unprotected(int result) const noexcept;
    std::optional<Alert> plain_alert_received(int result) const noexcept;
    bool is_key_update() const noexcept;
    ErrorRow explain(int result);

    std::shared_ptr<const Settings> settings_;
    Port port_;
    mbedtls_ssl_config config_;  ///< A copy that owns nothing: callbacks of this connection alone.
    SslContext ssl_;             // Below `settings_` and `config_`: freed before them.
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
    bool extended_master_secret_ = false;
    bool short_handshake_ = false;  ///< The server has gone on without a certificate.
    bool new_ticket_ = false;       ///< TLS 1.2, to be kept when the handshake is done.
    bool first_kept_ = false;
    std::vector<spi::ResumableState> fresh_;
    spi::ResumableState granted_session_;      ///< Servers that keep sessions.
    std::chrono::seconds ticket_lifetime_{0};  ///< Of the ticket that is being sent.
    std::uint16_t group_ = 0;
    std::uint16_t signature_scheme_ = 0;
    std::optional<Alert> alert_sent_;
    std::optional<Alert> alert_withheld_;
    std::optional<Alert> alert_received_;
    int error_ = 0;
    std::string error_text_;
};

}  // namespace omnitls::inline v0::mbedtls_native
