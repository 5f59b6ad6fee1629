// SPDX-License-Identifier: BSL-1.0
// Owners for OpenSSL's handles, and everything that differs between OpenSSL 3.0 and later versions. Nothing else may ask
// for a version number.
#pragma once

#include <omnitls/iana.hpp>
#include <omnitls/spi/deleter.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace omnitls::inline v0::openssl_native {

using spi::Deleter;
/// Frees the list and its certificates (the function is a macro, so it cannot be a template argument).
struct CertificateListDeleter {
    void operator()(STACK_OF(X509) * list) const noexcept { sk_X509_pop_free(list, X509_free); }
};

using SslCtxPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Deleter<SSL_SESSION_free>>;
using SslPtr = std::unique_ptr<SSL, Deleter<SSL_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using CertificateListPtr = std::unique_ptr<STACK_OF(X509), CertificateListDeleter>;
using StorePtr = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreCtxPtr = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using EncryptedKeyPtr = std::unique_ptr<X509_SIG, Deleter<X509_SIG_free>>;
using KeyInfoPtr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Deleter<PKCS8_PRIV_KEY_INFO_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using PkeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using MdPtr = std::unique_ptr<EVP_MD, Deleter<EVP_MD_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER, Deleter<EVP_CIPHER_free>>;
using CipherCtxPtr = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;

/// Options that later versions added and that every context of ours sets. Certificate compression (3.2, RFC 8879) lets a
/// peer's few bytes become many before any limit of ours is asked.
inline constexpr std::uint64_t later_options =
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
    SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION |
#endif
    0U;

/// A list of groups. From 3.5 on a client says for which it sends a key share: as by default for the first hybrid and the first that
/// is none, so that a server without hybrids has no need to ask again.
inline std::string group_list(const std::vector<std::uint16_t>& groups) {
    bool marked[] = {false, false};
    // Of the library that runs: it may be later than the headers.
    const bool marks = OpenSSL_version_num() >= 0x30500000UL;
    std::string text;
    for (const std::uint16_t id : groups) {
        if (!text.empty()) text += ':';
        if (marks && !std::exchange(marked[id >> 8U == 0x11 ? 1 : 0], true)) text += '*';
        text += group_name(id);
    }
    return text;
}

/// And that none of ours has: resumption without a new key exchange before one with it (3.3).
inline constexpr std::uint64_t unwanted_later_options =
#ifdef SSL_OP_PREFER_NO_DHE_KEX
    SSL_OP_PREFER_NO_DHE_KEX |
#endif
    0U;

/// From 3.2 on the record layer's reason is followed by an error that only says where it came from.
inline bool says_nothing([[maybe_unused]] unsigned long error) noexcept {
#ifdef SSL_R_RECORD_LAYER_FAILURE
    return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_RECORD_LAYER_FAILURE;
#else
    return false;
#endif
}

/// The Supported Groups number (RFC 8447 registry) behind what SSL_get_negotiated_group returns: the library's own number
/// for a group it knows, else 0x01000000 + the registry's. 0 for anything else.
inline std::uint16_t group_id(long negotiated) noexcept {
    constexpr long registry_flag = TLSEXT_nid_unknown;
    if ((negotiated & registry_flag) != 0) return static_cast<std::uint16_t>(negotiated & 0xffff);
    switch (negotiated) {
        case NID_X9_62_prime256v1:
            return 0x0017;
        case NID_secp384r1:
            return 0x0018;
        case NID_secp521r1:
            return 0x0019;
        case NID_brainpoolP256r1:
            return 0x001a;
        case NID_brainpoolP384r1:
            return 0x001b;
        case NID_brainpoolP512r1:
            return 0x001c;
        case NID_X25519:
            return 0x001d;
        case NID_X448:
            return 0x001e;
#ifdef NID_brainpoolP256r1tls13
        case NID_brainpoolP256r1tls13:
            return 0x001f;
        case NID_brainpoolP384r1tls13:
            return 0x0020;
        case NID_brainpoolP512r1tls13:
            return 0x0021;
#endif
        case NID_ffdhe2048:
            return 0x0100;
        case NID_ffdhe3072:
            return 0x0101;
        case NID_ffdhe4096:
            return 0x0102;
        case NID_ffdhe6144:
            return 0x0103;
        case NID_ffdhe8192:
            return 0x0104;
        default:
            return 0;
    }
}

}  // namespace omnitls::inline v0::openssl_native
