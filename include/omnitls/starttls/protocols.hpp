// SPDX-License-Identifier: BSL-1.0
// Every protocol that omnitls upgrades, by name: for programs that choose one at run time. The others include its header.
#pragma once

#include <omnitls/config.hpp>
#include <omnitls/identity.hpp>
#include <omnitls/starttls/dialogue.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0::starttls {

struct Protocol {
    std::string_view name;  ///< "xmpp", "xmpp-server", "smtp", ...
    std::uint16_t port;  ///< IANA's for the connection that begins in plain text; 0: none (LMTP).
    std::uint16_t
        tls_port;  ///< IANA's for TLS from the first byte; 0: none, as XMPP finds it by SRV (XEP-0368). SMTP: submission.
    std::string_view alpn;  ///< IANA's ALPN protocol for TLS from the first byte; empty: none.
    /// Which names its dialogues have a word for; others are not looked at.
    bool client_says_server_name;
    bool client_says_client_name;
    bool server_says_name;
};

/// In the order of their names.
OMNITLS_API std::span<const Protocol> protocols() noexcept;
/// Null if there is none of that name.
OMNITLS_API const Protocol* find_protocol(std::string_view name) noexcept;

/// What a client says; each dialogue uses what its protocol has a word for.
struct ClientTerms {
    std::string server_name;  ///< The domain that is wanted: XMPP.
    std::string
        client_name;  ///< This side's: SMTP and LMTP (a domain or address literal), XMPP among servers.
    Offer offer = Offer::required;
};
/// The dialogue of `protocol` with which a client asks for TLS. Errc::bad_input if there is no such protocol, or a name cannot be used.
OMNITLS_API Result<std::unique_ptr<Dialogue>> make_client_dialogue(std::string_view protocol,
                                                                   const ClientTerms& terms);

struct ServerTerms {
    std::string name;       ///< This server's: the line protocols, XMPP.
    std::string stream_id;  ///< XMPP: see `xmpp_server`.
    std::string greeting;   ///< MySQL: see `mysql_server`.
};
OMNITLS_API Result<std::unique_ptr<Dialogue>> make_server_dialogue(std::string_view protocol,
                                                                   const ServerTerms& terms);

/// What a certificate may be for if a user of `protocol` wants `host`, any one of them: its DNS-ID or IP-ID (RFC 9525); for XMPP also the
/// SRV-ID of its service, and between client and server the XmppAddr (RFC 6120 §13.7.1.2). Errc::bad_input if there is no such protocol, or
/// `host` is neither a domain nor an address.
OMNITLS_API Result<std::vector<ReferenceIdentity>> reference_identities(std::string_view protocol,
                                                                        std::string_view host);

/// Whom a client of `protocol` wants: `host` with all its `reference_identities`, as SNI unless it is an address (RFC 6066 §3), and as dial
/// address, which is to be changed where an SRV or MX record led elsewhere. For TLS from the first byte offer `Protocol::alpn` as well
/// (`ClientConfig::alpn`).
OMNITLS_API Result<ClientTarget> client_target(std::string_view protocol, std::string_view host);

/// Whom a mail server wants that brings mail for `domain` to its exchanger `mx_host`, where the MX record was found securely (RFC 7672 §3.2.2,
/// §8.1): a certificate for either, SNI and dial address of the exchanger, port 25. Verify with `dane` and `DaneOptions::smtp_mx`.
OMNITLS_API Result<ClientTarget> smtp_mx_target(std::string_view domain, std::string_view mx_host);

}  // namespace omnitls::inline v0::starttls
