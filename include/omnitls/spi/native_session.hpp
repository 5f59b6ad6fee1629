// SPDX-License-Identifier: BSL-1.0
// What a backend writes per connection. It answers with facts and never consults policy: order of calls, hold, verdicts,
// alerts on rejection, close and truncation rules, limits are the shell's (core), identical for all backends.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/engine.hpp>
#include <omnitls/error.hpp>
#include <omnitls/export.hpp>
#include <omnitls/identity.hpp>
#include <omnitls/spi/crypto.hpp>

#include <chrono>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::inline v0::spi {

/// Where a session puts ciphertext. Always accepts everything, so that no library's retry rules are ever exercised.
class OMNITLS_API Sink {
public:
    virtual ~Sink() = default;
    /// Appends whole or partial records. Keeps a copy. If memory is out the shell fails the connection afterwards.
    virtual void write(ConstBytes ciphertext) noexcept = 0;
    /// "The peer's Certificate message has just been read": called by the session from inside the library's callback, before
    /// anything that answers it is written. Everything written from here on is withheld until the verdict.
    virtual void peer_certificate_seen() noexcept = 0;
};

/// The closed set of facts a session answers with.
enum class Progress : std::uint8_t {
    done,  ///< Did what was asked (for read: `bytes` were delivered; for advance: the library's handshake is done).
    need_input,       ///< Consumed what it could; more ciphertext is needed.
    need_credential,  ///< advance only: about to use the client key; waits for `proceed`.
    peer_closed,      ///< The peer's close_notify was read. What follows it is left in the input.
    truncated,        ///< `Input::eof` was reached without close_notify.
    failed,  ///< Fatal; `Outcome::cause` says why, `facts()` has the alerts and the native words.
};

struct Outcome {
    Progress progress = Progress::need_input;
    std::size_t bytes = 0;  ///< Plaintext bytes delivered or accepted.
    /// With `failed` only. `handshake_failed`: the shell reads the cause from the alerts in `facts()`.
    Errc cause = Errc::handshake_failed;
};

/// There is nothing more to be had from `in`.
constexpr Outcome starved(const Input& in) noexcept {
    return {.progress = in.eof ? Progress::truncated : Progress::need_input};
}

/// The TLS 1.3 secrets the alert sealer may need (RFC 8446 §7.1).
enum class TrafficSecret : std::uint8_t { client_handshake, server_application };

/// One certificate of the peer: its DER and the library's own parsed object for `verify_path` (may be null).
/// Both are borrowed: valid as long as the session.
struct NativeCertificate {
    ConstBytes der;
    const void* native = nullptr;
};

/// What the library knows of the connection; asked at any time. Numbers are IANA values, 0 = not known.
struct SessionFacts {
    std::optional<ProtocolVersion> version;
    std::uint16_t cipher_suite = 0;
    std::uint16_t group = 0;
    std::uint16_t signature_scheme = 0;
    std::string alpn;
    bool resumed = false;
    bool extended_master_secret = false;  ///< RFC 7627; TLS 1.2 only.
    Bytes ocsp_response;
    std::optional<Alert> alert_received;  ///< Last fatal alert of the peer.
    std::optional<Alert> alert_sent;  ///< Last fatal alert the library itself put into the sink.
    /// A fatal alert that the library wanted to send under keys which the peer does not read: not in the sink, the shell sends it.
    std::optional<Alert> alert_withheld;
    std::int64_t native_code = 0;  ///< Of the last failure.
    std::string native_text;
};

/// What a connection may be resumed with: the library's own form of it, secrets included.
struct ResumableState {
    SecretBytes state;
    /// As the server said. 0: not at all in TLS 1.3 (RFC 8446 §4.6.1), unsaid in TLS 1.2 (RFC 5077 §3.3).
    std::chrono::seconds lifetime{0};
    /// Servers: what a ClientHello asks for it by, the session id of TLS 1.2 or the ticket of TLS 1.3. Nobody can guess it.
    Bytes id{};
};

