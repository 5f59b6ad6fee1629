// SPDX-License-Identifier: BSL-1.0
// The veto: GnuTLS's yes or no on exactly one path with exactly one anchor. Core chose the path; GnuTLS may not wander.
#include "context.hpp"

#include <algorithm>

namespace omnitls::inline v0::gnutls_native {
namespace {

using spi::PathVeto;

/// Dates and strength are core's, for all backends alike; there is one order, the given one, and no revocation list.
constexpr unsigned int rules = GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                               GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |
                               GNUTLS_VERIFY_DISABLE_CRL_CHECKS | GNUTLS_VERIFY_ALLOW_BROKEN |
                               GNUTLS_VERIFY_DO_NOT_ALLOW_UNSORTED_CHAIN;

/// The links of a path that GnuTLS has gone over. Its callback takes no pointer of ours, but runs inside our call.
struct Links {
    const std::vector<CertificatePtr>& path;
    std::vector<bool> seen;
};
thread_local Links* current = nullptr;

int on_link(gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, gnutls_x509_crl_t,
            unsigned int) noexcept {
    const auto& path = current->path;
    for (std::size_t i = 0; issuer != nullptr && i + 1 < path.size(); ++i)
        if (gnutls_x509_crt_equals(path[i].get(), certificate) != 0 &&
            gnutls_x509_crt_equals(path[i + 1].get(), issuer) != 0)
            current->seen[i] = true;
    return 0;
}

/// What GnuTLS says when any constraint fails. Those on names and path lengths are core's (decision 0014): GnuTLS counts self-issued
/// certificates against the length, holds common names to constraints on host names, and refuses every subject where one directory
/// name is excluded. What else it may mean is that an issuer may not sign.
constexpr unsigned int failed_constraints =
    GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE;

bool may_all_sign(const std::vector<CertificatePtr>& path) noexcept {
    return std::all_of(path.begin() + 1, path.end(), [](const CertificatePtr& issuer) {
        unsigned int usage = 0;
        const int got = gnutls_x509_crt_get_key_usage(issuer.get(), &usage, nullptr);
        return got == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
               (got >= 0 && (usage & GNUTLS_KEY_KEY_CERT_SIGN) != 0);
    });
}

PathVeto refused(unsigned int status) {
    OwnedDatum text;
    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text.value, 0) != 0)
        return PathVeto::no(status, "refused");
    std::string words{as_text(text.bytes())};
    return PathVeto::no(status, words.substr(0, words.find_last_not_of(' ') + 1));
}

}  // namespace

PathVeto Context::verify_path(spi::PathView path, spi::Purpose purpose) const {
    std::vector<CertificatePtr> certificates;
    std::vector<gnutls_x509_crt_t> given;
    for (const spi::PathElement& element : path) {
        certificates.push_back(make<CertificatePtr>(gnutls_x509_crt_init));
        given.push_back(certificates.back().get());
        const gnutls_datum_t der = datum(element.certificate->der());
        if (given.back() == nullptr ||
            gnutls_x509_crt_import(given.back(), &der, GNUTLS_X509_FMT_DER) != 0)
            return PathVeto::no(GNUTLS_E_CERTIFICATE_ERROR, "GnuTLS cannot read a certificate");
    }
    if (given.empty()) return PathVeto::no(GNUTLS_E_NO_CERTIFICATE_FOUND, "an empty path");
    const TrustListPtr anchors = make<TrustListPtr>(gnutls_x509_trust_list_init, 0U);
    if (!anchors || gnutls_x509_trust_list_add_cas(anchors.get(), &given.back(), 1, 0) != 1)
        return PathVeto::no(GNUTLS_E_MEMORY_ERROR, "GnuTLS cannot take the anchor");
    if (given.size() > 1) given.pop_back();

    const char* oid =
        purpose == spi::Purpose::server_auth ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
    const gnutls_datum_t text = datum(as_bytes(oid));
    gnutls_typed_vdata_st wanted{GNUTLS_DT_KEY_PURPOSE_OID, text.data, text.size};
    unsigned int status = GNUTLS_CERT_INVALID;
    Links links{certificates, std::vector<bool>(certificates.size() - 1)};
    current = &links;
    const int result = gnutls_x509_trust_list_verify_crt2(anchors.get(), given.data(),
                                                          static_cast<unsigned int>(given.size()),
                                                          &wanted, 1, rules, &status, on_link);
    current = nullptr;
    if (result != GNUTLS_E_SUCCESS) return PathVeto::no(result, words_of(result));
    // It goes no further then; core has checked every signature.
    const bool core_decides = status == failed_constraints && may_all_sign(certificates);
    if (status != 0 && !core_decides) return refused(status);
    if (!core_decides && !std::ranges::all_of(links.seen, std::identity{}))
        return PathVeto::no(GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR,
                            "GnuTLS took another path than the one given");
    // A leaf that is its own anchor is accepted unseen.
    if (gnutls_x509_crt_check_key_purpose(given.front(), oid, 0) == 0)
        return refused(GNUTLS_CERT_PURPOSE_MISMATCH);
    return PathVeto::yes();
}

}  // namespace omnitls::inline v0::gnutls_native
