// SPDX-License-Identifier: BSL-1.0
// Compiles configurations. Nothing of mbedTLS' presets is left to chance: the same configuration means the same with every version.
#include "context.hpp"

#include <omnitls/config.hpp>

namespace omnitls::inline v0::mbedtls_native {
namespace {

/// A Certificate message above this does not fit the library's one record buffer.
constexpr std::size_t most_chain_bytes = MBEDTLS_SSL_IN_CONTENT_LEN - 256;

using Error = std::optional<ErrorDetail>;

/// Adds a copy of `certificate` to `list`.
Error append(CertificateList& list, const Certificate& certificate, const std::string& source) {
    const int result = parse_certificate(list, certificate.der(), true);
    if (result == 0) return std::nullopt;
    const std::string what =
        "cannot read the certificate " + certificate.describe() + " in " + escape_untrusted(source);
    if (error_row(result).code != MBEDTLS_ERR_PK_UNKNOWN_PK_ALG)
        return native_failure(Errc::bad_config, what, result);
    return native_failure(Errc::not_supported,
                          what + ": its key is of another kind than RSA or EC (capability ed25519)",
                          result);
}

Error load_key(Context& context, const Identity& identity) {
    const bool encrypted = identity.key_format() == Identity::KeyFormat::pkcs8_encrypted;
    const ConstBytes password = encrypted ? identity.password().bytes() : ConstBytes{};
    const int result =
        with_random(mbedtls_pk_parse_key, context.own_key.get(), identity.key().data(),
                    identity.key().size(), password.data(), password.size());
    if (result == 0) return std::nullopt;
    if (!encrypted || reads_pbes2_sha256 || result == MBEDTLS_ERR_PK_PASSWORD_MISMATCH)
        return spi::identity_failure(library, spi::IdentityProblem::key, identity,
                                     native_error(result));
    return spi::native_failure(
        library, Errc::not_supported,
        "cannot read the private key in " + escape_untrusted(identity.key_source()) +
            ": this mbedTLS reads PBES2 with HMAC-SHA-1 only, not with HMAC-SHA-256 "
            "(PBES2-SHA256, capability encrypted_keys)",
        native_error(result), "store the key unencrypted, or encrypt it with -v2prf hmacWithSHA1");
}

Error load_identity(Context& context, const Identity& identity) {
    std::size_t bytes = 0;
    for (const Certificate& certificate : identity.chain()) {
        bytes += certificate.der().size();
        if (auto error = append(context.own_chain, certificate, identity.certificate_source()))
            return error;
    }
    if (bytes > most_chain_bytes)
        return make_error(Errc::not_supported,
                          "the certificates in " + escape_untrusted(identity.certificate_source()) +
                              " have " + std::to_string(bytes) + " bytes, and mbedTLS can send " +
                              std::to_string(most_chain_bytes) + " (capability long_chains)");
    if (auto error = load_key(context, identity)) return error;
    const auto failure = [&](spi::IdentityProblem problem, int result) {
        return spi::identity_failure(library, problem, identity, native_error(result));
    };
    if (const int result =
            with_random(mbedtls_pk_check_pair, &context.own_chain->pk, context.own_key.get());
        result != 0)
        return failure(spi::IdentityProblem::pair, result);
    if (const int result = mbedtls_ssl_conf_own_cert(context.config.get(), context.own_chain.get(),
                                                     context.own_key.get());
        result != 0)
        return failure(spi::IdentityProblem::refused, result);
    context.has_identity = true;
    return std::nullopt;
}

/// mbedTLS refers to lists that end with 0, in its own numbers.
void set_algorithms(Context& context, Algorithms algorithms) {
    context.suites.assign(algorithms.cipher_suites.begin(), algorithms.cipher_suites.end());
    context.suites.push_back(0);
    for (const std::uint16_t id : algorithms.groups) context.groups.push_back(native_group(id));
    context.groups.push_back({});
    // What is refused is not offered first: PSS comes after PKCS#1 v1.5, which servers of TLS 1.2 then choose and those of TLS 1.3
    // must not.
    std::stable_partition(algorithms.signature_schemes.begin(), algorithms.signature_schemes.end(),
                          is_plain_scheme);
    for (const std::uint16_t id : algorithms.signature_schemes)
        if (std::ranges::find(context.schemes, native_scheme(id)) == context.schemes.end())
            context.schemes.push_back(native_scheme(id));
    context.schemes.push_back(0);
    mbedtls_ssl_conf_ciphersuites(context.config.get(), context.suites.data());
    set_lists(context.config.get(), context.groups.data(), context.schemes.data());
}

/// What clients and servers have in common, all but the identity.
template <class Config>
Error configure(Context& context, const Config& wanted) {
    const bool client = context.role == Role::client;
    mbedtls_ssl_config* const config = context.config.get();
    if (const int result = mbedtls_ssl_config_defaults(
            config, client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
            MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
        result != 0)
        return native_failure(Errc::internal, "cannot make a context", result);
    mbedtls_ssl_conf_rng(config, random_bytes, nullptr);
    mbedtls_ssl_conf_dhm_min_bitlen(config, spi::least_dh_bits);
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    mbedtls_ssl_conf_legacy_renegotiation(
        config, client ? MBEDTLS_SSL_LEGACY_BREAK_HANDSHAKE : MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
    // Optional with a callback that forgives: required would decide here, and send the wrong alert or none.
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    set_versions(config, wanted.versions->min, wanted.versions->max);
    set_algorithms(context, wanted.algorithms);
    context.key_log = wanted.key_log;
    if (wanted.alpn.empty()) return std::nullopt;
    context.alpn = wanted.alpn;
    for (const std::string& protocol : context.alpn) context.alpn_list.push_back(protocol.c_str());
    context.alpn_list.push_back(nullptr);
    if (const int result = mbedtls_ssl_conf_alpn_protocols(config, context.alpn_list.data());
        result != 0)
        return native_failure(Errc::bad_config, "refuses the ALPN protocols", result);
    return std::nullopt;
}

/// A server resumes only by functions that it is given, which are those of each connection.
Error set_sessions(Context& context, const ServerConfig& wanted) {
    context.keeps_sessions = spi::keeps_sessions(wanted);
    if (wanted.session_lifetime.count() <= 0) return std::nullopt;
    resume_tls13(context.config.get(), spi::tickets_per_handshake);
    if (context.keeps_sessions) return std::nullopt;
    // Tickets are sealed with keys of this context alone; mbedTLS makes them, and new ones as they grow old.
    context.tickets = std::make_unique<TicketKeys>();
    const int result = mbedtls_ssl_ticket_setup(
        context.tickets->get(), random_bytes, nullptr, MBEDTLS_CIPHER_AES_256_GCM,
        static_cast<std::uint32_t>(wanted.session_lifetime.count()));
    if (result == 0) return std::nullopt;
    return native_failure(Errc::internal, "cannot make a key for tickets", result);
}

}  // namespace

Algorithms Backend::available(Algorithms candidates, VersionRange versions) const {
    std::erase_if(candidates.cipher_suites,
                  [](std::uint16_t id) { return mbedtls_ssl_ciphersuite_from_id(id) == nullptr; });
    std::erase_if(candidates.groups, [](std::uint16_t id) {
        return mbedtls_ecp_curve_info_from_tls_id(id) == nullptr;
    });
    // In a TLS 1.2 ServerKeyExchange mbedTLS takes no RSA-PSS, so PSS is not for that version alone.
    const bool pss = has_tls13 && versions.has(ProtocolVersion::tls13);
    std::erase_if(candidates.signature_schemes, [&](std::uint16_t id) {
        return !is_plain_scheme(id) && !(pss && id >= 0x0804 && id <= 0x0806);
    });
    return candidates;
}

EffectiveSettings Context::effective_settings(EffectiveSettings set) const {
    set.algorithms.signature_schemes.clear();
    for (std::size_t i = 0; i + 1 < schemes.size(); ++i)
        std::ranges::copy(schemes_of(schemes[i]),
                          std::back_inserter(set.algorithms.signature_schemes));
    return set;
}

spi::NewContext Backend::make_client_context(const ClientConfig& config) const {
    const LibraryLock lock;
    auto context = std::make_shared<Context>(Role::client);
    if (auto error = configure(*context, config)) return *std::move(error);
    context->keeps_sessions = config.sessions != nullptr;
    mbedtls_ssl_conf_session_tickets(
        context->config.get(), context->keeps_sessions ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                       : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    if (context->keeps_sessions) resume_tls13(context->config.get(), 0);
    if (config.identity)
        if (auto error = load_identity(*context, *config.identity)) return *std::move(error);
    return context;
}

spi::NewContext Backend::make_server_context(const ServerConfig& config) const {
    const LibraryLock lock;
    auto context = std::make_shared<Context>(Role::server);
    if (auto error = configure(*context, config)) return *std::move(error);
    if (auto error = load_identity(*context, *config.identity)) return *std::move(error);
    if (auto error = set_sessions(*context, config)) return *std::move(error);
    if (config.client_auth == ClientAuth::none)
        mbedtls_ssl_conf_authmode(context->config.get(), MBEDTLS_SSL_VERIFY_NONE);
    // Hints only: who is trusted is core's to say.
    for (const Certificate& anchor : config.client_trust.certificates())
        if (auto error = append(context->client_authorities, anchor, "client_trust"))
            return *std::move(error);
    mbedtls_ssl_conf_ca_chain(context->config.get(), context->client_authorities.get(), nullptr);
    return context;
}

}  // namespace omnitls::inline v0::mbedtls_native
