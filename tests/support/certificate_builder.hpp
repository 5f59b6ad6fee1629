// SPDX-License-Identifier: BSL-1.0
// Certificates of any shape, made in code: a small DER writer and a crypto that is told what is signed by whom. Keys and
// signatures are fakes: a key is a named token, and a signature is good if it names a token that the issuer's key carries.
#pragma once

#include "tests/support/no_crypto.hpp"
#include <omnitls/certificate.hpp>
#include <omnitls/config.hpp>
#include <omnitls/spi/crypto.hpp>
#include <omnitls/spi/native_context.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace omnitls::test {

/// The bare bones of DER.
namespace der {
Bytes tlv(std::uint8_t tag, ConstBytes content);
Bytes concat(const std::vector<Bytes>& parts);
Bytes oid(const std::string& dotted);
/// A Name with these (OID, value) attributes, one per RDN; `string_tag` is that of the values (0x0c = UTF8String).
Bytes name(const std::vector<std::pair<std::string, std::string>>& attributes,
           std::uint8_t string_tag = 0x0c);
}  // namespace der

/// GeneralName elements, for alternative names and constraints.
namespace general {
Bytes dns(const std::string& value);
Bytes uri(const std::string& value);
Bytes email(const std::string& value);
Bytes ip(const Bytes& address);
Bytes directory(const Bytes& name);
Bytes srv(const std::string& value);
Bytes xmpp(const std::string& value);
Bytes registered_id(const std::string& dotted);
/// otherName of a type nobody knows.
Bytes other(const std::string& type_id, const std::string& value);
}  // namespace general

enum class KeyKind : std::uint8_t {
    p256,
    p224,
    unknown_curve,
    rsa_1024,
    rsa_2048,
    rsa_16384,
    ed25519,
    dsa,
    unknown,
};
enum class SignatureKind : std::uint8_t { ecdsa_sha256, ecdsa_sha1, rsa_md5, unknown };

inline constexpr const char* server_auth = "1.3.6.1.5.5.7.3.1";
inline constexpr const char* client_auth = "1.3.6.1.5.5.7.3.2";
inline constexpr const char* any_usage = "2.5.29.37.0";

/// The day everything in these tests is judged at, and the period certificates have unless said otherwise.
inline constexpr UtcTime judged_at{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};
inline constexpr UtcTime first_day{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}};
inline constexpr UtcTime last_day{std::chrono::sys_days{std::chrono::year{2049} / 12 / 31}};

/// What a certificate should be. The default is an ordinary leaf without names.
struct CertificateSpec {
    std::string subject = "leaf";  ///< Common name; empty = empty Name. `subject_der` overrides it.
    std::string issuer = "root";
    std::string key = "leaf-key";        ///< Token of at most 28 characters.
    std::string signed_by = "root-key";  ///< Token of the key that signed.
    Bytes subject_der;
    KeyKind key_kind = KeyKind::p256;
    SignatureKind signature_kind = SignatureKind::ecdsa_sha256;
    UtcTime not_before = first_day;
    UtcTime not_after = last_day;
    int version = 3;
    unsigned serial = 1;
    std::optional<BasicConstraints> basic_constraints;
    std::optional<std::uint16_t> key_usage;
    std::optional<std::vector<std::string>> extended_key_usage;
    std::vector<Bytes> names;  ///< GeneralName elements; none = no extension.
    std::vector<Bytes> permitted;
    std::vector<Bytes> excluded;
    std::string subject_key_id;
    std::string authority_key_id;
    std::vector<Bytes> distribution_points;  ///< GeneralName elements, a point each.
    std::vector<std::string> critical;       ///< OIDs of unknown critical extensions.
};

/// An ordinary authority: CA:TRUE, keyCertSign.
CertificateSpec authority(const std::string& subject, const std::string& issuer,
                          const std::string& key, const std::string& signed_by);
/// A self-signed authority with this name and key.
CertificateSpec root_authority(const std::string& subject, const std::string& key);

Bytes build_der(const CertificateSpec& spec);
/// Throws std::logic_error with the reader's words if the result cannot be read.
Certificate build(const CertificateSpec& spec);

/// A crypto that knows only signatures, and counts the checks; its digests tell apart what is in the tests, no more.
class FakeCrypto final : public NoCrypto {
public:
    spi::SignatureCheck verify_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                                         ConstBytes signature) const noexcept override;

    std::size_t checks() const noexcept { return checks_; }

private:
    bool make_digest(spi::Hash hash, ConstBytes data, MutableBytes out) const override;
    mutable std::size_t checks_ = 0;
};

/// A library whose veto is scripted, and which remembers the paths it was given.
class FakeContext final : public spi::NativeContext {
public:
    struct Asked {
        std::vector<Certificate> path;
        std::vector<const void*> natives;
        spi::Purpose purpose;
    };
    using Script = std::function<spi::PathVeto(const Asked&)>;

    FakeContext() = default;
    explicit FakeContext(Script script) : script_(std::move(script)) {}

    spi::NewSession make_session(const std::string&) const override {
        return make_error(Errc::not_supported, "a fake has no sessions");
    }
    spi::PathVeto verify_path(spi::PathView path, spi::Purpose purpose) const override;

    const std::vector<Asked>& asked() const noexcept { return asked_; }

private:
    Script script_;
    mutable std::vector<Asked> asked_;
};

}  // namespace omnitls::test
