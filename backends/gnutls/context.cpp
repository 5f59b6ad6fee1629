// SPDX-License-Identifier: BSL-1.0
// Compiles configurations: algorithms become a priority string, and what GnuTLS made of it numbers again; identities are read.
#include "context.hpp"

#include "session.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace omnitls::inline v0::gnutls_native {
namespace {

// ---- Between the numbers of the IANA registries and GnuTLS's own ----

template <class Native>
struct Row {
    std::uint16_t id;
    Native native;
};

constexpr Row<gnutls_sign_algorithm_t> schemes[] = {
    {0x0401, GNUTLS_SIGN_RSA_SHA256},
    {0x0501, GNUTLS_SIGN_RSA_SHA384},
    {0x0601, GNUTLS_SIGN_RSA_SHA512},
    // TLS 1.2 leaves the curve open; the number is the same.
    {0x0403, GNUTLS_SIGN_ECDSA_SHA256},
    {0x0503, GNUTLS_SIGN_ECDSA_SHA384},
    {0x0603, GNUTLS_SIGN_ECDSA_SHA512},
    {0x0403, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256},
    {0x0503, GNUTLS_SIGN_ECDSA_SECP384R1_SHA384},
    {0x0603, GNUTLS_SIGN_ECDSA_SECP521R1_SHA512},
    {0x0804, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256},
    {0x0805, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384},
    {0x0806, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512},
    {0x0807, GNUTLS_SIGN_EDDSA_ED25519},
    {0x0808, GNUTLS_SIGN_EDDSA_ED448},
    {0x0809, GNUTLS_SIGN_RSA_PSS_SHA256},
    {0x080a, GNUTLS_SIGN_RSA_PSS_SHA384},
    {0x080b, GNUTLS_SIGN_RSA_PSS_SHA512},
};

/// By name: not every GnuTLS has a number for each.
constexpr Row<std::string_view> groups[] = {
    {0x0017, "SECP256R1"},
    {0x0018, "SECP384R1"},
    {0x0019, "SECP521R1"},
    {0x001d, "X25519"},
    {0x001e, "X448"},
    {0x0100, "FFDHE2048"},
    {0x0101, "FFDHE3072"},
    {0x0102, "FFDHE4096"},
    {0x0103, "FFDHE6144"},
    {0x0104, "FFDHE8192"},
    {0x11eb, "SECP256R1-MLKEM768"},
    {0x11ec, "X25519-MLKEM768"},
    {0x11ed, "SECP384R1-MLKEM1024"},
};

/// 0 if the rows have no such thing.
template <class Native, std::size_t Size>
std::uint16_t id_of(const Row<Native> (&rows)[Size], const Native& native) noexcept {
    for (const Row<Native>& row : rows)
        if (row.native == native) return row.id;
    return 0;
}

struct Suite {
    std::uint16_t id = 0;
    /// Unknown in TLS 1.3, which leaves it open.
    gnutls_kx_algorithm_t key_exchange = GNUTLS_KX_UNKNOWN;
    gnutls_cipher_algorithm_t cipher = GNUTLS_CIPHER_UNKNOWN;
    gnutls_protocol_t version = GNUTLS_VERSION_UNKNOWN;  ///< The first.
};

/// GnuTLS's suite of that index; nothing behind the last.
std::optional<Suite> suite_at(std::size_t index) noexcept {
    Suite suite;
    std::array<unsigned char, 2> id{};
    if (gnutls_cipher_suite_info(index, id.data(), &suite.key_exchange, &suite.cipher, nullptr,
                                 &suite.version) == nullptr)
        return std::nullopt;
    suite.id = static_cast<std::uint16_t>((id[0] << 8U) | id[1]);
    return suite;
}

std::optional<Suite> suite_of(std::uint16_t id) noexcept {
    std::optional<Suite> suite;
    for (std::size_t index = 0; (suite = suite_at(index)); ++index)
        if (suite->id == id) break;
    return suite;
}

/// Null if this GnuTLS does not have it.
const char* group_text(std::uint16_t id) noexcept {
    for (const gnutls_group_t* group = gnutls_group_list(); *group != GNUTLS_GROUP_INVALID; ++group)
        if (group_id(*group) == id) return gnutls_group_get_name(*group);
    return nullptr;
}

/// Adds `item` to a priority string, once.
void add(std::string& text, const std::string& item) {
    if ((text + ":").find(":+" + item + ":") == std::string::npos) text += ":+" + item;
}

void add_once(std::vector<std::uint16_t>& numbers, std::uint16_t id) {
    if (id != 0 && std::ranges::find(numbers, id) == numbers.end()) numbers.push_back(id);
}

/// Everything is named, so that no default of GnuTLS or of a distribution counts. Of suites it can only say ciphers and key exchanges.
std::string priority_text(Role role, const EffectiveSettings& wanted) {
    std::string text = "NONE:+AEAD:+COMP-NULL";
    std::string exchanges;
    for (const std::uint16_t id : wanted.algorithms.cipher_suites) {
        const std::optional<Suite> suite = suite_of(id);
        if (!suite) continue;
        add(text, gnutls_cipher_get_name(suite->cipher));
        if (suite->version != GNUTLS_TLS1_3)
            add(exchanges, gnutls_kx_get_name(suite->key_exchange));
    }
    // GnuTLS wants some also where TLS 1.2 is not allowed, for the kinds of certificates.
    text += exchanges.empty() ? ":+ECDHE-ECDSA:+ECDHE-RSA:+DHE-RSA" : exchanges;
    for (const std::uint16_t id : wanted.algorithms.groups)
        add(text, std::string("GROUP-") + group_text(id));
    for (const std::uint16_t id : wanted.algorithms.signature_schemes)
        for (const auto& scheme : schemes)
            if (scheme.id == id)
                add(text, std::string("SIGN-") + gnutls_sign_get_name(scheme.native));
    // What our own certificate is for, the peer may judge.
    text += ":%SERVER_PRECEDENCE:%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS";
    // RFC 5746 §4.1: a client insists on it; a server lets old clients in, which cannot renegotiate anyway.
    if (role == Role::client) text += ":%SAFE_RENEGOTIATION";
    if (wanted.versions.has(ProtocolVersion::tls13)) text += ":+VERS-TLS1.3";
    if (wanted.versions.has(ProtocolVersion::tls12)) text += ":+VERS-TLS1.2";
    return text;
}

// ---- Identities and the rest ----

int read_key(const Identity& identity, gnutls_x509_privkey_t key) {
    const gnutls_datum_t der = datum(identity.key());
    const auto format = identity.key_format();
    const bool encrypted = format == Identity::KeyFormat::pkcs8_encrypted;
    if (!encrypted && format != Identity::KeyFormat::pkcs8)
        return gnutls_x509_privkey_import(key, &der, GNUTLS_X509_FMT_DER);
    // GnuTLS takes the password as text that ends with NUL.
    const ConstBytes password = identity.password().bytes();
    SecretBytes text{Bytes(password.size() + 1)};
    std::ranges::copy(password, text.bytes().begin());
    return gnutls_x509_privkey_import_pkcs8(key, &der, GNUTLS_X509_FMT_DER,
                                            encrypted ? as_text(text.bytes()).data() : nullptr,
                                            encrypted ? 0U : unsigned{GNUTLS_PKCS_PLAIN});
}

bool belong_together(gnutls_pubkey_t shown, gnutls_x509_privkey_t key) noexcept {
    std::array<std::array<unsigned char, 32>, 2> ids{};
    std::size_t size = ids[0].size();
    return gnutls_pubkey_get_key_id(shown, GNUTLS_KEYID_USE_SHA256, ids[0].data(), &size) == 0 &&
           gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, ids[1].data(), &size) ==
               0 &&
           ids[0] == ids[1];
}

