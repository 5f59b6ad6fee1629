// SPDX-License-Identifier: BSL-1.0
// Any bytes as a certificate: read or refused, never read past, and what is read keeps the promises of certificate.hpp.
#include "core/der_reader.hpp"
#include <omnitls/certificate.hpp>

#include <cstdlib>

namespace {

using omnitls::Certificate;
using omnitls::CertificateFields;
using omnitls::ConstBytes;

void check(bool kept) {
    if (!kept) std::abort();
}

/// Walks every level of constructed elements, as deep as the bytes go; the work is bounded by their size at each level.
void walk(ConstBytes bytes, int depth) {
    omnitls::core::DerFailure failure;
    omnitls::core::DerReader reader{bytes, failure};
    std::size_t used = 0;
    while (!reader.at_end()) {
        const auto element = reader.any("element");
        if (!reader.ok()) break;
        used += element.whole.size();
        check(used == reader.offset());
        if ((element.tag & 0x20U) != 0 && depth > 0) walk(element.content, depth - 1);
    }
    check(used <= bytes.size());
    check(failure.failed() || used == bytes.size());
    check(!failure.failed() || failure.offset() <= bytes.size());
}

void check_certificate(const Certificate& certificate, ConstBytes der) {
    const CertificateFields& fields = certificate.fields();
    check(certificate.der().size() == der.size() && der.size() <= 64 * 1024);
    check(fields.subject_alt_names.size() <= 1000 && fields.extensions.size() <= 64);
    check(fields.subject.attributes.size() <= 100 && fields.issuer.attributes.size() <= 100);
    check(fields.unknown_critical_extensions.size() <= fields.extensions.size());
    check(fields.has_subject_alt_name == !fields.subject_alt_names.empty());
    check(fields.version == 3 || fields.extensions.empty());
    for (const char c : certificate.describe() + fields.issuer.to_string()) {
        check(c >= 0x20 && c < 0x7f);
    }
    check(omnitls::from_rfc3339(omnitls::to_rfc3339(fields.not_after)) == fields.not_after);
    const auto again = Certificate::parse(certificate.der());
    check(again && *again == certificate);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ConstBytes bytes{data, size};
    walk(bytes, 8);
    const auto result = Certificate::parse(bytes);
    if (result) {
        check_certificate(*result, bytes);
    } else {
        check(result.error().code == omnitls::Errc::bad_input && result.error().what.size() < 512);
    }
    return 0;
}
