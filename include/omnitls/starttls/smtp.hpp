// SPDX-License-Identifier: BSL-1.0
// STARTTLS for SMTP and LMTP (RFC 3207).
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Waits for the 220 greeting, sends EHLO `client_name`, STARTTLS, waits for 220.
/// Errc::bad_input if `client_name` is no domain or address literal (it goes into a command line).
OMNITLS_API Result<std::unique_ptr<Dialogue>> smtp_client(std::string_view client_name,
                                                          Offer offer = Offer::required);
/// The same with LHLO (RFC 2033 §4.1).
OMNITLS_API Result<std::unique_ptr<Dialogue>> lmtp_client(std::string_view client_name,
                                                          Offer offer = Offer::required);

/// Greets as `name`, says what there is, and waits for STARTTLS. Up to 32 other commands get 530; one that needs no login is
/// answered, QUIT is Errc::starttls_refused. Errc::bad_input if `name` is no domain.
OMNITLS_API Result<std::unique_ptr<Dialogue>> smtp_server(std::string_view name);
OMNITLS_API Result<std::unique_ptr<Dialogue>> lmtp_server(std::string_view name);

}  // namespace omnitls::inline v0::starttls
