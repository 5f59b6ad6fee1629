// SPDX-License-Identifier: BSL-1.0
// STARTTLS for XMPP (RFC 6120 §5), between clients and servers and among servers. With direct TLS (XEP-0368; ALPN protocols "xmpp-client"
// and "xmpp-server") there is no dialogue.
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Opens a stream to `domain`, waits for features, sends <starttls/>, waits for <proceed/>.
/// Errc::bad_input if `domain` cannot stand in an attribute. After the upgrade a new stream must be opened (§5.4.3.3).
OMNITLS_API Result<std::unique_ptr<Dialogue>> xmpp_client(std::string_view domain,
                                                          Offer offer = Offer::required);
/// The same from server to server, in the name of `own_domain`.
OMNITLS_API Result<std::unique_ptr<Dialogue>> xmpp_s2s_client(std::string_view domain,
                                                              std::string_view own_domain,
                                                              Offer offer = Offer::required);

/// Waits for a stream to `domain` (empty: to any; which one is in `offer_text()`), answers with features that require TLS, waits for
/// <starttls/>, sends <proceed/>. The stream's `stream_id` has to be unpredictable (§4.7.3): 1 to 64 letters, digits, '-', '_', else
/// Errc::bad_input. The new stream inside TLS needs another one.
OMNITLS_API Result<std::unique_ptr<Dialogue>> xmpp_server(std::string_view domain,
                                                          std::string_view stream_id);
OMNITLS_API Result<std::unique_ptr<Dialogue>> xmpp_s2s_server(std::string_view domain,
                                                              std::string_view stream_id);

}  // namespace omnitls::inline v0::starttls
