// SPDX-License-Identifier: BSL-1.0
// From the DER of a signature's algorithm to what a library is told, and whether it is one for a key. No cryptography.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/spi/crypto.hpp>

#include <optional>

namespace omnitls::inline v0::core {

/// `der`: an AlgorithmIdentifier (RFC 5280 §4.1.1.2). nullopt for any that is not in the lists of `spi::SignatureKind` and
/// `spi::SignatureHash`, that has parameters where there are none, or that is not DER. May throw std::bad_alloc.
std::optional<spi::SignatureAlgorithm> read_signature_algorithm(ConstBytes der);

/// Whether the key of `spki` (DER SubjectPublicKeyInfo) may check signatures of `algorithm`: it is of that kind, its curve has a
/// name (RFC 5480 §2.1.1), and if it is for RSASSA-PSS alone, hash and salt are as it says (RFC 4055 §3.3).
bool is_for_key(const spi::SignatureAlgorithm& algorithm, ConstBytes spki);

}  // namespace omnitls::inline v0::core
