// SPDX-License-Identifier: BSL-1.0
// `TlsEngine`: one TLS connection on memory buffers. No socket, thread, clock or callback of its own.
// Users, the transport and mocks see only this; what backends write is in spi/.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/channel_binding.hpp>
#include <omnitls/error.hpp>
#include <omnitls/export.hpp>
#include <omnitls/iana.hpp>
#include <omnitls/identity.hpp>
#include <omnitls/result.hpp>
#include <omnitls/server_choice.hpp>
#include <omnitls/verifier.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>

namespace omnitls::inline v0 {

namespace spi {
class NativeSession;
}

/// A cursor over ciphertext. The engine advances it; what is left stays the caller's, byte exact.
struct Input {
    ConstBytes bytes;
    bool eof = false;  ///< The transport has ended: nothing will ever follow `bytes`.

    /// For engines: takes the first `n` bytes (n <= bytes.size()).
    ConstBytes take(std::size_t n) noexcept {
        const ConstBytes taken = bytes.first(n);
        bytes = bytes.subspan(n);
        return taken;
    }
};

/// What the engine needs before it can go on. Each want has one kind of answer; the list may grow.
enum class Want : std::uint8_t {
    nothing,       ///< The call did what it should.
    input,         ///< More ciphertext (or its end).
    verdict,       ///< An answer to the question: see `take_question`.
    client_hello,  ///< A server's choice by ClientHello: see `take_client_hello`.
    drain,         ///< Output must be sent first: it is at its high-water mark.
};

/// What one call did. `bytes > 0` excludes `error`; an error that is pending comes with the next call. Never two of
/// {bytes, want other than nothing, error} that contradict: with an error, `want` is nothing.
struct Step {
    std::size_t bytes = 0;
    Want want = Want::nothing;
    std::error_code error;

    bool done() const noexcept { return !error && want == Want::nothing; }
};

/// Where a connection stands. Only forwards, but for `handshake` ⇄ `verify_pending`.
enum class State : std::uint8_t {
    handshake,  ///< Not done yet.
    /// The peer has proved possession, or a client asks before it offers a stored session: nothing leaves and nothing is delivered
    /// until the verdict.
    verify_pending,
    open,     ///< Application data flows.
    closing,  ///< One side has sent close_notify; the other direction goes on.
    closed,   ///< Both sides have sent close_notify.
    failed,   ///< A fatal error; sticky.
};
OMNITLS_API std::string_view state_name(State state) noexcept;

/// What the handshake agreed on. Values are IANA numbers; 0 or empty = not known (yet).
struct ConnectionInfo {
    Role role = Role::client;
    std::string backend;  ///< Name of the backend, e.g. "openssl".
    std::optional<ProtocolVersion> version;
    std::uint16_t cipher_suite = 0;
    std::uint16_t group = 0;
    std::uint16_t signature_scheme = 0;  ///< The peer's proof of possession.
    std::string alpn;
    std::string sni;  ///< As sent (client), or of the ClientHello that chose (server).
    bool resumed = false;
};

/// One connection. Abstract: the real ones come from a `ClientContext` or `ServerContext`, fakes from tests.
/// Obligations of every method: `noexcept`; the engine keeps no reference to `in` or other arguments after the call and
/// stores no undecoded input (but for a ClientHello being collected, bounded). Wrong order gives Errc::wrong_state and
/// changes nothing. After a fatal error every step returns that error, and `output()` may still hold the alert to flush.
/// Output is never a state: after *any* call look at `output()`.
/// Thread: one call at a time per engine; no lock inside. Only `Question::answer` may come from elsewhere.
class OMNITLS_API TlsEngine {
public:
    virtual ~TlsEngine() = default;

    /// Runs the handshake as far as `in` allows. Done when `Step::done()`; then application data may flow.
    /// Returns Want::input, Want::verdict or Want::client_hello (a question is open: `take_question`, `take_client_hello`), or
    /// the error.
    /// While a verdict is pending it consumes nothing and emits nothing; an `eof` seen then ends the connection only once
    /// the verdict is in. See RFC 8446 §4, §6; docs/architecture.md "A verdict".
    virtual Step handshake(Input& in) noexcept = 0;

    /// Decrypts what `in` holds into `out`: 1..n buffers, filled in order with as many records as `in` holds.
    /// `bytes` > 0 with Want::nothing; Want::input if no data came out; Errc::closed after the peer's close_notify
    /// (what follows it stays in `in`); Errc::truncated if the transport ended without one. Only in open and closing.
    virtual Step read(Input& in, std::span<const MutableBytes> out) noexcept = 0;

