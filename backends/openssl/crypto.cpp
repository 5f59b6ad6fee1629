// SPDX-License-Identifier: BSL-1.0
// The primitives core borrows. Algorithms are looked up once (a look-up costs more than a short digest on 3.0); an object
// that the library does not have makes every call that needs it fail.
#include "context.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

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

// ---- Signatures ----

struct Scheme {
    const char* key = nullptr;     ///< The key type that signs so.
    const char* digest = nullptr;  ///< Null for Ed25519 and Ed448.
    const char* mask_digest = nullptr;
    int salt = -1;  ///< >= 0: RSASSA-PSS.
};

const char* digest_of(const X509_ALGOR* algorithm) noexcept {
    if (algorithm == nullptr) return "SHA1";  // RFC 4055 §3.1: the default.
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
    const EVP_MD* digest = EVP_get_digestbyobj(object);
    return digest == nullptr ? nullptr : EVP_MD_get0_name(digest);
}

/// RFC 4055 §3.1. False for what OpenSSL does not do either: other masks, other trailers, negative salts.
bool read_pss(const X509_ALGOR* algorithm, Scheme& scheme) {
    int type = V_ASN1_UNDEF;
    const void* value = nullptr;
    X509_ALGOR_get0(nullptr, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE) return false;
    const auto* encoded = static_cast<const ASN1_STRING*>(value);
    const unsigned char* der = ASN1_STRING_get0_data(encoded);
    const PssParamsPtr params{d2i_RSA_PSS_PARAMS(nullptr, &der, ASN1_STRING_length(encoded))};
    if (!params) return false;
    scheme.digest = digest_of(params->hashAlgorithm);
    scheme.mask_digest = "SHA1";
    if (params->maskGenAlgorithm != nullptr) {
        const ASN1_OBJECT* object = nullptr;
        X509_ALGOR_get0(&object, &type, &value, params->maskGenAlgorithm);
        if (OBJ_obj2nid(object) != NID_mgf1 || type != V_ASN1_SEQUENCE) return false;
        const auto* inner = static_cast<const ASN1_STRING*>(value);
        der = ASN1_STRING_get0_data(inner);
        const AlgorithmPtr mask{d2i_X509_ALGOR(nullptr, &der, ASN1_STRING_length(inner))};
        if (!mask) return false;
        scheme.mask_digest = digest_of(mask.get());
    }
    const long salt = params->saltLength == nullptr ? 20 : ASN1_INTEGER_get(params->saltLength);
    const long trailer =
        params->trailerField == nullptr ? 1 : ASN1_INTEGER_get(params->trailerField);
    if (salt < 0 || salt > 512 || trailer != 1) return false;
    scheme.salt = static_cast<int>(salt);
    return scheme.digest != nullptr && scheme.mask_digest != nullptr;
}

bool read_scheme(const X509_ALGOR* algorithm, Scheme& scheme) {
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
    const int id = OBJ_obj2nid(object);
    if (id == NID_rsassaPss) return read_pss(algorithm, scheme);
    if (id == NID_ED25519 || id == NID_ED448) {
        scheme.key = id == NID_ED25519 ? "ED25519" : "ED448";
        return true;
    }
    int digest = NID_undef;
    int key = NID_undef;
    if (OBJ_find_sigid_algs(id, &digest, &key) != 1 || digest == NID_undef) return false;
    if (key != NID_rsaEncryption && key != NID_X9_62_id_ecPublicKey) return false;
    scheme.key = key == NID_rsaEncryption ? "RSA" : "EC";
    const EVP_MD* found = EVP_get_digestbynid(digest);
    scheme.digest = found == nullptr ? nullptr : EVP_MD_get0_name(found);
    return scheme.digest != nullptr;
}

/// A curve given by its numbers instead of its name is nobody's we know (RFC 5480 §2.1.1 forbids it).
bool usable_key(const EVP_PKEY* key, const Scheme& scheme) noexcept {
    if (scheme.salt >= 0) return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
    int explicit_curve = 0;
    if (EVP_PKEY_is_a(key, "EC") &&
        EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                               &explicit_curve) == 1 &&
        explicit_curve != 0)
        return false;
    return EVP_PKEY_is_a(key, scheme.key) == 1;
}

bool set_padding(EVP_PKEY_CTX* ctx, const EVP_PKEY* key, const Scheme& scheme) noexcept {
    if (scheme.salt < 0) {
        return !EVP_PKEY_is_a(key, "RSA") ||
               EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    }
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, scheme.mask_digest, nullptr) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, scheme.salt) == 1;
}

SignatureCheck check_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                               ConstBytes signature) {
    const unsigned char* der = spki.data();
    const PkeyPtr key{d2i_PUBKEY(nullptr, &der, static_cast<long>(spki.size()))};
    der = algorithm.data();
    const AlgorithmPtr parsed{d2i_X509_ALGOR(nullptr, &der, static_cast<long>(algorithm.size()))};
    Scheme scheme;
    if (!key || !parsed || !read_scheme(parsed.get(), scheme) || !usable_key(key.get(), scheme))
        return SignatureCheck::unsupported;
    const MdCtxPtr ctx{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* options = nullptr;  // Belongs to `ctx`.
    if (!ctx ||
        EVP_DigestVerifyInit_ex(ctx.get(), &options, scheme.digest, nullptr, nullptr, key.get(),
                                nullptr) != 1 ||
        !set_padding(options, key.get(), scheme))
        return SignatureCheck::unsupported;
    const int valid = EVP_DigestVerify(ctx.get(), signature.data(), signature.size(),
                                       never_null(data), data.size());
    return valid == 1 ? SignatureCheck::valid : SignatureCheck::invalid;
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
    static const auto* const shared = new NativeCrypto;
    return *shared;
}

}  // namespace omnitls::inline v0::openssl_native
