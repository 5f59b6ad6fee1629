// SPDX-License-Identifier: BSL-1.0
// Compiles configurations. Everything that a system-wide openssl.cnf could have changed is set here by name, so that the
// same configuration means the same on every machine.
#include "context.hpp"

#include "session.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace omnitls::inline v0::openssl_native {
namespace {

/// 112 bits for what this side negotiates. Certificates are core's to judge, for all backends alike: this side's own before
/// they come here, where core is stricter; a peer's in the verification that this backend replaces.
constexpr int security_level = 2;
/// Core's limits on chains are to decide, not OpenSSL's 100 KiB.
constexpr std::size_t least_chain_bytes = 100 * 1024;

PkeyPtr parse_key(const Identity& identity) {
    const unsigned char* der = identity.key().data();
    const auto size = static_cast<long>(identity.key().size());
    KeyInfoPtr info;
    switch (identity.key_format()) {
        case Identity::KeyFormat::pkcs1_rsa:
            return PkeyPtr{d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &der, size)};
        case Identity::KeyFormat::sec1_ec:
            return PkeyPtr{d2i_PrivateKey(EVP_PKEY_EC, nullptr, &der, size)};
        case Identity::KeyFormat::pkcs8:
            info.reset(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &der, size));
            break;
        case Identity::KeyFormat::pkcs8_encrypted: {
            const EncryptedKeyPtr encrypted{d2i_X509_SIG(nullptr, &der, size)};
            const std::string_view password = as_text(identity.password().bytes());
            if (encrypted)
                info.reset(PKCS8_decrypt(encrypted.get(), password.empty() ? "" : password.data(),
                                         static_cast<int>(password.size())));
            break;
        }
    }
    return PkeyPtr{info ? EVP_PKCS82PKEY(info.get()) : nullptr};
}

/// Reads the identity and has OpenSSL try it on a connection of `ctx`, so that a client, too, learns at once what its
/// library will not use.
Result<Credentials> load_identity(const Identity& identity, SSL_CTX* ctx) {
    using enum spi::IdentityProblem;
    const auto failure = [&](spi::IdentityProblem problem,
                             const Certificate* certificate = nullptr) {
        return spi::identity_failure(library, problem, identity, take_error(), certificate);
    };
    ERR_clear_error();
    Credentials mine;
    mine.key = parse_key(identity);
    mine.chain.reset(sk_X509_new_null());
    for (const Certificate& one : identity.chain()) {
        X509Ptr parsed = parse_certificate(one.der());
        if (!parsed) return failure(certificate, &one);
        if (!mine.leaf) {
            mine.leaf = std::move(parsed);
        } else if (sk_X509_push(mine.chain.get(), parsed.get()) > 0) {
            static_cast<void>(parsed.release());
        }
    }
    if (!mine.key) return failure(key);
    if (X509_check_private_key(mine.leaf.get(), mine.key.get()) != 1) return failure(pair);
    const SslPtr trial{SSL_new(ctx)};
    if (!trial || SSL_use_cert_and_key(trial.get(), mine.leaf.get(), mine.key.get(),
                                       mine.chain.get(), 1) != 1)
        return failure(refused);
    return mine;
}

Bytes protocol_list(const std::vector<std::string>& protocols) {
    Bytes list;
    for (const std::string& protocol : protocols) {
        list.push_back(static_cast<std::uint8_t>(protocol.size()));
        list.insert(list.end(), protocol.begin(), protocol.end());
    }
    return list;
}

/// RFC 7301 §3.2: the server's preference; no overlap is fatal.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void* list) noexcept {
    const auto& mine = *static_cast<const Bytes*>(list);
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, mine.data(),
                              static_cast<unsigned int>(mine.size()), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

void set_behaviour(SSL_CTX* ctx, const Limits& limits) {
    // What a distribution's configuration may have switched on.
    SSL_CTX_clear_options(
        ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
                 SSL_OP_ALLOW_CLIENT_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                 SSL_OP_NO_EXTENDED_MASTER_SECRET | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3 |
                 SSL_OP_ALLOW_NO_DHE_KEX | SSL_OP_PRIORITIZE_CHACHA | unwanted_later_options);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | later_options);
    SSL_CTX_clear_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ASYNC |
                                SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_SEND_FALLBACK_SCSV);
    SSL_CTX_set_mode(
        ctx, SSL_MODE_AUTO_RETRY | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    // Unless the configuration says otherwise. A session must not be findable before the verdict that accepts its peer.
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_max_early_data(ctx, 0);
    // Whatever OpenSSL reads ahead would no longer be the caller's.
    SSL_CTX_set_read_ahead(ctx, 0);
    const std::size_t bytes = std::max(least_chain_bytes, limits.handshake_bytes);
    SSL_CTX_set_max_cert_list(
        ctx, static_cast<long>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max())));
}

