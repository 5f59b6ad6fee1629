// SPDX-License-Identifier: BSL-1.0
// The toy as a whole: what it can do (little, and it says so), its configurations, and the primitives it does not have.
#include "insecure_toy.hpp"
#include "session.hpp"
#include <omnitls/spi/native_context.hpp>

#include <utility>

namespace toy {
namespace {

using namespace omnitls;

/// A backend has its library's primitives here. This one has none and claims none: whatever needs one fails by name.
class NoCrypto final : public spi::Crypto {
    bool make_digest(spi::Hash, ConstBytes, MutableBytes) const override { return false; }
    bool make_hmac(spi::Hash, ConstBytes, ConstBytes, MutableBytes) const override { return false; }
    bool seal(const spi::AeadInput&, MutableBytes) const override { return false; }
    spi::SignatureCheck check(const spi::SignedData&) const override {
        return spi::SignatureCheck::unsupported;
    }
    bool fill_random(MutableBytes) const override { return false; }
};

constexpr const char* no_tls13 = "the toy has the shape of TLS 1.2 only";
constexpr const char* no_encrypted_keys = "the toy can decrypt nothing";
constexpr const char* no_ed25519 = "the toy looks for the public key in the private one";
constexpr const char* no_signatures = "the toy can check no signature";
constexpr const char* no_key_log = "the toy has no secrets";

ErrorDetail absent(const char* capability, const char* reason) {
    return make_error(Errc::not_supported, std::string(capability) + ": absent, " + reason);
}

/// Own certificate and key: whether they belong together is the backend's to check.
std::optional<ErrorDetail> take_identity(const Identity& identity, Context& context) {
    if (identity.key_format() == Identity::KeyFormat::pkcs8_encrypted)
        return absent("encrypted_keys", no_encrypted_keys);
    const Certificate& leaf = identity.chain().front();
    if (leaf.fields().key_algorithm == KeyAlgorithm::ed25519) return absent("ed25519", no_ed25519);
    const ConstBytes mark = key_mark(leaf);
    const ConstBytes key = identity.key();
    if (std::search(key.begin(), key.end(), mark.begin(), mark.end()) == key.end()) {
        return make_error(Errc::bad_config, "identity: the private key in " +
                                                identity.key_source() +
                                                " does not belong to the certificate in " +
                                                identity.certificate_source());
    }
    context.proof_key.assign(mark.begin(), mark.end());
    for (const Certificate& certificate : identity.chain())
        context.chain.push_back(certificate.der());
    return std::nullopt;
}

/// What both kinds of configuration have.
template <class Config>
std::optional<ErrorDetail> take_common(const Config& config, Context& context) {
    if (config.versions->min == ProtocolVersion::tls13) return absent("tls13", no_tls13);
    if (config.key_log && defect != Defect::key_log_ignored) return absent("key_log", no_key_log);
    context.alpn = config.alpn;
    context.algorithms = config.algorithms;
    return config.identity ? take_identity(*config.identity, context) : std::nullopt;
}

// [backend]
class Backend final : public spi::NativeBackend {
public:
    std::string_view name() const noexcept override { return "insecure_toy"; }
    std::string version() const override { return "1.0"; }
    const spi::Crypto& crypto() const noexcept override { return crypto_; }
    Capabilities capabilities() const override {
        using enum CapabilityState;
        return Capabilities({
            {"cryptography", absent,
             "this is a toy: nothing is secret and everything is forgeable"},
            {"tls12", defect == Defect::everything_absent ? absent : emulated, "its shape only"},
            {"tls13", absent, no_tls13},
            {"alpn", native, ""},
            {"long_alpn_lists", native, ""},
            {"sni", native, ""},
            {"client_auth", native, ""},
            {"encrypted_keys", absent, no_encrypted_keys},
            {"hold_verdict", emulated, "omnitls withholds the output until the verdict is in"},
            {"any_rejection_alert", emulated, "omnitls writes the alert itself"},
            {"client_key_before_verdict", absent, "the client key is unused until then"},
            {"ed25519", absent, no_ed25519},
            {"critical_name_constraints", native, ""},
            {"long_chains", native, ""},
            {"revocation_lists", absent, no_signatures},
            {"tls12_client_signature_schemes", absent,
             "the proof of the toy's clients has no scheme"},
            {"exporter", absent, no_key_log},
            {"tls_unique", absent, no_key_log},
            {"key_log", absent, no_key_log},
        });
    }
    Algorithms available(Algorithms candidates, VersionRange range) const override {
        if (!range.has(ProtocolVersion::tls12)) return {};
        // Suites and groups of TLS 1.3 alone, and the scheme whose keys the toy cannot read.
        std::erase_if(candidates.cipher_suites, [](auto id) { return id >> 8U == 0x13; });
        std::erase_if(candidates.groups, [](auto id) { return id >> 8U == 0x11; });
        std::erase(candidates.signature_schemes, 0x0807);
        return candidates;
    }
    spi::NewContext make_client_context(const ClientConfig& config) const override {
        auto context = std::make_shared<Context>();
        context->role = Role::client;
        if (auto error = take_common(config, *context)) return *std::move(error);
        return context;
    }
    spi::NewContext make_server_context(const ServerConfig& config) const override {
        auto context = std::make_shared<Context>();
        context->role = Role::server;
        context->asks_client = config.client_auth != ClientAuth::none;
        if (auto error = take_common(config, *context)) return *std::move(error);
        return context;
    }

private:
    NoCrypto crypto_;
};
// [/backend]

}  // namespace

spi::PathVeto Context::verify_path(spi::PathView path, spi::Purpose) const {
    // A path of one is the anchor itself. Of any longer one the toy cannot say that it is good.
    if (path.size() == 1) return spi::PathVeto::yes();
    return spi::PathVeto::no(1, "the toy can check no path");
}

const omnitls::TlsBackend& insecure_backend(danger::NoProtection) {
    return spi::the_backend<Backend>();
}

}  // namespace toy