/// Reads the identity and looks at it as GnuTLS would have to use it.
std::optional<ErrorDetail> load_identity(const Identity& identity, Context& context) {
    using Problem = spi::IdentityProblem;
    const auto unusable = [&](Problem problem, int code, const Certificate* which = nullptr) {
        return spi::identity_failure(library, problem, identity, {code, words_of(code)}, which);
    };
    for (const Certificate& certificate : identity.chain()) {
        const gnutls_datum_t der = datum(certificate.der());
        gnutls_pcert_st shown{};
        const int result = gnutls_pcert_import_x509_raw(&shown, &der, GNUTLS_X509_FMT_DER, 0);
        if (result != GNUTLS_E_SUCCESS) return unusable(Problem::certificate, result, &certificate);
        context.chain.push_back(shown);
    }
    const X509KeyPtr read = make<X509KeyPtr>(gnutls_x509_privkey_init);
    context.key = make<PrivateKeyPtr>(gnutls_privkey_init);
    int result = read && context.key ? read_key(identity, read.get()) : GNUTLS_E_MEMORY_ERROR;
    if (result == GNUTLS_E_SUCCESS)
        result =
            gnutls_privkey_import_x509(context.key.get(), read.get(), GNUTLS_PRIVKEY_IMPORT_COPY);
    if (result != GNUTLS_E_SUCCESS) return unusable(Problem::key, result);
    if (!belong_together(context.chain.front().pubkey, read.get()))
        return unusable(Problem::pair, GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
    return std::nullopt;
}

/// RFC 7301 knows no such limits, but GnuTLS has arrays: beyond them it would leave protocols out without a word.
bool fits(const std::vector<std::string>& protocols) noexcept {
    return protocols.size() <= 8 &&
           std::ranges::all_of(protocols, [](const auto& name) { return name.size() <= 31; });
}

/// What clients and servers have in common.
template <class Config>
Result<std::shared_ptr<Context>> make_context(Role role, const Config& config) {
    auto context = std::make_shared<Context>();
    context->role = role;
    context->alpn = config.alpn;
    context->key_log = config.key_log;
    context->handshake_bytes = config.limits.handshake_bytes;
    context->credentials = make<CredentialsPtr>(gnutls_certificate_allocate_credentials);
    if (!context->credentials)
        return failure(Errc::internal, "cannot make credentials", GNUTLS_E_MEMORY_ERROR);
    const std::string text = priority_text(role, {*config.versions, config.algorithms});
    gnutls_priority_t priority = nullptr;
    const char* position = nullptr;
    const int result = gnutls_priority_init(&priority, text.c_str(), &position);
    if (result != GNUTLS_E_SUCCESS) {
        // What GnuTLS has and a system-wide configuration forbids.
        const std::string at = position != nullptr ? position : "";
        return failure(
            Errc::not_supported,
            "does not take its priorities from \"" + at.substr(0, at.find(':', 1)) + "\" on",
            result);
    }
    context->priority.reset(priority);
    if (!fits(config.alpn)) return *Backend().capabilities().require("long_alpn_lists");
    if (config.identity)
        if (auto error = load_identity(*config.identity, *context)) return *std::move(error);
    Session::install_callbacks(context->credentials.get());
    return context;
}

}  // namespace

