// SPDX-License-Identifier: BSL-1.0
// OpenSSL called natively: a BIO of our own over the wires, SSL_read_ex and SSL_write_ex, OpenSSL's own verification.
#include "bench/native_link.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace bench {
namespace {

using SslPtr = std::unique_ptr<SSL, Freed<SSL_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION_free>>;

End& end_of(BIO* bio) { return *static_cast<End*>(BIO_get_data(bio)); }

int write_wire(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
    end_of(bio).out.put(data, size);
    *written = size;
    return 1;
}

int read_wire(BIO* bio, char* data, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    *taken = end_of(bio).in.take(data, size);
    if (*taken > 0) return 1;
    BIO_set_retry_read(bio);
    return 0;
}

const BIO_METHOD* wire_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "wire");
        BIO_meth_set_write_ex(made, write_wire);
        BIO_meth_set_read_ex(made, read_wire);
        BIO_meth_set_ctrl(made, [](BIO*, int command, long, void*) -> long {
            return command == BIO_CTRL_FLUSH ? 1 : 0;
        });
        return made;
    }();
    return method;
}

class OpensslLink final : public Link {
public:
    OpensslLink(SSL_CTX* client, SSL_CTX* server, SSL_SESSION* offered)
        : client_(SSL_new(client)), server_(SSL_new(server)) {
        attach(client_.get(), client_end_);
        attach(server_.get(), server_end_);
        SSL_set_connect_state(client_.get());
        SSL_set_accept_state(server_.get());
        ensure(SSL_set1_host(client_.get(), server_name) == 1, "OpenSSL refuses the name");
        ensure(SSL_ctrl(client_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                        const_cast<char*>(server_name)) == 1,
               "OpenSSL refuses the server name");
        if (offered != nullptr)
            ensure(SSL_set_session(client_.get(), offered) == 1, "OpenSSL refuses the session");
    }
    ~OpensslLink() override {
        // Otherwise the session counts as broken, and cannot be resumed.
        for (SSL* ssl : {client_.get(), server_.get()})
            SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }

    void handshake() override {
        bool client_done = false;
        bool server_done = false;
        for (int turn = 0; !client_done || !server_done; ++turn) {
            ensure(turn < most_turns, "OpenSSL's handshake is stuck");
            client_done = client_done || step(client_.get());
            server_done = server_done || step(server_.get());
        }
        if (to_client_.size() == 0) return;
        std::uint8_t nothing = 0;
        std::size_t bytes = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(client_.get(), &nothing, 1, &bytes);
        ensure(SSL_get_error(client_.get(), result) == SSL_ERROR_WANT_READ, "data, not tickets");
    }

    bool agreed(bool resumed) override {
        const bool tls13 = SSL_version(server_.get()) == TLS1_3_VERSION;
        const std::uint16_t suite =
            SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(server_.get()));
        return suite == (tls13 ? 0x1301 : 0xc02b) &&
               (SSL_session_reused(client_.get()) == 1) == resumed &&
               (SSL_session_reused(server_.get()) == 1) == resumed &&
               SSL_get_verify_result(client_.get()) == X509_V_OK;
    }

    std::size_t send(ConstBytes plaintext) override {
        std::size_t total = 0;
        while (total < plaintext.size() && !to_server_.full()) {
            const std::size_t wanted = std::min(plaintext.size() - total, largest_record);
            std::size_t bytes = 0;
            ERR_clear_error();
            ensure(SSL_write_ex(client_.get(), plaintext.data() + total, wanted, &bytes) == 1,
                   "OpenSSL does not write");
            total += bytes;
        }
        return total;
    }

    std::size_t receive(MutableBytes out) override {
        std::size_t total = 0;
        while (total < out.size() && (to_server_.size() > 0 || SSL_pending(server_.get()) > 0)) {
            std::size_t bytes = 0;
            ERR_clear_error();
            const int result =
                SSL_read_ex(server_.get(), out.data() + total, out.size() - total, &bytes);
            ensure(result == 1 || SSL_get_error(server_.get(), result) == SSL_ERROR_WANT_READ,
                   "OpenSSL does not read");
            total += bytes;
        }
        return total;
    }

