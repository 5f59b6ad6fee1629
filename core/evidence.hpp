// SPDX-License-Identifier: BSL-1.0
// Makes the evidence a verifier is asked with: parses the chain, finds and checks the path, checks the name.
#pragma once

#include "core/path_checks.hpp"
#include "core/path_memory.hpp"
#include <omnitls/config.hpp>
#include <omnitls/judge.hpp>
#include <omnitls/spi/crypto.hpp>
#include <omnitls/spi/native_context.hpp>
#include <omnitls/verifier.hpp>

#include <memory>
#include <string>
#include <vector>

namespace omnitls::inline v0::core {

/// All that the evidence is made of. References are borrowed for the call.
struct EvidenceInput {
    Role role = Role::client;  ///< This side's role: a client judges servers.
    const std::vector<spi::NativeCertificate>& chain;  ///< As sent, leaf first, never empty.
    const ClientTarget* target = nullptr;  ///< Clients only; null for servers: no name check.
    const TrustAnchors* trust = nullptr;   ///< Never null.
    const std::vector<Certificate>& intermediates;
    const Limits& limits;
    UtcTime time{};
    const spi::NativeContext& context;  ///< For the veto.
    const spi::Crypto& crypto;          ///< For signatures.
    std::string sni{};
    std::string alpn{};
    ProtocolVersion version = ProtocolVersion::tls13;
    Bytes ocsp_response{};
    bool resumed = false;          ///< The chain is a stored one.
    PeerMemory* memory = nullptr;  ///< Of `context`; null: everything is read and checked anew.
    std::shared_ptr<const Judge> judge{};
    PathPolicy policy{};
};

struct ShellSetup;

/// Views of DER certificates that no library has parsed; valid as long as `chain`.
std::vector<spi::NativeCertificate> borrow(const std::vector<Bytes>& chain);

/// What all evidence of a context has in common; what is of one connection is for the caller to add. `target`: of no meaning to
/// a server. Everything is borrowed.
EvidenceInput evidence_input(const ShellSetup& setup, Role role,
                             const std::vector<spi::NativeCertificate>& chain,
                             const ClientTarget* target);

/// Never fails: what cannot be parsed or built becomes a finding. May throw std::bad_alloc.
std::shared_ptr<const VerifyRequest> make_evidence(const EvidenceInput& input);

}  // namespace omnitls::inline v0::core