/// What there is to be taken of a connection: sessions that nobody has asked for yet. For a library's callbacks, which throw nothing.
class FreshSessions {
public:
    /// Room for one more, whose `state` of `size` bytes is to be filled at once. Null without memory, or if too many wait already (one
    /// record of a peer may bring hundreds): then there is one session less to resume.
    ResumableState* add(std::size_t size, std::chrono::seconds lifetime = {},
                        ConstBytes id = {}) noexcept {
        constexpr std::size_t most = 8;
        if (waiting_.size() == most) return nullptr;
        try {
            return &waiting_.emplace_back(
                ResumableState{SecretBytes{Bytes(size)}, lifetime, {id.begin(), id.end()}});
        } catch (const std::bad_alloc&) {
            return nullptr;
        }
    }
    /// The last one is of no use after all.
    void drop_last() noexcept { waiting_.pop_back(); }
    std::vector<ResumableState> take() noexcept { return std::exchange(waiting_, {}); }

private:
    std::vector<ResumableState> waiting_;
};

/// One connection of a backend. Nothing is thrown but std::bad_alloc, which ends the connection, and nothing at all by methods that
/// are noexcept or through the frames of a C library. A session pulls only the bytes it needs from
/// `in` (record header, then body), so that the rest stays the caller's, and always clears its library's error queue first.
class OMNITLS_API NativeSession {
public:
    virtual ~NativeSession() = default;

    /// Runs the handshake as far as `in` allows. On `failed` the library's own alert, if any, is in the sink.
    /// The library must not verify the chain itself, must not store sessions, and must pass every peer certificate chain.
    virtual Outcome advance(Input& in, Sink& sink) = 0;
    /// Decrypts the next record(s) into `out` (never empty). `done` with bytes > 0, or need_input, peer_closed, truncated, failed.
    virtual Outcome read(Input& in, MutableBytes out, Sink& sink) = 0;
    /// Encrypts 1 to 16,384 bytes as one record. `done` with `bytes` = all of it, or failed.
    virtual Outcome write(ConstBytes plaintext, Sink& sink) = 0;
    /// Sends close_notify.
    virtual Outcome close_notify(Sink& sink) = 0;
    /// Sends a fatal alert protected as the peer expects it now. False = the library cannot: the shell seals one itself.
    virtual bool fatal_alert(Alert, Sink&) noexcept { return false; }
    /// The verdict is accept: client credentials may be used. Called at most once; after a rejection the session is only freed.
    virtual void proceed() noexcept = 0;
    /// The peer's chain in wire order, leaf first; empty until it was read, or if the peer sent none.
    virtual std::vector<NativeCertificate> peer_chain() const = 0;
    /// A current TLS 1.3 secret, or empty if it does not exist (yet). May drive the library to derive it, but must then not
    /// use a private key, and write nothing: called only after a rejection, as the last call before destruction.
    virtual SecretBytes traffic_secret(TrafficSecret) noexcept { return {}; }
    /// RFC 5705 §4, RFC 8446 §7.5; once the handshake is done. `context`: null = none. Fills all of `out`. False: cannot.
    virtual bool export_keying_material(std::string_view /*label*/, const ConstBytes* /*context*/,
                                        MutableBytes /*out*/) noexcept {
        return false;
    }
    /// The first Finished message of a TLS 1.2 handshake: the client's, or if it resumed, the server's (RFC 5929 §3.1). Empty if
    /// the library does not tell.
    virtual Bytes tls_unique() const { return {}; }
    virtual SessionFacts facts() const = 0;
    /// Before the first `advance`, with what `take_resumable` of this library gave on another connection. A client with a session
    /// store offers it; it gets the state alone. A server that keeps sessions (`keeps_sessions`) may resume this one, and no
    /// other, if the ClientHello asks for its id; it gets all that it gave. False: it is of no use to this library, and the handshake is a full one.
    virtual bool resume(const ResumableState&) { return false; }
    /// Once the handshake is done, clients with a session store and servers that keep sessions: what there is since the last call.
    virtual std::vector<ResumableState> take_resumable() { return {}; }
    /// Servers that keep sessions, TLS 1.3, once the handshake is done: sends one ticket, which is then there to be taken. They
    /// send none by themselves. False: none was sent.
    virtual bool send_ticket(std::chrono::seconds /*lifetime*/, Sink&) noexcept { return false; }
    /// Gives idle memory back to the system where the library can.
    virtual void release_buffers() noexcept {}
    /// True if the library holds plaintext or records it has already taken from the input.
    virtual bool has_pending() const noexcept = 0;
};

}  // namespace omnitls::inline v0::spi
