// SPDX-License-Identifier: BSL-1.0
// STARTTLS for ManageSieve (RFC 5804 §2.2).
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Waits for the capabilities, sends STARTTLS, waits for OK. The server then sends its capabilities again, inside TLS.
OMNITLS_API Result<std::unique_ptr<Dialogue>> sieve_client(Offer offer = Offer::required);

/// Greets as `name`, says what there is, and waits for STARTTLS. Up to 32 other commands get NO; one that needs no login is
/// answered, LOGOUT is Errc::starttls_refused. Errc::bad_input if `name` is no domain.
OMNITLS_API Result<std::unique_ptr<Dialogue>> sieve_server(std::string_view name);

}  // namespace omnitls::inline v0::starttls
