// SPDX-License-Identifier: BSL-1.0
// What both ends of an XMPP stream say and check (RFC 6120 §4).
#pragma once

#include "core/starttls/xml_tokens.hpp"
#include <omnitls/error.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace omnitls::inline v0::core {

inline constexpr std::string_view streams_namespace = "http://etherx.jabber.org/streams";
inline constexpr std::string_view stream_errors_namespace = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr std::string_view tls_namespace = "urn:ietf:params:xml:ns:xmpp-tls";

/// Clients and servers, or servers among themselves.
struct XmppKind {
    std::string_view protocol;
    std::string_view content_namespace;
    std::string_view hint;  ///< For a peer that speaks something else.
};
inline constexpr XmppKind xmpp_to_server{"xmpp", "jabber:client",
                                         "is this an XMPP client port (usually 5222)?"};
inline constexpr XmppKind xmpp_between_servers{"xmpp-server", "jabber:server",
                                               "is this an XMPP server port (usually 5269)?"};

/// The start of a stream; `attributes` begin with a space.
std::string stream_header(const XmppKind& kind, std::string_view attributes);
/// "<name> in namespace "ns"", escaped.
std::string element_text(const XmlToken& token);
/// Why `domain` cannot stand in an attribute; nullopt if it can.
std::optional<ErrorDetail> domain_problem(const XmppKind& kind, std::string_view domain);
/// Nothing but white space (RFC 6120 §4.6.1).
bool is_white_space(std::string_view text) noexcept;

}  // namespace omnitls::inline v0::core
