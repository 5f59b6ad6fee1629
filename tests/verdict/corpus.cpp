// SPDX-License-Identifier: BSL-1.0
#include "tests/verdict/corpus.hpp"

#include "core/pem.hpp"
#include "tests/support/certs.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <sstream>

#include <nlohmann/json.hpp>

namespace omnitls::test {
namespace {

using nlohmann::json;

std::string read_file(const char* name) {
    const std::string path = std::string(corpus_directory) + "/" + name;
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot open " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Certificates by the name that stands above each: "# 0123456789ab".
std::map<std::string, Bytes> read_bundle() {
    const std::string text = read_file("certificates.pem");
    const auto blocks = must(core::read_pem(text, "certificates.pem"));
    std::map<std::string, Bytes> bundle;
    std::istringstream lines(text);
    auto block = blocks.begin();
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("# ")) continue;
        if (block == blocks.end())
            throw std::runtime_error("certificates.pem: a name without a block");
        bundle[line.substr(2)] = (block++)->der;
    }
    if (block != blocks.end()) throw std::runtime_error("certificates.pem: a block without a name");
    return bundle;
}

/// "dns:host", "ip:address", "srv:service:domain", "uri:scheme:host", "xmpp:address"
ReferenceIdentity identity_of(const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::string kind = text.substr(0, colon);
    const std::string value = text.substr(colon + 1);
    if (kind == "dns") return must(ReferenceIdentity::dns(value));
    if (kind == "ip") return must(ReferenceIdentity::ip(value));
    if (kind == "xmpp") return must(ReferenceIdentity::xmpp_addr(value));
    const std::size_t second = value.find(':');
    const std::string qualifier = value.substr(0, second);
    if (kind == "srv") return must(ReferenceIdentity::srv(qualifier, value.substr(second + 1)));
    if (kind == "uri") return must(ReferenceIdentity::uri(qualifier, value.substr(second + 1)));
    throw std::runtime_error("no such kind of name: " + text);
}

class Reader {
public:
    Reader() : index_(json::parse(read_file("corpus.json"))), bundle_(read_bundle()) {}

    std::vector<CorpusRule> rules() const {
        std::vector<CorpusRule> rules;
        for (const json& row : index_.at("rules")) {
            CorpusRule rule{row.at("id"), row.at("rfc"), row.at("what"), {}};
            for (const json& entry : row.at("entries")) {
                if (entry.value("orders", false)) {
                    std::string id = entry.at("id");
                    std::ranges::replace(id, '/', '_');
                    rules.push_back({id, rule.rfc, entry.at("what"), {read(entry)}});
                } else {
                    rule.entries.push_back(read(entry));
                }
            }
            if (!rule.entries.empty()) rules.push_back(std::move(rule));
        }
        return rules;
    }

private:
    std::vector<Bytes> der_of(const json& names) const {
        std::vector<Bytes> certificates;
        for (const std::string name : names) certificates.push_back(bundle_.at(name));
        return certificates;
    }
    std::vector<Certificate> certificates_of(const json& names) const {
        std::vector<Certificate> certificates;
        for (const Bytes& der : der_of(names))
            certificates.push_back(must(Certificate::parse(der)));
        return certificates;
    }
    static Limits limits_of(const json& row) {
        Limits limits;
        limits.chain_certificates = row.value("chain_certificates", limits.chain_certificates);
        limits.chain_bytes = row.value("chain_bytes", limits.chain_bytes);
        limits.handshake_bytes = row.value("handshake_bytes", limits.handshake_bytes);
        return limits;
    }
    CorpusEntry read(const json& row) const {
        CorpusEntry entry;
        entry.id = row.at("id");
        if (row.value("role", "server") == "client") entry.role = Role::server;
        entry.chain = der_of(row.at("chain"));
        entry.key = index_.at("keys").at(std::string(row.at("key")));
        entry.anchors = certificates_of(row.at("anchors"));
        entry.intermediates = certificates_of(row.value("intermediates", json::array()));
        for (const std::string name : row.value("names", json::array()))
            entry.names.push_back(identity_of(name));
        const auto time = from_rfc3339(row.value("time", std::string(index_.at("time"))));
        if (!time) throw std::runtime_error(entry.id + ": no such time");
        entry.time = *time;
        entry.limits = limits_of(row.value("limits", json::object()));
        if (row.contains("findings")) entry.expected = {row.at("findings").get<FindingSet>()};
        for (const json& one : row.value("findings_any", json::array()))
            entry.expected.push_back(one.get<FindingSet>());
        entry.no_handshake = row.value("handshake", "");
        entry.no_tls12 = row.value("tls12", "");
        entry.every_order = row.value("orders", false);
        return entry;
    }

    const json index_;
    const std::map<std::string, Bytes> bundle_;
};

}  // namespace

FindingSet finding_set(const VerifyRequest& request) {
    FindingSet set;
    for (const Finding& finding : request.failures())
        set.insert(std::string(finding_name(finding.category)) + "@" +
                   std::to_string(finding.depth));
    return set;
}

std::string print(const FindingSet& findings) {
    std::string text;
    for (const std::string& finding : findings) text += (text.empty() ? "" : " ") + finding;
    return text.empty() ? "nothing" : text;
}

bool CorpusEntry::malformed() const {
    return std::ranges::any_of(expected.front(), [](const std::string& finding) {
        return finding.starts_with("malformed@");
    });
}

std::vector<std::vector<Bytes>> CorpusEntry::chains() const {
    std::vector<std::vector<Bytes>> chains;
    std::vector<std::size_t> order(chain.size() - 1);
    std::iota(order.begin(), order.end(), 1);
    do {
        std::vector<Bytes> one{chain.front()};
        for (const std::size_t place : order) one.push_back(chain[place]);
        chains.push_back(std::move(one));
    } while (every_order && chains.size() < max_orders &&
             std::next_permutation(order.begin(), order.end()));
    return chains;
}

const std::vector<CorpusRule>& corpus() {
    static const std::vector<CorpusRule> rules = Reader().rules();
    return rules;
}

}  // namespace omnitls::test
