// SPDX-License-Identifier: BSL-1.0
// What the configured revocation lists say of one certificate (RFC 5280 §6.3.3, for complete lists that its issuer signed).
#pragma once

#include "core/certificate_memory.hpp"
#include <omnitls/revocation.hpp>
#include <omnitls/verifier.hpp>

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace omnitls::inline v0::core {

/// Remembers whose signature a list has, since a list may be megabytes. For one context, whose lists never change. Any thread.
class RevocationMemory {
public:
    /// `key`: the digest of the SubjectPublicKeyInfo.
    bool has(const RevocationList& list, const Fingerprint& key) const noexcept;
    void add(const RevocationList& list, const Fingerprint& key) noexcept;

private:
    static constexpr std::size_t most = 256;
    mutable std::mutex mutex_;
    std::set<std::pair<const RevocationListFields*, Fingerprint>> good_;
};

/// Borrowed.
struct RevocationSource {
    const RevocationLists* lists = nullptr;  ///< Never null.
    Revocation mode = Revocation::if_available;
    RevocationMemory* memory = nullptr;  ///< Null: every signature is checked.
};

/// Where the signature of a list is checked.
class ListSignatures {
public:
    virtual ~ListSignatures() = default;
    /// Why `list` is not one that `issuer` signed and may sign; empty: it is.
    virtual std::string problem(const RevocationList& list, const Certificate& issuer) = 0;
};

/// What is wrong with a certificate as far as lists know.
struct RevocationProblem {
    FindingCategory category{};
    std::string text;
};
std::optional<RevocationProblem> check_revocation(const RevocationSource& source,
                                                  const Certificate& subject,
                                                  const Certificate& issuer, UtcTime time,
                                                  ListSignatures& signatures);

}  // namespace omnitls::inline v0::core
