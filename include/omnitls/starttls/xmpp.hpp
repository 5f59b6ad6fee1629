// SPDX-License-Identifier: BSL-1.0
// STARTTLS for XMPP client-to-server streams, client side (RFC 6120 §5).
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Opens a stream to `domain`, waits for features, sends <starttls/>, waits for <proceed/>.
/// Errc::bad_input if `domain` cannot stand in an attribute. After the upgrade a new stream must be opened (§5.4.3.3).
OMNITLS_API Result<std::unique_ptr<Dialogue>> xmpp_client(std::string_view domain,
                                                          Offer offer = Offer::required);

}  // namespace omnitls::inline v0::starttls
