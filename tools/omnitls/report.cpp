// SPDX-License-Identifier: BSL-1.0
// Reports as JSON and as text.
#include "tools/omnitls/report.hpp"

#include <omnitls/iana.hpp>

#include <array>
#include <chrono>
#include <iomanip>
#include <set>
#include <sstream>
#include <string_view>

namespace omnitls::tool {
namespace {

using Digest = std::optional<std::array<std::uint8_t, 32>>;

std::string hex(const Digest& digest) {
    if (!digest) return {};
    std::string text;
    for (const std::uint8_t byte : *digest) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 0xfU];
    }
    return text;
}

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

std::string base64(const Digest& digest) {
    return digest ? base64(ConstBytes(*digest)) : std::string();
}

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

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text.append(text.empty() ? "" : ", ").append(part);
    return text;
}

long days_between(UtcTime from, UtcTime to) {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::hours>(to - from).count() /
                             24);
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
            {"sha256", hex(certificate.fingerprint(crypto))},
            {"spki_pin", base64(certificate.spki_pin(crypto))}};
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
    print_row(out, "sha256", hex(sent.parsed->fingerprint(crypto)));
    print_row(out, "spki pin", base64(sent.parsed->spki_pin(crypto)));
}

Json alert_json(const std::optional<Alert>& alert) {
    if (!alert) return nullptr;
    return {{"name", alert_name(*alert)}, {"number", static_cast<int>(*alert)}};
}

std::string code_name(const std::error_code& code) {
    if (code.category() == error_category()) {
        return std::string(errc_name(static_cast<Errc>(code.value())));
    }
    return code.message();
}

std::string milliseconds_text(double milliseconds) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(1) << milliseconds << " ms";
    return text.str();
}

/// 0 is "not known", which has no name.
template <class Name>
std::string named(std::uint16_t value, Name name) {
    return value == 0 ? std::string() : name(value);
}

Json bindings_json(const std::vector<ChannelBinding>& bindings) {
    Json json = Json::object();
    for (const ChannelBinding& binding : bindings) {
        json[std::string(channel_binding_name(binding.type))] = base64(binding.data);
    }
    return json;
}

}  // namespace

Json evidence_json(const VerifyRequest& request, const spi::Crypto& crypto) {
    Json chain = Json::array();
    for (const PeerCertificate& sent : request.peer.chain) {
        chain.push_back(certificate_json(sent, request.time, crypto));
    }
    Json path = Json::array();
    for (const Certificate& certificate : request.path) {
        path.push_back(certificate.fields().subject.to_string());
    }
    Json findings = Json::array();
    for (const Finding& finding : request.failures()) {
        findings.push_back({{"category", finding_name(finding.category)},
                            {"depth", finding.depth},
                            {"subject", finding.subject},
                            {"text", finding.text}});
    }
    return {{"time", to_rfc3339(request.time)},
            {"chain", std::move(chain)},
            {"path", std::move(path)},
            {"name",
             {{"checked", request.name.checked},
              {"matched", request.name.matched},
              {"matched_by", request.name.matched_by},
              {"wanted", request.name.wanted},
              {"present", request.name.present}}},
            {"findings", std::move(findings)},
            {"trusted", request.baseline_passed()}};
}

void print_evidence(std::ostream& out, const VerifyRequest& request, const spi::Crypto& crypto) {
    for (std::size_t i = 0; i < request.peer.chain.size(); ++i) {
        print_certificate(out, i, request.peer.chain[i], request.time, crypto);
    }
    const std::vector<Finding> failures = request.failures();
    out << (failures.empty() ? "findings: none\n" : "findings\n");
    for (const Finding& finding : failures) {
        out << "  " << finding_name(finding.category) << " at depth " << finding.depth << ": "
            << finding.text << '\n';
    }
}

Json to_json(const ConnectionInfo& info) {
    return {{"version", info.version ? version_name(*info.version) : std::string()},
            {"cipher", named(info.cipher_suite, cipher_suite_name)},
            {"group", named(info.group, group_name)},
            {"signature_scheme", named(info.signature_scheme, signature_scheme_name)},
            {"alpn", escape_untrusted(info.alpn)},
            {"sni", escape_untrusted(info.sni)},
            {"resumed", info.resumed}};
}

Json error_json(const ErrorDetail& error) {
    return {{"code", code_name(error.code)},
            {"category", error.code.category().name()},
            {"phase", phase_name(error.phase)},
            {"what", error.what},
            {"hint", error.hint},
            {"alert_sent", alert_json(error.alert_sent)},
            {"alert_received", alert_json(error.alert_received)},
            {"certificate", error.certificate ? Json(*error.certificate) : Json(nullptr)},
            {"peer_text", error.peer_text},
            {"backend", error.backend},
            {"backend_code", error.backend_code},
            {"backend_text", error.backend_text}};
}

