// SPDX-License-Identifier: BSL-1.0
// What a connection may be made of: cipher suites, groups and signature schemes, as numbers or names of the IANA registries and the
// same for every backend; and the two profiles that say it in one word.
#pragma once

#include <omnitls/export.hpp>
#include <omnitls/iana.hpp>
#include <omnitls/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0 {

/// TLS versions offered or accepted, both ends included.
struct VersionRange {
    ProtocolVersion min = ProtocolVersion::tls12;
    ProtocolVersion max = ProtocolVersion::tls13;

    bool has(ProtocolVersion version) const noexcept { return min <= version && version <= max; }
    bool operator==(const VersionRange&) const = default;
};

/// The three lists by the names of the IANA registries: "TLS_AES_128_GCM_SHA256", "x25519", "ecdsa_secp256r1_sha256".
struct AlgorithmNames {
    std::vector<std::string> cipher_suites{};
    std::vector<std::string> groups{};
    std::vector<std::string> signature_schemes{};
};

/// The three lists, most wanted first: a server goes by its own order of suites and groups as far as its library does
/// (docs/algorithms.md names the exceptions), a client's order is what it offers. Suites
/// of TLS 1.3 are apart from those of TLS 1.2, and come first. In TLS 1.2 `groups` bounds the curves of ECDSA certificates, too
/// (RFC 8422 §5.1), but not the finite field of a DHE suite. `signature_schemes` is for handshakes; which signatures of
/// certificates are good enough is the verifier's to say.
struct Algorithms {
    std::vector<std::uint16_t> cipher_suites{};
    std::vector<std::uint16_t> groups{};
    std::vector<std::uint16_t> signature_schemes{};

    /// Errc::bad_input naming the list, the position, the name that is not registered, and those that are.
    OMNITLS_API static Result<Algorithms> from_names(const AlgorithmNames& names);
    OMNITLS_API AlgorithmNames names() const;
    bool operator==(const Algorithms&) const = default;
};

/// What stands for a list that a configuration leaves empty: of the profile's entries those that the library has. Both are for forward
/// secrecy, AEAD and SHA-256 or better only, after the profiles of Mozilla's "Server Side TLS".
enum class Profile : std::uint8_t {
    intermediate,  ///< TLS 1.2 and 1.3.
    modern,        ///< TLS 1.3 alone: it has no suite for anything else.
};
/// "intermediate" or "modern".
OMNITLS_API std::string_view profile_name(Profile profile) noexcept;
OMNITLS_API const Algorithms& profile_algorithms(Profile profile);

/// What a context does in fact: read back from the library where it can tell, else what it was told.
struct EffectiveSettings {
    VersionRange versions{};
    Algorithms algorithms{};
};

}  // namespace omnitls::inline v0
