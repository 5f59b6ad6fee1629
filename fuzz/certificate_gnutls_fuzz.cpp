// SPDX-License-Identifier: BSL-1.0
// No certificate is one to omnitls and another to GnuTLS.
#include "fuzz/certificate_difference.hpp"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include <array>
#include <ctime>
#include <memory>

namespace {

using omnitls::Bytes;
using omnitls::fuzz::LibraryCertificate;

struct FreeCertificate {
    void operator()(gnutls_x509_crt_t certificate) const { gnutls_x509_crt_deinit(certificate); }
};
struct FreeKey {
    void operator()(gnutls_pubkey_t key) const { gnutls_pubkey_deinit(key); }
};
using Certificate = std::unique_ptr<gnutls_x509_crt_int, FreeCertificate>;
using PublicKey = std::unique_ptr<gnutls_pubkey_st, FreeKey>;

using GetName = int (*)(gnutls_x509_crt_t, gnutls_datum_t*);

Bytes name_of(const Certificate& certificate, GetName get) {
    gnutls_datum_t name{};
    if (get(certificate.get(), &name) != 0) return {};
    Bytes copy(name.data, name.data + name.size);
    gnutls_free(name.data);
    return copy;
}

/// False: it cannot read all of them.
bool read_names(const Certificate& certificate, LibraryCertificate& read) {
    read.dns_names.emplace();
    read.ip_addresses.emplace();
    for (unsigned i = 0;; ++i) {
        std::array<std::uint8_t, 70'000> text;
        std::size_t size = text.size();
        unsigned type = 0;
        const int got = gnutls_x509_crt_get_subject_alt_name2(certificate.get(), i, text.data(),
                                                              &size, &type, nullptr);
        if (got == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return true;
        if (got < 0) return false;
        Bytes name(text.data(), text.data() + size);
        if (type == GNUTLS_SAN_DNSNAME) read.dns_names->push_back(std::move(name));
        if (type == GNUTLS_SAN_IPADDRESS) read.ip_addresses->push_back(std::move(name));
    }
}

/// It has 0 for every time before 1970. Dates are core's to judge, so this is no harm.
std::optional<std::int64_t> seconds(std::time_t time) {
    return time > 0 ? std::optional<std::int64_t>(time) : std::nullopt;
}

/// Of a key that it knows; else nothing.
Bytes key_of(const Certificate& certificate) {
    gnutls_pubkey_t made = nullptr;
    if (gnutls_pubkey_init(&made) != 0) return {};
    const PublicKey key(made);
    gnutls_datum_t der{};
    if (gnutls_pubkey_import_x509(key.get(), certificate.get(), 0) != 0 ||
        gnutls_pubkey_export2(key.get(), GNUTLS_X509_FMT_DER, &der) != 0)
        return {};
    Bytes copy(der.data, der.data + der.size);
    gnutls_free(der.data);
    return copy;
}

/// GNUTLS_KEY_* has bit 0 as the highest of the first byte, and bit 8 as the highest of the second.
std::uint16_t key_usage(unsigned bits) {
    std::uint16_t usage = 0;
    for (unsigned bit = 0; bit < 9; ++bit) {
        const unsigned place = bit < 8 ? 0x80U >> bit : 0x8000U;
        if ((bits & place) != 0) usage = static_cast<std::uint16_t>(usage | 1U << bit);
    }
    return usage;
}

std::optional<LibraryCertificate> read_certificate(const std::uint8_t* data, std::size_t size) {
    gnutls_x509_crt_t made = nullptr;
    if (gnutls_x509_crt_init(&made) != 0) return std::nullopt;
    const Certificate certificate(made);
    const gnutls_datum_t der{const_cast<unsigned char*>(data), static_cast<unsigned>(size)};
    if (gnutls_x509_crt_import(certificate.get(), &der, GNUTLS_X509_FMT_DER) != 0)
        return std::nullopt;
    LibraryCertificate read;
    if (!read_names(certificate, read)) return std::nullopt;
    std::array<std::uint8_t, 70'000> serial;
    std::size_t serial_size = serial.size();
    if (gnutls_x509_crt_get_serial(certificate.get(), serial.data(), &serial_size) != 0)
        return std::nullopt;
    read.serial.assign(serial.data(), serial.data() + serial_size);
    read.issuer = name_of(certificate, gnutls_x509_crt_get_raw_issuer_dn);
    read.subject = name_of(certificate, gnutls_x509_crt_get_raw_dn);
    read.not_before = seconds(gnutls_x509_crt_get_activation_time(certificate.get()));
    read.not_after = seconds(gnutls_x509_crt_get_expiration_time(certificate.get()));
    read.public_key = key_of(certificate);
    unsigned ca = 0;
    int path_length = 0;
    const int basic =
        gnutls_x509_crt_get_basic_constraints(certificate.get(), nullptr, &ca, &path_length);
    if (basic >= 0) {
        read.ca = ca != 0;
        read.path_length = path_length;
    } else if (basic != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
        return std::nullopt;
    }
    unsigned usage = 0;
    if (gnutls_x509_crt_get_key_usage(certificate.get(), &usage, nullptr) == 0)
        read.key_usage = key_usage(usage);
    return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    omnitls::fuzz::compare_certificate(data, size, read_certificate);
    return 0;
}
