// SPDX-License-Identifier: BSL-1.0
// The PROXY protocol (HAProxy's "The PROXY protocol", versions 1 and 2): what a proxy says in plain text in front of a connection that it
// passes on. TLS, or a protocol that upgrades to it, begins with the next byte.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/starttls/dialogue.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace omnitls::inline v0::starttls {

/// One end of a TCP connection.
struct ProxyEndpoint {
    std::string address;  ///< "192.0.2.1" or "2001:db8::1".
    std::uint16_t port = 0;

    friend bool operator==(const ProxyEndpoint&, const ProxyEndpoint&) = default;
};

/// The connection that the proxy has accepted.
struct ProxyHeader {
    struct Addresses {
        ProxyEndpoint source;       ///< Who has called the proxy.
        ProxyEndpoint destination;  ///< What was called.

        friend bool operator==(const Addresses&, const Addresses&) = default;
    };
    /// Empty: the proxy speaks for itself (a health check), or does not know, or the connection was not TCP.
    std::optional<Addresses> addresses{};
    struct Extension {
        std::uint8_t type = 0;  ///< PP2_TYPE_*.
        Bytes value{};

        friend bool operator==(const Extension&, const Extension&) = default;
    };
    std::vector<Extension> extensions{};  ///< Version 2 only, as they came.

    friend bool operator==(const ProxyHeader&, const ProxyHeader&) = default;
};

enum class ProxyVersion : std::uint8_t {
    v1 = 1,  ///< A line of text.
    v2 = 2,  ///< Binary.
};

/// A server behind a proxy: waits for a header of either version and puts it into `into`, which is filled when the dialogue is done and
/// untouched before. TLS may follow at once (`tls_may_follow`), so that `async_starttls` feeds it; for a protocol that upgrades later give
/// what `async_run_dialogue` returns to its dialogue (`StarttlsOptions::already_read`). Only for connections that nobody but the
/// proxy can make: everybody can write such a header. More than 107 bytes of version 1 or 4 KiB of version 2: Errc::limit_exceeded.
/// A CRC-32C that is there has to be right.
OMNITLS_API std::unique_ptr<Dialogue> proxy_header_server(std::shared_ptr<ProxyHeader> into);

/// A proxy, or a client that stands for one: says `header` and waits for nothing. Errc::bad_input for addresses that are none or of two
/// families, and for extensions in version 1, or of more than 4 KiB.
OMNITLS_API Result<std::unique_ptr<Dialogue>> proxy_header_client(const ProxyHeader& header,
                                                                  ProxyVersion version);

}  // namespace omnitls::inline v0::starttls
