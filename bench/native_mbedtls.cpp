// SPDX-License-Identifier: BSL-1.0
// mbedTLS called natively: mbedtls_ssl_set_bio over the wires, mbedtls_ssl_write and mbedtls_ssl_read, mbedTLS's own verification
// with the host name. What 3.6 has and 2.28 lacks is called where it is declared: `requires` asks.
#include "bench/native_link.hpp"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include <array>
#include <optional>
#include <type_traits>

namespace bench {
namespace {

/// A structure of mbedTLS with its init and free functions.
template <class T, auto Init, auto Free>
class Owned {
public:
    Owned() { Init(&value_); }
    ~Owned() { Free(&value_); }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    T* get() { return &value_; }

private:
    T value_;
};
using Connection = Owned<mbedtls_ssl_context, mbedtls_ssl_init, mbedtls_ssl_free>;
using Config = Owned<mbedtls_ssl_config, mbedtls_ssl_config_init, mbedtls_ssl_config_free>;
using Session = Owned<mbedtls_ssl_session, mbedtls_ssl_session_init, mbedtls_ssl_session_free>;
using Tickets = Owned<mbedtls_ssl_ticket_context, mbedtls_ssl_ticket_init, mbedtls_ssl_ticket_free>;
using Certificates = Owned<mbedtls_x509_crt, mbedtls_x509_crt_init, mbedtls_x509_crt_free>;
using Key = Owned<mbedtls_pk_context, mbedtls_pk_init, mbedtls_pk_free>;
using Entropy = Owned<mbedtls_entropy_context, mbedtls_entropy_init, mbedtls_entropy_free>;
using Generator = Owned<mbedtls_ctr_drbg_context, mbedtls_ctr_drbg_init, mbedtls_ctr_drbg_free>;

constexpr int received_ticket = -0x7B00;  // Of 3.x; 2.28 never returns it.
constexpr std::uint32_t ticket_seconds = 3600;

/// 3.6 tells of tickets only if it is asked to.
template <class NativeConfig>
void announce_tickets(NativeConfig* config) {
    if constexpr (requires { mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(config, 1); })
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(config, 1);
}

/// What a link needs of its endpoints.
struct Setup {
    Terms terms;
    Entropy entropy;
    Generator generator;

    Certificates chain;
    Key key;
    Tickets tickets;
    Session session;  ///< Of the last connection.
    bool has_session = false;
    // mbedTLS has no function that says whether a session was resumed; these are what happens only then, and only otherwise.
    std::size_t tickets_taken = 0;
    std::size_t chains_verified = 0;
    std::array<int, 2> suites{};
    std::optional<Certificates> root;
    std::optional<Config> client;
    Config server;
};

class MbedtlsLink final : public Link {
public:
    explicit MbedtlsLink(Setup& setup)
        : setup_(setup),
          tickets_before_(setup.tickets_taken),
          chains_before_(setup.chains_verified) {
        ensure(mbedtls_ssl_setup(client_.get(), setup.client->get()) == 0 &&
                   mbedtls_ssl_setup(server_.get(), setup.server.get()) == 0 &&
                   mbedtls_ssl_set_hostname(client_.get(), server_name) == 0,
               "mbedTLS makes no connection");
        mbedtls_ssl_set_bio(client_.get(), &client_end_, push, pull, nullptr);
        mbedtls_ssl_set_bio(server_.get(), &server_end_, push, pull, nullptr);
        if (setup.has_session)
            ensure(mbedtls_ssl_set_session(client_.get(), setup.session.get()) == 0,
                   "mbedTLS refuses the session");
    }

    void handshake() override {
        bool client_done = false;
        bool server_done = false;
        for (int turn = 0; !client_done || !server_done; ++turn) {
            ensure(turn < most_turns, "mbedTLS's handshake is stuck");
            client_done = client_done || step(client_.get());
            server_done = server_done || step(server_.get());
        }
        if (!setup_.terms.tls13()) {
            if (setup_.terms.resumption) keep_session();
            return;
        }
        // The first call that reads a ticket says "want read", and the next one what it was.
        for (bool told = true; told || to_client_.size() > 0;) {
            std::uint8_t nothing = 0;
            const int result = mbedtls_ssl_read(client_.get(), &nothing, 1);
            told = result == received_ticket;
            if (told) keep_session();
            ensure(told || result == MBEDTLS_ERR_SSL_WANT_READ, "data, not tickets");
            told = told || mbedtls_ssl_check_pending(client_.get()) != 0;
        }
    }

