// SPDX-License-Identifier: BSL-1.0
// Reports as JSON and as text.
#include "tools/omnitls/report.hpp"

#include "tools/omnitls/certificate_report.hpp"
#include "tools/omnitls/transcript.hpp"
#include <omnitls/iana.hpp>

#include <array>
#include <chrono>
#include <iomanip>
#include <set>
#include <sstream>
#include <string_view>

namespace omnitls::tool {
namespace {

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
            {"transcript", report.transcript ? to_json(*report.transcript) : Json(nullptr)},
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
    if (report.transcript) print(out, *report.transcript);
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
