// SPDX-License-Identifier: BSL-1.0
// `Pump`: says what a driver has to do next, so that the sync and the async driver (and yours) are the same loop.
#pragma once

#include <omnitls/engine.hpp>
#include <omnitls/export.hpp>

#include <cstdint>
#include <functional>
#include <system_error>

namespace omnitls::inline v0 {

/// What the driver does next. Output is not an action: whoever sends watches `engine.output()` after every call.
enum class PumpAction : std::uint8_t {
    read,   ///< Get more ciphertext into the cursor (or its end), then step again.
    ask,    ///< Call `pump_ask`, then step again when its `on_answered` has run.
    drain,  ///< Send some output, then step again.
    done,   ///< Finished; `error` and `bytes` say how.
};

/// What the way back to plain text does about a peer that sends no close_notify.
enum class PeerCloseNotify : std::uint8_t {
    /// It has to come within the deadline, and what follows it is plain text. Only it says that nothing that the
    /// peer sent has been cut off (RFC 8446 §6.1).
    required,
    /// For peers that send none, as some FTP clients do after CCC: a byte where no TLS record can begin, or silence until the deadline,
    /// ends TLS as well. Somebody on the path can then cut off what the peer said last.
    optional,
};

struct PumpStep {
    PumpAction action = PumpAction::done;
    std::size_t bytes = 0;
    std::error_code error;
};

/// One step of a handshake. Done with an error also when the transport ends in the middle (Errc::truncated).
OMNITLS_API PumpStep pump_handshake(TlsEngine& engine, Input& in) noexcept;
/// One step of a read into `out`.
OMNITLS_API PumpStep pump_read(TlsEngine& engine, Input& in,
                               std::span<const MutableBytes> out) noexcept;
/// One step of a write; `bytes` were accepted, all of `data` when done, a part of it with PumpAction::drain.
OMNITLS_API PumpStep pump_write(TlsEngine& engine, std::span<const ConstBytes> data) noexcept;
/// One step of a shutdown: discards what the peer still sends until its close_notify (done, no error) or the end
/// (Errc::truncated). Call `engine.close_notify()` first. `scratch`: room for plaintext that is thrown away.
OMNITLS_API PumpStep pump_shutdown(TlsEngine& engine, Input& in, MutableBytes scratch) noexcept;
/// One step of the way back to plain text: reads on until the peer's close_notify, record by record. Done without an error, `in` begins
/// with the first byte of plain text. Data that came before is Errc::unread_data and not thrown away silently (`bytes`: how much of it
/// the step saw). Call `engine.close_notify()` first. With PeerCloseNotify::optional it is for the driver to say when silence is as good
/// as a close_notify, and only while `in` is empty.
OMNITLS_API PumpStep pump_stop(TlsEngine& engine, Input& in,
                               PeerCloseNotify peer_close_notify) noexcept;

/// Gives the engine's open question to its verifier or chooser. One that throws has thereby refused. No question: nothing.
OMNITLS_API void pump_ask(TlsEngine& engine, std::function<void()> on_answered) noexcept;

}  // namespace omnitls::inline v0
