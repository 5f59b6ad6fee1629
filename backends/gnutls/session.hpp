// SPDX-License-Identifier: BSL-1.0
// One connection on GnuTLS: what GnuTLS did, told as facts. It trusts nobody and refuses nobody: every chain passes, and the
// shell withholds what this session writes until the verdict is in.
#pragma once

#include "compat.hpp"
#include "context.hpp"
#include "port.hpp"
#include <omnitls/spi/native_session.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace omnitls::inline v0::gnutls_native {

class Session final : public spi::NativeSession {
public:
    /// `settings` are kept as long as the session. Errc::bad_config for an SNI that GnuTLS refuses.
    static Result<std::unique_ptr<spi::NativeSession>> make(
        std::shared_ptr<const Settings> settings, const std::string& sni);

    spi::Outcome advance(Input& in, spi::Sink& sink) noexcept override;
    spi::Outcome read(Input& in, MutableBytes out, spi::Sink& sink) noexcept override;
    spi::Outcome write(ConstBytes plaintext, spi::Sink& sink) noexcept override;
    spi::Outcome close_notify(spi::Sink& sink) noexcept override;
    bool fatal_alert(Alert alert, spi::Sink& sink) noexcept override;
    void proceed() noexcept override;
    std::vector<spi::NativeCertificate> peer_chain() const override;
    /// Nobody needs them: GnuTLS protects alerts itself.
    SecretBytes traffic_secret(spi::TrafficSecret) noexcept override { return {}; }
    bool export_keying_material(std::string_view label, const ConstBytes* context,
                                MutableBytes out) noexcept override;
    Bytes tls_unique() const override;
    spi::SessionFacts facts() const override;
    bool resume(const spi::ResumableState& offered) noexcept override;
    std::vector<spi::ResumableState> take_resumable() override;
    bool send_ticket(std::chrono::seconds lifetime, spi::Sink& sink) noexcept override;
    bool has_pending() const noexcept override;
    gnutls_session_t native() noexcept { return session_.get(); }

    /// Hooks that all credentials of ours share.
    static void install_callbacks(gnutls_certificate_credentials_t credentials) noexcept;

private:
    /// Where a TLS 1.3 client stands with the server's certificate.
    enum class Pause : std::uint8_t { none, reached, over };

    explicit Session(std::shared_ptr<const Settings> settings) noexcept
        : settings_(std::move(settings)) {}
    static Session& of(gnutls_session_t session) noexcept;
    static int on_peer_chain(gnutls_session_t session) noexcept;
    static int on_message(gnutls_session_t session, unsigned int type, unsigned int when,
                          unsigned int incoming, const gnutls_datum_t* message) noexcept;
    static int on_secret(gnutls_session_t session, const char* label,
                         const gnutls_datum_t* secret) noexcept;
    static int on_credential(gnutls_session_t session, const gnutls_datum_t*, int,
                             const gnutls_pk_algorithm_t*, int, gnutls_pcert_st** chain,
                             unsigned int* chain_size, gnutls_privkey_t* key) noexcept;
    static int on_session_made(void* self, gnutls_datum_t id, gnutls_datum_t session) noexcept;
    static gnutls_datum_t on_session_asked_for(void* self, gnutls_datum_t id) noexcept;
    int begin_sessions() noexcept;
    bool make_ticket_key() noexcept;
    bool use_ticket_key(const spi::ResumableState& granted) noexcept;
    int note_server_hello(ConstBytes hello) noexcept;
    void note_ticket(ConstBytes message) noexcept;
    void note_own_ticket(ConstBytes message) noexcept;
    void add_fresh(ConstBytes state, std::chrono::seconds lifetime, ConstBytes id) noexcept;
    spi::Outcome paused(Input& in) noexcept;
    spi::Outcome failed(int code) noexcept;
    bool refuse_renegotiation() noexcept;
    bool send_alert(Alert alert) noexcept;
    bool is_tls13() const noexcept;
    std::uint16_t signature_scheme() const noexcept;

    std::shared_ptr<const Settings> settings_;
    Port port_;
    SessionPtr session_;  // Below `port_` and `settings_`: freed before them.
    Pause pause_ = Pause::none;
    bool withheld_ = false;    ///< GnuTLS may be ahead of what the peer has been sent.
    std::uint16_t suite_ = 0;  ///< Of the ServerHello.
    bool extended_master_secret_ = false;
    bool has_ocsp_response_ = false;  ///< A message of TLS 1.2.
    std::optional<Alert> alert_sent_;
    std::optional<Alert> alert_received_;
    int code_ = GNUTLS_E_SUCCESS;
    bool has_ticket_ = false;  ///< Clients: that was not taken.
    bool taken_ = false;
    std::chrono::seconds ticket_lifetime_{0};
    spi::ResumableState granted_session_;  ///< Servers that keep sessions, TLS 1.2.
    bool ticket_key_is_own_ = false;       ///< And not that of a session that was granted.
    spi::ResumableState
        ticket_key_;  ///< Servers that keep sessions, TLS 1.3: of this connection alone.
    std::vector<spi::ResumableState> fresh_;  ///< Servers that keep sessions.
};

}  // namespace omnitls::inline v0::gnutls_native
