// SPDX-License-Identifier: BSL-1.0
// The primitives core borrows, and the one random generator of this backend.
#include "context.hpp"

#include <unistd.h>

namespace omnitls::inline v0::mbedtls_native {
namespace {

using namespace spi;  // all of it is about its primitives

const mbedtls_md_info_t* digest_of(Hash hash) noexcept {
    return mbedtls_md_info_from_type(hash == Hash::sha256   ? MBEDTLS_MD_SHA256
                                     : hash == Hash::sha384 ? MBEDTLS_MD_SHA384
                                                            : MBEDTLS_MD_SHA512);
}

mbedtls_md_type_t type_of(SignatureHash hash) noexcept {
    constexpr std::array types{MBEDTLS_MD_MD5,    MBEDTLS_MD_SHA1,   MBEDTLS_MD_SHA224,
                               MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512};
    return types[static_cast<std::size_t>(hash)];
}

/// Seeded by the system, shared by all contexts, locked, and seeded anew in a forked child: two processes must not draw the
/// same numbers.
class Random {
public:
    int fill(unsigned char* out, std::size_t size) noexcept {
        const std::scoped_lock lock(mutex_);
        int result = 0;
        if (const pid_t now = getpid(); now != process_) {
            result = process_ == 0 ? mbedtls_ctr_drbg_seed(generator_.get(), mbedtls_entropy_func,
                                                           entropy_.get(), nullptr, 0)
                                   : mbedtls_ctr_drbg_reseed(generator_.get(), nullptr, 0);
            if (result != 0) return result;
            if (process_ != 0) reseed_library();
            process_ = now;
        }
        for (std::size_t part = 0; result == 0 && size > 0; out += part, size -= part) {
            part = std::min<std::size_t>(size, MBEDTLS_CTR_DRBG_MAX_REQUEST);
            result = mbedtls_ctr_drbg_random(generator_.get(), out, part);
        }
        return result;
    }

private:
    std::mutex mutex_;
    pid_t process_ = 0;
    Entropy entropy_;
    Generator generator_;
};

class NativeCrypto final : public Crypto {
    bool make_digest(Hash hash, ConstBytes data, MutableBytes out) const override {
        const LibraryLock lock;
        return mbedtls_md(digest_of(hash), data.data(), data.size(), out.data()) == 0;
    }

    bool make_hmac(Hash hash, ConstBytes key, ConstBytes data, MutableBytes out) const override {
        const LibraryLock lock;
        return mbedtls_md_hmac(digest_of(hash), key.data(), key.size(), data.data(), data.size(),
                               out.data()) == 0;
    }

    bool seal(const AeadInput& in, MutableBytes out) const override {
        const LibraryLock lock;
        const ConstBytes added = in.additional_data;
        const std::size_t size = in.plaintext.size();
        if (in.aead == Aead::chacha20_poly1305) {
            ChaChaPoly cipher;
            return mbedtls_chachapoly_setkey(cipher.get(), in.key.data()) == 0 &&
                   mbedtls_chachapoly_encrypt_and_tag(
                       cipher.get(), size, in.nonce.data(), added.data(), added.size(),
                       in.plaintext.data(), out.data(), &out[size]) == 0;
        }
        Gcm cipher;
        return mbedtls_gcm_setkey(cipher.get(), MBEDTLS_CIPHER_ID_AES, in.key.data(),
                                  static_cast<unsigned int>(in.key.size() * 8)) == 0 &&
               mbedtls_gcm_crypt_and_tag(cipher.get(), MBEDTLS_GCM_ENCRYPT, size, in.nonce.data(),
                                         in.nonce.size(), added.data(), added.size(),
                                         in.plaintext.data(), out.data(), aead_tag_size,
                                         &out[size]) == 0;
    }

    SignatureCheck check(const SignedData& in) const override {
        const LibraryLock lock;
        const SignatureAlgorithm& with = in.algorithm;
        const mbedtls_md_type_t hash = type_of(with.hash);
        const mbedtls_md_info_t* const info = mbedtls_md_info_from_type(hash);
        const mbedtls_md_type_t mask_hash = type_of(with.mask_hash);
        std::array<unsigned char, MBEDTLS_MD_MAX_SIZE> digest{};
        Key key;
        // mbedTLS reads no key for EdDSA, nor one for RSASSA-PSS alone.
        if (info == nullptr || mbedtls_md_info_from_type(mask_hash) == nullptr ||
            mbedtls_pk_parse_public_key(key.get(), in.spki.data(), in.spki.size()) != 0 ||
            mbedtls_md(info, in.data.data(), in.data.size(), digest.data()) != 0)
            return SignatureCheck::unsupported;
        const bool is_pss = with.kind == SignatureKind::rsa_pss;
        // A negative size would be one that stands for any.
        const mbedtls_pk_rsassa_pss_options pss{mask_hash, static_cast<int>(with.salt_size)};
        const int result = mbedtls_pk_verify_ext(
            is_pss                                  ? MBEDTLS_PK_RSASSA_PSS
            : with.kind == SignatureKind::rsa_pkcs1 ? MBEDTLS_PK_RSA
                                                    : MBEDTLS_PK_ECDSA,
            is_pss ? &pss : nullptr, key.get(), hash, digest.data(), mbedtls_md_get_size(info),
            in.signature.data(), in.signature.size());
        return result == 0 ? SignatureCheck::valid : SignatureCheck::invalid;
    }

    bool fill_random(MutableBytes out) const override {
        const LibraryLock lock;
        return random_bytes(nullptr, out.data(), out.size()) == 0;
    }
};

}  // namespace

int random_bytes(void*, unsigned char* out, std::size_t size) noexcept {
    // Never destroyed: whoever uses it from a static object's destructor finds it alive.
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory for it there is no TLS at all
    static auto* const shared = new Random;
    return shared->fill(out, size);
}

const Crypto& Backend::crypto() const noexcept {
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): as above
    static const auto* const shared = new NativeCrypto;
    return *shared;
}

}  // namespace omnitls::inline v0::mbedtls_native
