// SPDX-License-Identifier: BSL-1.0
// Compiles configurations.
#include "context.hpp"

#include "algorithms.hpp"
#include "errors.hpp"
#include "session.hpp"
#include <omnitls/spi/library_version.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace omnitls::inline v0::gnutls_native {
namespace {

/// GnuTLS's own arrays: beyond them it would leave protocols out without a word.
constexpr std::size_t most_protocols = 8;
constexpr std::size_t longest_protocol = 31;

int read_key(const Identity& identity, gnutls_x509_privkey_t key) {
    const gnutls_datum_t der = datum(identity.key());
    const ConstBytes password = identity.password().bytes();
    // GnuTLS takes the password as text that ends with NUL.
    SecretBytes text{Bytes(password.size() + 1)};
    std::ranges::copy(password, text.bytes().begin());
    switch (identity.key_format()) {
        case Identity::KeyFormat::pkcs8:
            return gnutls_x509_privkey_import_pkcs8(key, &der, GNUTLS_X509_FMT_DER, nullptr,
                                                    GNUTLS_PKCS_PLAIN);
        case Identity::KeyFormat::pkcs8_encrypted:
            return gnutls_x509_privkey_import_pkcs8(
                key, &der, GNUTLS_X509_FMT_DER, reinterpret_cast<const char*>(text.bytes().data()),
                0);
        default:
            return gnutls_x509_privkey_import(key, &der, GNUTLS_X509_FMT_DER);
    }
}

/// Whether the key is the certificate's.
bool belong_together(gnutls_pubkey_t shown, gnutls_privkey_t key) noexcept {
    const PublicKeyPtr own = make<PublicKeyPtr>(gnutls_pubkey_init);
    std::array<std::array<unsigned char, 64>, 2> ids{};
    std::array sizes{ids[0].size(), ids[1].size()};
    return own && gnutls_pubkey_import_privkey(own.get(), key, 0, 0) == 0 &&
           gnutls_pubkey_get_key_id(shown, GNUTLS_KEYID_USE_SHA256, ids[0].data(), &sizes[0]) ==
               0 &&
           gnutls_pubkey_get_key_id(own.get(), GNUTLS_KEYID_USE_SHA256, ids[1].data(), &sizes[1]) ==
               0 &&
           ids[0] == ids[1];
}

/// Reads the identity and looks at it as GnuTLS would have to use it.
std::optional<ErrorDetail> load_identity(const Identity& identity, Credentials& mine) {
    for (const Certificate& certificate : identity.chain()) {
        const CertificatePtr parsed = parse_certificate(certificate.der());
        gnutls_pcert_st shown{};
        if (!parsed || gnutls_pcert_import_x509(&shown, parsed.get(), 0) != 0)
            return native_failure(Errc::bad_config,
                                  "GnuTLS cannot read the certificate " + certificate.describe() +
                                      " in " + escape_untrusted(identity.certificate_source()),
                                  GNUTLS_E_CERTIFICATE_ERROR);
        mine.chain.push_back(shown);
    }
    const X509KeyPtr key = make<X509KeyPtr>(gnutls_x509_privkey_init);
    mine.key = make<PrivateKeyPtr>(gnutls_privkey_init);
    int result = GNUTLS_E_MEMORY_ERROR;
    if (key && mine.key) result = read_key(identity, key.get());
    if (result == GNUTLS_E_SUCCESS)
        result = gnutls_privkey_import_x509(mine.key.get(), key.get(), GNUTLS_PRIVKEY_IMPORT_COPY);
    if (result != GNUTLS_E_SUCCESS) {
        const bool encrypted = identity.key_format() == Identity::KeyFormat::pkcs8_encrypted;
        return native_failure(
            Errc::bad_config,
            "GnuTLS cannot read the private key in " + escape_untrusted(identity.key_source()),
            result, encrypted ? "check the password of the key" : "");
    }
    if (!belong_together(mine.chain.front().pubkey, mine.key.get()))
        return native_failure(Errc::bad_config,
                              "the certificate and the private key in " + identity.sources() +
                                  " do not belong together",
                              GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
    return std::nullopt;
}

std::optional<ErrorDetail> set_policy(Settings& settings, const Algorithms& algorithms) {
    const std::string text = priority_text(settings.role, {settings.versions, algorithms});
    gnutls_priority_t priority = nullptr;
    const char* position = nullptr;
    const int result = gnutls_priority_init(&priority, text.c_str(), &position);
    if (result != GNUTLS_E_SUCCESS) {
        // What GnuTLS has and a system-wide configuration forbids.
        const std::string at = position != nullptr ? position : "";
        return native_failure(
            Errc::not_supported,
            "GnuTLS does not take its priorities from \"" + at.substr(0, at.find(':', 1)) + "\" on",
            result);
    }
    settings.priority.reset(priority);
    return std::nullopt;
}

/// RFC 7301 knows no such limits; GnuTLS does.
std::optional<ErrorDetail> check_protocols(const std::vector<std::string>& protocols) {
    const bool fits = protocols.size() <= most_protocols &&
                      std::ranges::all_of(protocols, [](const std::string& protocol) {
                          return protocol.size() <= longest_protocol;
                      });
    if (fits) return std::nullopt;
    return native_failure(Errc::not_supported,
                          "alpn: GnuTLS takes at most 8 protocols of at most 31 bytes (capability "
                          "long_alpn_lists)",
                          GNUTLS_E_INVALID_REQUEST);
}

/// What clients and servers have in common. `identity`: null for none.
template <class Config>
Result<std::shared_ptr<Settings>> make_settings(Role role, const Config& config) {
    if (std::string mismatch =
            spi::version_mismatch("GnuTLS", {GNUTLS_VERSION_MAJOR, GNUTLS_VERSION_MINOR},
                                  spi::parse_library_version(gnutls_check_version(nullptr)),
                                  spi::Compatibility::later_minor);
        !mismatch.empty())
        return make_error(Errc::not_supported, std::move(mismatch));
    auto settings = std::make_shared<Settings>();
    settings->role = role;
    settings->versions = *config.versions;
    settings->alpn = config.alpn;
    settings->key_log = config.key_log;
    settings->handshake_bytes = config.limits.handshake_bytes;
    settings->credentials = make<CredentialsPtr>(gnutls_certificate_allocate_credentials);
    if (!settings->credentials)
        return native_failure(Errc::internal, "GnuTLS cannot make credentials",
                              GNUTLS_E_MEMORY_ERROR);
    if (auto error = set_policy(*settings, config.algorithms)) return *std::move(error);
    if (auto error = check_protocols(config.alpn)) return *std::move(error);
    if (config.identity)
        if (auto error = load_identity(*config.identity, settings->mine)) return *std::move(error);
    Session::install_callbacks(settings->credentials.get());
    return settings;
}

std::unique_ptr<spi::NativeContext> finish(Result<std::shared_ptr<Settings>>&& settings) {
    return std::make_unique<Context>(*std::move(settings));
}

}  // namespace

CertificatePtr parse_certificate(ConstBytes der) noexcept {
    CertificatePtr certificate = make<CertificatePtr>(gnutls_x509_crt_init);
    const gnutls_datum_t data = datum(der);
    if (!certificate || gnutls_x509_crt_import(certificate.get(), &data, GNUTLS_X509_FMT_DER) != 0)
        return nullptr;
    return certificate;
}

NewContext compile(const ClientConfig& config) {
    auto settings = make_settings(Role::client, config);
    if (!settings) return std::move(settings).error();
    (*settings)->keeps_sessions = config.sessions != nullptr;
    return finish(std::move(settings));
}

NewContext compile(const ServerConfig& config) {
    auto settings = make_settings(Role::server, config);
    if (!settings) return std::move(settings).error();
    (*settings)->session_lifetime = config.session_lifetime;
    // For DHE with clients that name no finite field (RFC 7919 §4); without it GnuTLS would refuse them. 2048 bits.
    if (const int result = gnutls_certificate_set_known_dh_params((*settings)->credentials.get(),
                                                                  GNUTLS_SEC_PARAM_MEDIUM);
        result != GNUTLS_E_SUCCESS)
        return native_failure(Errc::internal, "GnuTLS has no finite field", result);
    if (config.session_lifetime.count() > 0 &&
        gnutls_session_ticket_key_generate(&(*settings)->ticket_key.value) != 0)
        return native_failure(Errc::internal, "GnuTLS cannot make a key for tickets",
                              GNUTLS_E_RANDOM_FAILED);
    (*settings)->asks_for_certificate = config.client_auth != ClientAuth::none;
    if ((*settings)->asks_for_certificate) {
        // For the names in the CertificateRequest; nothing is verified with them.
        for (const Certificate& anchor : config.client_trust.certificates()) {
            const gnutls_datum_t der = datum(anchor.der());
            const int result = gnutls_certificate_set_x509_trust_mem((*settings)->credentials.get(),
                                                                     &der, GNUTLS_X509_FMT_DER);
            if (result < 0)
                return native_failure(Errc::bad_config, "GnuTLS cannot read client_trust", result);
        }
    }
    return finish(std::move(settings));
}

EffectiveSettings Context::effective_settings(EffectiveSettings set) const {
    set.algorithms = algorithms_of(settings_->priority.get());
    return set;
}

Result<std::unique_ptr<spi::NativeSession>> Context::make_session(const std::string& sni) const {
    return Session::make(settings_, sni);
}

}  // namespace omnitls::inline v0::gnutls_native
