// SPDX-License-Identifier: BSL-1.0
// STARTTLS for SMTP, client side (RFC 3207).
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Waits for the 220 greeting, sends EHLO `client_name`, STARTTLS, waits for 220.
/// Errc::bad_input if `client_name` is no domain or address literal (it goes into a command line).
OMNITLS_API Result<std::unique_ptr<Dialogue>> smtp_client(std::string_view client_name,
                                                          Offer offer = Offer::required);

}  // namespace omnitls::inline v0::starttls
