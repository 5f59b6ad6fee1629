// SPDX-License-Identifier: BSL-1.0
// Which algorithm a certificate's key is for and which hash its signature uses. Knowledge of identifiers only: no cryptography.
#pragma once

#include "core/der_reader.hpp"

namespace omnitls::inline v0::core {

/// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) into the key fields.
void read_public_key(DerReader& reader, CertificateFields& fields);

/// Reads the AlgorithmIdentifier of the signature into the signature fields.
void read_signature_algorithm(DerReader& reader, CertificateFields& fields, std::string_view field);

}  // namespace omnitls::inline v0::core
