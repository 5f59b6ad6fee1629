// SPDX-License-Identifier: BSL-1.0
// mbedTLS as a peer, in its own words. Written without a question for the version, since both have what is used here.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "tests/support/raw_peer.hpp"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <type_traits>

// Named alike and deprecated in 3.x, where they still do it.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace omnitls::test {
namespace {

void check(int result, const char* what) {
    if (result == 0) return;
    std::array<char, 160> text{};
    mbedtls_strerror(result, text.data(), text.size());
    throw std::runtime_error(std::string("raw mbedtls peer: ") + what + ": " + text.data());
}

/// 3.x wants a random generator here, 2.x has no parameter for it.
template <class Parse>
int parse_key(Parse parse, mbedtls_pk_context* key, const std::string& pem,
              mbedtls_ctr_drbg_context* random) {
    const auto* text = reinterpret_cast<const unsigned char*>(pem.c_str());
    if constexpr (std::is_invocable_v<Parse, mbedtls_pk_context*, const unsigned char*, std::size_t,
                                      const unsigned char*, std::size_t>)
        return parse(key, text, pem.size() + 1, nullptr, 0);
    else
        return parse(key, text, pem.size() + 1, nullptr, 0, mbedtls_ctr_drbg_random, random);
}

/// Ticket keys with a random generator of their own, shared by the connections of one server.
struct TicketKeys {
    TicketKeys() {
        mbedtls_entropy_init(&entropy);
        mbedtls_ctr_drbg_init(&random);
        mbedtls_ssl_ticket_init(&keys);
        check(mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, nullptr, 0), "seed");
        check(mbedtls_ssl_ticket_setup(&keys, mbedtls_ctr_drbg_random, &random,
                                       MBEDTLS_CIPHER_AES_256_GCM, 3600),
              "tickets");
    }
    ~TicketKeys() {
        mbedtls_ssl_ticket_free(&keys);
        mbedtls_ctr_drbg_free(&random);
        mbedtls_entropy_free(&entropy);
    }
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;
    mbedtls_ssl_ticket_context keys{};
    mbedtls_entropy_context entropy{};
    mbedtls_ctr_drbg_context random{};
};

/// In TLS 1.2 an empty ticket goes out then.
int write_no_ticket(void*, const mbedtls_ssl_session*, unsigned char*, const unsigned char*,
                    std::size_t* size, std::uint32_t* lifetime) {
    *size = 0;
    *lifetime = 0;
    return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
}

