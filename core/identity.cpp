// SPDX-License-Identifier: BSL-1.0
#include "core/der_reader.hpp"
#include "core/pem_certificates.hpp"
#include <omnitls/identity.hpp>

#include <array>
#include <optional>
#include <utility>

namespace omnitls::inline v0 {
namespace {

using core::PemBlock;

struct KeyLabel {
    std::string_view label;
    Identity::KeyFormat format;
};

// RFC 7468 §10, §11; the older two by custom.
constexpr std::array kKeyLabels{
    KeyLabel{"PRIVATE KEY", Identity::KeyFormat::pkcs8},
    KeyLabel{"ENCRYPTED PRIVATE KEY", Identity::KeyFormat::pkcs8_encrypted},
    KeyLabel{"RSA PRIVATE KEY", Identity::KeyFormat::pkcs1_rsa},
    KeyLabel{"EC PRIVATE KEY", Identity::KeyFormat::sec1_ec},
};

std::optional<Identity::KeyFormat> key_format_of(std::string_view label) {
    for (const KeyLabel& row : kKeyLabels) {
        if (row.label == label) return row.format;
    }
    return std::nullopt;
}

void wipe_text(std::string& text) noexcept {
    secure_wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

/// Wipes the texts and blocks it guards, also when an exception passes.
struct WipeAtEnd {
    std::string* text = nullptr;
    std::vector<PemBlock>* blocks = nullptr;
    ~WipeAtEnd() {
        if (text != nullptr) wipe_text(*text);
        if (blocks != nullptr) core::wipe_blocks(*blocks);
    }
};

/// Whether the DER begins as its label says: the backend reads the rest.
std::optional<ErrorDetail> check_key_form(const PemBlock& block, Identity::KeyFormat format,
                                          const std::string& source) {
    core::DerFailure failure;
    core::DerReader document{block.der, failure};
    core::DerReader key = document.sequence("private key");
    document.finish("private key");
    if (format == Identity::KeyFormat::pkcs8_encrypted) {
        key.sequence("encryptionAlgorithm");  // RFC 5958 §3
        key.octet_string("encryptedData");
    } else {
        key.small_integer("version");  // RFC 5958 §2, RFC 8017 §A.1.2, RFC 5915 §3
        if (key.ok() && key.at_end()) key.fail("private key", "cut short");
    }
    if (!failure.failed()) return std::nullopt;
    ErrorDetail error = failure.to_error(block.label);
    error.what = source + ": line " + std::to_string(block.line) + ": " + error.what;
    return error;
}

struct KeyChoice {
    const PemBlock* block = nullptr;
    Identity::KeyFormat format{};
};

/// The one private key among `blocks`.
Result<KeyChoice> choose_key(const std::vector<PemBlock>& blocks, std::string_view text,
                             const std::string& source) {
    KeyChoice chosen;
    for (const PemBlock& block : blocks) {
        const auto format = key_format_of(block.label);
        if (!format) continue;
        if (chosen.block != nullptr) {
            return make_error(Errc::bad_input, source + ": line " + std::to_string(block.line) +
                                                   ": a second private key; the first is at line " +
                                                   std::to_string(chosen.block->line));
        }
        chosen = {&block, *format};
    }
    if (chosen.block == nullptr) {
        return core::missing_block(text, blocks, source, "private key");
    }
    if (auto error = check_key_form(*chosen.block, chosen.format, source)) return std::move(*error);
    return chosen;
}

}  // namespace

SecretBytes::~SecretBytes() { secure_wipe(bytes_); }

Result<Identity> Identity::from_pem(std::string_view certificates, std::string_view key,
                                    std::string password, std::string certificate_source,
                                    std::string key_source) {
    const WipeAtEnd wipe_password{&password, nullptr};
    auto chain =
        core::certificates_from_pem(certificates, certificate_source, core::Unreadable::fail);
    if (!chain) return std::move(chain).error();
    auto blocks = core::read_pem(key, key_source);
    if (!blocks) return std::move(blocks).error();
    const WipeAtEnd wipe_keys{nullptr, &*blocks};
    const auto chosen = choose_key(*blocks, key, key_source);
    if (!chosen) return chosen.error();
    if (chosen->format == KeyFormat::pkcs8_encrypted && password.empty()) {
        return make_error(Errc::bad_input,
                          key_source + ": line " + std::to_string(chosen->block->line) +
                              ": the private key is encrypted and no password was given");
    }
    Identity identity;
    identity.chain_ = std::move(chain).value();
    identity.key_ = SecretBytes{chosen->block->der};
    identity.password_ = SecretBytes{as_bytes(password)};
    identity.key_format_ = chosen->format;
    identity.certificate_source_ = std::move(certificate_source);
    identity.key_source_ = std::move(key_source);
    return identity;
}

std::string Identity::sources() const {
    return escape_untrusted(certificate_source_) + " and " + escape_untrusted(key_source_);
}

Result<Identity> Identity::from_files(const std::string& certificate_path,
                                      const std::string& key_path, std::string password) {
    const WipeAtEnd wipe_password{&password, nullptr};
    auto certificates = core::read_file(certificate_path, core::max_chain_file);
    if (!certificates) return std::move(certificates).error();
    const WipeAtEnd wipe_certificates{&*certificates, nullptr};  // may hold the key too
    auto key = core::read_file(key_path, core::max_chain_file);
    if (!key) return std::move(key).error();
    const WipeAtEnd wipe_key{&*key, nullptr};
    return from_pem(*certificates, *key, password, certificate_path, key_path);
}

}  // namespace omnitls::inline v0
