// SPDX-License-Identifier: BSL-1.0
// Records that no library would send, under the real keys of a connection: made from its key log (TLS 1.2 and 1.3, every suite of
// AES-GCM and ChaCha20-Poly1305) with the primitives of a backend.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/iana.hpp>
#include <omnitls/key_log.hpp>
#include <omnitls/spi/crypto.hpp>
#include <omnitls/verifier.hpp>

#include <map>
#include <string>
#include <string_view>

namespace omnitls::test {

/// Keeps the secrets of one connection by their labels.
class SecretsKept : public KeyLog {
public:
    void write(std::string_view line) noexcept override;
    /// Throws std::out_of_range when it was never logged.
    const Bytes& secret(const std::string& label) const { return secrets_.at(label); }
    const Bytes& client_random() const noexcept { return client_random_; }

private:
    std::map<std::string, Bytes> secrets_;
    Bytes client_random_;
};

/// What the keys depend on.
struct ForgerSetup {
    const spi::Crypto* crypto = nullptr;
    const SecretsKept* secrets = nullptr;
    ProtocolVersion version = ProtocolVersion::tls13;
    std::uint16_t suite = 0;
    Role sender = Role::client;   ///< In whose name.
    bool handshake_keys = false;  ///< TLS 1.3: those of the handshake.
    Bytes server_random{};        ///< TLS 1.2 only.
    std::uint64_t sequence = 0;   ///< Of the first record.
};

class Forger {
public:
    explicit Forger(const ForgerSetup& setup);
    /// The next record. TLS 1.3: `padding` zeros behind the content; with type 0 the content has no type at all.
    Bytes seal(std::uint8_t type, ConstBytes content);
    Bytes seal(std::uint8_t type, std::string_view content) {
        return seal(type, as_bytes(content));
    }

private:
    Bytes expand_label(ConstBytes secret, std::string_view label, std::size_t size) const;
    Bytes prf(ConstBytes secret, std::string_view label, ConstBytes seed, std::size_t size) const;
    void derive12();
    Bytes nonce(ConstBytes explicit_part) const;

    ForgerSetup setup_;
    spi::Hash hash_;
    spi::Aead aead_;
    Bytes key_;
    Bytes iv_;
};

}  // namespace omnitls::test
