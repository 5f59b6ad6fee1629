// SPDX-License-Identifier: BSL-1.0
// Owners for GnuTLS's handles, and views of our bytes as its data.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/spi/deleter.hpp>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <memory>
#include <type_traits>

namespace omnitls::inline v0::gnutls_native {

using spi::Deleter;
template <class Handle, auto Free>
using Owner = std::unique_ptr<std::remove_pointer_t<Handle>, Deleter<Free>>;

/// The list does not own its certificates.
inline void free_trust_list(gnutls_x509_trust_list_t list) noexcept {
    gnutls_x509_trust_list_deinit(list, 0);
}

using SessionPtr = Owner<gnutls_session_t, gnutls_deinit>;
using PriorityPtr = Owner<gnutls_priority_t, gnutls_priority_deinit>;
using CredentialsPtr = Owner<gnutls_certificate_credentials_t, gnutls_certificate_free_credentials>;
using CertificatePtr = Owner<gnutls_x509_crt_t, gnutls_x509_crt_deinit>;
using TrustListPtr = Owner<gnutls_x509_trust_list_t, free_trust_list>;
using X509KeyPtr = Owner<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit>;
using PrivateKeyPtr = Owner<gnutls_privkey_t, gnutls_privkey_deinit>;
using PublicKeyPtr = Owner<gnutls_pubkey_t, gnutls_pubkey_deinit>;
using KeyParametersPtr = Owner<gnutls_x509_spki_t, gnutls_x509_spki_deinit>;
using AeadPtr = Owner<gnutls_aead_cipher_hd_t, gnutls_aead_cipher_deinit>;

/// What `init` makes in its first argument; null if it fails.
template <class Ptr, class Init, class... Arguments>
Ptr make(Init init, Arguments... arguments) noexcept {
    typename Ptr::pointer handle = nullptr;
    return Ptr{init(&handle, arguments...) == GNUTLS_E_SUCCESS ? handle : nullptr};
}

/// GnuTLS only reads them; its type has no const.
inline gnutls_datum_t datum(ConstBytes bytes) noexcept {
    return {const_cast<unsigned char*>(bytes.data()), static_cast<unsigned int>(bytes.size())};
}
inline ConstBytes bytes_of(const gnutls_datum_t& datum) noexcept {
    return {datum.data, datum.size};
}

/// Memory that GnuTLS has filled, maybe with secrets.
class OwnedDatum {
public:
    OwnedDatum() = default;
    OwnedDatum(const OwnedDatum&) = delete;
    OwnedDatum& operator=(const OwnedDatum&) = delete;
    ~OwnedDatum() {
        if (value.data != nullptr) gnutls_memset(value.data, 0, value.size);
        gnutls_free(value.data);
    }
    ConstBytes bytes() const noexcept { return bytes_of(value); }
    gnutls_datum_t value{};
};

}  // namespace omnitls::inline v0::gnutls_native
