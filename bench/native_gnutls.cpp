// SPDX-License-Identifier: BSL-1.0
// GnuTLS called natively: push and pull functions over the wires, gnutls_record_send and gnutls_record_recv, GnuTLS's own
// verification by gnutls_session_set_verify_cert.
#include "bench/native_link.hpp"

#include <gnutls/gnutls.h>

#include <cerrno>
#include <type_traits>

namespace bench {
namespace {

using SessionPtr = std::unique_ptr<std::remove_pointer_t<gnutls_session_t>, Freed<gnutls_deinit>>;
using CredentialsPtr = std::unique_ptr<std::remove_pointer_t<gnutls_certificate_credentials_t>,
                                       Freed<gnutls_certificate_free_credentials>>;
using PriorityPtr =
    std::unique_ptr<std::remove_pointer_t<gnutls_priority_t>, Freed<gnutls_priority_deinit>>;

struct Datum {
    Datum() = default;
    Datum(const Datum&) = delete;
    Datum& operator=(const Datum&) = delete;
    ~Datum() { clear(); }
    void clear() {
        gnutls_free(value.data);
        value = {};
    }
    gnutls_datum_t value{};
};

/// What a link needs of its endpoints.
struct Setup {
    Terms terms;
    CredentialsPtr client;
    CredentialsPtr server;
    PriorityPtr priority;
    Datum ticket_key;
    Datum session;  ///< Of the last connection.
};

class GnutlsLink final : public Link {
public:
    explicit GnutlsLink(Setup& setup)
        : setup_(setup),
          client_(make_session(GNUTLS_CLIENT, setup.client.get(), client_end_)),
          server_(make_session(GNUTLS_SERVER, setup.server.get(), server_end_)) {
        gnutls_session_set_verify_cert(client_.get(), server_name, 0);
        ensure(gnutls_server_name_set(client_.get(), GNUTLS_NAME_DNS, server_name,
                                      std::strlen(server_name)) == 0,
               "GnuTLS refuses the server name");
        if (!setup_.terms.resumption) return;
        ensure(gnutls_session_ticket_enable_server(server_.get(), &setup_.ticket_key.value) == 0,
               "GnuTLS refuses the ticket key");
        const gnutls_datum_t& offered = setup_.session.value;
        ensure(offered.size == 0 ||
                   gnutls_session_set_data(client_.get(), offered.data, offered.size) == 0,
               "GnuTLS refuses the session");
    }

    void handshake() override {
        bool client_done = false;
        bool server_done = false;
        for (int turn = 0; !client_done || !server_done; ++turn) {
            ensure(turn < most_turns, "GnuTLS's handshake is stuck");
            client_done = client_done || step(client_.get());
            server_done = server_done || step(server_.get());
        }
        // GnuTLS says "again" after every ticket.
        while (to_client_.size() > 0) {
            std::uint8_t nothing = 0;
            ensure(gnutls_record_recv(client_.get(), &nothing, 1) == GNUTLS_E_AGAIN,
                   "data, not tickets");
        }
        if (!setup_.terms.resumption) return;
        setup_.session.clear();
        ensure(gnutls_session_get_data2(client_.get(), &setup_.session.value) == 0,
               "GnuTLS gives no session");
    }

    bool agreed(bool resumed) override {
        return gnutls_protocol_get_version(server_.get()) ==
                   (setup_.terms.tls13() ? GNUTLS_TLS1_3 : GNUTLS_TLS1_2) &&
               gnutls_cipher_get(server_.get()) == GNUTLS_CIPHER_AES_128_GCM &&
               (gnutls_session_is_resumed(client_.get()) != 0) == resumed &&
               (gnutls_session_is_resumed(server_.get()) != 0) == resumed;
    }

    std::size_t send(ConstBytes plaintext) override {
        std::size_t total = 0;
        while (total < plaintext.size() && !to_server_.full()) {
            const ssize_t bytes = gnutls_record_send(client_.get(), plaintext.data() + total,
                                                     plaintext.size() - total);
            ensure(bytes > 0, "GnuTLS does not write");
            total += static_cast<std::size_t>(bytes);
        }
        return total;
    }

