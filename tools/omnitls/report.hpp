// SPDX-License-Identifier: BSL-1.0
// What the commands say, for people and as JSON. All text that a peer controls is escaped before it comes out.
#pragma once

#include <omnitls/backend.hpp>
#include <omnitls/channel_binding.hpp>
#include <omnitls/engine.hpp>
#include <omnitls/verifier.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace omnitls::tool {

using Json = nlohmann::ordered_json;

class Transcript;

/// One stage of a connection and how long it took.
struct Stage {
    std::string name;
    double milliseconds = 0;
    bool ok = false;
    std::string text;  ///< What came of it, for people.
};

/// What happened while the verdict was pending.
struct Held {
    double milliseconds = 0;
    std::uint64_t bytes_sent = 0;  ///< By this side; anything but 0 is a fault.
};

/// Everything one attempt found out.
struct Report {
    std::string target;
    const TlsBackend* backend = nullptr;
    std::vector<Stage> stages;
    std::shared_ptr<const Transcript> transcript;  ///< Of the plain text, if it was asked for.
    std::optional<ConnectionInfo> info;            ///< Once the handshake has begun.
    std::shared_ptr<const VerifyRequest> evidence;
    std::optional<Held> held;              ///< Once there was a question.
    std::vector<ChannelBinding> bindings;  ///< That the connection has, the strongest first.
    std::string close;                     ///< How the connection ended, if it stood.
    std::optional<ErrorDetail> error;      ///< What failed, in the last stage.
    int exit = 0;
};

Json to_json(const Report& report);
void print(std::ostream& out, const Report& report);

/// The chain, the name result and the findings.
Json evidence_json(const VerifyRequest& request, const spi::Crypto& crypto);
void print_evidence(std::ostream& out, const VerifyRequest& request, const spi::Crypto& crypto);
Json to_json(const ConnectionInfo& info);
Json error_json(const ErrorDetail& error);
/// "omnitls: what", the evidence, and the next step on a line of its own.
void print_error(std::ostream& out, const ErrorDetail& error);

/// "TLSv1.3 TLS_AES_128_GCM_SHA256, group x25519, ...".
std::string describe(const ConnectionInfo& info);

/// Where the reports differ in what the peer said and how it was judged (times and native texts do not count):
/// [{"field", "values": {backend: value}}].
Json differences(const std::vector<Report>& reports);

}  // namespace omnitls::tool
