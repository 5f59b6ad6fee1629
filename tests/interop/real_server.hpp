// SPDX-License-Identifier: BSL-1.0
// Servers that nobody here wrote, from Debian packages: Prosody (XMPP, its TLS is OpenSSL) and Exim (SMTP, its TLS is GnuTLS).
// Each runs on 127.0.0.1 and a free port, from a temporary directory, as whoever runs the test; nothing of it outlives its owner.
#pragma once

#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace omnitls::test {

enum class Software : std::uint8_t { prosody, exim };
std::string software_name(Software software);

/// The program's path, or nothing: looked for in PATH and where Debian puts servers.
std::optional<std::string> find_server(Software software);

/// A free port of 127.0.0.1, kept for one server: nobody else is given it while this lives, and only the server listens on it.
class ReservedPort {
public:
    ReservedPort();
    ReservedPort(const ReservedPort&) = delete;
    ReservedPort& operator=(const ReservedPort&) = delete;
    ~ReservedPort();
    std::uint16_t port() const noexcept { return port_; }

private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

class RealServer {
public:
    /// Starts it with the certificate of `role` and returns when it accepts connections. It asks clients for a certificate of
    /// `root` and lets in those without. Throws std::runtime_error with its own words if it does not start.
    RealServer(Software software, const std::string& role);
    RealServer(const RealServer&) = delete;
    RealServer& operator=(const RealServer&) = delete;
    /// Kills its process group.
    ~RealServer();

    std::uint16_t port() const noexcept { return port_.port(); }
    /// Everything it has said so far.
    std::string log() const;
    /// Waits until its log has `text`; false if it does not come.
    bool logs(const std::string& text) const;

private:
    std::vector<std::string> configure_prosody(const std::string& role) const;
    std::vector<std::string> configure_exim(const std::string& role) const;
    void spawn(const std::vector<std::string>& arguments);
    void wait_until_listening() const;
    bool exited_within(int milliseconds) const;

    Software software_;
    TemporaryDirectory directory_;
    ReservedPort port_;
    pid_t pid_ = -1;
    int pidfd_ = -1;
};

}  // namespace omnitls::test

/// Ends the test if the server's program is not installed: a visible skip, and a failure where CI=true.
#define OMNITLS_NEED_SERVER(software)                                                            \
    do {                                                                                         \
        if (!::omnitls::test::find_server(software)) {                                           \
            const char* const ci = std::getenv("CI");                                            \
            const std::string text =                                                             \
                ::omnitls::test::software_name(software) + " is not installed (tools/setup.sh)"; \
            if (ci != nullptr && std::string(ci) == "true") FAIL() << text;                      \
            GTEST_SKIP() << text;                                                                \
        }                                                                                        \
    } while (false)
