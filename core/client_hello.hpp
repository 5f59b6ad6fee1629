// SPDX-License-Identifier: BSL-1.0
// Reads a ClientHello (RFC 8446 §4.1.2) before any TLS library does, so that what a server chooses by is the same everywhere.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/error.hpp>
#include <omnitls/server_choice.hpp>

#include <string>
#include <variant>

namespace omnitls::inline v0::core {

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
