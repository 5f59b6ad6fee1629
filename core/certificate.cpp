// SPDX-License-Identifier: BSL-1.0
#include "core/certificate_algorithms.hpp"
#include "core/certificate_extensions.hpp"
#include "core/der_reader.hpp"
#include "core/der_text.hpp"
#include "core/distinguished_name.hpp"
#include <omnitls/certificate.hpp>

#include <utility>

namespace omnitls::inline v0 {
namespace {

using core::DerElement;
using core::DerFailure;
using core::DerReader;
namespace der_tag = core::der_tag;

constexpr std::size_t kMaxCertificate = 64 * 1024;
// RFC 5280 §4.1.2.2 allows 20 bytes; some have more, and a message must stay short.
constexpr std::size_t kMaxSerial = 64;

void assign(Bytes& target, ConstBytes source) { target.assign(source.begin(), source.end()); }

/// Version ::= INTEGER { v1(0), v2(1), v3(2) }, explicit tag [0], absent for v1 (§4.1.2.1).
int read_version(DerReader& tbs) {
    constexpr std::string_view kField = "version";
    if (!tbs.next_is(der_tag::context_constructed(0))) return 1;
    DerReader outer = tbs.enter(der_tag::context_constructed(0), kField);
    const std::size_t start = outer.offset();
    const std::uint32_t version = outer.small_integer(kField);
    outer.finish(kField);
    if (outer.ok() && (version == 0 || version > 2)) {
        outer.fail_at(start, kField, "expected 1 or 2, found " + std::to_string(version));
    }
    return static_cast<int>(version) + 1;
}

void read_serial(DerReader& tbs, CertificateFields& fields) {
    constexpr std::string_view kField = "serialNumber";
    const std::size_t start = tbs.offset();
    assign(fields.serial, tbs.integer(kField));
    if (fields.serial.size() > kMaxSerial) {
        tbs.fail_at(start, kField, "more than " + std::to_string(kMaxSerial) + " bytes");
    }
}

/// §4.1.2.4: never empty. A subject may be, if nobody is to be issued by it.
void read_issuer(DerReader& tbs, CertificateFields& fields) {
    constexpr std::string_view kField = "issuer";
    const std::size_t start = tbs.offset();
    fields.issuer = core::read_name(tbs, kField);
    if (tbs.ok() && fields.issuer.empty()) tbs.fail_at(start, kField, "an empty name");
}

void read_validity(DerReader& tbs, CertificateFields& fields) {
    DerReader validity = tbs.sequence("validity");
    fields.not_before = validity.time("validity.notBefore");
    fields.not_after = validity.time("validity.notAfter");
    validity.finish("validity");
}

/// issuerUniqueID [1], subjectUniqueID [2] and extensions [3]: all optional, in this order, by version (§4.1.2.8, §4.1.2.9).
void read_optional_fields(DerReader& tbs, CertificateFields& fields) {
    for (const unsigned number : {1U, 2U}) {
        if (fields.version >= 2 && tbs.next_is(der_tag::context(number))) {
            tbs.bit_string("uniqueIdentifier", der_tag::context(number));
        }
    }
    if (fields.version == 3 && tbs.next_is(der_tag::context_constructed(3))) {
        DerReader outer = tbs.enter(der_tag::context_constructed(3), "extensions");
        core::read_extensions(outer, fields);
        outer.finish("extensions");
    }
}

void read_tbs(DerReader tbs, CertificateFields& fields) {
    fields.version = read_version(tbs);
    read_serial(tbs, fields);
    core::read_signature_fields(tbs, fields, "tbsCertificate.signature");
    read_issuer(tbs, fields);
    read_validity(tbs, fields);
    fields.subject = core::read_name(tbs, "subject");
    core::read_public_key(tbs, fields);
    read_optional_fields(tbs, fields);
    tbs.finish("tbsCertificate");
}

/// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (§4.1)
void read_certificate(DerReader& document, CertificateFields& fields) {
    DerReader certificate = document.sequence("certificate");
    document.finish("certificate");
    const DerElement tbs = certificate.expect(der_tag::sequence, "tbsCertificate");
    assign(fields.tbs, tbs.whole);
    read_tbs(certificate.inside(tbs), fields);
    const DerElement algorithm = certificate.expect(der_tag::sequence, "signatureAlgorithm");
    // §4.1.1.2: the same identifier stands inside, where the signature protects it.
    if (certificate.ok() && as_text(algorithm.whole) != as_text(fields.signature_algorithm)) {
        certificate.fail_at(algorithm.offset, "signatureAlgorithm",
                            "not the same as tbsCertificate.signature");
    }
    assign(fields.signature, certificate.octets_in_bit_string("signatureValue"));
    certificate.finish("certificate");
}

std::optional<std::array<std::uint8_t, 32>> sha256(const spi::Crypto& crypto,
                                                   ConstBytes data) noexcept {
    std::array<std::uint8_t, 32> digest{};
    if (!crypto.digest(spi::Hash::sha256, data, digest)) return std::nullopt;
    return digest;
}

/// What a person would call the certificate.
std::string display_name(const CertificateFields& fields) {
    constexpr std::size_t kMaxName = 128;
    const std::string common_name = fields.subject.common_name();
    if (!common_name.empty()) return "CN=" + escape_untrusted(common_name, kMaxName);
    if (!fields.subject.empty()) return fields.subject.to_string();
    for (const GeneralName& name : fields.subject_alt_names) {
        if (name.type == GeneralName::Type::directory_name) continue;
        return "SAN=" + escape_untrusted(name.value, kMaxName);
    }
    return "no subject";
}

}  // namespace

struct Certificate::Data {
    Bytes der;
    CertificateFields fields;
};

Result<Certificate> Certificate::parse(ConstBytes der) {
    if (der.size() > kMaxCertificate) {
        return make_error(
            Errc::bad_input,
            "malformed certificate: certificate at byte 0: " + std::to_string(der.size()) +
                " bytes, more than the limit of " + std::to_string(kMaxCertificate));
    }
    auto data = std::make_shared<Data>();
    DerFailure failure;
    DerReader document{der, failure};
    read_certificate(document, data->fields);
    if (failure.failed()) return failure.to_error("certificate");
    assign(data->der, der);
    return Certificate{std::move(data)};
}

const Bytes& Certificate::der() const& noexcept { return data_->der; }
Bytes Certificate::der() && { return data_->der; }

const CertificateFields& Certificate::fields() const& noexcept { return data_->fields; }
CertificateFields Certificate::fields() && { return data_->fields; }

bool Certificate::has_key_usage(KeyUsage usage) const noexcept {
    const auto& mask = fields().key_usage;
    return !mask || (*mask & static_cast<std::uint16_t>(usage)) != 0;
}

bool Certificate::self_issued() const noexcept {
    return fields().subject.der == fields().issuer.der;
}

std::optional<std::array<std::uint8_t, 32>> Certificate::fingerprint(
    const spi::Crypto& crypto) const noexcept {
    return sha256(crypto, der());
}

std::optional<std::array<std::uint8_t, 32>> Certificate::spki_pin(
    const spi::Crypto& crypto) const noexcept {
    return sha256(crypto, fields().spki);
}

std::string Certificate::describe() const {
    return display_name(fields()) + " (serial " + core::to_hex(fields().serial) + ")";
}

PeerCertificate PeerCertificate::from_der(Bytes der) {
    PeerCertificate made;
    Result<Certificate> parsed = Certificate::parse(der);
    if (parsed) {
        made.parsed = std::move(parsed).value();
    } else {
        made.parse_error = std::move(parsed).error().what;
    }
    made.der = std::move(der);
    return made;
}

PeerInfo PeerInfo::from_der(std::vector<Bytes> der_chain) {
    PeerInfo info;
    info.chain.reserve(der_chain.size());
    for (Bytes& der : der_chain) info.chain.push_back(PeerCertificate::from_der(std::move(der)));
    return info;
}

}  // namespace omnitls::inline v0
