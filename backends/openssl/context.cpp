// SPDX-License-Identifier: BSL-1.0
// Compiles configurations. Everything that a system-wide openssl.cnf could have changed is set here by name, so that the
// same configuration means the same on every machine.
#include "context.hpp"

#include "session.hpp"
#include <omnitls/spi/library_version.hpp>

#include <algorithm>
#include <limits>

namespace omnitls::inline v0::openssl_native {
namespace {

/// Forward secrecy, AEAD and a server signature in every handshake, so that proof of possession always comes before the
/// question. The TLS 1.3 list is exactly what core can seal an alert for.
constexpr const char* tls12_suites =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256";
constexpr const char* tls13_suites =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
/// SHA-256 and better. OpenSSL would offer SHA-1 in TLS 1.2 at lower security levels.
constexpr const char* signature_algorithms =
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:ed448:"
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
    "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";
/// 112 bits for what this side negotiates. Certificates are core's to judge, for all backends alike: this side's own before
/// they come here, where core is stricter; a peer's in the verification that this backend replaces.
constexpr int security_level = 2;
/// Two, so that a client may come back with two connections (RFC 8446 §4.6.1 leaves the number open).
constexpr std::size_t tickets_per_handshake = 2;
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
    ERR_clear_error();
    Credentials mine;
    mine.chain.reset(sk_X509_new_null());
    for (const Certificate& certificate : identity.chain()) {
        X509Ptr parsed = parse_certificate(certificate.der());
        if (!parsed)
            return native_failure(Errc::bad_config,
                                  "OpenSSL cannot read the certificate " + certificate.describe() +
                                      " in " + escape_untrusted(identity.certificate_source()));
        if (!mine.leaf) {
            mine.leaf = std::move(parsed);
        } else if (sk_X509_push(mine.chain.get(), parsed.get()) > 0) {
            static_cast<void>(parsed.release());
        }
    }
    mine.key = parse_key(identity);
    if (!mine.key) {
        const bool encrypted = identity.key_format() == Identity::KeyFormat::pkcs8_encrypted;
        return native_failure(
            Errc::bad_config,
            "OpenSSL cannot read the private key in " + escape_untrusted(identity.key_source()),
            encrypted ? "check the password of the key" : "");
    }
    if (X509_check_private_key(mine.leaf.get(), mine.key.get()) != 1)
        return native_failure(Errc::bad_config, "the certificate and the private key in " +
                                                    identity.sources() + " do not belong together");
    const SslPtr trial{SSL_new(ctx)};
    if (!trial || SSL_use_cert_and_key(trial.get(), mine.leaf.get(), mine.key.get(),
                                       mine.chain.get(), 1) != 1)
        return native_failure(Errc::bad_config, "OpenSSL refuses the certificate or the key in " +
                                                    identity.sources());
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
                 SSL_OP_NO_EXTENDED_MASTER_SECRET | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 later_options);
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

bool set_strength(SSL_CTX* ctx) noexcept {
    SSL_CTX_set_security_level(ctx, security_level);
    return SSL_CTX_set_cipher_list(ctx, tls12_suites) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, tls13_suites) == 1 &&
           SSL_CTX_set1_sigalgs_list(ctx, signature_algorithms) == 1;
}

