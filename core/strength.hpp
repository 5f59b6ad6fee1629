// SPDX-License-Identifier: BSL-1.0
// The floor for keys and signatures of certificates, in one place: the same keys are good enough for a peer and for this side.
// Who is judged, and what follows, is the callers': path_checks makes findings of a peer's, config_check refuses one's own.
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/strength.hpp>

#include <string>
#include <string_view>

namespace omnitls::inline v0::core {

/// Why the public key is too weak, with what was found and what is wanted; or empty.
std::string key_weakness(const CertificateFields& fields, Strength strength = Strength::bits_112);

/// What a signature is made with, as the certificate reader writes it.
struct SignatureKindView {
    std::string_view hash;
    std::string_view algorithm_oid;
};

/// Why the signature can be forged (MD2, MD4, MD5, SHA-1) or is weaker than wanted, or empty. An algorithm nobody knows is not this
/// function's: whoever checks the signature will fail.
std::string signature_weakness(SignatureKindView signature, Strength strength = Strength::bits_112);

/// Why this side should not show a certificate with this signature, or empty. Stricter, since nothing is checked with it here and
/// the peer has the last word: SHA-256 or better, or Ed25519 or Ed448, as in the signature algorithms that every backend offers.
std::string own_signature_weakness(const CertificateFields& fields);

/// Signed with its own key, as far as names and key identifiers tell. Such a signature proves nothing, so its strength does not
/// count: whoever trusts the certificate trusts it for being what it is.
bool seems_self_signed(const Certificate& certificate) noexcept;

}  // namespace omnitls::inline v0::core
