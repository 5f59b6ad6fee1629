// SPDX-License-Identifier: BSL-1.0
// The secrets of connections, for tools that decrypt captures (RFC 9850). Only where a program sets a sink: no environment
// variable switches it on. Whoever reads the log reads the traffic.
#pragma once

#include <omnitls/export.hpp>
#include <omnitls/result.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace omnitls::inline v0 {

/// Takes lines. Usable from several connections, and threads, at once.
class OMNITLS_API KeyLog {
public:
    virtual ~KeyLog() = default;
    /// One line of an SSLKEYLOGFILE without its end: label, client random, secret (RFC 9850 §2). Must not throw.
    virtual void write(std::string_view line) noexcept = 0;
};

/// Appends to a file. One that is not there yet is made, for its owner only; one that is keeps its permissions.
/// Errc::bad_input naming the path and the system's reason.
OMNITLS_API Result<std::shared_ptr<KeyLog>> key_log_file(const std::string& path);

}  // namespace omnitls::inline v0
