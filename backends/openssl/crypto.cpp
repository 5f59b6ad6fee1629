// SPDX-License-Identifier: BSL-1.0
// The primitives core borrows. Algorithms are looked up once (a look-up costs more than a short digest on 3.0); an object
// that the library does not have makes every call that needs it fail.
#include "context.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <climits>

namespace omnitls::inline v0::openssl_native {
namespace {

using spi::Aead;
using spi::Hash;
using spi::SignatureCheck;

constexpr const char* hash_name(Hash hash) noexcept {
    return hash == Hash::sha256 ? "SHA2-256" : hash == Hash::sha384 ? "SHA2-384" : "SHA2-512";
}

/// OpenSSL takes a null key for "the key set before".
const unsigned char* never_null(ConstBytes bytes) noexcept {
    static constexpr unsigned char nothing = 0;
    return bytes.data() == nullptr ? &nothing : bytes.data();
}

bool fits_int(std::size_t size) noexcept { return size <= INT_MAX; }

/// A curve given by its numbers instead of its name is nobody's we know (RFC 5480 §2.1.1 forbids it).
bool has_explicit_curve(const EVP_PKEY* key) noexcept {
    int is_explicit = 0;
    return EVP_PKEY_is_a(key, "EC") &&
           (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                   &is_explicit) != 1 ||
            is_explicit != 0);
}

/// By the function that OpenSSL itself checks certificates with: it knows the forms of every AlgorithmIdentifier. It takes a
/// structure and not bytes, hence ANY, which encodes to what it was read from.
SignatureCheck check_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                               ConstBytes signature) noexcept {
    const unsigned char* der = spki.data();
    const PkeyPtr key{d2i_PUBKEY(nullptr, &der, static_cast<long>(spki.size()))};
    der = algorithm.data();
    const AlgorithmPtr parsed{d2i_X509_ALGOR(nullptr, &der, static_cast<long>(algorithm.size()))};
    der = data.data();
    const AnyPtr content{d2i_ASN1_TYPE(nullptr, &der, static_cast<long>(data.size()))};
    const BitStringPtr bits{ASN1_BIT_STRING_new()};
    if (!key || has_explicit_curve(key.get()) || !parsed || !content ||
        der != data.data() + data.size() || !bits || !fits_int(signature.size()) ||
        ASN1_STRING_set(bits.get(), signature.data(), static_cast<int>(signature.size())) != 1)
        return SignatureCheck::unsupported;
    const int result = ASN1_item_verify_ex(ASN1_ITEM_rptr(ASN1_ANY), parsed.get(), bits.get(),
                                           content.get(), nullptr, key.get(), nullptr, nullptr);
    if (result == 1) return SignatureCheck::valid;
    // -1 is both "not done" and "a signature that cannot even be decoded"; the latter is told by who failed.
    const unsigned long error = ERR_peek_last_error();
    const bool checked = result == 0 || (ERR_GET_LIB(error) == ERR_LIB_ASN1 &&
                                         ERR_GET_REASON(error) == ERR_R_EVP_LIB);
    return checked ? SignatureCheck::invalid : SignatureCheck::unsupported;
}

class NativeCrypto final : public spi::Crypto {
public:
    bool digest(Hash hash, ConstBytes data, MutableBytes out) const noexcept override {
        const EVP_MD* algorithm = hashes_[static_cast<std::size_t>(hash)].get();
        ERR_clear_error();
        return algorithm != nullptr && out.size() == digest_size(hash) &&
               EVP_Digest(never_null(data), data.size(), out.data(), nullptr, algorithm, nullptr) ==
                   1;
    }

    bool hmac(Hash hash, ConstBytes key, ConstBytes data,
              MutableBytes out) const noexcept override {
        ERR_clear_error();
        std::size_t size = 0;
        return out.size() == digest_size(hash) &&
               EVP_Q_mac(nullptr, "HMAC", nullptr, hash_name(hash), nullptr, never_null(key),
                         key.size(), never_null(data), data.size(), out.data(), out.size(),
                         &size) != nullptr &&
               size == out.size();
    }

