// SPDX-License-Identifier: BSL-1.0
// The cryptographic primitives core borrows from a backend's library: omnitls has no cryptography of its own.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/export.hpp>

#include <cstdint>

namespace omnitls::inline v0::spi {

enum class Hash : std::uint8_t { sha256, sha384, sha512 };
enum class Aead : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };

/// Digest size in bytes: 32, 48 or 64.
constexpr std::size_t digest_size(Hash hash) noexcept {
    return hash == Hash::sha256 ? 32 : hash == Hash::sha384 ? 48 : 64;
}
/// Key size in bytes: 16 or 32. Nonces are 12 bytes and tags 16 bytes for every one of them.
constexpr std::size_t key_size(Aead aead) noexcept { return aead == Aead::aes_128_gcm ? 16 : 32; }
inline constexpr std::size_t aead_nonce_size = 12;
inline constexpr std::size_t aead_tag_size = 16;

/// What a signature check found. `unsupported`: the key or algorithm is not known to the library, nothing was checked.
enum class SignatureCheck : std::uint8_t { valid, invalid, unsupported };

/// Primitives of one backend's library. Stateless; every method may be called from any thread at the same time.
/// Each returns whether it did what was asked; on false the output is not to be used. Buffers are borrowed for the call.
class OMNITLS_API Crypto {
public:
    virtual ~Crypto() = default;
    /// `out`: exactly `digest_size(hash)` bytes.
    virtual bool digest(Hash hash, ConstBytes data, MutableBytes out) const noexcept = 0;
    /// RFC 2104. `out`: exactly `digest_size(hash)` bytes.
    virtual bool hmac(Hash hash, ConstBytes key, ConstBytes data,
                      MutableBytes out) const noexcept = 0;
    /// RFC 5869 §2.3. `pseudo_random_key`: at least digest_size(hash) bytes. `out`: 1 to 255 * digest_size(hash) bytes.
    virtual bool hkdf_expand(Hash hash, ConstBytes pseudo_random_key, ConstBytes info,
                             MutableBytes out) const noexcept = 0;
    /// RFC 5116 §2.1. `out`: plaintext.size() + 16 bytes, ciphertext then tag. `out` does not overlap `plaintext`.
    virtual bool aead_seal(Aead aead, ConstBytes key, ConstBytes nonce, ConstBytes additional_data,
                           ConstBytes plaintext, MutableBytes out) const noexcept = 0;
    /// Checks an X.509 signature. `spki`: DER SubjectPublicKeyInfo; `algorithm`: DER AlgorithmIdentifier (RFC 5280 §4.1.1.2);
    /// `signature`: the content of the BIT STRING without its unused-bits byte.
    virtual SignatureCheck verify_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                                            ConstBytes signature) const noexcept = 0;
    /// Fills `out` with cryptographically strong random bytes.
    virtual bool random(MutableBytes out) const noexcept = 0;
};

}  // namespace omnitls::inline v0::spi
