// SPDX-License-Identifier: BSL-1.0
// What asio::ssl::stream and programs that call OpenSSL themselves are configured with, to be like omnitls's contexts in links.hpp.
#pragma once

#include "bench/links.hpp"

#include <openssl/ssl.h>

#include <asio/ssl/context.hpp>

namespace bench {

inline void limit_algorithms(SSL_CTX* context) {
    require(SSL_CTX_set_ciphersuites(context, cipher_suite) == 1 &&
                SSL_CTX_set1_groups_list(context, "X25519") == 1,
            "OpenSSL does not know the algorithms");
}

inline asio::ssl::context openssl_client_context() {
    asio::ssl::context context(asio::ssl::context::tlsv13_client);
    context.load_verify_file(data_file("root.pem"));
    context.set_verify_mode(asio::ssl::verify_peer);
    limit_algorithms(context.native_handle());
    return context;
}

inline asio::ssl::context openssl_server_context() {
    asio::ssl::context context(asio::ssl::context::tlsv13_server);
    context.use_certificate_chain_file(data_file("leaf_chain.pem"));
    context.use_private_key_file(data_file("leaf.key"), asio::ssl::context::pem);
    limit_algorithms(context.native_handle());
    require(SSL_CTX_set_num_tickets(context.native_handle(), 0) == 1, "tickets");
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
    return context;
}

}  // namespace bench
