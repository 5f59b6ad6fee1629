// SPDX-License-Identifier: BSL-1.0
// The cryptographic primitives core borrows from a backend's library: omnitls has no cryptography of its own. What is called is
// checked and put together here, once; what a backend writes are the five functions at the end.
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

/// What is to be sealed. Sizes fit the algorithm, and nothing is larger than INT_MAX.
struct AeadInput {
    Aead aead;
    ConstBytes key;
    ConstBytes nonce;
    ConstBytes additional_data;
    ConstBytes plaintext;
};

/// How a certificate may be signed, good enough or not: RFC 8017, RFC 5758, RFC 8410.
enum class SignatureKind : std::uint8_t { rsa_pkcs1, rsa_pss, ecdsa, ed25519, ed448 };
/// Of signatures of certificates: also what nobody should use any more.
enum class SignatureHash : std::uint8_t { md5, sha1, sha224, sha256, sha384, sha512 };

/// An AlgorithmIdentifier, read.
struct SignatureAlgorithm {
    SignatureKind kind = SignatureKind::ecdsa;
    SignatureHash hash = SignatureHash::sha256;       ///< Not with EdDSA.
    SignatureHash mask_hash = SignatureHash::sha256;  ///< RSASSA-PSS: of MGF1.
    std::uint32_t salt_size = 0;                      ///< RSASSA-PSS, bytes.
};

/// What a signature is to be checked against. The algorithm is one for keys of this kind, a curve is given by its name, an RSASSA-PSS
/// key allows what the algorithm says, the salt is not larger than the signature, and nothing is larger than INT_MAX: core has seen
/// to it.
struct SignedData {
    SignatureAlgorithm algorithm;
    ConstBytes spki;  ///< DER SubjectPublicKeyInfo.
    ConstBytes data;
    ConstBytes signature;
};

/// What a signature check found. `unsupported`: the key or algorithm is not known to the library, nothing was checked.
enum class SignatureCheck : std::uint8_t { valid, invalid, unsupported };

/// Primitives of one backend's library. Stateless; every method may be called from any thread at the same time.
/// Each returns whether it did what was asked; on false the output is not to be used. Buffers are borrowed for the call.
class OMNITLS_API Crypto {
public:
    virtual ~Crypto() = default;
    /// `out`: exactly `digest_size(hash)` bytes.
    bool digest(Hash hash, ConstBytes data, MutableBytes out) const noexcept;
    /// RFC 2104. `out`: exactly `digest_size(hash)` bytes.
    bool hmac(Hash hash, ConstBytes key, ConstBytes data, MutableBytes out) const noexcept;
    /// RFC 5869 §2.3. `pseudo_random_key`: at least digest_size(hash) bytes. `out`: 1 to 255 * digest_size(hash) bytes.
    virtual bool hkdf_expand(Hash hash, ConstBytes pseudo_random_key, ConstBytes info,
                             MutableBytes out) const noexcept;
    /// RFC 5116 §2.1. `out`: plaintext.size() + 16 bytes, ciphertext then tag. `out` does not overlap `plaintext`.
    bool aead_seal(const AeadInput& in, MutableBytes out) const noexcept;
    /// Checks an X.509 signature. `spki`: DER SubjectPublicKeyInfo; `algorithm`: DER AlgorithmIdentifier (RFC 5280 §4.1.1.2);
    /// `signature`: the content of the BIT STRING without its unused-bits byte.
    virtual SignatureCheck verify_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                                            ConstBytes signature) const noexcept;
    /// Fills `out` with cryptographically strong random bytes.
    bool random(MutableBytes out) const noexcept;

private:
    // `out` has the right size, and is all there is room for. Nothing but std::bad_alloc is thrown.
    virtual bool make_digest(Hash hash, ConstBytes data, MutableBytes out) const = 0;
    virtual bool make_hmac(Hash hash, ConstBytes key, ConstBytes data, MutableBytes out) const = 0;
    virtual bool seal(const AeadInput& in, MutableBytes out) const = 0;
    virtual SignatureCheck check(const SignedData& signed_data) const = 0;
    virtual bool fill_random(MutableBytes out) const = 0;
};

}  // namespace omnitls::inline v0::spi
