// SPDX-License-Identifier: BSL-1.0
// The veto: GnuTLS's yes or no on exactly one path with exactly one anchor. Core chose the path; GnuTLS may not wander.
#include "context.hpp"
#include "errors.hpp"

#include <algorithm>
#include <new>

namespace omnitls::inline v0::gnutls_native {
namespace {

/// Dates and strength are core's, for all backends alike; there is one order, the given one, and no revocation list.
constexpr unsigned int rules = GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                               GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |
                               GNUTLS_VERIFY_DISABLE_CRL_CHECKS | GNUTLS_VERIFY_ALLOW_BROKEN |
                               GNUTLS_VERIFY_DO_NOT_ALLOW_UNSORTED_CHAIN;

/// The links of a path that GnuTLS has gone over. Its callback takes no pointer of ours, but runs inside our call.
struct Links {
    const std::vector<CertificatePtr>* path = nullptr;
    std::vector<bool> seen;
};
thread_local Links* current = nullptr;

int on_link(gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, gnutls_x509_crl_t,
            unsigned int) noexcept {
    const auto& path = *current->path;
    for (std::size_t i = 0; issuer != nullptr && i + 1 < path.size(); ++i)
        if (gnutls_x509_crt_equals(path[i].get(), certificate) != 0 &&
            gnutls_x509_crt_equals(path[i + 1].get(), issuer) != 0)
            current->seen[i] = true;
    return 0;
}

std::string words_of_status(unsigned int status) {
    gnutls_datum_t text{};
    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) != 0)
        return "refused";
    const std::unique_ptr<unsigned char, decltype([](unsigned char* p) { gnutls_free(p); })> owner{
        text.data};
    std::string words{as_text(bytes_of(text))};
    return words.substr(0, words.find_last_not_of(' ') + 1);
}

spi::PathVeto judge(std::span<const spi::PathElement> path, spi::Purpose purpose) {
    std::vector<CertificatePtr> certificates;
    std::vector<gnutls_x509_crt_t> chain;
    for (const spi::PathElement& element : path) {
        certificates.push_back(parse_certificate(element.certificate->der()));
        if (!certificates.back())
            return {false, GNUTLS_E_CERTIFICATE_ERROR, "GnuTLS cannot read a certificate"};
        chain.push_back(certificates.back().get());
    }
    if (chain.empty()) return {false, GNUTLS_E_NO_CERTIFICATE_FOUND, "an empty path"};
    const TrustListPtr anchors = make<TrustListPtr>(gnutls_x509_trust_list_init, 0U);
    if (!anchors || gnutls_x509_trust_list_add_cas(anchors.get(), &chain.back(), 1, 0) != 1)
        return {false, GNUTLS_E_MEMORY_ERROR, "GnuTLS cannot take the anchor"};
    if (chain.size() > 1) chain.pop_back();

    const char* oid =
        purpose == spi::Purpose::server_auth ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
    const gnutls_datum_t text = datum(as_bytes(oid));
    gnutls_typed_vdata_st wanted{GNUTLS_DT_KEY_PURPOSE_OID, text.data, text.size};
    unsigned int status = GNUTLS_CERT_INVALID;
    Links links{&certificates, std::vector<bool>(certificates.size() - 1)};
    current = &links;
    const int result = gnutls_x509_trust_list_verify_crt2(anchors.get(), chain.data(),
                                                          static_cast<unsigned int>(chain.size()),
                                                          &wanted, 1, rules, &status, on_link);
    current = nullptr;
    if (result != GNUTLS_E_SUCCESS) return {false, result, words_of(result)};
    if (status != 0) return {false, status, words_of_status(status)};
    if (!std::ranges::all_of(links.seen, std::identity{}))
        return {false, GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR,
                "GnuTLS took another path than the one given"};
    // A leaf that is its own anchor is accepted unseen.
    if (gnutls_x509_crt_check_key_purpose(chain.front(), oid, 0) == 0)
        return {false, GNUTLS_CERT_PURPOSE_MISMATCH, words_of_status(GNUTLS_CERT_PURPOSE_MISMATCH)};
    return {.accepted = true, .native_code = 0, .native_text = {}};
}

}  // namespace

spi::PathVeto Context::verify_path(std::span<const spi::PathElement> path,
                                   spi::Purpose purpose) const noexcept {
    try {
        return judge(path, purpose);
    } catch (const std::bad_alloc&) {
        return {};
    }
}

}  // namespace omnitls::inline v0::gnutls_native