/// `names` as OpenSSL wants lists of them.
std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ":") + name;
    return text;
}

/// OpenSSL's own names of the suites of one version; it knows those of TLS 1.3 as the registry does.
std::string suites(SSL_CTX* ctx, const std::vector<std::uint16_t>& numbers, const char* version) {
    const SslPtr any{SSL_new(ctx)};
    std::vector<std::string> names;
    for (const std::uint16_t id : numbers) {
        const std::array<unsigned char, 2> wire{static_cast<unsigned char>(id >> 8U),
                                                static_cast<unsigned char>(id & 0xffU)};
        const SSL_CIPHER* const suite = any ? SSL_CIPHER_find(any.get(), wire.data()) : nullptr;
        if (suite != nullptr && SSL_CIPHER_get_version(suite) == std::string_view(version))
            names.emplace_back(SSL_CIPHER_get_name(suite));
    }
    return joined(names);
}

bool set_versions(SSL_CTX* ctx, VersionRange versions) noexcept {
    return SSL_CTX_set_min_proto_version(ctx, static_cast<int>(versions.min)) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, static_cast<int>(versions.max)) == 1;
}

/// Groups and signature schemes have the registry's names. OpenSSL would offer SHA-1 in TLS 1.2 at lower security levels.
bool set_algorithms(SSL_CTX* ctx, const Algorithms& algorithms) {
    SSL_CTX_set_security_level(ctx, security_level);
    const AlgorithmNames names = algorithms.names();
    const std::string tls12 = suites(ctx, algorithms.cipher_suites, "TLSv1.2");
    const std::string tls13 = suites(ctx, algorithms.cipher_suites, "TLSv1.3");
    const std::string schemes = joined(names.signature_schemes);
    // Without a suite of TLS 1.2 that version is not allowed, and OpenSSL's list for it stays unused.
    return (tls12.empty() || SSL_CTX_set_cipher_list(ctx, tls12.c_str()) == 1) &&
           SSL_CTX_set_ciphersuites(ctx, tls13.c_str()) == 1 &&
           SSL_CTX_set1_groups_list(ctx, group_list(algorithms.groups).c_str()) == 1 &&
           SSL_CTX_set1_sigalgs_list(ctx, schemes.c_str()) == 1 &&
           SSL_CTX_set1_client_sigalgs_list(ctx, schemes.c_str()) == 1;
}

/// What clients and servers have in common; `context.ctx` is ready for the rest.
template <class Config>
std::optional<ErrorDetail> configure(Role role, const Config& config, Context& context) {
    ERR_clear_error();
    context.role = role;
    context.alpn = protocol_list(config.alpn);
    context.key_log = config.key_log;
    context.ctx.reset(
        SSL_CTX_new(role == Role::client ? TLS_client_method() : TLS_server_method()));
    SSL_CTX* const ctx = context.ctx.get();
    if (ctx == nullptr) return native_failure(Errc::internal, "cannot make a context");
    set_behaviour(ctx, config.limits);
    if (!set_algorithms(ctx, config.algorithms) || !set_versions(ctx, *config.versions))
        return native_failure(Errc::internal, "refuses what it said it has");
    Session::install_callbacks(ctx, role);
    return std::nullopt;
}

/// The names of the authorities a server hints at in its CertificateRequest.
bool set_client_authorities(SSL_CTX* ctx, const TrustAnchors& anchors) {
    return std::ranges::all_of(anchors.certificates(), [ctx](const Certificate& anchor) {
        const X509Ptr parsed = parse_certificate(anchor.der());
        return parsed && SSL_CTX_add_client_CA(ctx, parsed.get()) == 1;
    });
}

}  // namespace

X509Ptr parse_certificate(ConstBytes der) noexcept {
    const unsigned char* position = der.data();
    X509Ptr certificate{d2i_X509(nullptr, &position, static_cast<long>(der.size()))};
    return position == der.data() + der.size() ? std::move(certificate) : nullptr;
}

