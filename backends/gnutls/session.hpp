// SPDX-License-Identifier: BSL-1.0
// One connection on GnuTLS: what GnuTLS did, told as facts. It trusts nobody and refuses nobody: every chain passes, and the
// shell withholds what this session writes until the verdict is in.
#pragma once

#include "context.hpp"
#include "port.hpp"

namespace omnitls::inline v0::gnutls_native {

class Session final : public spi::SessionOf<Context, Port> {
public:
    using SessionOf::SessionOf;
    /// Once, first of all. False: GnuTLS has no memory for it.
    bool begin();
    gnutls_session_t native() const noexcept { return session_.get(); }
    /// Hooks that all credentials of ours share.
    static void install_callbacks(gnutls_certificate_credentials_t credentials) noexcept;

    spi::Outcome advance(Input& in, spi::Sink& sink) override;
    spi::Outcome read(Input& in, MutableBytes out, spi::Sink& sink) override;
    spi::Outcome write(ConstBytes plaintext, spi::Sink& sink) override;
    spi::Outcome close_notify(spi::Sink& sink) override;
    bool fatal_alert(Alert alert, spi::Sink& sink) noexcept override;
    void proceed() noexcept override;
    std::vector<spi::NativeCertificate> peer_chain() const override;
    // No traffic_secret: GnuTLS protects alerts itself.
    bool export_keying_material(std::string_view label, const ConstBytes* context,
                                MutableBytes out) noexcept override;
    Bytes tls_unique() const override;
    spi::SessionFacts facts() const override;
    bool resume(const spi::ResumableState& offered) override;
    std::vector<spi::ResumableState> take_resumable() override;
    bool send_ticket(std::chrono::seconds lifetime, spi::Sink& sink) noexcept override;
    bool has_pending() const noexcept override { return gnutls_record_check_pending(native()) > 0; }

private:
    /// Where a TLS 1.3 client stands with the server's certificate.
    enum class Pause : std::uint8_t { none, reached, over };

    static Session& of(gnutls_session_t session) noexcept {
        return *static_cast<Session*>(gnutls_session_get_ptr(session));
    }
    ProtocolVersion version() const noexcept {
        return gnutls_protocol_get_version(native()) == GNUTLS_TLS1_3 ? ProtocolVersion::tls13
                                                                      : ProtocolVersion::tls12;
    }
    bool is_tls13() const noexcept { return version() == ProtocolVersion::tls13; }
    spi::Outcome paused(Input& in);
    spi::Outcome failed(int code);
    bool refuse_renegotiation() noexcept;
    bool send_alert(Alert alert) noexcept;
    int on_peer_chain() noexcept;
    void on_secret(const char* label, ConstBytes secret) const noexcept;
    int on_message(unsigned int type, unsigned int when, bool incoming,
                   ConstBytes message) noexcept;
    int note_server_hello(ConstBytes message) noexcept;
    // In session_resumption.cpp.
    bool begin_sessions() noexcept;
    bool make_ticket_key();
    bool use_ticket_key(const spi::ResumableState& granted) noexcept;
    void note_ticket(ConstBytes message) noexcept;
    int note_own_ticket(ConstBytes message) noexcept;
    int add_fresh(ConstBytes state, std::chrono::seconds lifetime, ConstBytes id = {}) noexcept;
    gnutls_datum_t granted_session(ConstBytes id) const noexcept;

    SessionPtr session_;
    Pause pause_ = Pause::none;
    bool withheld_ = false;           ///< GnuTLS may be ahead of what the peer has been sent.
    bool has_ocsp_response_ = false;  ///< A message of TLS 1.2.
    bool has_ticket_ = false;         ///< Clients: that was not taken.
    bool taken_ = false;
    std::chrono::seconds ticket_lifetime_{0};
    spi::ResumableState granted_session_;  ///< Servers that keep sessions, TLS 1.2.
    bool ticket_key_is_own_ = false;       ///< And not that of a session that was granted.
    /// Servers that keep sessions, TLS 1.3: of this connection alone.
    spi::ResumableState ticket_key_;
};

}  // namespace omnitls::inline v0::gnutls_native
