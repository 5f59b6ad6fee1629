// SPDX-License-Identifier: BSL-1.0
// Peers that are not omnitls: OpenSSL, GnuTLS and mbedTLS used directly on memory, so that what omnitls sends is decoded by somebody else.
#pragma once

#include "tests/support/pair.hpp"
#include <omnitls/bytes.hpp>
#include <omnitls/iana.hpp>
#include <omnitls/verifier.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace omnitls::test {

struct RawPeerSetup {
    Role role = Role::server;  ///< The peer's own role.
    ProtocolVersion version = ProtocolVersion::tls13;
    std::string certificate;           ///< PEM chain, leaf first; empty: none.
    std::vector<Bytes> chain;          ///< OpenSSL: in place of `certificate`, shown byte for byte.
    std::string key;                   ///< PEM.
    bool wrong_key_unchecked = false;  ///< Sign with `key` although it is not the certificate's.
    std::string
        request_client_ca;  ///< Servers: ask clients for a certificate, hinting at this PEM CA.
    std::string
        cipher;  ///< One cipher suite by its library-neutral choice: "", "aes128", "chacha20".
    Bytes offer_session;  ///< OpenSSL clients: what `RawPeer::session` gave on another connection.
    std::string server_name;  ///< OpenSSL clients: sent as SNI.
    long session_age =
        0;  ///< OpenSSL clients: seconds by which `offer_session` is said to be older.
    bool extended_master_secret =
        true;                  ///< OpenSSL clients and mbedTLS: as far as it goes (RFC 7627).
    std::string finite_field;  ///< OpenSSL servers: a group of its parameters; nothing but DHE.
    std::string alpn;          ///< OpenSSL: the one protocol that it offers, or takes.
    Bytes staple;  ///< OpenSSL servers: sent as an OCSP response to whoever asks for one.
    std::shared_ptr<void>
        ticket_keys;  ///< mbedTLS servers: of `make_mbedtls_ticket_keys`; tickets are given out.
    bool empty_tickets =
        false;  ///< With `ticket_keys`: they turn out to hold nothing (RFC 5077 §3.3).
};

/// The peer's library cannot read what it should show.
struct CannotShow : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A peer that accepts any certificate. Feed it ciphertext, step it, take its ciphertext.
class RawPeer {
public:
    virtual ~RawPeer() = default;
    virtual void step() = 0;        ///< Handshake, or a read once done.
    virtual bool done() const = 0;  ///< Its handshake is complete.
    virtual bool failed() const = 0;
    virtual bool write(const std::string& text) = 0;
    virtual bool close_notify() = 0;
    /// Sends a KeyUpdate (TLS 1.3). False: this library has no function for it.
    virtual bool update_keys() { return false; }
    /// Asks for a new handshake on this connection (TLS 1.2). False: this library has no function for it.
    virtual bool renegotiate() { return false; }

    /// OpenSSL: what it could resume with at this moment, its handshake done or not; empty for nothing.
    virtual Bytes session() { return {}; }
    /// OpenSSL clients: the signature schemes that the server's CertificateRequest asks for.
    virtual std::vector<std::uint16_t> requested_schemes() { return {}; }

    Bytes input;   ///< Ciphertext for it.
    Bytes output;  ///< Ciphertext of it.
    bool eof = false;
    std::string received;      ///< Plaintext it decrypted.
    std::optional<int> alert;  ///< The fatal alert it received and decoded.
    std::string error;         ///< Its library's words.
};

std::unique_ptr<RawPeer> make_raw_openssl(const RawPeerSetup& setup);
std::unique_ptr<RawPeer> make_raw_gnutls(const RawPeerSetup& setup);
/// Throws for a version that this mbedTLS lacks; see `RawPeerKind::plays`.
std::unique_ptr<RawPeer> make_raw_mbedtls(const RawPeerSetup& setup);
std::shared_ptr<void> make_mbedtls_ticket_keys();
bool raw_mbedtls_plays(ProtocolVersion version) noexcept;

/// Signatures that libssl and mbedTLS have made with private keys in this process, raw peers included. GnuTLS has its own.
int signatures_made() noexcept;
int other_signatures_made() noexcept;  ///< The part that is not made by libssl.

/// Name and maker of every kind.
struct RawPeerKind {
    const char* name;
    std::unique_ptr<RawPeer> (*make)(const RawPeerSetup&);
    bool (*plays)(ProtocolVersion);  ///< Null: every version.
};
inline const std::vector<RawPeerKind>& raw_peer_kinds() {
    static const std::vector<RawPeerKind> kinds{{"openssl", make_raw_openssl, nullptr},
                                                {"gnutls", make_raw_gnutls, nullptr},
                                                {"mbedtls", make_raw_mbedtls, raw_mbedtls_plays}};
    return kinds;
}

/// Moves ciphertext between the two until neither has any more. Returns the bytes that the engine has sent.
inline std::size_t exchange(Side& side, RawPeer& peer, Chunking chunking) {
    std::size_t sent = 0;
    for (int idle = 0; idle < 2;) {
        side.run();
        const Bytes ours = side.take();
        sent += ours.size();
        for (const ConstBytes piece : cut(ours, chunking)) {
            peer.input.insert(peer.input.end(), piece.begin(), piece.end());
            peer.step();
        }
        peer.step();
        const Bytes theirs = std::exchange(peer.output, {});
        for (const ConstBytes piece : cut(theirs, chunking)) side.feed(piece);
        idle = ours.empty() && theirs.empty() ? idle + 1 : 0;
    }
    return sent;
}

}  // namespace omnitls::test