void print_error(std::ostream& out, const ErrorDetail& error) {
    out << "omnitls: " << error.what << '\n';
    if (!error.peer_text.empty() && error.what.find(error.peer_text) == std::string::npos) {
        out << "  peer said: \"" << error.peer_text << "\"\n";
    }
    const auto print_alert = [&out](const char* label, const std::optional<Alert>& alert) {
        if (alert) {
            out << "  alert " << label << ": " << alert_name(*alert) << '('
                << static_cast<int>(*alert) << ")\n";
        }
    };
    print_alert("sent", error.alert_sent);
    print_alert("received", error.alert_received);
    if (!error.backend_text.empty()) {
        out << "  " << error.backend << " said: " << error.backend_text << '\n';
    }
    if (!error.hint.empty()) out << "  next: " << error.hint << '\n';
}

std::string describe(const ConnectionInfo& info) {
    std::string text = info.version ? version_name(*info.version) : std::string("TLS");
    const auto add = [&text](std::string_view label, const std::string& value) {
        if (!value.empty()) text.append(label).append(value);
    };
    add(" ", named(info.cipher_suite, cipher_suite_name));
    add(", group ", named(info.group, group_name));
    add(", signature ", named(info.signature_scheme, signature_scheme_name));
    add(", alpn ", escape_untrusted(info.alpn));
    return text;
}

Json to_json(const Report& report) {
    Json stages = Json::array();
    for (const Stage& stage : report.stages) {
        stages.push_back({{"name", stage.name},
                          {"ms", stage.milliseconds},
                          {"ok", stage.ok},
                          {"text", stage.text}});
    }
    return {{"target", report.target},
            {"backend", report.backend->name()},
            {"backend_version", report.backend->version()},
            {"stages", std::move(stages)},
            {"tls", report.info ? to_json(*report.info) : Json(nullptr)},
            {"evidence", report.evidence ? evidence_json(*report.evidence, report.backend->crypto())
                                         : Json(nullptr)},
            {"held", report.held ? Json{{"ms", report.held->milliseconds},
                                        {"bytes_sent", report.held->bytes_sent}}
                                 : Json(nullptr)},
            {"channel_bindings", bindings_json(report.bindings)},
            {"close", report.close},
            {"error", report.error ? error_json(*report.error) : Json(nullptr)},
            {"exit", report.exit}};
}

void print(std::ostream& out, const Report& report) {
    out << report.target << " with " << report.backend->name() << " (" << report.backend->version()
        << ")\n";
    for (const Stage& stage : report.stages) {
        out << "  " << std::left << std::setw(10) << stage.name << std::right << std::setw(11)
            << milliseconds_text(stage.milliseconds) << "  " << (stage.ok ? "" : "failed")
            << (stage.ok ? stage.text : "") << '\n';
    }
    if (report.held) {
        out << "held for the verdict: " << milliseconds_text(report.held->milliseconds)
            << ", meanwhile sent: " << report.held->bytes_sent << " bytes\n";
    }
    if (report.evidence) print_evidence(out, *report.evidence, report.backend->crypto());
    std::vector<std::string> bindings;
    for (const ChannelBinding& binding : report.bindings) {
        bindings.push_back(std::string(channel_binding_name(binding.type)) + ' ' +
                           base64(binding.data));
    }
    if (!bindings.empty()) out << "channel bindings: " << joined(bindings) << '\n';
    if (!report.close.empty()) out << "closed: " << report.close << '\n';
}

Json differences(const std::vector<Report>& reports) {
    const auto comparable = [](const Report& report) {
        Json json = to_json(report);
        Json kept = {{"tls", json["tls"]},
                     {"evidence", json["evidence"]},
                     {"channel_bindings", json["channel_bindings"]},
                     {"close", json["close"]},
                     {"exit", json["exit"]}};
        if (kept["evidence"].is_object()) kept["evidence"].erase("time");
        // These are of the connection, that one of the server: only which there are can be compared.
        for (const char* own : {"tls-exporter", "tls-unique"}) {
            if (kept["channel_bindings"].contains(own)) kept["channel_bindings"][own] = "there";
        }
        if (report.error) {
            for (const char* field : {"code", "alert_sent", "alert_received", "certificate"}) {
                kept["error"][field] = json["error"][field];
            }
        }
        return kept.flatten();
    };
    std::vector<Json> flat;
    std::set<std::string> fields;
    for (const Report& report : reports) {
        flat.push_back(comparable(report));
        for (const auto& item : flat.back().items()) fields.insert(item.key());
    }
    Json found = Json::array();
    for (const std::string& field : fields) {
        Json values = Json::object();
        bool same = true;
        for (std::size_t i = 0; i < reports.size(); ++i) {
            const Json value = flat[i].value(field, Json(nullptr));
            same = same && value == flat[0].value(field, Json(nullptr));
            values[std::string(reports[i].backend->name())] = value;
        }
        if (!same) found.push_back({{"field", field}, {"values", std::move(values)}});
    }
    return found;
}

}  // namespace omnitls::tool