    bool agreed(bool resumed) override {
        const char* const suite = setup_.terms.tls13() ? "TLS1-3-AES-128-GCM-SHA256"
                                                       : "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256";
        return std::strcmp(mbedtls_ssl_get_ciphersuite(server_.get()), suite) == 0 &&
               (setup_.tickets_taken > tickets_before_) == resumed &&
               (setup_.chains_verified == chains_before_) == resumed;
    }

    std::size_t send(ConstBytes plaintext) override {
        std::size_t total = 0;
        while (total < plaintext.size() && !to_server_.full()) {
            const int bytes = mbedtls_ssl_write(client_.get(), plaintext.data() + total,
                                                plaintext.size() - total);
            ensure(bytes > 0, "mbedTLS does not write");
            total += static_cast<std::size_t>(bytes);
        }
        return total;
    }

    std::size_t receive(MutableBytes out) override {
        std::size_t total = 0;
        while (total < out.size() &&
               (to_server_.size() > 0 || mbedtls_ssl_check_pending(server_.get()) != 0)) {
            const int bytes =
                mbedtls_ssl_read(server_.get(), out.data() + total, out.size() - total);
            ensure(bytes > 0 || bytes == MBEDTLS_ERR_SSL_WANT_READ, "mbedTLS does not read");
            if (bytes > 0) total += static_cast<std::size_t>(bytes);
        }
        return total;
    }

private:
    static int push(void* end, const unsigned char* data, std::size_t size) {
        static_cast<End*>(end)->out.put(data, size);
        return static_cast<int>(size);
    }
    static int pull(void* end, unsigned char* out, std::size_t room) {
        const std::size_t taken = static_cast<End*>(end)->in.take(out, room);
        return taken > 0 ? static_cast<int>(taken) : MBEDTLS_ERR_SSL_WANT_READ;
    }
    static bool step(mbedtls_ssl_context* ssl) {
        const int result = mbedtls_ssl_handshake(ssl);
        ensure(result == 0 || result == MBEDTLS_ERR_SSL_WANT_READ, "mbedTLS's handshake fails");
        return result == 0;
    }
    void keep_session() {
        mbedtls_ssl_session_free(setup_.session.get());
        mbedtls_ssl_session_init(setup_.session.get());
        ensure(mbedtls_ssl_get_session(client_.get(), setup_.session.get()) == 0,
               "mbedTLS gives no session");
        setup_.has_session = true;
    }

    Setup& setup_;
    std::size_t tickets_before_;
    std::size_t chains_before_;
    Wire to_client_;
    Wire to_server_;
    End client_end_{to_client_, to_server_};
    End server_end_{to_server_, to_client_};
    Connection client_;
    Connection server_;
};

class MbedtlsEndpoints final : public Endpoints {
public:
    explicit MbedtlsEndpoints(const Terms& terms) {
        setup_.terms = terms;
        ensure(psa_crypto_init() == PSA_SUCCESS, "mbedTLS does not start");
        ensure(mbedtls_ctr_drbg_seed(setup_.generator.get(), mbedtls_entropy_func,
                                     setup_.entropy.get(), nullptr, 0) == 0,
               "no entropy");

        ensure(mbedtls_x509_crt_parse_file(setup_.chain.get(),
                                           data_file("leaf_chain.pem").c_str()) == 0 &&
                   parse_key(mbedtls_pk_parse_keyfile) == 0,
               "mbedTLS refuses the server's identity");
        const int suite = terms.tls13() ? 0x1301 : 0xc02b;
        setup_.suites = {suite, 0};
        configure(setup_.server.get(), MBEDTLS_SSL_IS_SERVER);
        renew_client();
        ensure(mbedtls_ssl_conf_own_cert(setup_.server.get(), setup_.chain.get(),
                                         setup_.key.get()) == 0,
               "mbedTLS refuses the server's identity");

        if (!terms.resumption) return;

        ensure(mbedtls_ssl_ticket_setup(setup_.tickets.get(), mbedtls_ctr_drbg_random,
                                        setup_.generator.get(), MBEDTLS_CIPHER_AES_256_GCM,
                                        ticket_seconds) == 0,
               "no ticket key");
        mbedtls_ssl_conf_session_tickets_cb(
            setup_.server.get(),
            [](void* setup, const mbedtls_ssl_session* session, unsigned char* out,
               const unsigned char* end, std::size_t* size, std::uint32_t* lifetime) {
                return mbedtls_ssl_ticket_write(static_cast<Setup*>(setup)->tickets.get(), session,
                                                out, end, size, lifetime);
            },
            [](void* setup, mbedtls_ssl_session* session, unsigned char* ticket, std::size_t size) {
                auto& own = *static_cast<Setup*>(setup);
                const int result =
                    mbedtls_ssl_ticket_parse(own.tickets.get(), session, ticket, size);
                if (result == 0) ++own.tickets_taken;
                return result;
            },
            &setup_);
    }

