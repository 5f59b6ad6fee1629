// SPDX-License-Identifier: BSL-1.0
// The veto: OpenSSL's yes or no on exactly one path with exactly one anchor. Core chose the path; OpenSSL may not wander.
#include "context.hpp"

#include <algorithm>

namespace omnitls::inline v0::openssl_native {
namespace {

/// The session's own object if there is one (parsing again costs a fifth of a handshake on 3.0), else a fresh one.
X509Ptr native_certificate(const spi::PathElement& element) noexcept {
    if (element.native == nullptr) return parse_certificate(element.certificate->der());
    // X509 objects are counted and locked inside; a verification fills their caches only.
    auto* shared = static_cast<X509*>(const_cast<void*>(element.native));
    return X509Ptr{X509_up_ref(shared) == 1 ? shared : nullptr};
}

spi::PathVeto refuse(std::int64_t code, std::string text) {
    return {.accepted = false, .native_code = code, .native_text = std::move(text)};
}

/// PARTIAL_CHAIN: any certificate may be an anchor. NO_CHECK_TIME: core has the clock. Not X509_STRICT: what it adds (key
/// identifiers that must be there, for one) no other library asks for; rules beyond the libraries' own are core's, alike for
/// all backends. Level 0: so is strength; a number of our own keeps the system's configuration out. No name is set, so none
/// is checked.
void set_rules(X509_STORE_CTX* ctx, spi::Purpose purpose) noexcept {
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_set_auth_level(rules, 0);
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

spi::PathVeto judge(std::span<const spi::PathElement> path, spi::Purpose purpose) {
    ERR_clear_error();
    std::vector<X509Ptr> certificates;
    for (const spi::PathElement& element : path) {
        certificates.push_back(native_certificate(element));
        if (!certificates.back()) {
            const NativeError error = take_error();
            return refuse(static_cast<std::int64_t>(error.code), "unreadable: " + error.text);
        }
    }
    if (certificates.empty()) return refuse(X509_V_ERR_UNSPECIFIED, "an empty path");

    const StorePtr store{X509_STORE_new()};
    const StoreCtxPtr ctx{X509_STORE_CTX_new()};
    // Owns nothing: the certificates stay with the vector.
    const std::unique_ptr<STACK_OF(X509),
                          decltype([](STACK_OF(X509) * list) { sk_X509_free(list); })>
        intermediates{sk_X509_new_null()};
    bool ready = store && ctx && intermediates &&
                 X509_STORE_add_cert(store.get(), certificates.back().get()) == 1;
    for (std::size_t i = 1; ready && i + 1 < certificates.size(); ++i)
        ready = sk_X509_push(intermediates.get(), certificates[i].get()) > 0;
    if (!ready || X509_STORE_CTX_init(ctx.get(), store.get(), certificates.front().get(),
                                      intermediates.get()) != 1)
        return refuse(X509_V_ERR_OUT_OF_MEM, take_error().text);
    set_rules(ctx.get(), purpose);

    const int verified = X509_verify_cert(ctx.get());
    ERR_clear_error();
    if (verified != 1) {
        const int error = X509_STORE_CTX_get_error(ctx.get());
        return refuse(error, std::string(X509_verify_cert_error_string(error)) + " at depth " +
                                 std::to_string(X509_STORE_CTX_get_error_depth(ctx.get())));
    }
    if (!same_path(ctx.get(), certificates))
        return refuse(X509_V_ERR_UNSPECIFIED, "OpenSSL took another path than the one given");
    return {.accepted = true, .native_code = X509_V_OK, .native_text = {}};
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

}  // namespace omnitls::inline v0::openssl_native
