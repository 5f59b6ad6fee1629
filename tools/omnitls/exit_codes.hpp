// SPDX-License-Identifier: BSL-1.0
// What the command's exit status says. Scripts depend on the numbers: they do not change.
#pragma once

#include <omnitls/error.hpp>

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace omnitls::tool {

enum class Exit : int {
    ok = 0,
    differ = 1,        ///< With `connect --diff`: the backends do not see the same.
    usage = 2,         ///< Options, files or configuration that cannot be used.
    name_lookup = 10,  ///< The host name has no address.
    tcp = 11,          ///< No connection.
    starttls = 12,     ///< The plain-text upgrade failed.
    tls = 13,          ///< The TLS handshake failed.
    certificate = 14,  ///< The certificate is not trusted, or is for somebody else.
    policy = 15,       ///< Neither is at fault: a limit, a deadline or a rule of this side refused.
    internal = 70,     ///< A fault of the command itself.
};

/// The status for a failure after the TCP connection stood.
Exit exit_for(const ErrorDetail& error);

/// Ends the command: an error with its words, and the status.
class Failure : public std::runtime_error {
public:
    Failure(Exit exit, ErrorDetail detail)
        : std::runtime_error(detail.what), exit_(exit), detail_(std::move(detail)) {}
    Exit exit() const noexcept { return exit_; }
    const ErrorDetail& detail() const noexcept { return detail_; }

private:
    Exit exit_;
    ErrorDetail detail_;
};

/// The value, or the end of the command: something the user gave cannot be used.
template <class Result>
auto value_or_usage(Result&& result) {
    if (!result) throw Failure(Exit::usage, result.error());
    return std::move(*result);
}

}  // namespace omnitls::tool