    std::size_t receive(MutableBytes out) override {
        std::size_t total = 0;
        while (total < out.size() &&
               (to_server_.size() > 0 || gnutls_record_check_pending(server_.get()) > 0)) {
            const ssize_t bytes =
                gnutls_record_recv(server_.get(), out.data() + total, out.size() - total);
            ensure(bytes > 0 || bytes == GNUTLS_E_AGAIN, "GnuTLS does not read");
            if (bytes > 0) total += static_cast<std::size_t>(bytes);
        }
        return total;
    }

private:
    SessionPtr make_session(unsigned int role, gnutls_certificate_credentials_t credentials,
                            End& end) const {
        const unsigned int tickets = setup_.terms.resumption ? 0U : unsigned{GNUTLS_NO_TICKETS};
        gnutls_session_t session = nullptr;
        ensure(gnutls_init(&session, role | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | tickets) == 0 &&
                   gnutls_priority_set(session, setup_.priority.get()) == 0 &&
                   gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) == 0,
               "GnuTLS makes no connection");
        gnutls_handshake_set_timeout(session, 0);
        gnutls_session_set_ptr(session, &end);
        gnutls_transport_set_ptr(session, session);
        gnutls_transport_set_push_function(session, push);
        gnutls_transport_set_pull_function(session, pull);
        return SessionPtr{session};
    }
    static End& end_of(gnutls_transport_ptr_t session) {
        return *static_cast<End*>(gnutls_session_get_ptr(static_cast<gnutls_session_t>(session)));
    }
    static ssize_t push(gnutls_transport_ptr_t session, const void* data, std::size_t size) {
        end_of(session).out.put(data, size);
        return static_cast<ssize_t>(size);
    }
    static ssize_t pull(gnutls_transport_ptr_t session, void* out, std::size_t room) {
        const std::size_t taken = end_of(session).in.take(out, room);
        if (taken > 0) return static_cast<ssize_t>(taken);
        gnutls_transport_set_errno(static_cast<gnutls_session_t>(session), EAGAIN);
        return -1;
    }
    static bool step(gnutls_session_t session) {
        const int result = gnutls_handshake(session);
        ensure(result == 0 || gnutls_error_is_fatal(result) == 0, "GnuTLS's handshake fails");
        return result == 0;
    }

    Setup& setup_;
    Wire to_client_;
    Wire to_server_;
    End client_end_{to_client_, to_server_};
    End server_end_{to_server_, to_client_};
    SessionPtr client_;
    SessionPtr server_;
};

class GnutlsEndpoints final : public Endpoints {
public:
    explicit GnutlsEndpoints(const Terms& terms) {
        setup_.terms = terms;
        renew_client();
        setup_.server = make_credentials();
        ensure(gnutls_certificate_set_x509_key_file(
                   setup_.server.get(), data_file("leaf_chain.pem").c_str(),
                   data_file("leaf.key").c_str(), GNUTLS_X509_FMT_PEM) >= 0,
               "GnuTLS refuses the server's identity");
        const std::string text = std::string("NONE:+AEAD:+COMP-NULL:+AES-128-GCM:+ECDHE-ECDSA:") +
                                 "+GROUP-X25519:+GROUP-SECP256R1:+SIGN-ECDSA-SHA256:"
                                 "+SIGN-ECDSA-SECP256R1-SHA256:%SERVER_PRECEDENCE:" +
                                 (terms.tls13() ? "+VERS-TLS1.3" : "+VERS-TLS1.2");
        gnutls_priority_t priority = nullptr;
        ensure(gnutls_priority_init(&priority, text.c_str(), nullptr) == 0,
               "GnuTLS refuses the algorithms");
        setup_.priority.reset(priority);
        ensure(gnutls_session_ticket_key_generate(&setup_.ticket_key.value) == 0, "no ticket key");
    }

    std::unique_ptr<Link> connect() override { return std::make_unique<GnutlsLink>(setup_); }

    void renew_client() override {
        setup_.client = make_credentials();
        ensure(gnutls_certificate_set_x509_trust_file(
                   setup_.client.get(), data_file("root.pem").c_str(), GNUTLS_X509_FMT_PEM) == 1,
               "no root");
    }

private:
    static CredentialsPtr make_credentials() {
        gnutls_certificate_credentials_t made = nullptr;
        ensure(gnutls_certificate_allocate_credentials(&made) == 0, "no memory");
        return CredentialsPtr{made};
    }

    Setup setup_;
};

}  // namespace

std::unique_ptr<Endpoints> make_gnutls(const Terms& terms) {
    return std::make_unique<GnutlsEndpoints>(terms);
}

}  // namespace bench
