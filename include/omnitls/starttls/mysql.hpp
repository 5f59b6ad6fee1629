// SPDX-License-Identifier: BSL-1.0
// TLS for MySQL and MariaDB (client/server protocol 10, "SSLRequest").
#pragma once

#include <omnitls/starttls/dialogue.hpp>

#include <cstdint>

namespace omnitls::inline v0::starttls {

/// What a client says of itself before TLS, and has to say again behind it.
struct MysqlLogin {
    /// CLIENT_* flags; CLIENT_PROTOCOL_41 and CLIENT_SSL are added. The default is CLIENT_SECURE_CONNECTION and CLIENT_PLUGIN_AUTH.
    std::uint32_t capabilities = 0x0008'8000;
    std::uint32_t max_packet = 0x0100'0000;  ///< Bytes.
    std::uint8_t character_set = 45;         ///< Of the handshake; 45 is utf8mb4_general_ci.
};

/// Waits for the greeting, checks that it offers TLS, sends SSLRequest, and is done: nobody answers it. The login is the next packet,
/// number 2, inside TLS. The challenge and the server's version came in plain text: a login must not depend on them being secret or true.
OMNITLS_API Result<std::unique_ptr<Dialogue>> mysql_client(const MysqlLogin& login = {},
                                                           Offer offer = Offer::required);
/// Sends `greeting`, the payload of an initial handshake packet (the program's, since the login goes by its challenge), and waits for
/// SSLRequest. A login without TLS is Errc::starttls_refused. Errc::bad_input if `greeting` offers no TLS.
OMNITLS_API Result<std::unique_ptr<Dialogue>> mysql_server(std::string_view greeting);

}  // namespace omnitls::inline v0::starttls
