// SPDX-License-Identifier: BSL-1.0
#include "tests/conformance/evidence_text.hpp"

#include "tests/support/certs.hpp"
#include <omnitls/judge.hpp>

#include <algorithm>
#include <array>
#include <sstream>

namespace omnitls::test {
namespace {

constexpr const char* kRoles[] = {
    "leaf",      "leaf_expired", "leaf_unknown_ca", "leaf_wrong_name",
    "leaf_p384", "client",       "intermediate",    "other_intermediate",
    "root"};

class Writer {
public:
    void line(const std::string& field, const std::string& value) {
        lines.push_back(value.empty() ? field + ":" : field + ": " + value);
    }
    void line(const std::string& field, bool value) {
        line(field, std::string(value ? "yes" : "no"));
    }
    void line(const std::string& field, const std::vector<std::string>& values) {
        std::string all;
        for (const std::string& value : values) all += (all.empty() ? "" : ", ") + value;
        line(field, all);
    }
    Lines lines;
};

std::string hex(ConstBytes bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += kDigits[byte / 16];
        text += kDigits[byte % 16];
    }
    return text;
}

/// What is too long to be read: its length and its digest.
std::string summary(ConstBytes bytes, const spi::Crypto& crypto) {
    std::array<std::uint8_t, 32> digest{};
    const bool done = crypto.digest(spi::Hash::sha256, bytes, digest);
    return std::to_string(bytes.size()) + " bytes, SHA-256 " + (done ? hex(digest) : "failed");
}

const char* type_name(GeneralName::Type type) {
    constexpr const char* kNames[] = {"DNS",  "IP",        "URI",           "email", "SRV",
                                      "XMPP", "directory", "registered_id", "other"};
    return kNames[static_cast<std::size_t>(type)];
}

std::vector<std::string> names(const std::vector<GeneralName>& general) {
    std::vector<std::string> all;
    for (const GeneralName& name : general)
        all.push_back(std::string(type_name(name.type)) + ":" + name.value + " (" + hex(name.der) +
                      ")");
    return all;
}

std::string key_algorithm_name(KeyAlgorithm algorithm) {
    constexpr const char* kNames[] = {"rsa", "rsa_pss", "ec", "ed25519", "ed448", "dsa", "other"};
    return kNames[static_cast<std::size_t>(algorithm)];
}

std::vector<std::string> attributes(const DistinguishedName& name) {
    std::vector<std::string> all;
    for (const auto& attribute : name.attributes)
        all.push_back(attribute.oid + "=" + attribute.value);
    return all;
}

std::string optional_number(const std::optional<std::uint32_t>& number) {
    return number ? std::to_string(*number) : "none";
}

void extensions(Writer& out, const CertificateFields& fields) {
    out.line("has_subject_alt_name", fields.has_subject_alt_name);
    out.line("subject_alt_names", names(fields.subject_alt_names));
    out.line("key_usage", optional_number(fields.key_usage));
    if (fields.extended_key_usage) out.line("extended_key_usage", *fields.extended_key_usage);
    if (fields.basic_constraints) {
        out.line("basic_constraints.ca", fields.basic_constraints->ca);
        out.line("basic_constraints.path_length",
                 optional_number(fields.basic_constraints->path_length));
    }
    if (fields.name_constraints) {
        out.line("name_constraints.permitted", names(fields.name_constraints->permitted));
        out.line("name_constraints.excluded", names(fields.name_constraints->excluded));
    }
    out.line("subject_key_id", hex(fields.subject_key_id));
    out.line("authority_key_id", hex(fields.authority_key_id));
    out.line("distribution_points", names(fields.distribution_points));
    out.line("extensions", fields.extensions);
    out.line("unknown_critical_extensions", fields.unknown_critical_extensions);
}

void findings(Writer& out, const std::string& field, const std::vector<Finding>& all) {
    out.line(field + ".count", std::to_string(all.size()));
    for (const Finding& finding : all) {
        out.line(field, std::string(finding_name(finding.category)) + " at depth " +
                            std::to_string(finding.depth) + " of \"" + finding.subject + "\"");
        out.line(field + ".text", finding.text);
    }
}

}  // namespace

std::string role_of(const Certificate& certificate) {
    const auto* const role = std::ranges::find_if(
        kRoles, [&](const char* one) { return certificate == load_certificate(one); });
    return role == std::end(kRoles) ? certificate.describe() : *role;
}

