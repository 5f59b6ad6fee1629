// SPDX-License-Identifier: BSL-1.0
// `Service`: one protocol of a server, and what a client says there to know that it was understood.
#pragma once

#include "tests/interop/conversation.hpp"
#include "tests/interop/real_server.hpp"
#include <omnitls/error.hpp>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace omnitls::test {

/// What a server does with the certificates of its clients.
enum class Recognition : std::uint8_t {
    none,      ///< It asks for none, or never says what came of it.
    in_tls,    ///< The handshake of one without ends with an alert.
    by_login,  ///< It lets in whom it knows by a certificate, and tells the others that it does not.
};

/// What a server does with a certificate that it does not accept.
enum class Rejection : std::uint8_t {
    by_alert,  ///< The handshake ends with an alert that says why.
    by_end,    ///< The same, or the connection ends without a word when the handshake is over.
    by_login,  ///< As with a client that has shown none.
};

/// Whom a client's certificate makes it.
enum class Caller : std::uint8_t {
    known,
    nameless,  ///< It has none.
    expired,   ///< That of `known`, but that its time is over.
    stranger,  ///< That of `known`, but that its authority is nobody's.
};

struct Service {
    std::string_view name;
    const Software& software;
    /// Of the dialogue; empty: TLS from the first byte.
    std::string_view protocol;
    /// Says what this server answers over TLS only, expects the right answers, and says goodbye.
    void (*talk)(Conversation& server);
    /// What the server writes into its log when it gets an alert.
    std::string (*words_for)(Alert alert);
    Recognition recognition = Recognition::none;
    Rejection rejection = Rejection::by_alert;
    /// Of Recognition::by_login: expects to be known, or not.
    void (*log_in)(Conversation& server, Caller caller) = nullptr;
    std::size_t port = 0;  ///< Which of the server's.
};

/// For GoogleTest.
inline void PrintTo(const Service* service, std::ostream* out) { *out << service->name; }

/// The words of OpenSSL and of GnuTLS for an alert that was received, as far as tests make servers get it.
std::string words_of_openssl(Alert alert);
std::string words_of_gnutls(Alert alert);

/// `text` has `word`, or a failed expectation that shows both.
void expect_in(const std::string& text, std::string_view word);
void expect_not_in(const std::string& text, std::string_view word);

}  // namespace omnitls::test