    std::unique_ptr<Link> connect() override { return std::make_unique<MbedtlsLink>(setup_); }

    void renew_client() override {
        setup_.client.reset();
        mbedtls_x509_crt* const root = setup_.root.emplace().get();
        ensure(mbedtls_x509_crt_parse_file(root, data_file("root.pem").c_str()) == 0, "no root");
        mbedtls_ssl_config* const client = setup_.client.emplace().get();
        configure(client, MBEDTLS_SSL_IS_CLIENT);
        mbedtls_ssl_conf_authmode(client, MBEDTLS_SSL_VERIFY_REQUIRED);
        mbedtls_ssl_conf_ca_chain(client, root, nullptr);
        mbedtls_ssl_conf_verify(
            client,
            [](void* setup, mbedtls_x509_crt*, int depth, std::uint32_t*) {
                if (depth == 0) ++static_cast<Setup*>(setup)->chains_verified;
                return 0;
            },
            &setup_);
        mbedtls_ssl_conf_session_tickets(client, setup_.terms.resumption
                                                     ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                     : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
        if (setup_.terms.resumption) announce_tickets(client);
    }

private:
    /// 3.x wants a random function besides.
    template <class Parse>
    int parse_key(Parse* parse) {
        const std::string path = data_file("leaf.key");
        if constexpr (std::is_invocable_v<Parse*, mbedtls_pk_context*, const char*, const char*>)
            return parse(setup_.key.get(), path.c_str(), nullptr);
        else
            return parse(setup_.key.get(), path.c_str(), nullptr, mbedtls_ctr_drbg_random,
                         setup_.generator.get());
    }

    void configure(mbedtls_ssl_config* config, int role) {
        ensure(mbedtls_ssl_config_defaults(config, role, MBEDTLS_SSL_TRANSPORT_STREAM,
                                           MBEDTLS_SSL_PRESET_DEFAULT) == 0,
               "mbedTLS makes no configuration");
        mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, setup_.generator.get());
        mbedtls_ssl_conf_ciphersuites(config, setup_.suites.data());
        name_version_and_algorithms(config);
    }
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    void name_version_and_algorithms(mbedtls_ssl_config* config) {
        static const std::uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
                                               MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
        static const std::uint16_t schemes[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, 0};
        const auto version =
            setup_.terms.tls13() ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
        mbedtls_ssl_conf_min_tls_version(config, version);
        mbedtls_ssl_conf_max_tls_version(config, version);
        mbedtls_ssl_conf_groups(config, groups);
        mbedtls_ssl_conf_sig_algs(config, schemes);
    }
#else
    void name_version_and_algorithms(mbedtls_ssl_config* config) {
        static const mbedtls_ecp_group_id groups[] = {
            MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_NONE};
        static const int hashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_NONE};
        mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                     MBEDTLS_SSL_MINOR_VERSION_3);
        mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                     MBEDTLS_SSL_MINOR_VERSION_3);
        mbedtls_ssl_conf_curves(config, groups);
        mbedtls_ssl_conf_sig_hashes(config, hashes);
    }
#endif

    Setup setup_;
};

}  // namespace

std::unique_ptr<Endpoints> make_mbedtls(const Terms& terms) {
    return std::make_unique<MbedtlsEndpoints>(terms);
}

}  // namespace bench
