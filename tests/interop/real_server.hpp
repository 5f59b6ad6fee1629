// SPDX-License-Identifier: BSL-1.0
// Servers that nobody here wrote, from Debian packages. Each runs on 127.0.0.1 and free ports, from a temporary directory, as whoever
// runs the test or as nobody; nothing of it outlives its owner. What is particular to one stands in servers/.
#pragma once

#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace omnitls::test {

/// Where one server runs. Its directory is its own and has its certificate with the intermediates (chain.pem), the key (key.pem) and
/// the authorities of clients (root.pem; authorities.pem with the intermediate).
struct Place {
    std::string program;
    std::string directory;
    std::vector<std::uint16_t> ports;
    /// It asks clients for a certificate if it can. With this it does not let in one without.
    bool demands_certificate = false;

    std::string path(std::string_view name) const { return directory + "/" + std::string(name); }
    /// Writes a file of that name, with @dir@, @port@, @port1@ and so on, and what is in `more`, replaced; its path.
    std::string write(std::string_view name, std::string_view text,
                      const std::map<std::string, std::string>& more = {}) const;
};

using Arguments = std::vector<std::string>;
struct Launch {
    std::vector<Arguments> before;  ///< Run to their end, one after the other.
    Arguments command;              ///< Stays in the foreground.
};

struct Software {
    std::string_view program;
    std::size_t ports = 1;
    /// Writes what it is configured with.
    Launch (*configure)(const Place& place) = nullptr;
    /// Root's test runs it as nobody: it refuses to be root, or has one form of configuration for root and one for others.
    bool never_as_root = false;
    /// What ends it. Most have nothing that is worth a gentler end.
    int end_signal = SIGKILL;
    /// What it logs when it is ready; else it is when it accepts connections.
    std::string_view ready{};
    /// Has a directory for each version, with bin/ in it.
    std::string_view versions_directory{};
};

/// The program's path, or nothing: looked for in PATH and where Debian puts servers.
std::optional<std::string> find_server(const Software& software);

/// A free port of 127.0.0.1, kept for one server: nobody else is given it while this lives, and only the server listens on it.
class ReservedPort {
public:
    ReservedPort();
    ReservedPort(ReservedPort&& other) noexcept;
    ReservedPort& operator=(ReservedPort&&) = delete;
    ~ReservedPort();
    std::uint16_t port() const noexcept { return port_; }

private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

class RealServer {
public:
    /// Starts it with the certificate of `role` and returns when it is ready. The authority of its clients is `root`.
    /// Throws std::runtime_error with its own words if it does not start.
    RealServer(const Software& software, const std::string& role, bool demands_certificate = false);
    RealServer(const RealServer&) = delete;
    RealServer& operator=(const RealServer&) = delete;
    /// Kills its process group.
    ~RealServer();

    std::uint16_t port(std::size_t which = 0) const { return place_.ports.at(which); }
    const Place& place() const noexcept { return place_; }
    /// Everything it has said so far.
    std::string log() const;
    /// How often `text` is in its log.
    std::size_t logged(const std::string& text) const;
    /// Waits until its log has `text` that many times; false if it does not come.
    bool logs(const std::string& text, std::size_t times = 1) const;

private:
    void furnish(const std::string& role);
    void hand_over() const;
    void start(const Launch& launch);
    void spawn(const Arguments& arguments);
    void run(const Arguments& arguments);
    bool is_ready() const;
    void wait_until_ready() const;
    void end();
    bool exited_within(int milliseconds) const;

    const Software& software_;
    TemporaryDirectory directory_;
    std::vector<ReservedPort> ports_;
    Place place_;
    pid_t pid_ = -1;
    int pidfd_ = -1;
};

/// As whom a server runs that is never root: name and group of nobody, or of whoever runs the test.
struct Account {
    std::string user;
    std::string group;
    uid_t uid = 0;
    gid_t gid = 0;
};
Account plain_account();

}  // namespace omnitls::test

/// Ends the test if the server's program is not installed: a visible skip, and a failure where CI=true.
#define OMNITLS_NEED_SERVER(software)                                                   \
    do {                                                                                \
        if (!::omnitls::test::find_server(software)) {                                  \
            const char* const ci = std::getenv("CI");                                   \
            const std::string text =                                                    \
                std::string((software).program) + " is not installed (tools/setup.sh)"; \
            if (ci != nullptr && std::string(ci) == "true") FAIL() << text;             \
            GTEST_SKIP() << text;                                                       \
        }                                                                               \
    } while (false)
