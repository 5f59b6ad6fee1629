// SPDX-License-Identifier: BSL-1.0
#include "tools/omnitls/certificate_report.hpp"

#include <omnitls/error.hpp>

#include <array>
#include <chrono>
#include <iomanip>
#include <optional>
#include <ostream>
#include <string_view>

namespace omnitls::tool {
namespace {

using Json = nlohmann::ordered_json;
using Digest = std::optional<std::array<std::uint8_t, 32>>;

std::string hex(ConstBytes bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 0xfU];
    }
    return text;
}

std::string hex_of(const Digest& digest) { return digest ? hex(*digest) : std::string(); }

std::string base64_of(const Digest& digest) { return digest ? base64(*digest) : std::string(); }

std::string print_name(const GeneralName& name) {
    static constexpr std::string_view prefixes[] = {
        "DNS:", "IP:", "URI:", "email:", "SRV:", "XMPP:", "DN:", "RID:", "other:"};
    return std::string(prefixes[static_cast<std::size_t>(name.type)]) +
           escape_untrusted(name.value);
}

std::vector<std::string> names_of(const Certificate& certificate) {
    std::vector<std::string> names;
    for (const GeneralName& name : certificate.fields().subject_alt_names) {
        names.push_back(print_name(name));
    }
    return names;
}

long days_between(UtcTime from, UtcTime to) {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::hours>(to - from).count() /
                             24);
}

void print_row(std::ostream& out, std::string_view label, const std::string& text) {
    if (!text.empty()) out << "  " << std::left << std::setw(10) << label << text << '\n';
}

std::string validity(const CertificateFields& fields, UtcTime now) {
    const std::string dates = to_rfc3339(fields.not_before) + " to " + to_rfc3339(fields.not_after);
    if (now < fields.not_before) {
        return dates + " (begins in " + std::to_string(days_between(now, fields.not_before)) +
               " days)";
    }
    if (now > fields.not_after) {
        return dates + " (ended " + std::to_string(days_between(fields.not_after, now)) +
               " days ago)";
    }
    return dates + " (" + std::to_string(days_between(now, fields.not_after)) + " days left)";
}

std::string key_text(const CertificateFields& fields) {
    static constexpr std::string_view names[] = {"RSA",   "RSA-PSS", "EC",     "Ed25519",
                                                 "Ed448", "DSA",     "unknown"};
    std::string text(names[static_cast<std::size_t>(fields.key_algorithm)]);
    if (fields.key_algorithm == KeyAlgorithm::other) text += " " + fields.key_algorithm_oid;
    if (fields.key_bits != 0) text += " " + std::to_string(fields.key_bits) + " bits";
    if (!fields.curve_oid.empty()) text += ", curve " + escape_untrusted(fields.curve_oid);
    return text;
}

std::string signature_text(const CertificateFields& fields) {
    const std::string oid = escape_untrusted(fields.signature_algorithm_oid);
    return fields.signature_hash.empty() ? oid : fields.signature_hash + " (" + oid + ")";
}

std::vector<std::string> usages_of(const Certificate& certificate) {
    static constexpr std::string_view bits[] = {
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
        "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly"};
    std::vector<std::string> usages;
    const unsigned mask = certificate.fields().key_usage.value_or(0);
    for (std::size_t i = 0; i < std::size(bits); ++i) {
        if ((mask >> i & 1U) != 0) usages.emplace_back(bits[i]);
    }
    return usages;
}

std::vector<std::string> purposes_of(const Certificate& certificate) {
    const auto& oids = certificate.fields().extended_key_usage;
    std::vector<std::string> purposes;
    for (const std::string& oid : oids.value_or(std::vector<std::string>{})) {
        if (oid == "1.3.6.1.5.5.7.3.1")
            purposes.emplace_back("serverAuth");
        else if (oid == "1.3.6.1.5.5.7.3.2")
            purposes.emplace_back("clientAuth");
        else
            purposes.push_back(escape_untrusted(oid));
    }
    return purposes;
}

std::string authority_text(const CertificateFields& fields) {
    if (!fields.basic_constraints || !fields.basic_constraints->ca) return "no";
    const auto& length = fields.basic_constraints->path_length;
    return length ? "yes, path length " + std::to_string(*length) : "yes";
}

}  // namespace

std::string base64(ConstBytes bytes) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group = (group << 8U) | (i + j < bytes.size() ? bytes[i + j] : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            text += i + j > bytes.size() ? '=' : letters[(group >> (18U - 6U * j)) & 0x3fU];
        }
    }
    return text;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text.append(text.empty() ? "" : ", ").append(part);
    return text;
}

Json certificate_json(const PeerCertificate& sent, UtcTime now, const spi::Crypto& crypto) {
    if (!sent.parsed) return {{"error", sent.parse_error}, {"bytes", sent.der.size()}};
    const Certificate& certificate = *sent.parsed;
    const CertificateFields& fields = certificate.fields();
    return {{"subject", fields.subject.to_string()},
            {"issuer", fields.issuer.to_string()},
            {"names", names_of(certificate)},
            {"not_before", to_rfc3339(fields.not_before)},
            {"not_after", to_rfc3339(fields.not_after)},
            {"days_left", days_between(now, fields.not_after)},
            {"sha256", hex_of(certificate.fingerprint(crypto))},
            {"spki_pin", base64_of(certificate.spki_pin(crypto))}};
}

void print_certificate(std::ostream& out, std::size_t index, const PeerCertificate& sent,
                       UtcTime now, const spi::Crypto& crypto) {
    out << "certificate " << index << (index == 0 ? " (leaf)\n" : "\n");
    if (!sent.parsed) {
        print_row(out, "malformed", sent.parse_error);
        return;
    }
    const CertificateFields& fields = sent.parsed->fields();
    print_row(out, "subject", fields.subject.to_string());
    print_row(out, "issuer", fields.issuer.to_string());
    print_row(out, "names", joined(names_of(*sent.parsed)));
    print_row(out, "valid", validity(fields, now));
    print_row(out, "sha256", hex_of(sent.parsed->fingerprint(crypto)));
    print_row(out, "spki pin", base64_of(sent.parsed->spki_pin(crypto)));
}

Json details_json(const Certificate& certificate) {
    const CertificateFields& fields = certificate.fields();
    return {
        {"serial", hex(fields.serial)},        {"key", key_text(fields)},
        {"signature", signature_text(fields)}, {"authority", authority_text(fields)},
        {"key_usage", usages_of(certificate)}, {"extended_key_usage", purposes_of(certificate)}};
}

void print_details(std::ostream& out, const Certificate& certificate) {
    const CertificateFields& fields = certificate.fields();
    print_row(out, "serial", hex(fields.serial));
    print_row(out, "key", key_text(fields));
    print_row(out, "signature", signature_text(fields));
    print_row(out, "authority", authority_text(fields));
    print_row(out, "usage", joined(usages_of(certificate)));
    print_row(out, "purpose", joined(purposes_of(certificate)));
}

std::vector<std::string> tlsa_records(const Certificate& certificate, bool leaf,
                                      const spi::Crypto& crypto) {
    const std::string usage = leaf ? "3" : "2";
    std::vector<std::string> records;
    if (const auto key = certificate.spki_pin(crypto))
        records.push_back(usage + " 1 1 " + hex(*key));
    if (const auto all = certificate.fingerprint(crypto))
        records.push_back(usage + " 0 1 " + hex(*all));
    return records;
}

}  // namespace omnitls::tool
