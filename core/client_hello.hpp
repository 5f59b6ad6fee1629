// SPDX-License-Identifier: BSL-1.0
// Reads a ClientHello (RFC 8446 §4.1.2) before any TLS library does, so that what a server chooses by is the same everywhere.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/error.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace omnitls::inline v0::core {

/// What a server may choose by. Numbers are IANA values, in the client's order; GREASE values are left in.
struct ClientHello {
    std::uint16_t legacy_version = 0;
    std::vector<std::uint16_t> cipher_suites;
    std::vector<std::uint16_t>
        supported_versions;  ///< Empty without the extension: then `legacy_version` counts.
    std::vector<std::uint16_t> signature_algorithms;
    std::vector<std::uint16_t> groups;
    std::string sni;  ///< Empty if none was sent. Printable ASCII.
    std::vector<std::string> alpn;
};

/// More bytes are needed.
struct ClientHelloIncomplete {};
/// It is none: the alert to send, and why, for people.
struct ClientHelloError {
    Alert alert;
    std::string what;
};

/// Reads the first handshake message out of `records`: whole or partial TLS records as they came off the wire.
std::variant<ClientHelloIncomplete, ClientHello, ClientHelloError> read_client_hello(
    ConstBytes records);

}  // namespace omnitls::inline v0::core
