// SPDX-License-Identifier: BSL-1.0
// The primitives core borrows.
#include "context.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <optional>

namespace omnitls::inline v0::gnutls_native {
namespace {

using spi::Aead;
using spi::Hash;
using spi::SignatureCheck;

/// In the order of the enumerations.
constexpr std::array digests{GNUTLS_DIG_SHA256, GNUTLS_DIG_SHA384, GNUTLS_DIG_SHA512};
constexpr std::array macs{GNUTLS_MAC_SHA256, GNUTLS_MAC_SHA384, GNUTLS_MAC_SHA512};
constexpr std::array ciphers{GNUTLS_CIPHER_AES_128_GCM, GNUTLS_CIPHER_AES_256_GCM,
                             GNUTLS_CIPHER_CHACHA20_POLY1305};

// ---- Signatures ----

/// A content in DER: its identifier octet and what is inside; `rest` is what follows.
struct Element {
    std::uint8_t tag = 0;
    ConstBytes content;
    ConstBytes rest;
};

/// Lengths of up to two octets: no key or algorithm is longer.
std::optional<Element> read_element(ConstBytes der) noexcept {
    if (der.size() < 2) return std::nullopt;
    const std::uint8_t tag = der[0];
    std::size_t size = der[1];
    der = der.subspan(2);
    if (size > 0x80) {
        const std::size_t octets = size - 0x80;
        if (octets > 2 || der.size() < octets) return std::nullopt;
        size = 0;
        for (std::size_t i = 0; i < octets; ++i) size = size * 256 + der[i];
        der = der.subspan(octets);
    }
    if (der.size() < size) return std::nullopt;
    return Element{tag, der.first(size), der.subspan(size)};
}

constexpr std::array<std::uint8_t, 9> pss_oid{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10};

/// RFC 8017, RFC 5758 and RFC 8410. Whether an algorithm is good enough is not asked here.
gnutls_sign_algorithm_t find_algorithm(ConstBytes oid) noexcept {
    struct Row {
        std::array<std::uint8_t, 9> oid;
        std::size_t size;
        gnutls_sign_algorithm_t native;
    };
    static constexpr std::array rows{
        Row{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4}, 9, GNUTLS_SIGN_RSA_MD5},
        Row{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5}, 9, GNUTLS_SIGN_RSA_SHA1},
        Row{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11}, 9, GNUTLS_SIGN_RSA_SHA256},
        Row{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12}, 9, GNUTLS_SIGN_RSA_SHA384},
        Row{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13}, 9, GNUTLS_SIGN_RSA_SHA512},
        Row{{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1}, 7, GNUTLS_SIGN_ECDSA_SHA1},
        Row{{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}, 8, GNUTLS_SIGN_ECDSA_SHA256},
        Row{{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3}, 8, GNUTLS_SIGN_ECDSA_SHA384},
        Row{{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4}, 8, GNUTLS_SIGN_ECDSA_SHA512},
        Row{{0x2b, 0x65, 0x70}, 3, GNUTLS_SIGN_EDDSA_ED25519},
        Row{{0x2b, 0x65, 0x71}, 3, GNUTLS_SIGN_EDDSA_ED448},
    };
    for (const Row& row : rows)
        if (std::ranges::equal(ConstBytes(row.oid).first(row.size), oid)) return row.native;
    return GNUTLS_SIGN_UNKNOWN;
}

PublicKeyPtr read_key(ConstBytes spki) noexcept {
    PublicKeyPtr key = make<PublicKeyPtr>(gnutls_pubkey_init);
    const gnutls_datum_t der = datum(spki);
    if (!key || gnutls_pubkey_import(key.get(), &der, GNUTLS_X509_FMT_DER) != 0) return nullptr;
    return key;
}

/// RSASSA-PSS: its parameters stand in the AlgorithmIdentifier (RFC 4055 §3.1), and GnuTLS reads them only as those of a
/// key. So the same key is read again with the signature's algorithm as its own.
PublicKeyPtr read_pss_key(ConstBytes spki, ConstBytes algorithm) {
    const auto outer = read_element(spki);
    const auto own = outer ? read_element(outer->content) : std::nullopt;
    if (!own) return nullptr;
    const std::size_t size = algorithm.size() + own->rest.size();
    Bytes der{0x30, 0x82, static_cast<std::uint8_t>(size >> 8U),
              static_cast<std::uint8_t>(size & 0xffU)};
    der.insert(der.end(), algorithm.begin(), algorithm.end());
    der.insert(der.end(), own->rest.begin(), own->rest.end());
    return read_key(der);
}

/// The digest and salt of a PSS key; nothing if it sets none.
std::optional<std::pair<gnutls_digest_algorithm_t, unsigned int>> pss_limits(
    gnutls_pubkey_t key) noexcept {
    const KeyParametersPtr parameters = make<KeyParametersPtr>(gnutls_x509_spki_init);
    gnutls_digest_algorithm_t digest = GNUTLS_DIG_UNKNOWN;
    unsigned int salt = 0;
    if (!parameters || gnutls_pubkey_get_spki(key, parameters.get(), 0) != 0 ||
        gnutls_x509_spki_get_rsa_pss_params(parameters.get(), &digest, &salt) != 0)
        return std::nullopt;
    return std::pair{digest, salt};
}

