// SPDX-License-Identifier: BSL-1.0
// The verdict corpus as a program reads it: corpus.json and certificates.pem of this directory. README.md describes the form.
#pragma once

#include <omnitls/config.hpp>
#include <omnitls/verifier.hpp>

#include <set>
#include <string>
#include <vector>

namespace omnitls::test {

/// Findings as "category@depth". As a set: two issuers may find the same fault with one certificate.
using FindingSet = std::set<std::string>;
FindingSet finding_set(const VerifyRequest& request);
std::string print(const FindingSet& findings);

/// One chain, who looks at it, and what has to be found.
struct CorpusEntry {
    std::string id;            ///< "rule/twin"
    Role role = Role::client;  ///< This side's: a client judges servers.
    std::vector<Bytes> chain;  ///< As sent, leaf first.
    std::string key;           ///< PEM, of the leaf.
    std::vector<Certificate> anchors;
    std::vector<Certificate> intermediates;  ///< Configured.
    std::vector<ReferenceIdentity> names;    ///< Wanted; none for clients' certificates.
    UtcTime time{};
    Limits limits;
    std::vector<FindingSet>
        expected;  ///< One of these; several where the order of the chain decides which is told.
    std::string no_handshake;  ///< Why there is none; empty: there is one.
    std::string no_tls12;      ///< The same of TLS 1.2.
    bool every_order =
        false;  ///< What follows the leaf is shown in every order, up to `max_orders`.

    bool accepted() const { return expected.front().empty(); }
    /// A certificate of the chain cannot be read.
    bool malformed() const;
    /// Why there is no handshake with this version, or empty.
    const std::string& none_with(ProtocolVersion version) const {
        return !no_handshake.empty() || version == ProtocolVersion::tls13 ? no_handshake : no_tls12;
    }
    /// The chain, or all its orders.
    std::vector<std::vector<Bytes>> chains() const;
};
inline constexpr std::size_t max_orders = 24;

struct CorpusRule {
    std::string id;
    std::string rfc;
    std::string what;
    std::vector<CorpusEntry> entries;
};

/// Read once; throws std::runtime_error naming what cannot be used. Chains of several paths are rules of one entry here.
const std::vector<CorpusRule>& corpus();

/// Where the files are; a source of its own says it.
extern const char* const corpus_directory;

}  // namespace omnitls::test
