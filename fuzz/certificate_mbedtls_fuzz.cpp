// SPDX-License-Identifier: BSL-1.0
// No certificate is one to omnitls and another to mbedTLS.
#include "fuzz/certificate_difference.hpp"

#include <mbedtls/asn1.h>
#include <mbedtls/x509_crt.h>

#include <chrono>

namespace {

using omnitls::Bytes;
using omnitls::fuzz::LibraryCertificate;

class Certificate {
public:
    Certificate() { mbedtls_x509_crt_init(&certificate_); }
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;
    ~Certificate() { mbedtls_x509_crt_free(&certificate_); }
    mbedtls_x509_crt* get() { return &certificate_; }

private:
    mbedtls_x509_crt certificate_;
};

Bytes copied(const mbedtls_x509_buf& buffer) { return Bytes(buffer.p, buffer.p + buffer.len); }

std::int64_t seconds(const mbedtls_x509_time& time) {
    using namespace std::chrono;
    const sys_days day = year(time.year) / month(static_cast<unsigned>(time.mon)) /
                         std::chrono::day(static_cast<unsigned>(time.day));
    const sys_seconds moment =
        day + hours(time.hour) + minutes(time.min) + std::chrono::seconds(time.sec);
    return moment.time_since_epoch().count();
}

/// The library does not list every type; of those with names it lists all.
std::vector<Bytes> dns_names(const mbedtls_x509_crt& certificate) {
    constexpr int dns = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2;
    std::vector<Bytes> names;
    for (const mbedtls_x509_sequence* at = &certificate.subject_alt_names; at != nullptr;
         at = at->next)
        if (at->buf.tag == dns) names.push_back(copied(at->buf));
    return names;
}

std::optional<LibraryCertificate> read_certificate(const std::uint8_t* data, std::size_t size) {
    Certificate object;
    if (mbedtls_x509_crt_parse_der(object.get(), data, size) != 0) return std::nullopt;
    const mbedtls_x509_crt& certificate = *object.get();
    if (certificate.raw.len != size) return std::nullopt;
    LibraryCertificate read;
    read.serial = copied(certificate.serial);
    read.issuer = copied(certificate.issuer_raw);
    read.subject = copied(certificate.subject_raw);
    read.not_before = seconds(certificate.valid_from);
    read.not_after = seconds(certificate.valid_to);
    read.public_key = copied(certificate.pk_raw);
    read.dns_names = dns_names(certificate);
    return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    omnitls::fuzz::compare_certificate(data, size, read_certificate);
    return 0;
}