private:
    static void attach(SSL* ssl, End& end) {
        BIO* const bio = BIO_new(wire_method());
        ensure(ssl != nullptr && bio != nullptr, "OpenSSL makes no connection");
        BIO_set_data(bio, &end);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl, bio, bio);
    }
    static bool step(SSL* ssl) {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl);
        ensure(result == 1 || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ,
               "OpenSSL's handshake fails");
        return result == 1;
    }

    Wire to_client_;
    Wire to_server_;
    End client_end_{to_client_, to_server_};
    End server_end_{to_server_, to_client_};
    SslPtr client_;
    SslPtr server_;
};

class OpensslEndpoints final : public Endpoints {
public:
    explicit OpensslEndpoints(const Terms& terms)
        : terms_(terms), server_(make_context(TLS_server_method(), terms)) {
        renew_client();
        ensure(SSL_CTX_use_certificate_chain_file(server_.get(),
                                                  data_file("leaf_chain.pem").c_str()) == 1 &&
                   SSL_CTX_use_PrivateKey_file(server_.get(), data_file("leaf.key").c_str(),
                                               SSL_FILETYPE_PEM) == 1,
               "OpenSSL refuses the server's identity");
        SSL_CTX_set_session_cache_mode(server_.get(), SSL_SESS_CACHE_OFF);
        if (terms.resumption) return;
        SSL_CTX_set_num_tickets(server_.get(), 0);
        SSL_CTX_set_options(server_.get(), SSL_OP_NO_TICKET);
    }

    void renew_client() override {
        client_ = make_context(TLS_client_method(), terms_);
        SSL_CTX* const client = client_.get();
        ensure(SSL_CTX_load_verify_file(client, data_file("root.pem").c_str()) == 1, "no root");
        SSL_CTX_set_verify(client, SSL_VERIFY_PEER, nullptr);
        if (!terms_.resumption) {
            SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_OFF);
            SSL_CTX_set_options(client, SSL_OP_NO_TICKET);
            return;
        }
        SSL_CTX_set_session_cache_mode(client,
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
        SSL_CTX_set_app_data(client, this);
        SSL_CTX_sess_set_new_cb(client, [](SSL* ssl, SSL_SESSION* fresh) {
            auto* const self =
                static_cast<OpensslEndpoints*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
            self->session_.reset(fresh);
            return 1;
        });
    }

    std::unique_ptr<Link> connect() override {
        return std::make_unique<OpensslLink>(client_.get(), server_.get(), session_.get());
    }

private:
    static ContextPtr make_context(const SSL_METHOD* method, const Terms& terms) {
        ContextPtr context{SSL_CTX_new(method)};
        const int version = static_cast<int>(terms.version);
        ensure(SSL_CTX_set_min_proto_version(context.get(), version) == 1 &&
                   SSL_CTX_set_max_proto_version(context.get(), version) == 1 &&
                   SSL_CTX_set_cipher_list(context.get(), "ECDHE-ECDSA-AES128-GCM-SHA256") == 1 &&
                   SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256") == 1 &&
                   SSL_CTX_set1_groups_list(context.get(), "X25519:P-256") == 1 &&
                   SSL_CTX_set1_sigalgs_list(context.get(), "ecdsa_secp256r1_sha256") == 1,
               "OpenSSL refuses the algorithms");
        return context;
    }

    const Terms terms_;
    SessionPtr session_;
    ContextPtr client_;
    ContextPtr server_;
};

}  // namespace

std::unique_ptr<Endpoints> make_openssl(const Terms& terms) {
    return std::make_unique<OpensslEndpoints>(terms);
}

}  // namespace bench
