// SPDX-License-Identifier: BSL-1.0
// TLS for PostgreSQL (protocol 3.0, "SSL Session Encryption"). Servers from 17 on also take TLS at once, with the ALPN protocol
// "postgresql" (`direct`): that needs no dialogue.
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Sends SSLRequest and reads exactly one byte: "S" is the go-ahead. The startup message belongs inside TLS.
OMNITLS_API Result<std::unique_ptr<Dialogue>> postgresql_client(Offer offer = Offer::required);
/// Waits for SSLRequest and answers "S"; a GSSENCRequest before it is declined. A client that goes on without TLS is
/// Errc::starttls_refused.
OMNITLS_API Result<std::unique_ptr<Dialogue>> postgresql_server();

}  // namespace omnitls::inline v0::starttls