SignatureCheck check_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                               ConstBytes signature) {
    const auto identifier = read_element(algorithm);
    const auto oid = identifier ? read_element(identifier->content) : std::nullopt;
    PublicKeyPtr key = read_key(spki);
    if (!oid || !identifier->rest.empty() || identifier->tag != 0x30 || oid->tag != 0x06 || !key)
        return SignatureCheck::unsupported;
    gnutls_sign_algorithm_t native = find_algorithm(oid->content);
    if (std::ranges::equal(oid->content, pss_oid)) {
        const auto limits = pss_limits(key.get());
        const auto type = gnutls_pubkey_get_pk_algorithm(key.get(), nullptr);
        if (type == GNUTLS_PK_RSA || type == GNUTLS_PK_RSA_PSS) key = read_pss_key(spki, algorithm);
        const auto used = key ? pss_limits(key.get()) : std::nullopt;
        // RFC 4055 §3.3: a key that names its digest and salt is for no other digest and no shorter salt.
        if (!used || (limits && (limits->first != used->first || limits->second > used->second)))
            return SignatureCheck::unsupported;
        native = gnutls_pk_to_sign(GNUTLS_PK_RSA_PSS, used->first);
    }
    const int type = gnutls_pubkey_get_pk_algorithm(key.get(), nullptr);
    if (native == GNUTLS_SIGN_UNKNOWN || type < 0 ||
        gnutls_sign_supports_pk_algorithm(native, static_cast<gnutls_pk_algorithm_t>(type)) == 0)
        return SignatureCheck::unsupported;
    const gnutls_datum_t content = datum(data);
    const gnutls_datum_t value = datum(signature);
    const int result =
        gnutls_pubkey_verify_data2(key.get(), native, GNUTLS_VERIFY_ALLOW_BROKEN, &content, &value);
    return result >= 0 ? SignatureCheck::valid : SignatureCheck::invalid;
}

// ---- The rest ----

class NativeCrypto final : public spi::Crypto {
public:
    bool digest(Hash hash, ConstBytes data, MutableBytes out) const noexcept override {
        return out.size() == digest_size(hash) &&
               gnutls_hash_fast(digests[static_cast<std::size_t>(hash)], data.data(), data.size(),
                                out.data()) == 0;
    }
    bool hmac(Hash hash, ConstBytes key, ConstBytes data,
              MutableBytes out) const noexcept override {
        return out.size() == digest_size(hash) &&
               gnutls_hmac_fast(macs[static_cast<std::size_t>(hash)], key.data(), key.size(),
                                data.data(), data.size(), out.data()) == 0;
    }
    bool hkdf_expand(Hash hash, ConstBytes pseudo_random_key, ConstBytes info,
                     MutableBytes out) const noexcept override {
        const gnutls_datum_t key = datum(pseudo_random_key);
        const gnutls_datum_t context = datum(info);
        return !out.empty() && out.size() <= 255 * digest_size(hash) &&
               gnutls_hkdf_expand(macs[static_cast<std::size_t>(hash)], &key, &context, out.data(),
                                  out.size()) == 0;
    }
    bool aead_seal(Aead aead, ConstBytes key, ConstBytes nonce, ConstBytes additional_data,
                   ConstBytes plaintext, MutableBytes out) const noexcept override {
        if (key.size() != key_size(aead) || nonce.size() != spi::aead_nonce_size ||
            out.size() != plaintext.size() + spi::aead_tag_size)
            return false;
        const gnutls_datum_t native_key = datum(key);
        const AeadPtr cipher = make<AeadPtr>(gnutls_aead_cipher_init,
                                             ciphers[static_cast<std::size_t>(aead)], &native_key);
        std::size_t written = out.size();
        return cipher &&
               gnutls_aead_cipher_encrypt(cipher.get(), nonce.data(), nonce.size(),
                                          additional_data.data(), additional_data.size(),
                                          spi::aead_tag_size, plaintext.data(), plaintext.size(),
                                          out.data(), &written) == 0 &&
               written == out.size();
    }
    SignatureCheck verify_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                                    ConstBytes signature) const noexcept override {
        try {
            return check_signature(spki, algorithm, data, signature);
        } catch (const std::bad_alloc&) {
            return SignatureCheck::unsupported;
        }
    }
    bool random(MutableBytes out) const noexcept override {
        return gnutls_rnd(GNUTLS_RND_KEY, out.data(), out.size()) == 0;
    }
};

}  // namespace

const spi::Crypto& crypto() noexcept {
    // Never destroyed: objects of static storage may still use it.
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory for it there is no TLS at all
    static const NativeCrypto& shared = *new NativeCrypto;
    return shared;
}

}  // namespace omnitls::inline v0::gnutls_native
