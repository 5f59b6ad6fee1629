// SPDX-License-Identifier: BSL-1.0
// STARTTLS for IMAP (RFC 9051 §6.2.1, RFC 2595 §3).
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Waits for the greeting, sends CAPABILITY and STARTTLS, waits for OK. A greeting with PREAUTH is Errc::starttls_not_offered
/// whatever `offer` says: who says so may be keeping the connection from TLS. Tags begin with "a".
OMNITLS_API Result<std::unique_ptr<Dialogue>> imap_client(Offer offer = Offer::required);

/// Greets as `name`, says what there is, and waits for STARTTLS. Up to 32 other commands get NO; one that needs no login is
/// answered, LOGOUT is Errc::starttls_refused. Errc::bad_input if `name` is no domain.
OMNITLS_API Result<std::unique_ptr<Dialogue>> imap_server(std::string_view name);

}  // namespace omnitls::inline v0::starttls
