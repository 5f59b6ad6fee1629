// SPDX-License-Identifier: BSL-1.0
// Options that say who decides about the server, if not the baseline.
#pragma once

#include <omnitls/verifier.hpp>

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

namespace omnitls::tool {

struct VerifierOptions {
    /// "pin:FILE", "tofu:FILE", "dane", "dane:ADDRESS", "ask"; empty: the baseline.
    std::string verify;
    std::string dnssec_anchor;  ///< A file; empty: the system's.
    std::string mx_of;          ///< The domain whose mail the server takes; empty: none.
    bool insecure = false;

    void add_to(CLI::App& command);
    bool given() const { return insecure || !verify.empty(); }
    /// Throws Failure (usage) for options that would change nothing. `protocol`: of the upgrade.
    void check(const std::string& protocol) const;
    /// Null: the baseline. `protocol`: whose keys `tofu` remembers. Warns on standard error if nobody decides. Throws Failure (usage).
    std::shared_ptr<CertificateVerifier> make(const std::string& protocol,
                                              const spi::Crypto& crypto) const;
};

}  // namespace omnitls::tool
