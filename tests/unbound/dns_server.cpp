// SPDX-License-Identifier: BSL-1.0
#include "tests/unbound/dns_server.hpp"

#include "tests/support/certs.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace omnitls::test {
namespace {

/// Bound to a free port of 127.0.0.1.
int udp_socket(std::uint16_t& port) {
    const int number = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (number < 0 || ::bind(number, any, size) != 0 || ::getsockname(number, any, &size) != 0) {
        if (number >= 0) ::close(number);
        throw std::runtime_error("no free UDP port");
    }
    port = ntohs(address.sin_port);
    return number;
}

std::string configuration(std::uint16_t port, DnsServer::Manner manner) {
    std::ostringstream text;
    text << "server:\n"
            "  interface: 127.0.0.1\n  port: "
         << port << "\n  access-control: 127.0.0.0/8 "
         << (manner == DnsServer::Manner::answers ? "allow" : "refuse")
         << "\n"
            "  so-reuseport: no\n"  // or a port that somebody has would be shared with him
            "  do-daemonize: no\n  use-syslog: no\n  logfile: /dev/stdout\n  verbosity: 1\n"
            "  username: \"\"\n  chroot: \"\"\n  directory: \"\"\n  pidfile: \"\"\n"
            "  num-threads: 1\n  module-config: iterator\n"
            "remote-control:\n  control-enable: no\n";
    for (const std::string& zone : std::vector<std::string>{
             "", "example.", "expired.example.", "tampered.example.", "unsigned.example."}) {
        text << "auth-zone:\n  name: \"" << (zone.empty() ? "." : zone) << "\"\n  zonefile: \""
             << data_path("zones/" + (zone.empty() ? "root." : zone) + "zone")
             << "\"\n  for-upstream: yes\n  for-downstream: no\n  fallback-enabled: no\n";
    }
    return text.str();
}

}  // namespace

std::optional<std::string> find_unbound() {
    const char* const path = std::getenv("PATH");
    std::istringstream directories(std::string(path == nullptr ? "" : path) +
                                   ":/usr/sbin:/usr/bin");
    for (std::string directory; std::getline(directories, directory, ':');) {
        const std::string candidate = directory + "/unbound";
        if (!directory.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return std::nullopt;
}

DnsServer::DnsServer(Manner manner) {
    // It binds the port itself, so a port that was free can be gone by then; then it ends.
    for (int attempt = 0; attempt < 10; ++attempt) {
        ::close(udp_socket(port_));
        if (start(manner)) return;
    }
    throw std::runtime_error("unbound does not start; it says:\n" + process_->out() +
                             process_->err());
}

bool DnsServer::start(Manner manner) {
    const std::string file = directory_.path() + "/unbound.conf";
    std::ofstream(file) << configuration(port_, manner);
    // If the test is killed, so is the server.
    process_ = std::make_unique<Process>(std::vector<std::string>{
        "setpriv", "--pdeathsig", "KILL", find_unbound().value_or("unbound"), "-d", "-c", file});
    return process_->read_until("start of service").has_value();
}

SilentServer::SilentServer() { socket_ = udp_socket(port_); }

SilentServer::~SilentServer() { ::close(socket_); }

}  // namespace omnitls::test
