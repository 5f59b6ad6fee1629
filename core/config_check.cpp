// SPDX-License-Identifier: BSL-1.0
#include "core/config_check.hpp"

#include "core/algorithm_choice.hpp"
#include "core/strength.hpp"
#include <omnitls/result.hpp>

#include <algorithm>
#include <string>

namespace omnitls::inline v0 {

Result<ClientTarget> ClientTarget::host(std::string_view host_or_address) {
    auto name = ReferenceIdentity::host(host_or_address);
    if (!name) return std::move(name).error();
    ClientTarget target;
    target.dial_address = std::string(host_or_address);
    target.names.push_back(*std::move(name));
    return target;
}

namespace core {
namespace {

ErrorDetail bad(std::string what, std::string hint = {}) {
    return make_error(Errc::bad_config, std::move(what), std::move(hint));
}

std::optional<ErrorDetail> check_versions(const VersionRange& versions) {
    const auto known = [](ProtocolVersion version) {
        return version == ProtocolVersion::tls12 || version == ProtocolVersion::tls13;
    };
    if (!known(versions.min) || !known(versions.max)) {
        return bad("versions: expected tls12 or tls13, got another value");
    }
    if (versions.min > versions.max) {
        return bad("versions: min " + version_name(versions.min) + " is above max " +
                   version_name(versions.max));
    }
    return std::nullopt;
}

// RFC 7301 §3.1: names of 1 to 255 bytes, 65,535 bytes in all.
std::optional<ErrorDetail> check_alpn(const std::vector<std::string>& protocols) {
    std::size_t total = 0;
    for (const std::string& protocol : protocols) {
        if (protocol.empty() || protocol.size() > 255) {
            return bad("alpn: a protocol name must have 1 to 255 bytes, got " +
                       std::to_string(protocol.size()));
        }
        total += protocol.size() + 1;
    }
    if (total > 65535)
        return bad("alpn: the list has " + std::to_string(total) + " bytes, at most 65535 fit");
    return std::nullopt;
}

std::optional<ErrorDetail> check_limits(const Limits& limits) {
    struct Row {
        const char* name;
        std::size_t value;
        std::size_t smallest;
    };
    // The smallest values with which an honest peer can still connect.
    const Row rows[] = {
        {"output_high_water", limits.output_high_water, 1},
        {"handshake_bytes", limits.handshake_bytes, 1024},
        {"client_hello_bytes", limits.client_hello_bytes, 512},
        {"chain_certificates", limits.chain_certificates, 1},
        {"chain_bytes", limits.chain_bytes, 512},
        {"records_without_progress", limits.records_without_progress, 4},
        {"pending_questions", limits.pending_questions, 1},
        {"kept_sessions", limits.kept_sessions, 1},
        {"path_depth", limits.path_depth, 1},
        {"candidate_paths", limits.candidate_paths, 1},
        {"path_signatures", limits.path_signatures, 1},
    };
    for (const Row& row : rows) {
        if (row.value < row.smallest) {
            return bad(std::string("limits.") + row.name + ": expected at least " +
                       std::to_string(row.smallest) + ", got " + std::to_string(row.value));
        }
    }
    return std::nullopt;
}

std::optional<ErrorDetail> check_session_lifetime(const ServerConfig& config) {
    const auto seconds = config.session_lifetime.count();
    if (seconds < 0 || config.session_lifetime > std::chrono::days(7)) {
        return bad("session_lifetime: expected 0 to 604800 seconds (RFC 8446 §4.6.1), got " +
                   std::to_string(seconds));
    }
    return std::nullopt;
}

// What peers must show, this side must show as well, whatever the library would let pass. The whole chain: a peer looks at all of it.
std::optional<ErrorDetail> check_identity(const Identity& identity) {
    for (const Certificate& certificate : identity.chain()) {
        std::string weak = key_weakness(certificate.fields());
        if (weak.empty() && !seems_self_signed(certificate)) {
            weak = own_signature_weakness(certificate.fields());
        }
        if (weak.empty()) continue;
        return bad("identity: the certificate " + certificate.describe() + " in " +
                       identity.sources() + " is too weak: " + weak,
                   "have it issued anew, with a key of RSA 2048, P-256, Ed25519 or more and a "
                   "signature with SHA-256 or better");
    }
    return std::nullopt;
}

std::optional<ErrorDetail> check_strength(Strength strength) {
    if (strength <= Strength::bits_192) return std::nullopt;
    return bad("strength: expected bits_112, bits_128 or bits_192, got another value");
}

template <class Config>
std::optional<ErrorDetail> check_revocation(const Config& config) {
    if (config.revocation > Revocation::required)
        return bad("revocation: expected if_available or required, got another value");
    if (config.revocation != Revocation::required || !config.revocation_lists.empty())
        return std::nullopt;
    return bad(
        "revocation: required, but there are no revocation_lists, so every peer would be "
        "refused",
        "use RevocationLists::from_file()");
}

template <class Config>
std::optional<ErrorDetail> check_common(const Config& config) {
    if (auto error = check_strength(config.strength)) return error;
    if (auto error = check_revocation(config)) return error;
    if (config.identity) {
        if (auto error = check_identity(*config.identity)) return error;
    }
    if (config.versions) {
        if (auto error = check_versions(*config.versions)) return error;
    }
    if (auto error = check_algorithms(algorithm_request(config))) return error;
    if (auto error = check_alpn(config.alpn)) return error;
    return check_limits(config.limits);
}

}  // namespace

std::optional<ErrorDetail> check_config(const ClientConfig& config) {
    if (config.trust.empty() && !config.verifier) {
        return bad(
            "trust: no trust anchors and no verifier of your own, so every server would be refused",
            "use TrustAnchors::system(), TrustAnchors::from_file(), or set verifier");
    }
    return check_common(config);
}

std::optional<ErrorDetail> check_config(const ServerConfig& config) {
    if (!config.identity) return bad("identity: a server needs a certificate and its key");
    if (config.client_auth != ClientAuth::none && config.client_trust.empty() && !config.verifier) {
        return bad(
            "client_trust: client certificates are asked for, but there are no trust anchors and "
            "no verifier");
    }
    if (config.client_auth == ClientAuth::none &&
        (!config.client_trust.empty() || config.verifier || !config.revocation_lists.empty() ||
         config.strength != Strength::bits_112)) {
        return bad(
            "client_auth: is none, so client_trust, verifier, revocation_lists and strength would "
            "never be used",
            "set client_auth to request or require");
    }
    if (auto error = check_session_lifetime(config)) return error;
    return check_common(config);
}

std::optional<ErrorDetail> check_target(const ClientTarget& target) {
    if (target.names.empty() && !target.danger_any_name) {
        return bad("names: a client needs the name its server's certificate must have",
                   "use ClientTarget::host(), or danger::any_name() to do without");
    }
    if (target.sni) {
        const bool printable = std::all_of(target.sni->begin(), target.sni->end(),
                                           [](char c) { return c > 0x20 && c < 0x7f; });
        if (!printable || target.sni->size() > 255) {
            return bad("sni: expected a host name in ASCII of at most 255 bytes, got \"" +
                       escape_untrusted(*target.sni, 64) + "\"");
        }
    }
    return std::nullopt;
}

ClientTarget with_sni(ClientTarget target) {
    if (target.sni) return target;
    target.sni = "";
    for (const ReferenceIdentity& name : target.names) {
        if (name.type() != ReferenceIdentity::Type::dns) continue;
        target.sni = name.value();
        break;
    }
    return target;
}

}  // namespace core
}  // namespace omnitls::inline v0
