// SPDX-License-Identifier: BSL-1.0
// STARTTLS for NNTP (RFC 4642).
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Waits for the greeting, sends CAPABILITIES and STARTTLS, waits for 382.
OMNITLS_API Result<std::unique_ptr<Dialogue>> nntp_client(Offer offer = Offer::required);

/// Greets as `name`, says what there is, and waits for STARTTLS. Up to 32 other commands get 483; one that needs no login is
/// answered, QUIT is Errc::starttls_refused. Errc::bad_input if `name` is no domain.
OMNITLS_API Result<std::unique_ptr<Dialogue>> nntp_server(std::string_view name);

}  // namespace omnitls::inline v0::starttls