std::uint16_t group_id(gnutls_group_t group) noexcept {
    const char* const name = gnutls_group_get_name(group);
    return name != nullptr ? id_of(groups, std::string_view(name)) : std::uint16_t{0};
}

std::uint16_t scheme_id(gnutls_sign_algorithm_t scheme) noexcept { return id_of(schemes, scheme); }

Algorithms Backend::available(Algorithms candidates, VersionRange) const {
    std::erase_if(candidates.cipher_suites, [](std::uint16_t id) { return !suite_of(id); });
    std::erase_if(candidates.groups, [](std::uint16_t id) { return group_text(id) == nullptr; });
    std::erase_if(candidates.signature_schemes, [](std::uint16_t id) {
        return std::ranges::none_of(schemes, [id](const auto& row) { return row.id == id; });
    });
    return candidates;
}

spi::NewContext Backend::make_client_context(const ClientConfig& config) const {
    auto made = make_context(Role::client, config);
    if (!made) return std::move(made).error();
    Context& context = **made;
    context.keeps_sessions = config.sessions != nullptr;
    if (config.sessions) context.ticket_flags = 0;
    return *std::move(made);
}

spi::NewContext Backend::make_server_context(const ServerConfig& config) const {
    auto made = make_context(Role::server, config);
    if (!made) return std::move(made).error();
    Context& context = **made;
    context.session_lifetime = config.session_lifetime;
    context.keeps_sessions = spi::keeps_sessions(config);
    if (context.keeps_sessions) {
        context.ticket_flags = GNUTLS_NO_AUTO_SEND_TICKET | GNUTLS_NO_TICKETS_TLS12;
    } else if (config.session_lifetime.count() > 0) {
        context.ticket_flags = 0;
        if (gnutls_session_ticket_key_generate(&context.ticket_key.value) != 0)
            return failure(Errc::internal, "cannot make a key for tickets", GNUTLS_E_RANDOM_FAILED);
    }
    const auto credentials = context.credentials.get();
    context.asks_for_certificate = config.client_auth != ClientAuth::none;
    if (context.asks_for_certificate) {
        // For the names in the CertificateRequest; nothing is verified with them.
        for (const Certificate& anchor : config.client_trust.certificates()) {
            const gnutls_datum_t der = datum(anchor.der());
            const int result =
                gnutls_certificate_set_x509_trust_mem(credentials, &der, GNUTLS_X509_FMT_DER);
            if (result < 0) return failure(Errc::bad_config, "cannot read client_trust", result);
        }
    }
    // For DHE with clients that name no finite field (RFC 7919 §4); without it GnuTLS would refuse them. 2048 bits.
    if (const int result =
            gnutls_certificate_set_known_dh_params(credentials, GNUTLS_SEC_PARAM_MEDIUM);
        result != GNUTLS_E_SUCCESS)
        return failure(Errc::internal, "has no finite field", result);
    return *std::move(made);
}

EffectiveSettings Context::effective_settings(EffectiveSettings set) const {
    Algorithms found;
    unsigned int suite = 0;
    for (unsigned int i = 0;; ++i) {
        const int result = gnutls_priority_get_cipher_suite_index(priority.get(), i, &suite);
        if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) break;
        if (result == GNUTLS_E_SUCCESS) add_once(found.cipher_suites, suite_at(suite)->id);
    }
    const unsigned int* list = nullptr;
    for (int i = gnutls_priority_group_list(priority.get(), &list); i > 0; --i)
        add_once(found.groups, group_id(static_cast<gnutls_group_t>(*list++)));
    for (int i = gnutls_priority_sign_list(priority.get(), &list); i > 0; --i)
        add_once(found.signature_schemes, scheme_id(static_cast<gnutls_sign_algorithm_t>(*list++)));
    set.algorithms = std::move(found);
    return set;
}

}  // namespace omnitls::inline v0::gnutls_native
