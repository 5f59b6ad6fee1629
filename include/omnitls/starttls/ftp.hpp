// SPDX-License-Identifier: BSL-1.0
// TLS for FTP (RFC 4217).
#pragma once

#include <omnitls/starttls/dialogue.hpp>

namespace omnitls::inline v0::starttls {

/// Waits for the greeting, sends AUTH TLS, waits for 234. Data connections have TLS only after
/// `ftp_protect_client`.
OMNITLS_API Result<std::unique_ptr<Dialogue>> ftp_client(Offer offer = Offer::required);

/// Inside TLS, by `async_run_dialogue`: sends PBSZ 0 and PROT P, so that data connections have TLS as well (RFC 4217 §9). Servers may want
/// them to resume the control connection's session: see `ClientConfig::sessions`. Another answer than 200 is Errc::starttls_refused.
OMNITLS_API std::unique_ptr<Dialogue> ftp_protect_client();

/// Inside TLS, by `async_run_dialogue`: sends CCC and waits for 200 (RFC 4217 §5). Then `stop_tls`: the next command is plain text.
OMNITLS_API std::unique_ptr<Dialogue> ftp_clear_client();

/// Greets as `name`, says what there is, and waits for AUTH TLS. Up to 32 other commands get 530; one that needs no login is
/// answered, QUIT is Errc::starttls_refused. Errc::bad_input if `name` is no domain.
OMNITLS_API Result<std::unique_ptr<Dialogue>> ftp_server(std::string_view name);

}  // namespace omnitls::inline v0::starttls