class RawMbedTls final : public RawPeer {
public:
    explicit RawMbedTls(const RawPeerSetup& setup) {
        if (!raw_mbedtls_plays(setup.version))
            throw std::runtime_error("raw mbedtls peer: this version is not there");
        check(psa_crypto_init(), "psa");
        mbedtls_entropy_init(&entropy_);
        mbedtls_ctr_drbg_init(&random_);
        mbedtls_ssl_config_init(&config_);
        mbedtls_ssl_init(&ssl_);
        mbedtls_x509_crt_init(&chain_);
        mbedtls_x509_crt_init(&authority_);
        mbedtls_pk_init(&key_);
        check(mbedtls_ctr_drbg_seed(&random_, mbedtls_entropy_func, &entropy_, nullptr, 0), "seed");
        const bool server = setup.role == Role::server;
        check(mbedtls_ssl_config_defaults(&config_,
                                          server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                          MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
              "config");
        mbedtls_ssl_conf_rng(&config_, mbedtls_ctr_drbg_random, &random_);
        mbedtls_ssl_conf_renegotiation(&config_, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
        const int minor = setup.version == ProtocolVersion::tls13 ? 4 : 3;
        mbedtls_ssl_conf_min_version(&config_, 3, minor);
        mbedtls_ssl_conf_max_version(&config_, 3, minor);
        if (setup.cipher == "aes128") suites_[0] = 0x1301;
        if (setup.cipher == "chacha20") suites_[0] = 0x1303;
        if (suites_[0] != 0) mbedtls_ssl_conf_ciphersuites(&config_, suites_.data());
        if (!setup.certificate.empty()) load(setup);
        const bool asks = !server || !setup.request_client_ca.empty();
        mbedtls_ssl_conf_authmode(&config_,
                                  asks ? MBEDTLS_SSL_VERIFY_OPTIONAL : MBEDTLS_SSL_VERIFY_NONE);
        if (!setup.request_client_ca.empty()) {
            parse(authority_, setup.request_client_ca);
            mbedtls_ssl_conf_ca_chain(&config_, &authority_, nullptr);
        }
        if (!setup.extended_master_secret)
            mbedtls_ssl_conf_extended_master_secret(&config_, MBEDTLS_SSL_EXTENDED_MS_DISABLED);
        tickets_ = setup.ticket_keys;
        if (tickets_)
            mbedtls_ssl_conf_session_tickets_cb(
                &config_, setup.empty_tickets ? write_no_ticket : mbedtls_ssl_ticket_write,
                mbedtls_ssl_ticket_parse, tickets_.get());
        check(mbedtls_ssl_setup(&ssl_, &config_), "setup");
        mbedtls_ssl_set_bio(&ssl_, this, send, receive, nullptr);
        if (!server) check(mbedtls_ssl_set_hostname(&ssl_, nullptr), "host name");
    }
    ~RawMbedTls() override {
        mbedtls_ssl_free(&ssl_);
        mbedtls_ssl_config_free(&config_);
        mbedtls_pk_free(&key_);
        mbedtls_x509_crt_free(&chain_);
        mbedtls_x509_crt_free(&authority_);
        mbedtls_ctr_drbg_free(&random_);
        mbedtls_entropy_free(&entropy_);
    }
    RawMbedTls(const RawMbedTls&) = delete;
    RawMbedTls& operator=(const RawMbedTls&) = delete;

    void step() override {
        while (!failed_) {
            const std::size_t before = input.size();
            int result = 0;
            if (!done_) {
                result = mbedtls_ssl_handshake(&ssl_);
                done_ = result == 0;
            } else {
                std::array<unsigned char, 20000> buffer{};
                result = mbedtls_ssl_read(&ssl_, buffer.data(), buffer.size());
                if (result > 0)
                    received.append(reinterpret_cast<const char*>(buffer.data()),
                                    static_cast<std::size_t>(result));
            }
            note(result);
            const bool over = result < 0 || (done_ && result == 0 && input.empty());
            if (over && input.size() == before) return;
        }
    }
    bool done() const override { return done_; }
    bool failed() const override { return failed_; }
    bool write(const std::string& text) override {
        return mbedtls_ssl_write(&ssl_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size()) == static_cast<int>(text.size());
    }
    bool renegotiate() override {
        return mbedtls_ssl_renegotiate(&ssl_) == MBEDTLS_ERR_SSL_WANT_READ;
    }
    bool close_notify() override { return mbedtls_ssl_close_notify(&ssl_) == 0; }

private:
    static void parse(mbedtls_x509_crt& list, const std::string& pem) {
        check(mbedtls_x509_crt_parse(&list, reinterpret_cast<const unsigned char*>(pem.c_str()),
                                     pem.size() + 1),
              "certificate");
    }
    /// mbedTLS does not ask whether key and certificate belong together.
    void load(const RawPeerSetup& setup) {
        parse(chain_, setup.certificate);
        check(parse_key(mbedtls_pk_parse_key, &key_, setup.key, &random_), "key");
        check(mbedtls_ssl_conf_own_cert(&config_, &chain_, &key_), "identity");
    }
    void note(int result) {
        if (result >= 0 || result == MBEDTLS_ERR_SSL_WANT_READ ||
            result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
            return;
        if (done_ && result == -0x7b00) return;  // a ticket (3.x)
        failed_ = true;
        std::array<char, 160> text{};
        mbedtls_strerror(result, text.data(), text.size());
        error = text.data();
        if (result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) alert = ssl_.in_msg[1];
    }
    static int send(void* self, const unsigned char* data, std::size_t size) {
        auto& peer = *static_cast<RawMbedTls*>(self);
        peer.output.insert(peer.output.end(), data, data + size);
        return static_cast<int>(size);
    }
    static int receive(void* self, unsigned char* out, std::size_t size) {
        auto& peer = *static_cast<RawMbedTls*>(self);
        if (peer.input.empty()) return peer.eof ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
        const std::size_t n = std::min(size, peer.input.size());
        std::copy_n(peer.input.begin(), n, out);
        peer.input.erase(peer.input.begin(), peer.input.begin() + static_cast<std::ptrdiff_t>(n));
        return static_cast<int>(n);
    }

    mbedtls_entropy_context entropy_;
    mbedtls_ctr_drbg_context random_;
    mbedtls_ssl_config config_;
    mbedtls_ssl_context ssl_;
    mbedtls_x509_crt chain_;
    mbedtls_x509_crt authority_;
    mbedtls_pk_context key_;
    std::array<int, 2> suites_{};
    std::shared_ptr<void> tickets_;
    bool done_ = false;
    bool failed_ = false;
};

}  // namespace

std::shared_ptr<void> make_mbedtls_ticket_keys() {
    auto made = std::make_shared<TicketKeys>();
    return {made, &made->keys};
}

bool raw_mbedtls_plays(ProtocolVersion version) noexcept {
    return version == ProtocolVersion::tls12 ||
           mbedtls_version_check_feature("MBEDTLS_SSL_PROTO_TLS1_3") == 0;
}

std::unique_ptr<RawPeer> make_raw_mbedtls(const RawPeerSetup& setup) {
    return std::make_unique<RawMbedTls>(setup);
}

}  // namespace omnitls::test