Lines certificate_lines(const Certificate& certificate, const spi::Crypto& crypto) {
    const CertificateFields& fields = certificate.fields();
    const auto fingerprint = certificate.fingerprint(crypto);
    const auto pin = certificate.spki_pin(crypto);
    Writer out;
    out.line("describe", certificate.describe());
    out.line("self_issued", certificate.self_issued());
    out.line("fingerprint", fingerprint ? hex(*fingerprint) : "failed");
    out.line("spki_pin", pin ? hex(*pin) : "failed");
    out.line("der", std::to_string(certificate.der().size()) + " bytes");
    out.line("version", std::to_string(fields.version));
    out.line("serial", hex(fields.serial));
    out.line("issuer", attributes(fields.issuer));
    out.line("issuer.text", fields.issuer.to_string());
    out.line("issuer.der", hex(fields.issuer.der));
    out.line("subject", attributes(fields.subject));
    out.line("subject.text", fields.subject.to_string());
    out.line("subject.common_name", fields.subject.common_name());
    out.line("subject.der", hex(fields.subject.der));
    out.line("not_before", to_rfc3339(fields.not_before));
    out.line("not_after", to_rfc3339(fields.not_after));
    out.line("spki", summary(fields.spki, crypto));
    out.line("key", key_algorithm_name(fields.key_algorithm) + " " + fields.key_algorithm_oid +
                        " " + fields.curve_oid + " of " + std::to_string(fields.key_bits) +
                        " bits");
    out.line("signature_algorithm", fields.signature_algorithm_oid + " " + fields.signature_hash +
                                        " " + hex(fields.signature_algorithm));
    out.line("signature", summary(fields.signature, crypto));
    out.line("tbs", summary(fields.tbs, crypto));
    extensions(out, fields);
    return std::move(out.lines);
}

Lines evidence_lines(const VerifyRequest& request, ProtocolVersion version, ConstBytes staple) {
    const std::string as_it_was = "as it was";
    Writer out;
    out.line("role", std::string(request.role == Role::client ? "client" : "server"));
    std::vector<std::string> texts;
    for (const ReferenceIdentity& one : request.reference_identities)
        texts.push_back(one.to_string());
    out.line("reference_identities", texts);
    out.line("sni", request.sni);
    out.line("dial_address", request.dial_address);
    out.line("dial_port", std::to_string(request.dial_port));
    out.line("time", to_rfc3339(request.time));
    out.line("alpn", request.alpn);
    out.line("resumed", request.resumed);
    out.line("version", request.version == version ? as_it_was : version_name(request.version));
    const bool stapled = !staple.empty() && std::ranges::equal(request.ocsp_response, staple);
    out.line("ocsp_response", stapled ? as_it_was : hex(request.ocsp_response));
    texts.clear();
    for (const PeerCertificate& one : request.peer.chain) {
        const bool same = one.parsed && one.parsed->der() == one.der;
        texts.push_back(same ? role_of(*one.parsed) : "unlike its bytes: " + one.parse_error);
    }
    out.line("peer.chain", texts);
    texts.clear();
    for (const Certificate& one : request.path) texts.push_back(role_of(one));
    out.line("path", texts);
    findings(out, "findings", request.findings);
    out.line("name.checked", request.name.checked);
    out.line("name.matched", request.name.matched);
    out.line("name.matched_by", request.name.matched_by);
    out.line("name.wanted", request.name.wanted);
    out.line("name.present", request.name.present);
    findings(out, "failures", request.failures());
    out.line("baseline_passed", request.baseline_passed());
    out.line("judge", request.judge != nullptr);
    const Judgement judgement = judge_verdict(Verdict::trusted(), request);
    out.line("trusted() is accepted", judgement.accepted);
    if (!judgement.accepted) {
        out.line("else code", std::string(errc_name(judgement.code)));
        out.line("else alert", std::string(alert_name(judgement.alert)));
        out.line("else certificate",
                 judgement.certificate ? std::to_string(*judgement.certificate) : "none");
        out.line("else text", judgement.text);
    }
    return std::move(out.lines);
}

const Golden& golden_evidence() {
    static const Golden golden = [] {
        Golden read;
        std::istringstream file(read_data("evidence.golden"));
        Lines* section = nullptr;
        for (std::string line; std::getline(file, line);) {
            if (line.empty() || line.starts_with("#")) continue;
            if (line.starts_with("[")) {
                section = &read[line.substr(1, line.size() - 2)];
            } else if (section != nullptr) {
                section->push_back(line);
            }
        }
        return read;
    }();
    return golden;
}

std::string golden_text(const Golden& golden) {
    std::string text =
        "# What a verifier is told, field by field, on every backend and in every version: "
        "evidence_test.cpp compares it.\n"
        "# OMNITLS_WRITE_EVIDENCE=tests/data/evidence.golden conformance_tests "
        "--gtest_filter='*Evidence*' writes it anew.\n";
    for (const auto& [section, lines] : golden) {
        text += "\n[" + section + "]\n";
        for (const std::string& line : lines) text += line + "\n";
    }
    return text;
}

}  // namespace omnitls::test
