// SPDX-License-Identifier: BSL-1.0
// Pins: certificates and public keys that a program knows beforehand, by host, and a verifier that goes by them.
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/export.hpp>
#include <omnitls/identity.hpp>
#include <omnitls/result.hpp>
#include <omnitls/verifier.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0 {

/// One certificate or public key, by its SHA-256.
struct Pin {
    enum class Kind : std::uint8_t {
        certificate,  ///< Of the whole DER certificate: ends with a renewal.
        public_key,  ///< Of the DER SubjectPublicKeyInfo (RFC 7469 §2.4): stays while the key does.
    };
    Kind kind = Kind::public_key;
    std::array<std::uint8_t, 32> sha256{};

    /// The pin of this certificate; nullopt if the library fails.
    OMNITLS_API static std::optional<Pin> of(const Certificate& certificate, Kind kind,
                                             const spi::Crypto& crypto) noexcept;
    /// "public key SHA-256 <base64>", "certificate SHA-256 <base64>".
    OMNITLS_API std::string to_string() const;

    friend auto operator<=>(const Pin&, const Pin&) = default;
};

/// Pins by host. A value. A host is the `value()` of a reference identity, compared exactly: nothing is derived from it, no parent
/// and no wildcard, and "DNS:example.org" and "XMPP:example.org" are the same host.
class OMNITLS_API PinSet {
public:
    /// False if it is there already.
    bool add(const ReferenceIdentity& host, const Pin& pin);
    /// False if it was not there.
    bool remove(const ReferenceIdentity& host, const Pin& pin);
    /// All pins of one host; empty if there are none.
    std::vector<Pin> find(const ReferenceIdentity& host) const;
    /// All hosts that have pins, in order.
    std::vector<std::string> hosts() const;
    bool empty() const noexcept { return pins_.empty(); }

    /// Reads {"host": ["base64", ...], ...}, the form in which XMPP clients keep their pins. An entry is a SHA-256 (32 bytes) or the
    /// whole DER certificate or SubjectPublicKeyInfo, which is hashed with `crypto`; `kind` says which of the two all entries are
    /// of. A host may be a name, an address, or a bare JID.
    /// Errc::bad_input naming `source`, the host, the number of the entry and what was found. Strict: base64 of RFC 4648 §4 with its
    /// padding, no host twice, nothing else in the text. At most 1 MiB, 10,000 hosts, 64 pins for each.
    static Result<PinSet> from_json(std::string_view json, Pin::Kind kind,
                                    const spi::Crypto& crypto, const std::string& source = "pins");
    /// The same of a file, which names itself in errors.
    static Result<PinSet> from_file(const std::string& path, Pin::Kind kind,
                                    const spi::Crypto& crypto);
    /// The pins of this kind in the form `from_json` reads, by their SHA-256.
    std::string to_json(Pin::Kind kind) const;

    friend bool operator==(const PinSet&, const PinSet&) = default;

private:
    std::map<std::string, std::vector<Pin>> pins_;  // sorted, and no host without pins
};

struct PinOptions {
    /// What becomes of a peer none of whose reference identities has pins.
    enum class Unpinned : std::uint8_t {
        reject,
        baseline,  ///< As `baseline_verifier()` would have it.
    };
    Unpinned unpinned = Unpinned::reject;
    /// A public key pin may be that of any certificate on the path, an authority's too. If it is not the leaf's, nothing is excused.
    bool anywhere_on_path = false;
    /// What the leaf's pin excuses, at any depth, besides `unknown_authority` and `self_signed`. For example `name_mismatch`, `expired`.
    std::vector<FindingCategory> excuse{};
};

/// Accepts a peer by the pins of any of its reference identities, at once. A pin of the leaf stands for an authority: it excuses that
/// there is none, what `PinOptions::excuse` names, and nothing else. Any other certificate is a rejection with
/// Errc::unknown_authority that names the peer's own pins, and that whatever the baseline says.
/// A server has no name for its clients: for them nothing is pinned. Evidence without a judge is a rejection.
OMNITLS_API std::shared_ptr<CertificateVerifier> pin(PinSet pins, PinOptions options = {});

}  // namespace omnitls::inline v0
