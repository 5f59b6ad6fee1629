// SPDX-License-Identifier: BSL-1.0
// What every engine of one context shares: the compiled configuration and the policy that core applies.
#pragma once

#include "core/kept_sessions.hpp"
#include "core/path_memory.hpp"
#include "core/stored_session.hpp"
#include <omnitls/config.hpp>
#include <omnitls/judge.hpp>
#include <omnitls/spi/native_context.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace omnitls::inline v0::core {

/// Immutable but for the last two; shared between threads and kept alive by its engines.
struct ShellSetup {
    Role role = Role::client;
    std::string backend_name;
    std::shared_ptr<const spi::NativeContext> native;
    const spi::Crypto* crypto = nullptr;
    TrustAnchors trust;
    std::vector<Certificate> intermediates;
    Strength strength = Strength::bits_112;
    RevocationLists revocation_lists;
    RevocationSource revocation;  ///< Of this setup; without lists there is nothing to ask.
    std::shared_ptr<CertificateVerifier> verifier;  ///< Never null.
    std::shared_ptr<ServerChooser> chooser;         ///< Servers only; may be null.
    std::optional<Certificate> own_leaf;            ///< Servers only.
    VersionRange versions;
    Limits limits;
    Clock clock;                                    ///< Never null.
    std::vector<std::string> alpn;                  ///< Offered or accepted.
    ClientAuth client_auth = ClientAuth::none;      ///< Servers only.
    std::shared_ptr<SessionStore> sessions;         ///< Clients only; may be null.
    SessionScope session_scope;                     ///< With `sessions`.
    std::shared_ptr<ServerSessions> kept_sessions;  ///< Servers that keep sessions, else null.
    std::chrono::seconds session_lifetime{0};       ///< With `kept_sessions`.
    bool keep_evidence = false;
    std::shared_ptr<const Judge> judge;  ///< Of this setup.
    mutable std::atomic<std::size_t> pending_questions{0};
    mutable PeerMemory memory;
};

/// What a server context was made into; null for one of another make.
std::shared_ptr<const ShellSetup> setup_of(const ServerContext* context) noexcept;

}  // namespace omnitls::inline v0::core
