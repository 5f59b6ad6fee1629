// SPDX-License-Identifier: BSL-1.0
// No certificate is one to omnitls and another to OpenSSL.
#include "fuzz/certificate_difference.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

namespace {

using omnitls::Bytes;
using omnitls::fuzz::LibraryCertificate;

template <class T, auto Free>
struct Freed {
    void operator()(T* object) const { Free(object); }
};
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES, GENERAL_NAMES_free>>;

template <class T>
Bytes encoded(int (*encode)(const T*, unsigned char**), const T* object) {
    unsigned char* bytes = nullptr;
    const int size = encode(object, &bytes);
    if (size < 0) return {};
    Bytes copy(bytes, bytes + size);
    OPENSSL_free(bytes);
    return copy;
}

Bytes content(const ASN1_STRING* text) {
    const unsigned char* data = ASN1_STRING_get0_data(text);
    return Bytes(data, data + ASN1_STRING_length(text));
}

/// Without identifier and length.
Bytes integer(const ASN1_INTEGER* number) {
    const Bytes whole = encoded<ASN1_INTEGER>(i2d_ASN1_INTEGER, number);
    omnitls::core::DerFailure failure;
    const auto content = omnitls::core::DerReader(whole, failure).any("serial").content;
    return Bytes(content.begin(), content.end());
}

std::optional<std::int64_t> seconds(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    return timegm(&parts);
}

/// False: there are none that it can read, although there is the extension.
bool read_names(X509* certificate, LibraryCertificate& read) {
    int state = 0;
    const Names names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, &state, nullptr)));
    if (!names && state != -1) return false;
    read.dns_names.emplace();
    read.ip_addresses.emplace();
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) read.dns_names->push_back(content(name->d.dNSName));
        if (name->type == GEN_IPADD) read.ip_addresses->push_back(content(name->d.iPAddress));
    }
    return true;
}

/// X509v3_KU_* has bit 0 as the highest of the first byte, and bit 8 as the highest of the second.
std::uint16_t key_usage(std::uint32_t bits) {
    std::uint16_t usage = 0;
    for (unsigned bit = 0; bit < 9; ++bit) {
        const std::uint32_t place = bit < 8 ? 0x80U >> bit : 0x8000U;
        if ((bits & place) != 0) usage = static_cast<std::uint16_t>(usage | 1U << bit);
    }
    return usage;
}

std::optional<LibraryCertificate> read_certificate(const std::uint8_t* data, std::size_t size) {
    const unsigned char* at = data;
    const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(size)));
    if (!certificate || at != data + size) return std::nullopt;
    LibraryCertificate read;
    // Extensions it cannot use make it a certificate that its path check refuses.
    const std::uint32_t flags = X509_get_extension_flags(certificate.get());
    if ((flags & EXFLAG_INVALID) != 0 || !read_names(certificate.get(), read)) return std::nullopt;
    read.serial = integer(X509_get0_serialNumber(certificate.get()));
    read.issuer = encoded<X509_NAME>(i2d_X509_NAME, X509_get_issuer_name(certificate.get()));
    read.subject = encoded<X509_NAME>(i2d_X509_NAME, X509_get_subject_name(certificate.get()));
    read.not_before = seconds(X509_get0_notBefore(certificate.get()));
    read.not_after = seconds(X509_get0_notAfter(certificate.get()));
    if (!read.not_before || !read.not_after) return std::nullopt;
    read.public_key =
        encoded<X509_PUBKEY>(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(certificate.get()));
    read.ca = (flags & EXFLAG_CA) != 0;
    read.path_length = X509_get_pathlen(certificate.get());
    if ((flags & EXFLAG_KUSAGE) != 0)
        read.key_usage = key_usage(X509_get_key_usage(certificate.get()));
    return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    omnitls::fuzz::compare_certificate(data, size, read_certificate);
    ERR_clear_error();
    return 0;
}
