// SPDX-License-Identifier: BSL-1.0
// `Certificate`: a read-only view of one X.509 certificate (RFC 5280), read by omnitls' own strict DER reader, so that every
// backend sees the same fields. Judging certificates does not live here: see verifier.hpp.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>
#include <omnitls/spi/crypto.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace omnitls::inline v0 {

/// A point in time as certificates know it: whole seconds, UTC.
using UtcTime = std::chrono::sys_seconds;

/// RFC 3339 text of a time, e.g. "2025-02-01T00:00:00Z".
OMNITLS_API std::string to_rfc3339(UtcTime time);
/// Reads "YYYY-MM-DDTHH:MM:SSZ" (or with a numeric offset; RFC 3339 §5.6, no fractions); nullopt if it is anything else.
OMNITLS_API std::optional<UtcTime> from_rfc3339(std::string_view text);

/// A distinguished name (RFC 5280 §4.1.2.4).
struct DistinguishedName {
    struct Attribute {
        std::string oid;    ///< Dotted decimal, e.g. "2.5.4.3".
        std::string value;  ///< UTF-8 for the string types; "#hex" of the DER for any other.
    };
    Bytes der;                          ///< The whole Name as it stands in the certificate.
    std::vector<Attribute> attributes;  ///< In the order of the certificate.

    /// E.g. "CN=example.org, O=Example"; escaped and bounded, safe to print.
    OMNITLS_API std::string to_string() const;
    /// The value of the last commonName, or empty. For display only: it never counts for name checks.
    OMNITLS_API std::string common_name() const;
    bool empty() const noexcept { return attributes.empty(); }
};

/// One entry of a subjectAltName or a name constraint (RFC 5280 §4.2.1.6, §4.2.1.10).
struct GeneralName {
    enum class Type : std::uint8_t {
        dns,             ///< dNSName
        ip,              ///< iPAddress: 4 or 16 bytes; in a name constraint 8 or 32 (address, mask)
        uri,             ///< uniformResourceIdentifier
        email,           ///< rfc822Name
        srv,             ///< otherName id-on-dnsSRV (RFC 4985)
        xmpp_addr,       ///< otherName id-on-xmppAddr (RFC 6120 §13.7.1.4)
        directory_name,  ///< directoryName
        registered_id,   ///< registeredID
        other,           ///< any other otherName, x400Address, ediPartyName
    };
    Type type = Type::other;
    /// The text for dns, uri, email, srv, xmpp_addr; the printed address for ip; the printed name for directory_name;
    /// the dotted OID for registered_id; the dotted type-id (or the context tag) for other. May hold any byte: peer-controlled.
    std::string value;
    Bytes
        der;  ///< The content bytes: the address for ip, the Name for directory_name, the characters for text types.
};

/// Key usage bits (RFC 5280 §4.2.1.3) as a mask.
enum class KeyUsage : std::uint16_t {
    digital_signature = 1U << 0U,
    non_repudiation = 1U << 1U,
    key_encipherment = 1U << 2U,
    data_encipherment = 1U << 3U,
    key_agreement = 1U << 4U,
    key_cert_sign = 1U << 5U,
    crl_sign = 1U << 6U,
    encipher_only = 1U << 7U,
    decipher_only = 1U << 8U,
};

enum class KeyAlgorithm : std::uint8_t { rsa, rsa_pss, ec, ed25519, ed448, dsa, other };

struct BasicConstraints {
    bool ca = false;
    std::optional<std::uint32_t>
        path_length;  ///< Number of non-self-issued intermediates that may follow below.
};

struct NameConstraints {
    std::vector<GeneralName> permitted;
    std::vector<GeneralName> excluded;
};

