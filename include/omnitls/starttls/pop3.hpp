// SPDX-License-Identifier: BSL-1.0
// STARTTLS for POP3 (RFC 2595 §4).
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Waits for the greeting, sends CAPA and STLS, waits for +OK.
OMNITLS_API Result<std::unique_ptr<Dialogue>> pop3_client(Offer offer = Offer::required);

/// Greets as `name`, says what there is, and waits for STLS. Up to 32 other commands get -ERR; one that needs no login is
/// answered, QUIT is Errc::starttls_refused. Errc::bad_input if `name` is no domain.
OMNITLS_API Result<std::unique_ptr<Dialogue>> pop3_server(std::string_view name);

}  // namespace omnitls::inline v0::starttls