    /// Encrypts into `output()`, small buffers together: one record for every 16 KiB of `in`, and one for the rest. Returns the
    /// bytes accepted, a prefix of `in`; less than all with Want::drain when output reaches its high-water mark. 0 bytes in:
    /// done, no record. Not after this side's close_notify; the peer's does not end it.
    virtual Step write(std::span<const ConstBytes> in) noexcept = 0;

    /// Puts close_notify into the output: a half close, reading goes on (RFC 8446 §6.1). A second call does nothing.
    virtual Step close_notify() noexcept = 0;

    /// The first bytes to send, contiguous; empty when there are none. Valid and unchanged until `consume_output` or
    /// destruction, whatever else is called meanwhile. More may follow once it is consumed.
    virtual ConstBytes output() const noexcept = 0;
    /// Forgets the first `n` bytes of `output()`; n <= output().size().
    virtual void consume_output(std::size_t n) noexcept = 0;
    /// All unsent bytes, of which `output()` is the first part.
    virtual std::size_t output_size() const noexcept = 0;
    /// For a connection that has gone quiet: gives back memory that is not needed until it speaks again, as far as the library
    /// can. Costs the next record an allocation; nothing else changes.
    virtual void release_buffers() noexcept {}

    /// The open question, once: empty when there is none or it was taken. `on_answered` runs on the answering thread right
    /// after the answer (or drop): call `handshake` again then, from the engine's own thread. It must not throw.
    virtual std::optional<Question> take_question(std::function<void()> on_answered) noexcept = 0;
    /// Whom to give the question to. Never null.
    virtual const std::shared_ptr<CertificateVerifier>& verifier() const noexcept = 0;

    /// Servers with a chooser: the open question of Want::client_hello, once, as `take_question`.
    virtual std::optional<ClientHelloQuestion> take_client_hello(
        std::function<void()>) noexcept {  // NOLINT(performance-unnecessary-value-param)
        return std::nullopt;
    }
    /// Whom to give it to; null if there is none.
    virtual std::shared_ptr<ServerChooser> chooser() const noexcept { return nullptr; }

    /// Gives up: the engine fails with `reason`, sends `alert` if the peer could decode it, and stops the open question.
    /// For deadlines and cancellation. Nothing happens in closed and failed.
    virtual void abandon(Errc reason, Alert alert) noexcept = 0;

    /// Keying material for the program (RFC 5705 §4, RFC 8446 §7.5), the same at both ends. `context`: none and empty are two
    /// things in TLS 1.2 and one in TLS 1.3. `length`: 1 to 8,160 bytes. Errc::wrong_state before the handshake is done;
    /// Errc::bad_input for a label of TLS itself; Errc::not_supported if the backend's library cannot.
    virtual Result<SecretBytes> export_keying_material(std::string_view /*label*/,
                                                       std::optional<ConstBytes> /*context*/,
                                                       std::size_t /*length*/) const {
        return make_error(Errc::not_supported, "exporter: this engine has none");
    }
    /// The bytes of a channel binding; see channel_binding.hpp.
    virtual Result<Bytes> channel_binding(ChannelBindingType type) const {
        return make_error(Errc::not_supported,
                          std::string(channel_binding_name(type)) + ": this engine has none");
    }

    virtual State state() const noexcept = 0;
    /// No record has been begun: what has been taken so far is whole records (RFC 8446 §5.1).
    virtual bool at_record_boundary() const noexcept = 0;
    virtual const ConnectionInfo& info() const noexcept = 0;
    /// This side's handshake is done.
    virtual bool handshake_complete() const noexcept = 0;
    /// The peer is known to have accepted this side: always for servers once done and in TLS 1.2; for a TLS 1.3 client only
    /// after the first application data or ticket, since its server judges the client certificate later (RFC 8446 §4.4.2.4).
    virtual bool peer_confirmed() const noexcept = 0;
    /// The evidence on the peer's certificate, also after a failed handshake; null if no certificate was judged, and once the
    /// connection is open unless the configuration says `keep_evidence`.
    virtual std::shared_ptr<const VerifyRequest> evidence() const noexcept = 0;
    /// Details of the fatal error; null while there is none.
    virtual const ErrorDetail* last_error() const noexcept = 0;

    /// For omnitls/<backend>/native.hpp: what the engine runs on. Null before there is a session, after a failure, and for fakes.
    virtual spi::NativeSession* native_session() noexcept { return nullptr; }
};

}  // namespace omnitls::inline v0
