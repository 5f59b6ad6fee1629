// SPDX-License-Identifier: BSL-1.0
// The primitives core borrows, and the one random generator of this backend.
#include "context.hpp"

#include <algorithm>

#include <unistd.h>

namespace omnitls::inline v0::mbedtls_native {
namespace {

using spi::Aead;
using spi::Hash;
using spi::SignatureCheck;

const mbedtls_md_info_t* digest_of(Hash hash) noexcept {
    return mbedtls_md_info_from_type(hash == Hash::sha256   ? MBEDTLS_MD_SHA256
                                     : hash == Hash::sha384 ? MBEDTLS_MD_SHA384
                                                            : MBEDTLS_MD_SHA512);
}

/// Seeded by the system, shared by all contexts, locked, and seeded anew in a forked child: two processes must not draw the
/// same numbers.
class Random {
public:
    int fill(unsigned char* out, std::size_t size) noexcept {
        const std::scoped_lock lock(mutex_);
        if (const pid_t now = getpid(); now != process_) {
            const int result = process_ == 0
                                   ? mbedtls_ctr_drbg_seed(generator_.get(), mbedtls_entropy_func,
                                                           entropy_.get(), nullptr, 0)
                                   : mbedtls_ctr_drbg_reseed(generator_.get(), nullptr, 0);
            if (result != 0) return result;
            if (process_ != 0) reseed_library();
            process_ = now;
        }
        int result = 0;
        for (std::size_t done = 0; result == 0 && done < size;) {
            const std::size_t part =
                std::min<std::size_t>(size - done, MBEDTLS_CTR_DRBG_MAX_REQUEST);
            result = mbedtls_ctr_drbg_random(generator_.get(), out + done, part);
            done += part;
        }
        return result;
    }

private:
    std::mutex mutex_;
    pid_t process_ = 0;
    Entropy entropy_;
    Generator generator_;
};

struct Algorithm {
    mbedtls_pk_type_t type;
    mbedtls_md_type_t digest;
};

bool is(const mbedtls_asn1_buf& oid, std::string_view wanted) noexcept {
    return as_text({oid.p, oid.len}) == wanted;
}

/// RFC 8017 §A.2.3 in the form everybody writes: one SHA-2 for both, salt as long as the digest.
std::optional<Algorithm> pss_algorithm(ConstBytes parameters) noexcept {
    struct Row {
        mbedtls_md_type_t digest;
        std::uint8_t oid_end;
        std::uint8_t size;
    };
    for (const Row& row : {Row{MBEDTLS_MD_SHA256, 1, 32}, Row{MBEDTLS_MD_SHA384, 2, 48},
                           Row{MBEDTLS_MD_SHA512, 3, 64}}) {
        const std::array<std::uint8_t, 52> wanted{
            0xa0,        0x0f, 0x30, 0x0d,        0x06, 0x09, 0x60, 0x86,    0x48, 0x01, 0x65,
            0x03,        0x04, 0x02, row.oid_end, 0x05, 0x00, 0xa1, 0x1c,    0x30, 0x1a, 0x06,
            0x09,        0x2a, 0x86, 0x48,        0x86, 0xf7, 0x0d, 0x01,    0x01, 0x08, 0x30,
            0x0d,        0x06, 0x09, 0x60,        0x86, 0x48, 0x01, 0x65,    0x03, 0x04, 0x02,
            row.oid_end, 0x05, 0x00, 0xa2,        0x03, 0x02, 0x01, row.size};
        if (std::ranges::equal(parameters, wanted)) return {{MBEDTLS_PK_RSASSA_PSS, row.digest}};
    }
    return std::nullopt;
}

/// `der`: an AlgorithmIdentifier.
std::optional<Algorithm> read_algorithm(ConstBytes der) noexcept {
    // The library's parsers only read; they have no const.
    auto* position = const_cast<unsigned char*>(der.data());
    mbedtls_asn1_buf oid{};
    mbedtls_asn1_buf parameters{};
    if (der.empty() ||
        mbedtls_asn1_get_alg(&position, position + der.size(), &oid, &parameters) != 0 ||
        position != der.data() + der.size())
        return std::nullopt;
    if (is(oid, MBEDTLS_OID_RSASSA_PSS)) return pss_algorithm({parameters.p, parameters.len});
    if (parameters.len != 0) return std::nullopt;  // NULL or nothing
    Algorithm algorithm{};
    if (mbedtls_oid_get_sig_alg(&oid, &algorithm.digest, &algorithm.type) != 0) return std::nullopt;
    return algorithm;
}

/// A curve given by its numbers instead of its name is nobody's we know (RFC 5480 §2.1.1 forbids it).
bool has_explicit_curve(ConstBytes spki) noexcept {
    auto* position = const_cast<unsigned char*>(spki.data());
    const auto* const end = spki.data() + spki.size();
    std::size_t size = 0;
    mbedtls_asn1_buf oid{};
    mbedtls_asn1_buf parameters{};
    return spki.empty() ||
           mbedtls_asn1_get_tag(&position, end, &size,
                                MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0 ||
           mbedtls_asn1_get_alg(&position, end, &oid, &parameters) != 0 ||
           (is(oid, MBEDTLS_OID_EC_ALG_UNRESTRICTED) && parameters.tag != MBEDTLS_ASN1_OID);
}

SignatureCheck check_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                               ConstBytes signature) noexcept {
    const std::optional<Algorithm> with = read_algorithm(algorithm);
    if (!with || has_explicit_curve(spki)) return SignatureCheck::unsupported;
    Key key;
    std::array<unsigned char, MBEDTLS_MD_MAX_SIZE> digest{};
    const mbedtls_md_info_t* const info = mbedtls_md_info_from_type(with->digest);
    if (info == nullptr || mbedtls_pk_parse_public_key(key.get(), spki.data(), spki.size()) != 0 ||
        mbedtls_pk_can_do(key.get(), with->type) == 0 ||
        mbedtls_md(info, data.data(), data.size(), digest.data()) != 0)
        return SignatureCheck::unsupported;
    const std::size_t size = mbedtls_md_get_size(info);
    const mbedtls_pk_rsassa_pss_options pss{with->digest, static_cast<int>(size)};
    const int result = mbedtls_pk_verify_ext(
        with->type, with->type == MBEDTLS_PK_RSASSA_PSS ? &pss : nullptr, key.get(), with->digest,
        digest.data(), size, signature.data(), signature.size());
    return result == 0 ? SignatureCheck::valid : SignatureCheck::invalid;
}

class NativeCrypto final : public spi::Crypto {
public:
    bool digest(Hash hash, ConstBytes data, MutableBytes out) const noexcept override {
        const LibraryLock lock;
        return out.size() == digest_size(hash) &&
               mbedtls_md(digest_of(hash), data.data(), data.size(), out.data()) == 0;
    }

