// SPDX-License-Identifier: BSL-1.0
#include "core/sealer.hpp"

#include <omnitls/identity.hpp>

#include <array>
#include <string_view>

namespace omnitls::inline v0::core {
namespace {

constexpr std::uint8_t kAlertType = 21;
constexpr std::uint8_t kApplicationDataType = 23;
constexpr std::uint8_t kFatal = 2;

struct Suite {
    spi::Hash hash;
    spi::Aead aead;
};

std::optional<Suite> suite_of(std::uint16_t id) noexcept {
    switch (id) {
        case 0x1301:
            return Suite{spi::Hash::sha256, spi::Aead::aes_128_gcm};
        case 0x1302:
            return Suite{spi::Hash::sha384, spi::Aead::aes_256_gcm};
        case 0x1303:
            return Suite{spi::Hash::sha256, spi::Aead::chacha20_poly1305};
        default:
            return std::nullopt;
    }
}

// RFC 8446 §7.1: HKDF-Expand-Label with an empty context.
bool expand_label(const spi::Crypto& crypto, spi::Hash hash, ConstBytes secret,
                  std::string_view label, MutableBytes out) {
    static constexpr std::string_view kPrefix = "tls13 ";
    Bytes info;
    info.push_back(static_cast<std::uint8_t>(out.size() >> 8U));
    info.push_back(static_cast<std::uint8_t>(out.size() & 0xffU));
    info.push_back(static_cast<std::uint8_t>(kPrefix.size() + label.size()));
    for (const std::string_view part : {kPrefix, label})
        info.insert(info.end(), part.begin(), part.end());
    info.push_back(0);
    return crypto.hkdf_expand(hash, secret, info, out);
}

}  // namespace

Bytes plain_alert(Alert alert) {
    return {kAlertType, 3, 3, 0, 2, kFatal, static_cast<std::uint8_t>(alert)};
}

std::optional<Bytes> seal_first_alert(const spi::Crypto& crypto, std::uint16_t cipher_suite,
                                      ConstBytes secret, Alert alert) {
    const std::optional<Suite> suite = suite_of(cipher_suite);
    if (!suite || secret.size() != spi::digest_size(suite->hash)) return std::nullopt;

    SecretBytes key{Bytes(spi::key_size(suite->aead))};
    // The nonce of sequence number 0 is the IV itself (§5.3).
    SecretBytes nonce{Bytes(spi::aead_nonce_size)};
    if (!expand_label(crypto, suite->hash, secret, "key", key.bytes()) ||
        !expand_label(crypto, suite->hash, secret, "iv", nonce.bytes())) {
        return std::nullopt;
    }
    const std::array<std::uint8_t, 3> inner{kFatal, static_cast<std::uint8_t>(alert), kAlertType};
    constexpr std::size_t kSealed = inner.size() + spi::aead_tag_size;
    Bytes record{kApplicationDataType, 3, 3, 0, kSealed};
    const std::size_t header = record.size();
    const Bytes additional_data = record;
    record.resize(header + kSealed);
    if (!crypto.aead_seal({suite->aead, key.bytes(), nonce.bytes(), additional_data, inner},
                          MutableBytes(record).subspan(header))) {
        return std::nullopt;
    }
    return record;
}

}  // namespace omnitls::inline v0::core