    bool hkdf_expand(Hash hash, ConstBytes pseudo_random_key, ConstBytes info,
                     MutableBytes out) const noexcept override {
        ERR_clear_error();
        if (!hkdf_ || out.empty() || out.size() > 255 * digest_size(hash)) return false;
        const KdfCtxPtr ctx{EVP_KDF_CTX_new(hkdf_.get())};
        int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
        // OpenSSL only reads them; its parameter type has no const.
        const std::array params{
            OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
            OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                             const_cast<char*>(hash_name(hash)), 0),
            OSSL_PARAM_construct_octet_string(
                OSSL_KDF_PARAM_KEY, const_cast<unsigned char*>(never_null(pseudo_random_key)),
                pseudo_random_key.size()),
            OSSL_PARAM_construct_octet_string(
                OSSL_KDF_PARAM_INFO, const_cast<unsigned char*>(never_null(info)), info.size()),
            OSSL_PARAM_construct_end()};
        return ctx && EVP_KDF_derive(ctx.get(), out.data(), out.size(), params.data()) == 1;
    }

    bool aead_seal(Aead aead, ConstBytes key, ConstBytes nonce, ConstBytes additional_data,
                   ConstBytes plaintext, MutableBytes out) const noexcept override {
        ERR_clear_error();
        const EVP_CIPHER* algorithm = aeads_[static_cast<std::size_t>(aead)].get();
        const CipherCtxPtr ctx{EVP_CIPHER_CTX_new()};
        if (algorithm == nullptr || !ctx || key.size() != key_size(aead) ||
            nonce.size() != spi::aead_nonce_size || !fits_int(plaintext.size()) ||
            !fits_int(additional_data.size()) ||
            out.size() != plaintext.size() + spi::aead_tag_size)
            return false;
        int written = 0;
        // 12 bytes is the default nonce of all three.
        return EVP_EncryptInit_ex2(ctx.get(), algorithm, key.data(), nonce.data(), nullptr) == 1 &&
               (additional_data.empty() ||
                EVP_EncryptUpdate(ctx.get(), nullptr, &written, additional_data.data(),
                                  static_cast<int>(additional_data.size())) == 1) &&
               EVP_EncryptUpdate(ctx.get(), out.data(), &written, never_null(plaintext),
                                 static_cast<int>(plaintext.size())) == 1 &&
               static_cast<std::size_t>(written) == plaintext.size() &&
               EVP_EncryptFinal_ex(ctx.get(), out.data() + plaintext.size(), &written) == 1 &&
               EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, int{spi::aead_tag_size},
                                   out.data() + plaintext.size()) == 1;
    }

    SignatureCheck verify_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                                    ConstBytes signature) const noexcept override {
        ERR_clear_error();
        const SignatureCheck result = check_signature(spki, algorithm, data, signature);
        ERR_clear_error();
        return result;
    }

    bool random(MutableBytes out) const noexcept override {
        ERR_clear_error();
        return fits_int(out.size()) && RAND_bytes(out.data(), static_cast<int>(out.size())) == 1;
    }

private:
    static MdPtr hash(Hash which) {
        return MdPtr{EVP_MD_fetch(nullptr, hash_name(which), nullptr)};
    }
    static CipherPtr aead(const char* name) {
        return CipherPtr{EVP_CIPHER_fetch(nullptr, name, nullptr)};
    }
    // In the order of the enumerations.
    const std::array<MdPtr, 3> hashes_{hash(Hash::sha256), hash(Hash::sha384), hash(Hash::sha512)};
    const std::array<CipherPtr, 3> aeads_{aead("AES-128-GCM"), aead("AES-256-GCM"),
                                          aead("ChaCha20-Poly1305")};
    const KdfPtr hkdf_{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
};

}  // namespace

const spi::Crypto& crypto() noexcept {
    // Never destroyed: whoever uses it from a static object's destructor finds it alive.
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory for it there is no TLS at all
    static const auto* const shared = new NativeCrypto;
    return *shared;
}

}  // namespace omnitls::inline v0::openssl_native
