// SPDX-License-Identifier: BSL-1.0
// A `NativeSession` without a TLS library: speaks toy records, so that every fact a backend can report is reachable, and counts
// what the shell did with it.
#pragma once

#include <omnitls/spi/native_context.hpp>
#include <omnitls/spi/native_session.hpp>

#include <memory>
#include <string>
#include <vector>

namespace omnitls::test {

/// What a fake session shall do, and what it saw. Shared with the test, so it outlives the session.
struct FakeScript {
    ProtocolVersion version = ProtocolVersion::tls13;
    std::vector<Bytes> chain;    ///< The peer's chain, shown when toy_certificate arrives.
    bool native_alerts = false;  ///< fatal_alert works.
    bool has_secret = true;      ///< traffic_secret gives one.
    std::optional<Alert> alert_on_failure;  ///< The library writes this alert when it fails.
    bool withholds_alert = false;           ///< ... or keeps it for the shell to send.
    std::optional<Errc> cause_of_failure;   ///< What it then says instead of the cause it knows.
    bool flight_with_failure = false;  ///< ... and, wrongly, a handshake record in the same call.
    bool stuck = false;                ///< Says "need input" for ever without taking any.
    std::string alpn;
    std::uint16_t signature_scheme = 0;  ///< Of the peer's proof.
    std::uint16_t cipher_suite = 0;      ///< 0: one of the version.
    bool exports = true;                 ///< export_keying_material works.
    bool extended_master_secret = true;
    Bytes first_finished{1, 2, 3};
    bool resumed = false;                    ///< What the library says once it is done.
    bool takes_state = true;                 ///< `resume` works.
    std::vector<spi::ResumableState> fresh;  ///< For the next take_resumable.

    bool keeps_sessions = false;  ///< The backend can, with client_auth.
    bool sends_tickets = true;    ///< send_ticket works; each has eight times its number for an id.

    std::vector<Bytes> offered;  ///< What `resume` was given.
    int tickets = 0;
    int proceeds = 0;
    int key_uses = 0;
    int secrets_taken = 0;
    int releases = 0;               ///< Calls of release_buffers.
    std::size_t largest_input = 0;  ///< Most bytes the shell offered in one call.
};

/// A session of `role` that follows `script`.
std::unique_ptr<spi::NativeSession> make_fake_session(Role role,
                                                      std::shared_ptr<FakeScript> script);

/// Crypto that is recognisable instead of strong: digests and keys are made of their inputs, seals are readable.
const spi::Crypto& fake_crypto();

/// A backend called "fake" whose sessions follow `script` and whose path veto is `accept_paths`.
std::unique_ptr<TlsBackend> make_fake_backend(std::shared_ptr<FakeScript> script,
                                              bool accept_paths = true);

}  // namespace omnitls::test
