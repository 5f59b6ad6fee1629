// SPDX-License-Identifier: BSL-1.0
// Who answers, and who does not: Debian's `unbound` on the zones of tests/data/zones, and a socket that says nothing. On 127.0.0.1 and
// a free port.
#pragma once

#include "tests/interop/process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace omnitls::test {

/// The program's path, or nothing: looked for in PATH and where Debian puts servers.
std::optional<std::string> find_unbound();

/// A recursive resolver for the zones, and for nothing else. It validates nothing: it has what a forged answer would be made of.
class DnsServer {
public:
    enum class Manner : std::uint8_t { answers, refuses };
    /// Returns when it answers. Throws std::runtime_error with its words if it does not start.
    explicit DnsServer(Manner manner = Manner::answers);
    /// "127.0.0.1@5353"
    std::string address() const { return "127.0.0.1@" + std::to_string(port_); }
    std::uint16_t port() const noexcept { return port_; }

private:
    bool start(Manner manner);

    TemporaryDirectory directory_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

/// A UDP socket that is never read, so that a look-up goes on for as long as it may.
class SilentServer {
public:
    SilentServer();
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    ~SilentServer();
    std::string address() const { return "127.0.0.1@" + std::to_string(port_); }

private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace omnitls::test

/// Ends the test if the server's program is not installed: a visible skip, and a failure where CI=true.
#define OMNITLS_NEED_UNBOUND()                                                    \
    do {                                                                          \
        if (!::omnitls::test::find_unbound()) {                                   \
            const char* const ci = std::getenv("CI");                             \
            const std::string text = "unbound is not installed (tools/setup.sh)"; \
            if (ci != nullptr && std::string(ci) == "true") FAIL() << text;       \
            GTEST_SKIP() << text;                                                 \
        }                                                                         \
    } while (false)
