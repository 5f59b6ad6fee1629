// SPDX-License-Identifier: BSL-1.0
#include "tests/support/raw_peer.hpp"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace omnitls::test {
namespace {

gnutls_datum_t datum(const std::string& text) {
    return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
            static_cast<unsigned>(text.size())};
}

void check(int result, const char* what) {
    if (result < 0)
        throw std::runtime_error(std::string("raw gnutls peer: ") + what + ": " +
                                 gnutls_strerror(result));
}

class RawGnuTls final : public RawPeer {
public:
    explicit RawGnuTls(const RawPeerSetup& setup) : server_(setup.role == Role::server) {
        check(gnutls_certificate_allocate_credentials(&credentials_), "credentials");
        if (!setup.certificate.empty()) load(setup);
        check(gnutls_init(&session_, (server_ ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK |
                                         GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS),
              "init");
        std::string priority = "NORMAL:-VERS-ALL:+VERS-TLS1.";
        priority += setup.version == ProtocolVersion::tls13 ? "3" : "2";
        if (setup.cipher == "aes128") priority += ":-CIPHER-ALL:+AES-128-GCM";
        if (setup.cipher == "chacha20") priority += ":-CIPHER-ALL:+CHACHA20-POLY1305";
        check(gnutls_priority_set_direct(session_, priority.c_str(), nullptr), "priority");
        check(gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, credentials_), "set");
        if (!setup.request_client_ca.empty()) {
            const gnutls_datum_t ca = datum(setup.request_client_ca);
            check(gnutls_certificate_set_x509_trust_mem(credentials_, &ca, GNUTLS_X509_FMT_PEM),
                  "ca");
            gnutls_certificate_server_set_request(session_, GNUTLS_CERT_REQUEST);
        }
        gnutls_transport_set_ptr(session_, this);
        gnutls_transport_set_push_function(session_, push);
        gnutls_transport_set_pull_function(session_, pull);
        gnutls_transport_set_pull_timeout_function(
            session_, [](gnutls_transport_ptr_t self, unsigned) -> int {
                return static_cast<RawGnuTls*>(self)->input.empty() ? 0 : 1;
            });
        gnutls_handshake_set_max_packet_length(session_, 1 << 20);
    }
    ~RawGnuTls() override {
        gnutls_deinit(session_);
        gnutls_certificate_free_credentials(credentials_);
    }
    RawGnuTls(const RawGnuTls&) = delete;
    RawGnuTls& operator=(const RawGnuTls&) = delete;

    void step() override {
        if (failed_) return;
        // AGAIN does not mean that the input is used up: go on while it shrinks.
        for (;;) {
            const std::size_t before = input.size();
            const bool was_done = done_;
            if (!done_) {
                const int result = gnutls_handshake(session_);
                if (result == 0) done_ = true;
                note(result);
            } else {
                std::array<char, 20000> buffer{};
                const ssize_t n = gnutls_record_recv(session_, buffer.data(), buffer.size());
                if (n > 0) {
                    received.append(buffer.data(), static_cast<std::size_t>(n));
                    continue;
                }
                note(static_cast<int>(n));
                if (n == 0) break;
            }
            if (failed_ || (input.size() == before && done_ == was_done)) break;
        }
    }
    bool done() const override { return done_; }
    bool failed() const override { return failed_; }
    bool write(const std::string& text) override {
        return gnutls_record_send(session_, text.data(), text.size()) ==
               static_cast<ssize_t>(text.size());
    }
    bool close_notify() override { return gnutls_bye(session_, GNUTLS_SHUT_WR) == 0; }

private:
    void load(const RawPeerSetup& setup) {
        const gnutls_datum_t certificate = datum(setup.certificate);
        const gnutls_datum_t key = datum(setup.key);
        if (!setup.wrong_key_unchecked) {
            check(gnutls_certificate_set_x509_key_mem2(credentials_, &certificate, &key,
                                                       GNUTLS_X509_FMT_PEM, nullptr, 0),
                  "key pair");
            return;
        }
        // A key that signs for a certificate it does not belong to: the pair check is switched off.
        gnutls_certificate_set_flags(credentials_, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
        gnutls_pcert_st* list = nullptr;
        unsigned count = 0;
        gnutls_x509_crt_t* certificates = nullptr;
        check(gnutls_x509_crt_list_import2(&certificates, &count, &certificate, GNUTLS_X509_FMT_PEM,
                                           0),
              "chain");
        list = static_cast<gnutls_pcert_st*>(gnutls_calloc(count, sizeof(gnutls_pcert_st)));
        for (unsigned i = 0; i < count; ++i) {
            check(gnutls_pcert_import_x509(&list[i], certificates[i], 0), "pcert");
            gnutls_x509_crt_deinit(certificates[i]);
        }
        gnutls_free(certificates);
        gnutls_privkey_t private_key = nullptr;
        check(gnutls_privkey_init(&private_key), "privkey");
        check(gnutls_privkey_import_x509_raw(private_key, &key, GNUTLS_X509_FMT_PEM, nullptr, 0),
              "import key");
        check(gnutls_certificate_set_key(credentials_, nullptr, 0, list, static_cast<int>(count),
                                         private_key),
              "set key");
        // The credentials own what the entries point to now.
        gnutls_free(list);
    }
    void note(int result) {
        if (result >= 0 || result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED) return;
        if (result == GNUTLS_E_WARNING_ALERT_RECEIVED) return;
        failed_ = true;
        error = gnutls_strerror(result);
        // GnuTLS has its own words for an alert that came where it wanted a certificate.
        if (result == GNUTLS_E_FATAL_ALERT_RECEIVED || result == GNUTLS_E_NO_CERTIFICATE_FOUND ||
            result == GNUTLS_E_CERTIFICATE_REQUIRED) {
            alert = static_cast<int>(gnutls_alert_get(session_));
        }
    }
    static ssize_t push(gnutls_transport_ptr_t self, const void* data, size_t size) {
        auto& output = static_cast<RawGnuTls*>(self)->output;
        const auto* bytes = static_cast<const std::uint8_t*>(data);
        output.insert(output.end(), bytes, bytes + size);
        return static_cast<ssize_t>(size);
    }
    static ssize_t pull(gnutls_transport_ptr_t self, void* data, size_t size) {
        auto& peer = *static_cast<RawGnuTls*>(self);
        if (peer.input.empty()) {
            if (peer.eof) return 0;
            gnutls_transport_set_errno(peer.session_, EAGAIN);
            return -1;
        }
        const std::size_t n = std::min(size, peer.input.size());
        std::memcpy(data, peer.input.data(), n);
        peer.input.erase(peer.input.begin(), peer.input.begin() + static_cast<std::ptrdiff_t>(n));
        return static_cast<ssize_t>(n);
    }

    gnutls_session_t session_ = nullptr;
    gnutls_certificate_credentials_t credentials_ = nullptr;
    bool server_;
    bool done_ = false;
    bool failed_ = false;
};

}  // namespace

std::unique_ptr<RawPeer> make_raw_gnutls(const RawPeerSetup& setup) {
    return std::make_unique<RawGnuTls>(setup);
}

}  // namespace omnitls::test
