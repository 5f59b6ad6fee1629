// SPDX-License-Identifier: BSL-1.0
// StartTLS for LDAP (RFC 4511 §4.14).
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Sends the extended request with message number 1 and waits for its result. A result of protocolError is
/// Errc::starttls_not_offered, any other but success, and a notice of disconnection, Errc::starttls_refused.
OMNITLS_API Result<std::unique_ptr<Dialogue>> ldap_client(Offer offer = Offer::required);
/// Waits for the extended request and answers it. Up to 16 binds and searches before it get confidentialityRequired.
OMNITLS_API Result<std::unique_ptr<Dialogue>> ldap_server();

}  // namespace omnitls::inline v0::starttls