/// What the reader found in one certificate. All sizes in bytes, all times UTC.
struct CertificateFields {
    int version = 1;  ///< 1, 2 or 3.
    Bytes serial;     ///< Content of the INTEGER, big endian, as encoded.
    DistinguishedName issuer;
    DistinguishedName subject;
    UtcTime not_before{};
    UtcTime not_after{};
    Bytes spki;  ///< DER SubjectPublicKeyInfo.
    KeyAlgorithm key_algorithm = KeyAlgorithm::other;
    std::string key_algorithm_oid;
    std::string curve_oid;  ///< Named curve of an EC key, else empty.
    std::uint32_t key_bits =
        0;  ///< Modulus bits for RSA, field bits for named curves, 0 if not known.
    std::string signature_algorithm_oid;
    std::string
        signature_hash;  ///< "MD5", "SHA-1", "SHA-256", ... ("" for Ed25519/Ed448 and unknown ones).
    Bytes signature_algorithm;  ///< DER AlgorithmIdentifier.
    Bytes signature;            ///< BIT STRING content without the unused-bits byte.
    Bytes tbs;                  ///< DER TBSCertificate: the bytes that are signed.
    std::vector<GeneralName> subject_alt_names;
    bool has_subject_alt_name =
        false;  ///< The extension is present, even if every name has a type of its own.
    std::optional<std::uint16_t> key_usage;  ///< Mask of `KeyUsage`; nullopt without the extension.
    std::optional<std::vector<std::string>>
        extended_key_usage;  ///< OIDs; nullopt without the extension.
    std::optional<BasicConstraints> basic_constraints;
    std::optional<NameConstraints> name_constraints;
    Bytes subject_key_id;    ///< Empty without the extension.
    Bytes authority_key_id;  ///< keyIdentifier only; empty without it.
    /// cRLDistributionPoints (RFC 5280 §4.2.1.13): the full names of points for all reasons whose lists the issuer signs.
    std::vector<GeneralName> distribution_points;
    std::vector<std::string> extensions;  ///< OIDs in the order of the certificate.
    std::vector<std::string>
        unknown_critical_extensions;  ///< Critical ones that omnitls does not process (RFC 5280 §4.2).
};

/// One parsed certificate. A cheap handle on shared, immutable data: copy it freely, use it from any thread.
class OMNITLS_API Certificate {
public:
    /// Reads one DER certificate, strictly: no trailing bytes, no non-minimal lengths, no duplicate extensions.
    /// Fails with Errc::bad_input and a text that names the field and the byte offset. Bounded: 64 KiB, 1,000 names.
    static Result<Certificate> parse(ConstBytes der);

    /// The certificate as given to `parse`. Of a temporary: a copy, as with `fields`, since the reference might be to nothing.
    const Bytes& der() const& noexcept;
    Bytes der() &&;
    const CertificateFields& fields() const& noexcept;
    CertificateFields fields() &&;

    bool has_key_usage(KeyUsage usage)
        const noexcept;  ///< True also when the extension is absent (RFC 5280 §4.2.1.3).
    bool self_issued() const noexcept;  ///< Subject and issuer are the same name, byte for byte.

    /// SHA-256 of the whole certificate; nullopt if the library fails.
    std::optional<std::array<std::uint8_t, 32>> fingerprint(
        const spi::Crypto& crypto) const noexcept;
    /// SHA-256 of the SubjectPublicKeyInfo (RFC 7469 §2.4 form of a pin); nullopt if the library fails.
    std::optional<std::array<std::uint8_t, 32>> spki_pin(const spi::Crypto& crypto) const noexcept;

    /// "CN=example.org (serial 0a1b)": for messages, safe to print.
    std::string describe() const;

    friend bool operator==(const Certificate& a, const Certificate& b) noexcept {
        return a.der() == b.der();
    }

private:
    struct Data;
    explicit Certificate(std::shared_ptr<const Data> data) noexcept : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
};

/// One certificate as the peer sent it. `parsed` is empty when omnitls' reader refuses it; `parse_error` then says why.
struct PeerCertificate {
    Bytes der;
    std::optional<Certificate> parsed;
    std::string parse_error;

    /// Parses `der` if it can; never fails.
    OMNITLS_API static PeerCertificate from_der(Bytes der);
};

/// What the peer showed of itself: its chain in wire order, leaf first.
struct PeerInfo {
    std::vector<PeerCertificate> chain;

    /// Parses what it can of `der_chain`; never fails.
    OMNITLS_API static PeerInfo from_der(std::vector<Bytes> der_chain);
    /// The CERTIFICATE blocks of a PEM text (RFC 7468), leaf first. A block that is no certificate is a member like any other, as
    /// it would be on a connection; Errc::bad_input naming `source` and the line for a text that is no PEM or has no such block.
    OMNITLS_API static Result<PeerInfo> from_pem(std::string_view pem, const std::string& source);
    /// The same of a file of at most 1 MiB; or one certificate in DER.
    OMNITLS_API static Result<PeerInfo> from_file(const std::string& path);
    /// The parsed leaf, or null when there is none.
    const Certificate* leaf() const& noexcept {
        return !chain.empty() && chain.front().parsed ? &*chain.front().parsed : nullptr;
    }
    const Certificate* leaf() const&& = delete;  // It would point into a temporary.
};

}  // namespace omnitls::inline v0
