// SPDX-License-Identifier: BSL-1.0
// The veto: OpenSSL's yes or no on exactly one path with exactly one anchor. Core chose the path; OpenSSL may not wander.
#include "context.hpp"

#include <vector>

namespace omnitls::inline v0::openssl_native {
namespace {

/// Owns nothing but the list: the certificates stay where they are.
using BorrowedListPtr =
    std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * list) { sk_X509_free(list); })>;

/// The session's own object if there is one (parsing again costs a fifth of a handshake on 3.0), else a fresh one.
X509Ptr native_certificate(const spi::PathElement& element) noexcept {
    if (element.native == nullptr) return parse_certificate(element.certificate->der());
    // X509 objects are counted and locked inside; a verification fills their caches only.
    auto* shared = static_cast<X509*>(const_cast<void*>(element.native));
    return X509Ptr{X509_up_ref(shared) == 1 ? shared : nullptr};
}

/// Whether core's path has this link; `ctx` carries the path.
bool has_link(X509_STORE_CTX* ctx, X509* subject, X509* issuer) noexcept {
    const auto& path = *static_cast<const std::vector<X509Ptr>*>(X509_STORE_CTX_get_app_data(ctx));
    for (std::size_t i = 0; i + 1 < path.size(); ++i)
        if (X509_cmp(path[i].get(), subject) == 0 && X509_cmp(path[i + 1].get(), issuer) == 0)
            return true;
    return false;
}

/// A key identifier helps to find an issuer and proves nothing (RFC 5280 §4.2.1.1, §6.1): one that names another key is no reason
/// against the issuer that core has found and whose key has signed.
int may_be_issuer(X509_STORE_CTX* ctx, X509* subject, X509* issuer) noexcept {
    switch (X509_check_issued(issuer, subject)) {
        case X509_V_OK:
            return 1;
        case X509_V_ERR_AKID_SKID_MISMATCH:
        case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
            return has_link(ctx, subject, issuer) ? 1 : 0;
        default:
            return 0;
    }
}

/// PARTIAL_CHAIN: any certificate may be an anchor. NO_CHECK_TIME: core has the clock. Not X509_STRICT: what it adds (key
/// identifiers that must be there, for one) no other library asks for; rules beyond the libraries' own are core's, alike for
/// all backends. Level 0: so is strength; a number of our own keeps the system's configuration out. No name is set, so none
/// is checked; and a common name is none (RFC 9525 §6.3), also not for name constraints.
void set_rules(X509_STORE_CTX* ctx, spi::Purpose purpose) noexcept {
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_set_auth_level(rules, 0);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_STORE_CTX_set_purpose(ctx, purpose == spi::Purpose::server_auth ? X509_PURPOSE_SSL_SERVER
                                                                         : X509_PURPOSE_SSL_CLIENT);
}

/// Whether OpenSSL verified the very list it was given.
bool same_path(X509_STORE_CTX* ctx, const std::vector<X509Ptr>& path) noexcept {
    STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(ctx);
    if (sk_X509_num(built) != static_cast<int>(path.size())) return false;
    for (int i = 0; i < sk_X509_num(built); ++i)
        if (X509_cmp(sk_X509_value(built, i), path[static_cast<std::size_t>(i)].get()) != 0)
            return false;
    return true;
}

}  // namespace

spi::PathVeto Context::verify_path(spi::PathView path, spi::Purpose purpose) const {
    using spi::PathVeto;
    ERR_clear_error();
    std::vector<X509Ptr> certificates;
    for (const spi::PathElement& element : path) {
        certificates.push_back(native_certificate(element));
        if (certificates.back()) continue;
        const spi::NativeError error = take_error();
        return PathVeto::no(error.code, "unreadable: " + error.text);
    }
    if (certificates.empty()) return PathVeto::no(X509_V_ERR_UNSPECIFIED, "an empty path");

    const StorePtr store{X509_STORE_new()};
    const StoreCtxPtr verification{X509_STORE_CTX_new()};
    const BorrowedListPtr intermediates{sk_X509_new_null()};
    bool ready = store && verification && intermediates &&
                 X509_STORE_add_cert(store.get(), certificates.back().get()) == 1;
    for (std::size_t i = 1; ready && i + 1 < certificates.size(); ++i)
        ready = sk_X509_push(intermediates.get(), certificates[i].get()) > 0;
    if (store) X509_STORE_set_check_issued(store.get(), may_be_issuer);
    if (!ready || X509_STORE_CTX_init(verification.get(), store.get(), certificates.front().get(),
                                      intermediates.get()) != 1)
        return PathVeto::no(X509_V_ERR_OUT_OF_MEM, take_error().text);
    set_rules(verification.get(), purpose);
    X509_STORE_CTX_set_app_data(verification.get(), &certificates);

    const int verified = X509_verify_cert(verification.get());
    ERR_clear_error();
    if (verified != 1) {
        const int error = X509_STORE_CTX_get_error(verification.get());
        return PathVeto::no(error,
                            std::string(X509_verify_cert_error_string(error)) + " at depth " +
                                std::to_string(X509_STORE_CTX_get_error_depth(verification.get())));
    }
    if (!same_path(verification.get(), certificates))
        return PathVeto::no(X509_V_ERR_UNSPECIFIED, "OpenSSL took another path than the one given");
    return PathVeto::yes();
}

}  // namespace omnitls::inline v0::openssl_native
