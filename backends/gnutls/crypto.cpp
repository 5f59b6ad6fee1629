// SPDX-License-Identifier: BSL-1.0
// The primitives core borrows.
#include "context.hpp"

#include <array>

namespace omnitls::inline v0::gnutls_native {
namespace {

using namespace spi;  // all of it is about its primitives

/// What `value` is in a table in the order of its enumeration.
template <class Table, class Value>
auto in(const Table& table, Value value) noexcept {
    return table[static_cast<std::size_t>(value)];
}

constexpr std::array macs{GNUTLS_MAC_SHA256, GNUTLS_MAC_SHA384, GNUTLS_MAC_SHA512};
constexpr std::array digests{GNUTLS_DIG_SHA256, GNUTLS_DIG_SHA384, GNUTLS_DIG_SHA512};
constexpr std::array ciphers{GNUTLS_CIPHER_AES_128_GCM, GNUTLS_CIPHER_AES_256_GCM,
                             GNUTLS_CIPHER_CHACHA20_POLY1305};
constexpr std::array signature_hashes{GNUTLS_DIG_MD5,    GNUTLS_DIG_SHA1,   GNUTLS_DIG_SHA224,
                                      GNUTLS_DIG_SHA256, GNUTLS_DIG_SHA384, GNUTLS_DIG_SHA512};
constexpr std::array key_types{GNUTLS_PK_RSA, GNUTLS_PK_RSA_PSS, GNUTLS_PK_ECDSA};

gnutls_sign_algorithm_t native(const SignatureAlgorithm& algorithm) noexcept {
    if (algorithm.kind == SignatureKind::ed25519) return GNUTLS_SIGN_EDDSA_ED25519;
    if (algorithm.kind == SignatureKind::ed448) return GNUTLS_SIGN_EDDSA_ED448;
    return gnutls_pk_to_sign(in(key_types, algorithm.kind), in(signature_hashes, algorithm.hash));
}

/// GnuTLS knows the parameters of RSASSA-PSS as those of a key, with one hash for both.
bool set_parameters(gnutls_pubkey_t key, const SignatureAlgorithm& algorithm) noexcept {
    const KeyParametersPtr parameters = make<KeyParametersPtr>(gnutls_x509_spki_init);
    if (!parameters || algorithm.mask_hash != algorithm.hash) return false;
    gnutls_x509_spki_set_rsa_pss_params(parameters.get(), in(signature_hashes, algorithm.hash),
                                        algorithm.salt_size);
    return gnutls_pubkey_set_spki(key, parameters.get(), 0) == 0;
}

class NativeCrypto final : public Crypto {
    bool make_digest(Hash hash, ConstBytes data, MutableBytes out) const override {
        return gnutls_hash_fast(in(digests, hash), data.data(), data.size(), out.data()) == 0;
    }
    bool make_hmac(Hash hash, ConstBytes key, ConstBytes data, MutableBytes out) const override {
        return gnutls_hmac_fast(in(macs, hash), key.data(), key.size(), data.data(), data.size(),
                                out.data()) == 0;
    }
    bool seal(const AeadInput& input, MutableBytes out) const override {
        const gnutls_datum_t key = datum(input.key);
        const AeadPtr cipher =
            make<AeadPtr>(gnutls_aead_cipher_init, in(ciphers, input.aead), &key);
        std::size_t written = out.size();
        return cipher &&
               gnutls_aead_cipher_encrypt(
                   cipher.get(), input.nonce.data(), input.nonce.size(),
                   input.additional_data.data(), input.additional_data.size(), aead_tag_size,
                   input.plaintext.data(), input.plaintext.size(), out.data(), &written) == 0 &&
               written == out.size();
    }
    SignatureCheck check(const SignedData& what) const override {
        const PublicKeyPtr key = make<PublicKeyPtr>(gnutls_pubkey_init);
        const gnutls_datum_t spki = datum(what.spki);
        const gnutls_sign_algorithm_t algorithm = native(what.algorithm);
        if (!key || gnutls_pubkey_import(key.get(), &spki, GNUTLS_X509_FMT_DER) != 0 ||
            algorithm == GNUTLS_SIGN_UNKNOWN)
            return SignatureCheck::unsupported;
        if (what.algorithm.kind == SignatureKind::rsa_pss &&
            !set_parameters(key.get(), what.algorithm))
            return SignatureCheck::unsupported;
        const gnutls_datum_t data = datum(what.data);
        const gnutls_datum_t signature = datum(what.signature);
        const int result = gnutls_pubkey_verify_data2(
            key.get(), algorithm, GNUTLS_VERIFY_ALLOW_BROKEN, &data, &signature);
        return result >= 0 ? SignatureCheck::valid : SignatureCheck::invalid;
    }
    bool fill_random(MutableBytes out) const override {
        return gnutls_rnd(GNUTLS_RND_KEY, out.data(), out.size()) == 0;
    }
};

}  // namespace

const Crypto& Backend::crypto() const noexcept {
    // Never destroyed: objects of static storage may still use it.
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory for it there is no TLS at all
    static const NativeCrypto& shared = *new NativeCrypto;
    return shared;
}

}  // namespace omnitls::inline v0::gnutls_native