Algorithms Backend::available(Algorithms candidates, VersionRange versions) const {
    const SslCtxPtr ctx{SSL_CTX_new(TLS_method())};
    if (!ctx || !set_versions(ctx.get(), versions)) return {};
    Algorithms all;
    all.cipher_suites = candidates.cipher_suites;
    set_algorithms(ctx.get(), all);
    const SslPtr trial{SSL_new(ctx.get())};
    STACK_OF(SSL_CIPHER)* const usable = SSL_get1_supported_ciphers(trial.get());
    std::erase_if(candidates.cipher_suites, [&](std::uint16_t id) {
        for (int i = 0; i < sk_SSL_CIPHER_num(usable); ++i)
            if (SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(usable, i)) == id) return false;
        return true;
    });
    sk_SSL_CIPHER_free(usable);
    // Finite fields as groups (RFC 7919) are for TLS 1.3 alone in OpenSSL.
    std::erase_if(candidates.groups, [&](std::uint16_t id) {
        return (id >= 0x0100 && !versions.has(ProtocolVersion::tls13)) ||
               SSL_CTX_set1_groups_list(ctx.get(), group_name(id).c_str()) != 1;
    });
    std::erase_if(candidates.signature_schemes, [&](std::uint16_t id) {
        return SSL_CTX_set1_sigalgs_list(ctx.get(), signature_scheme_name(id).c_str()) != 1;
    });
    ERR_clear_error();
    return candidates;
}

EffectiveSettings Context::effective_settings(EffectiveSettings set) const {
    const STACK_OF(SSL_CIPHER)* const suites = SSL_CTX_get_ciphers(ctx.get());
    set.algorithms.cipher_suites.clear();
    for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i)
        set.algorithms.cipher_suites.push_back(
            SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(suites, i)));
    return set;
}

spi::NewContext Backend::make_client_context(const ClientConfig& config) const {
    auto context = std::make_shared<Context>();
    if (auto error = configure(Role::client, config, *context)) return *std::move(error);
    SSL_CTX* const ctx = context->ctx.get();
    // Also without it the replaced verification would be called; said aloud, for whoever reads the wire.
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
    if (!context->alpn.empty() &&
        SSL_CTX_set_alpn_protos(ctx, context->alpn.data(),
                                static_cast<unsigned int>(context->alpn.size())) != 0)
        return native_failure(Errc::bad_config, "refuses the ALPN protocols");
    if (SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp) != 1)
        return native_failure(Errc::internal, "cannot ask for an OCSP response");
    if (config.sessions) {
        SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
        Session::collect_sessions(ctx, Role::client);
    }
    if (config.identity) {
        auto mine = load_identity(*config.identity, ctx);
        if (!mine) return std::move(mine).error();
        context->client_identity = std::move(mine).value();
    }
    return context;
}

spi::NewContext Backend::make_server_context(const ServerConfig& config) const {
    auto context = std::make_shared<Context>();
    if (auto error = configure(Role::server, config, *context)) return *std::move(error);
    SSL_CTX* const ctx = context->ctx.get();
    const auto mine = load_identity(*config.identity, ctx);
    if (!mine) return mine.error();
    if (SSL_CTX_use_cert_and_key(ctx, mine->leaf.get(), mine->key.get(), mine->chain.get(), 1) != 1)
        return native_failure(Errc::internal, "refuses an identity that it took on a connection");
    SSL_CTX_set_dh_auto(ctx, 1);
    if (config.session_lifetime.count() > 0)
        SSL_CTX_set_timeout(ctx, static_cast<long>(config.session_lifetime.count()));
    if (spi::keeps_sessions(config)) {
        Session::collect_sessions(ctx, Role::server);
    } else if (config.session_lifetime.count() > 0) {
        // Sealed with keys that OpenSSL made for this context->
        SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ctx, spi::tickets_per_handshake);
    }
    if (!context->alpn.empty()) SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, &context->alpn);
    if (config.client_auth != ClientAuth::none) {
        // Only ever "asked": that one is required is the shell's to say, with the right alert for the version.
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        if (!set_client_authorities(ctx, config.client_trust))
            return native_failure(Errc::bad_config, "cannot read client_trust");
    }
    return context;
}

spi::NewSession Context::make_session(const std::string& sni) const {
    return Session::make(*this, sni);
}

}  // namespace omnitls::inline v0::openssl_native
