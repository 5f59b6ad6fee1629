// SPDX-License-Identifier: BSL-1.0
// The primitives core borrows. Algorithms are looked up once (a look-up costs more than a short digest on 3.0); an object
// that the library does not have makes every call that needs it fail.
#include "context.hpp"

#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <array>

namespace omnitls::inline v0::openssl_native {
namespace {

using namespace spi;  // all of it is about its primitives

constexpr const char* hash_name(Hash hash) noexcept {
    return hash == Hash::sha256 ? "SHA2-256" : hash == Hash::sha384 ? "SHA2-384" : "SHA2-512";
}

/// Null for a signature that makes its digest itself.
constexpr const char* hash_name(const SignatureAlgorithm& algorithm, SignatureHash hash) noexcept {
    constexpr std::array names{"MD5", "SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512"};
    const bool eddsa =
        algorithm.kind == SignatureKind::ed25519 || algorithm.kind == SignatureKind::ed448;
    return eddsa ? nullptr : names[static_cast<std::size_t>(hash)];
}

/// OpenSSL takes a null key for "the key set before".
const unsigned char* never_null(ConstBytes bytes) noexcept {
    static constexpr unsigned char nothing = 0;
    return bytes.data() == nullptr ? &nothing : bytes.data();
}

bool set_pss(EVP_PKEY_CTX* ctx, const SignatureAlgorithm& algorithm) noexcept {
    return algorithm.kind != SignatureKind::rsa_pss ||
           (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, hash_name(algorithm, algorithm.mask_hash),
                                              nullptr) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, static_cast<int>(algorithm.salt_size)) == 1);
}

class NativeCrypto final : public Crypto {
    bool make_digest(Hash hash, ConstBytes data, MutableBytes out) const override {
        const EVP_MD* algorithm = hashes_[static_cast<std::size_t>(hash)].get();
        ERR_clear_error();
        return algorithm != nullptr && EVP_Digest(never_null(data), data.size(), out.data(),
                                                  nullptr, algorithm, nullptr) == 1;
    }

    bool make_hmac(Hash hash, ConstBytes key, ConstBytes data, MutableBytes out) const override {
        ERR_clear_error();
        std::size_t size = 0;
        return EVP_Q_mac(nullptr, "HMAC", nullptr, hash_name(hash), nullptr, never_null(key),
                         key.size(), never_null(data), data.size(), out.data(), out.size(),
                         &size) != nullptr &&
               size == out.size();
    }

    bool seal(const AeadInput& in, MutableBytes out) const override {
        ERR_clear_error();
        const EVP_CIPHER* algorithm = aeads_[static_cast<std::size_t>(in.aead)].get();
        const CipherCtxPtr ctx{EVP_CIPHER_CTX_new()};
        unsigned char* const tag = out.data() + in.plaintext.size();
        int written = 0;
        // 12 bytes is the default nonce of all three.
        return algorithm != nullptr && ctx &&
               EVP_EncryptInit_ex2(ctx.get(), algorithm, in.key.data(), in.nonce.data(), nullptr) ==
                   1 &&
               (in.additional_data.empty() ||
                EVP_EncryptUpdate(ctx.get(), nullptr, &written, in.additional_data.data(),
                                  static_cast<int>(in.additional_data.size())) == 1) &&
               EVP_EncryptUpdate(ctx.get(), out.data(), &written, never_null(in.plaintext),
                                 static_cast<int>(in.plaintext.size())) == 1 &&
               static_cast<std::size_t>(written) == in.plaintext.size() &&
               EVP_EncryptFinal_ex(ctx.get(), tag, &written) == 1 &&
               EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, int{aead_tag_size}, tag) == 1;
    }

    SignatureCheck check(const SignedData& what) const override {
        ERR_clear_error();
        const unsigned char* der = what.spki.data();
        const PkeyPtr key{d2i_PUBKEY(nullptr, &der, static_cast<long>(what.spki.size()))};
        const MdCtxPtr ctx{EVP_MD_CTX_new()};
        EVP_PKEY_CTX* options = nullptr;
        const bool ready = key && ctx &&
                           EVP_DigestVerifyInit_ex(ctx.get(), &options,
                                                   hash_name(what.algorithm, what.algorithm.hash),
                                                   nullptr, nullptr, key.get(), nullptr) == 1 &&
                           set_pss(options, what.algorithm);
        // Less than 0 is a signature that cannot even be decoded.
        const bool valid =
            ready && EVP_DigestVerify(ctx.get(), what.signature.data(), what.signature.size(),
                                      what.data.data(), what.data.size()) == 1;
        ERR_clear_error();
        if (!ready) return SignatureCheck::unsupported;
        return valid ? SignatureCheck::valid : SignatureCheck::invalid;
    }

    bool fill_random(MutableBytes out) const override {
        ERR_clear_error();
        return RAND_bytes(out.data(), static_cast<int>(out.size())) == 1;
    }

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
};

}  // namespace

const Crypto& Backend::crypto() const noexcept {
    // Never destroyed: whoever uses it from a static object's destructor finds it alive.
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory for it there is no TLS at all
    static const auto* const shared = new NativeCrypto;
    return *shared;
}

}  // namespace omnitls::inline v0::openssl_native
