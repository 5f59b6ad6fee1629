// SPDX-License-Identifier: BSL-1.0
// Which algorithm a certificate's key is for and which hash its signature uses. Knowledge of identifiers only: no cryptography.
#pragma once

#include "core/der_reader.hpp"

namespace omnitls::inline v0::core {

/// RSASSA-PSS-params (RFC 4055 §3.1): names of hashes, empty if nobody knows them; the salt in bytes.
struct PssParameters {
    std::string hash = "SHA-1";
    std::string mask_hash = "SHA-1";
    std::uint32_t salt_size = 20;
    std::uint32_t trailer = 1;
};
PssParameters read_pss_parameters(DerReader algorithm, std::string_view field);

/// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) into the key fields.
void read_public_key(DerReader& reader, CertificateFields& fields);

/// Reads the AlgorithmIdentifier of the signature into the signature fields.
void read_signature_fields(DerReader& reader, CertificateFields& fields, std::string_view field);

}  // namespace omnitls::inline v0::core
