// SPDX-License-Identifier: BSL-1.0
// The veto: mbedTLS' yes or no on exactly one path with exactly one anchor. Core chose the path; mbedTLS may not wander.
#include "context.hpp"

#include <cstring>

namespace omnitls::inline v0::mbedtls_native {
namespace {

constexpr std::uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
/// Strength is core's to judge, alike for all backends.
constexpr mbedtls_x509_crt_profile every_strength{0x0fffffff, 0x0fffffff, 0x0fffffff, 0};

/// Name constraints are core's to check, so they may be critical here. mbedTLS cannot read such a certificate otherwise.
int on_unknown_extension(void*, const mbedtls_x509_crt*, const mbedtls_x509_buf* oid, int critical,
                         const unsigned char*, const unsigned char*) {
    const bool is_constraints = !MBEDTLS_OID_CMP(MBEDTLS_OID_NAME_CONSTRAINTS, oid);
    return critical == 0 || is_constraints ? 0 : MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE;
}

/// mbedTLS leaves the purpose to its callers. The anchor is trusted for whatever it is.
int check_purpose(const CertificateList& list, spi::Purpose purpose) noexcept {
    const char* const oid =
        purpose == spi::Purpose::server_auth ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
    for (const mbedtls_x509_crt* one = list.get(); one != nullptr; one = one->next)
        if (const int result =
                mbedtls_x509_crt_check_extended_key_usage(one, oid, std::strlen(oid));
            result != 0)
            return result;
    return 0;
}

/// What the verification went through, compared with what it was given.
struct Walk {
    std::span<const spi::PathElement> path;
    std::size_t seen = 0;
    bool same = true;
};

int on_depth(void* context, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
    auto& walk = *static_cast<Walk*>(context);
    const auto place = static_cast<std::size_t>(depth);
    ++walk.seen;
    walk.same = walk.same && place < walk.path.size() &&
                std::ranges::equal(walk.path[place].certificate->der(),
                                   ConstBytes{certificate->raw.p, certificate->raw.len});
    *flags &= ~dates;
    return 0;
}

spi::PathVeto refuse(const char* what, int result) {
    return spi::PathVeto::no(result, what + native_error(result).text);
}

spi::PathVeto refuse_flags(std::uint32_t flags) {
    std::array<char, 512> text{};
    mbedtls_x509_crt_verify_info(text.data(), text.size(), "", flags);
    std::string words = text.data();
    while (words.ends_with('\n')) words.pop_back();
    return spi::PathVeto::no(flags, words);
}

}  // namespace

int parse_certificate(CertificateList& list, ConstBytes der, bool copies) noexcept {
    return mbedtls_x509_crt_parse_der_with_ext_cb(list.get(), der.data(), der.size(),
                                                  copies ? 1 : 0, on_unknown_extension, nullptr);
}

spi::PathVeto Context::verify_path(spi::PathView path, spi::Purpose purpose) const {
    const LibraryLock lock;
    if (path.empty()) return spi::PathVeto::no(MBEDTLS_ERR_X509_BAD_INPUT_DATA, "an empty path");
    // A leaf that is the anchor is the only element of both lists.
    const bool leaf_is_anchor = path.size() == 1;
    CertificateList sent;
    CertificateList anchor;
    for (const spi::PathElement& element : leaf_is_anchor ? path : path.first(path.size() - 1))
        if (const int result = parse_certificate(sent, element.certificate->der(), false);
            result != 0)
            return refuse("unreadable: ", result);
    if (const int result = parse_certificate(anchor, path.back().certificate->der(), false);
        result != 0)
        return refuse("unreadable anchor: ", result);
    if (const int result = check_purpose(sent, purpose); result != 0)
        return refuse("not for this purpose: ", result);
    // mbedTLS trusts no leaf for being listed; there is no signature to check on this path.
    if (leaf_is_anchor) return spi::PathVeto::yes();

    Walk walk{path};
    std::uint32_t flags = 0;
    const int result = mbedtls_x509_crt_verify_with_profile(
        sent.get(), anchor.get(), nullptr, &every_strength, nullptr, &flags, on_depth, &walk);
    if (flags != 0) return refuse_flags(flags);
    if (result != 0) return refuse("", result);
    if (!walk.same || walk.seen != path.size())
        return spi::PathVeto::no(MBEDTLS_ERR_X509_FATAL_ERROR,
                                 "mbedTLS took another path than the one given");
    return spi::PathVeto::yes();
}

}  // namespace omnitls::inline v0::mbedtls_native