    bool hmac(Hash hash, ConstBytes key, ConstBytes data,
              MutableBytes out) const noexcept override {
        const LibraryLock lock;
        return out.size() == digest_size(hash) &&
               mbedtls_md_hmac(digest_of(hash), key.data(), key.size(), data.data(), data.size(),
                               out.data()) == 0;
    }

    bool hkdf_expand(Hash hash, ConstBytes pseudo_random_key, ConstBytes info,
                     MutableBytes out) const noexcept override {
        const LibraryLock lock;
        return !out.empty() && out.size() <= 255 * digest_size(hash) &&
               mbedtls_hkdf_expand(digest_of(hash), pseudo_random_key.data(),
                                   pseudo_random_key.size(), info.data(), info.size(), out.data(),
                                   out.size()) == 0;
    }

    bool aead_seal(Aead aead, ConstBytes key, ConstBytes nonce, ConstBytes additional_data,
                   ConstBytes plaintext, MutableBytes out) const noexcept override {
        const LibraryLock lock;
        const std::size_t size = plaintext.size();
        if (key.size() != key_size(aead) || nonce.size() != spi::aead_nonce_size ||
            out.size() != size + spi::aead_tag_size)
            return false;
        if (aead == Aead::chacha20_poly1305) {
            ChaChaPoly cipher;
            return mbedtls_chachapoly_setkey(cipher.get(), key.data()) == 0 &&
                   mbedtls_chachapoly_encrypt_and_tag(
                       cipher.get(), size, nonce.data(), additional_data.data(),
                       additional_data.size(), plaintext.data(), out.data(), &out[size]) == 0;
        }
        Gcm cipher;
        return mbedtls_gcm_setkey(cipher.get(), MBEDTLS_CIPHER_ID_AES, key.data(),
                                  static_cast<unsigned int>(key.size() * 8)) == 0 &&
               mbedtls_gcm_crypt_and_tag(cipher.get(), MBEDTLS_GCM_ENCRYPT, size, nonce.data(),
                                         nonce.size(), additional_data.data(),
                                         additional_data.size(), plaintext.data(), out.data(),
                                         spi::aead_tag_size, &out[size]) == 0;
    }

    SignatureCheck verify_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                                    ConstBytes signature) const noexcept override {
        const LibraryLock lock;
        return check_signature(spki, algorithm, data, signature);
    }

    bool random(MutableBytes out) const noexcept override {
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

const spi::Crypto& crypto() noexcept {
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): as above
    static const auto* const shared = new NativeCrypto;
    return *shared;
}

}  // namespace omnitls::inline v0::mbedtls_native
