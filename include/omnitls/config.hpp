// SPDX-License-Identifier: BSL-1.0
// Configuration values. Plain, copyable, checked as a whole when a context is made: a setting that cannot be honoured is an
// error there (Errc::bad_config, Errc::not_supported), never ignored.
#pragma once

#include <omnitls/algorithms.hpp>
#include <omnitls/certificate.hpp>
#include <omnitls/export.hpp>
#include <omnitls/identity.hpp>
#include <omnitls/key_log.hpp>
#include <omnitls/revocation.hpp>
#include <omnitls/server_choice.hpp>
#include <omnitls/session_store.hpp>
#include <omnitls/strength.hpp>
#include <omnitls/verifier.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace omnitls::inline v0 {

/// Bounds on what a peer can make this side do. Crossing one is Errc::limit_exceeded, naming it.
struct Limits {
    std::size_t output_high_water =
        128 * 1024;  ///< Bytes of unsent output at which write() says Want::drain.
    std::size_t handshake_bytes =
        256 * 1024;  ///< Bytes a peer may send before the handshake is done.
    std::size_t client_hello_bytes =
        64 * 1024;                        ///< Bytes of a ClientHello with its record headers.
    std::size_t chain_certificates = 16;  ///< Certificates in a peer's chain.
    std::size_t chain_bytes = 64 * 1024;  ///< DER bytes in a peer's chain.
    std::size_t records_without_progress =
        64;                                  ///< Records in a row that carry no application data.
    std::size_t pending_questions = 10'000;  ///< Unanswered questions per context.
    /// Sessions of at most 32 KiB per server context that asks for client certificates; as many again of clients without one.
    std::size_t kept_sessions = 4'096;
    std::size_t path_depth = 8;         ///< Certificates between leaf and anchor, both included.
    std::size_t candidate_paths = 32;   ///< Paths tried for one chain.
    std::size_t path_signatures = 100;  ///< Signatures checked for one chain.
};

/// The clock all certificate dates are judged by.
using Clock = std::function<UtcTime()>;

/// What a client says of every connection made with one context.
struct ClientConfig {
    TrustAnchors trust{};  ///< Required unless `verifier` is set.
    std::vector<Certificate>
        intermediates{};  ///< Extra certificates for path building; not trusted.
    RevocationLists revocation_lists{};
    Revocation revocation = Revocation::if_available;  ///< `required` without lists is an error.
    Strength strength = Strength::bits_112;  ///< Of keys and signatures on the peer's path.
    std::optional<Identity>
        identity{};  ///< Client certificate, used if the server asks and the verdict accepts.
    /// Empty: every version that the backend has and the algorithms are for. One that is named and that they are not for is an error.
    std::optional<VersionRange> versions{};
    Profile profile = Profile::intermediate;  ///< For the lists of `algorithms` that are empty.
    Algorithms algorithms{};  ///< Exactly these; what the library lacks of them is an error.
    std::vector<std::string>
        alpn{};  ///< Offered protocols, most wanted first; 1–255 bytes each (RFC 7301).
    std::shared_ptr<CertificateVerifier> verifier{};  ///< Null: `baseline_verifier()`.
    Limits limits{};
    Clock clock{};  ///< Null: the system clock.
    std::shared_ptr<KeyLog>
        key_log{};  ///< Gets the secrets of every connection. Null: nobody does.
    /// Keeps sessions, for connections that are resumed without a new proof of possession. Before one is offered the verifier is
    /// asked with the stored chain; anything but accept is a full handshake. Null: nothing is kept or offered.
    std::shared_ptr<SessionStore> sessions{};
    /// `evidence()` goes on telling when the connection is open; else only until then, and after a failed handshake. The parsed chain
    /// costs every connection several times its size. A verifier may keep it in any case.
    bool keep_evidence = false;
};

/// Whether a server asks its clients for a certificate.
enum class ClientAuth : std::uint8_t {
    none,     ///< Not asked.
    request,  ///< Asked; a client without one is let in, one with one is judged.
    require,  ///< Asked; without one: alert handshake_failure (1.2) or certificate_required (1.3).
};

/// What a server says of every connection made with one context.
struct ServerConfig {
    std::optional<Identity> identity{};  ///< Required.
    ClientAuth client_auth = ClientAuth::none;
    TrustAnchors client_trust{};  ///< Required with client_auth unless `verifier` is set.
    std::vector<Certificate>
        intermediates;  ///< Extra certificates for judging clients; not trusted.
    RevocationLists revocation_lists{};
    Revocation revocation = Revocation::if_available;  ///< `required` without lists is an error.
    Strength strength = Strength::bits_112;  ///< Of keys and signatures on the peer's path.
    /// Empty: every version that the backend has and the algorithms are for. One that is named and that they are not for is an error.
    std::optional<VersionRange> versions{};
    Profile profile = Profile::intermediate;  ///< For the lists of `algorithms` that are empty.
    Algorithms algorithms{};  ///< Exactly these; what the library lacks of them is an error.
    std::vector<std::string>
        alpn{};  ///< Accepted protocols, most wanted first. No overlap is fatal (RFC 7301 §3.2).
    std::shared_ptr<ServerChooser> chooser{};         ///< Null: this context serves every client.
    std::shared_ptr<CertificateVerifier> verifier{};  ///< Null: `baseline_verifier()`.
    Limits limits{};
    Clock clock{};  ///< Null: the system clock.
    std::shared_ptr<KeyLog>
        key_log{};  ///< Gets the secrets of every connection. Null: nobody does.
    /// How long a client may resume its session with this context; at most seven days (RFC 8446 §4.6.1). 0: never. Without
    /// `client_auth` by a ticket that is sealed with a key of this context alone. With it the context keeps the sessions
    /// (`Limits::kept_sessions`), and that of a client with a certificate is resumable as long as its verdict says
    /// (`Verdict::resumable_for`) and no longer than this.
    std::chrono::seconds session_lifetime{0};
    /// `evidence()` goes on telling when the connection is open; else only until then, and after a failed handshake. The parsed chain
    /// costs every connection several times its size. A verifier may keep it in any case.
    bool keep_evidence = false;
};

/// Whom one client connection is for. Three inputs that are not derived from each other behind your back: the names the
/// certificate must have, the name sent in SNI, and the address dialled (evidence only).
struct ClientTarget {
    std::vector<ReferenceIdentity>
        names{};  ///< Any one must match (RFC 9525 §6). Empty is an error: see danger/accept_any.hpp.
    std::optional<std::string> sni{};  ///< nullopt: the first DNS name; "": none is sent.
    std::string dial_address{};
    std::uint16_t dial_port = 0;   ///< Evidence only; 0: not said.
    bool danger_any_name = false;  ///< Set by danger::any_name() only.

    /// The ordinary case: one host name or address, also used as SNI (names only, RFC 6066 §3) and as dial address.
    OMNITLS_API static Result<ClientTarget> host(std::string_view host_or_address);
};

}  // namespace omnitls::inline v0