/// What clients and servers have in common; `settings->ctx` is ready for the rest.
template <class Config>
Result<std::shared_ptr<Settings>> make_settings(Role role, const Config& config) {
    if (std::string mismatch = spi::version_mismatch(
            "OpenSSL", {OPENSSL_VERSION_MAJOR, OPENSSL_VERSION_MINOR},
            {OPENSSL_version_major(), OPENSSL_version_minor()}, spi::Compatibility::later_minor);
        !mismatch.empty())
        return make_error(Errc::not_supported, std::move(mismatch));
    const VersionRange versions = config.versions.value_or(VersionRange{});
    ERR_clear_error();
    auto settings = std::make_shared<Settings>();
    settings->role = role;
    settings->alpn = protocol_list(config.alpn);
    settings->key_log = config.key_log;
    settings->ctx.reset(
        SSL_CTX_new(role == Role::client ? TLS_client_method() : TLS_server_method()));
    SSL_CTX* const ctx = settings->ctx.get();
    if (ctx == nullptr) return native_failure(Errc::internal, "OpenSSL cannot make a context");
    set_behaviour(ctx, config.limits);
    if (!set_strength(ctx))
        return native_failure(Errc::not_supported,
                              "OpenSSL does not know the suites or signature algorithms");
    if (SSL_CTX_set_min_proto_version(ctx, static_cast<int>(versions.min)) != 1 ||
        SSL_CTX_set_max_proto_version(ctx, static_cast<int>(versions.max)) != 1)
        return native_failure(Errc::not_supported, "OpenSSL cannot do every version from " +
                                                       version_name(versions.min) + " to " +
                                                       version_name(versions.max) +
                                                       " (capabilities tls12, tls13)");
    Session::install_callbacks(ctx, role);
    return settings;
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

Result<std::unique_ptr<spi::NativeContext>> make_client_context(const ClientConfig& config) {
    auto made = make_settings(Role::client, config);
    if (!made) return std::move(made).error();
    Settings& settings = **made;
    SSL_CTX* const ctx = settings.ctx.get();
    // Also without it the replaced verification would be called; said aloud, for whoever reads the wire.
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
    if (!settings.alpn.empty() &&
        SSL_CTX_set_alpn_protos(ctx, settings.alpn.data(),
                                static_cast<unsigned int>(settings.alpn.size())) != 0)
        return native_failure(Errc::bad_config, "OpenSSL refuses the ALPN protocols");
    if (SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp) != 1)
        return native_failure(Errc::internal, "OpenSSL cannot ask for an OCSP response");
    if (config.sessions) {
        SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
        Session::collect_sessions(ctx, Role::client);
    }
    if (config.identity) {
        auto mine = load_identity(*config.identity, ctx);
        if (!mine) return std::move(mine).error();
        settings.client_identity = std::move(mine).value();
    }
    return std::unique_ptr<spi::NativeContext>{std::make_unique<Context>(std::move(*made))};
}

Result<std::unique_ptr<spi::NativeContext>> make_server_context(const ServerConfig& config) {
    auto made = make_settings(Role::server, config);
    if (!made) return std::move(made).error();
    Settings& settings = **made;
    SSL_CTX* const ctx = settings.ctx.get();
    auto mine = load_identity(*config.identity, ctx);
    if (!mine) return std::move(mine).error();
    if (SSL_CTX_use_cert_and_key(ctx, mine->leaf.get(), mine->key.get(), mine->chain.get(), 1) != 1)
        return native_failure(Errc::bad_config, "OpenSSL refuses the certificate or the key in " +
                                                    config.identity->sources());
    SSL_CTX_set_dh_auto(ctx, 1);
    if (config.session_lifetime.count() > 0)
        SSL_CTX_set_timeout(ctx, static_cast<long>(config.session_lifetime.count()));
    if (spi::keeps_sessions(config)) {
        Session::collect_sessions(ctx, Role::server);
    } else if (config.session_lifetime.count() > 0) {
        // Sealed with keys that OpenSSL made for this context.
        SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ctx, tickets_per_handshake);
    }
    if (!settings.alpn.empty()) SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, &settings.alpn);
    if (config.client_auth != ClientAuth::none) {
        // Only ever "asked": that one is required is the shell's to say, with the right alert for the version.
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        if (!set_client_authorities(ctx, config.client_trust))
            return native_failure(Errc::bad_config, "OpenSSL cannot read client_trust");
    }
    return std::unique_ptr<spi::NativeContext>{std::make_unique<Context>(std::move(*made))};
}

Result<std::unique_ptr<spi::NativeSession>> Context::make_session(const std::string& sni) const {
    return Session::make(settings_, sni);
}

}  // namespace omnitls::inline v0::openssl_native
