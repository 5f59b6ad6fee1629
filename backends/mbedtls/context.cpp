// SPDX-License-Identifier: BSL-1.0
// Compiles configurations. Nothing of mbedTLS' presets is left to chance: the same configuration means the same with every version.
#include "session.hpp"
#include <omnitls/config.hpp>

#include <algorithm>

namespace omnitls::inline v0::mbedtls_native {
namespace {

/// Two, so that a client may come back with two connections (RFC 8446 §4.6.1 leaves the number open).
constexpr std::uint16_t tickets_per_handshake = 2;
/// Of a server's Diffie-Hellman group: the floor that its RSA key has, too.
constexpr unsigned int least_dh_bits = 2048;

/// Adds a copy of `certificate` to `list`.
std::optional<ErrorDetail> append(CertificateList& list, const Certificate& certificate,
                                  const std::string& source) {
    const int result = parse_certificate(list, certificate.der(), true);
    if (result == 0) return std::nullopt;
    const bool unknown_key = error_row(result).code == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG;
    return native_failure(
        unknown_key ? Errc::not_supported : Errc::bad_config,
        "mbedTLS cannot read the certificate " + certificate.describe() + " in " +
            escape_untrusted(source) +
            (unknown_key ? ": its key is of another kind than RSA or EC (capability "
                           "ed25519)"
                         : ""),
        result);
}

std::optional<ErrorDetail> load_key(Settings& settings, const Identity& identity) {
    const bool encrypted = identity.key_format() == Identity::KeyFormat::pkcs8_encrypted;
    const int result = parse_key(settings.own_key.get(), identity.key(),
                                 encrypted ? identity.password().bytes() : ConstBytes{});
    if (result == 0) return std::nullopt;
    const std::string what =
        "mbedTLS cannot read the private key in " + escape_untrusted(identity.key_source());
    if (encrypted && !reads_pbes2_sha256 && result != MBEDTLS_ERR_PK_PASSWORD_MISMATCH)
        return native_failure(Errc::not_supported,
                              what +
                                  ": this mbedTLS reads PBES2 with HMAC-SHA-1 only, not with "
                                  "HMAC-SHA-256 (PBES2-SHA256, capability encrypted_keys)",
                              result,
                              "store the key unencrypted, or encrypt it with -v2prf hmacWithSHA1");
    return native_failure(Errc::bad_config, what, result,
                          encrypted ? "check the password of the key" : "");
}

std::optional<ErrorDetail> load_identity(Settings& settings, const Identity& identity) {
    std::size_t bytes = 0;
    for (const Certificate& certificate : identity.chain()) {
        bytes += certificate.der().size();
        if (auto error = append(settings.own_chain, certificate, identity.certificate_source()))
            return error;
    }
    if (bytes > most_chain_bytes)
        return make_error(Errc::not_supported,
                          "the certificates in " + escape_untrusted(identity.certificate_source()) +
                              " have " + std::to_string(bytes) + " bytes, and mbedTLS can send " +
                              std::to_string(most_chain_bytes) + " (capability long_chains)");
    if (auto error = load_key(settings, identity)) return error;
    if (const int result = check_pair(&settings.own_chain->pk, settings.own_key.get()); result != 0)
        return native_failure(Errc::bad_config,
                              "the certificate and the private key in " + identity.sources() +
                                  " do not belong together",
                              result);
    const int result = mbedtls_ssl_conf_own_cert(settings.config.get(), settings.own_chain.get(),
                                                 settings.own_key.get());
    if (result != 0)
        return native_failure(Errc::bad_config,
                              "mbedTLS refuses the certificate or the key in " + identity.sources(),
                              result);
    settings.has_identity = true;
    return std::nullopt;
}

void set_behaviour(mbedtls_ssl_config* config, Role role) noexcept {
    mbedtls_ssl_conf_rng(config, random_bytes, nullptr);
    mbedtls_ssl_conf_dhm_min_bitlen(config, least_dh_bits);
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    mbedtls_ssl_conf_legacy_renegotiation(config, role == Role::client
                                                      ? MBEDTLS_SSL_LEGACY_BREAK_HANDSHAKE
                                                      : MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
    // Unless the configuration says otherwise. A server makes sessions findable only through functions it is not given.
    if (role == Role::client)
        mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
}

/// mbedTLS refers to lists that end with 0, in its own numbers.
void set_algorithms(Settings& settings, const Algorithms& algorithms) {
    settings.suites.assign(algorithms.cipher_suites.begin(), algorithms.cipher_suites.end());
    settings.suites.push_back(0);
    for (const std::uint16_t id : algorithms.groups) settings.groups.push_back(native_group(id));
    settings.groups.push_back({});
    for (const std::uint16_t id : algorithms.signature_schemes) add_scheme(settings.schemes, id);
    settings.schemes.push_back(0);
    mbedtls_ssl_conf_ciphersuites(settings.config.get(), settings.suites.data());
    set_lists(settings.config.get(), settings.groups.data(), settings.schemes.data());
}

/// Tickets are sealed with keys of this context alone; mbedTLS makes them, and new ones as they grow old.
std::optional<ErrorDetail> make_tickets(Settings& settings, std::chrono::seconds lifetime) {
    if (lifetime.count() <= 0) return std::nullopt;
    settings.tickets = std::make_unique<TicketKeys>();
    const int result = mbedtls_ssl_ticket_setup(settings.tickets->get(), random_bytes, nullptr,
                                                MBEDTLS_CIPHER_AES_256_GCM,
                                                static_cast<std::uint32_t>(lifetime.count()));
    if (result != 0)
        return native_failure(Errc::internal, "mbedTLS cannot make a key for tickets", result);
    resume_tls13(settings.config.get(), tickets_per_handshake);
    return std::nullopt;
}

/// What clients and servers have in common; `settings->config` is ready for the rest.
template <class Config>
Result<std::shared_ptr<Settings>> make_settings(Role role, const Config& wanted) {
    if (std::string mismatch = version_mismatch(mbedtls_version_get_number()); !mismatch.empty())
        return make_error(Errc::not_supported, std::move(mismatch));
    if (!start_library())
        return make_error(Errc::internal, "mbedTLS cannot start its cryptography");
    auto settings = std::make_shared<Settings>();
    settings->role = role;
    mbedtls_ssl_config* const config = settings->config.get();
    const int endpoint = role == Role::client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER;
    if (const int result = mbedtls_ssl_config_defaults(
            config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
        result != 0)
        return native_failure(Errc::internal, "mbedTLS cannot make a context", result);
    set_behaviour(config, role);
    set_versions(config, wanted.versions->min, wanted.versions->max);
    set_algorithms(*settings, wanted.algorithms);
    // Optional with a callback that forgives: required would decide here, and send the wrong alert or none.
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    if (wanted.alpn.empty()) return settings;
    settings->alpn = wanted.alpn;
    for (const std::string& protocol : settings->alpn)
        settings->alpn_list.push_back(protocol.c_str());
    settings->alpn_list.push_back(nullptr);
    if (const int result = mbedtls_ssl_conf_alpn_protocols(config, settings->alpn_list.data());
        result != 0)
        return native_failure(Errc::bad_config, "mbedTLS refuses the ALPN protocols", result);
    return settings;
}

}  // namespace

Algorithms available(Algorithms candidates, VersionRange versions) {
    std::erase_if(candidates.cipher_suites, [&](std::uint16_t id) {
        const bool tls13 = id >> 8U == 0x13;
        return mbedtls_ssl_ciphersuite_from_id(id) == nullptr || (tls13 && !has_tls13) ||
               !versions.has(tls13 ? ProtocolVersion::tls13 : ProtocolVersion::tls12);
    });
    std::erase_if(candidates.groups, [](std::uint16_t id) {
        return mbedtls_ecp_curve_info_from_tls_id(id) == nullptr;
    });
    std::erase_if(candidates.signature_schemes,
                  [&](std::uint16_t id) { return !has_scheme(id, versions); });
    return candidates;
}

EffectiveSettings Context::effective_settings(EffectiveSettings set) const {
    set.algorithms.signature_schemes = schemes_of(settings_->schemes);
    return set;
}

Result<std::unique_ptr<spi::NativeContext>> make_client_context(const ClientConfig& config) {
    const LibraryLock lock;
    auto made = make_settings(Role::client, config);
    if (!made) return std::move(made).error();
    (*made)->key_log = config.key_log;
    if (config.sessions) {
        mbedtls_ssl_config* const native = (*made)->config.get();
        mbedtls_ssl_conf_session_tickets(native, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
        resume_tls13(native, 0);
    }
    if (config.identity)
        if (auto error = load_identity(**made, *config.identity)) return *std::move(error);
    return std::unique_ptr<spi::NativeContext>{std::make_unique<Context>(std::move(*made))};
}

Result<std::unique_ptr<spi::NativeContext>> make_server_context(const ServerConfig& config) {
    const LibraryLock lock;
    auto made = make_settings(Role::server, config);
    if (!made) return std::move(made).error();
    Settings& settings = **made;
    settings.key_log = config.key_log;
    if (auto error = load_identity(settings, *config.identity)) return *std::move(error);
    if (auto error = make_tickets(settings, config.session_lifetime)) return *std::move(error);
    if (config.client_auth == ClientAuth::none) {
        mbedtls_ssl_conf_authmode(settings.config.get(), MBEDTLS_SSL_VERIFY_NONE);
    } else {
        // Hints only: who is trusted is core's to say.
        for (const Certificate& anchor : config.client_trust.certificates())
            if (auto error = append(settings.client_authorities, anchor, "client_trust"))
                return *std::move(error);
        mbedtls_ssl_conf_ca_chain(settings.config.get(), settings.client_authorities.get(),
                                  nullptr);
    }
    return std::unique_ptr<spi::NativeContext>{std::make_unique<Context>(std::move(*made))};
}

Result<std::unique_ptr<spi::NativeSession>> Context::make_session(const std::string& sni) const {
    return Session::make(settings_, sni);
}

}  // namespace omnitls::inline v0::mbedtls_native
