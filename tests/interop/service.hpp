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
    /// Of Recognition::by_login: expects to be known, or not.
    void (*log_in)(Conversation& server, bool known) = nullptr;
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
