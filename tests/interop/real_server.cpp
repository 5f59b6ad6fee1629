// SPDX-License-Identifier: BSL-1.0
// Configuration, start and end of the servers.
#include "tests/interop/real_server.hpp"

#include "tests/support/certs.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace omnitls::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{60};
constexpr int glance_ms =
    10;  // How long it is before something that gives no signal is looked at again.

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool accepts_connections(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool connected =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string read_if_there(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    return text.str();
}

/// What the child does between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* argv, int output, pid_t parent) {
    ::setpgid(0, 0);
    // If the test is killed, so is the server.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    ::dup2(output, 1);
    ::dup2(output, 2);
    ::execv(argv[0], argv);
    ::_exit(127);
}

}  // namespace

std::string software_name(Software software) {
    return software == Software::prosody ? "prosody" : "exim4";
}

std::optional<std::string> find_server(Software software) {
    const char* const path = std::getenv("PATH");
    std::istringstream directories(std::string(path == nullptr ? "" : path) +
                                   ":/usr/sbin:/usr/bin");
    for (std::string directory; std::getline(directories, directory, ':');) {
        const std::string candidate = directory + "/" + software_name(software);
        if (!directory.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return std::nullopt;
}

// A bound socket that does not listen: the kernel hands the port to nobody who asks for a free one, yet a server that sets
// SO_REUSEADDR, as all do, may bind it.
ReservedPort::ReservedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (socket_ < 0 || ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(socket_, any, size) != 0 || ::getsockname(socket_, any, &size) != 0) {
        throw std::runtime_error(std::string("no free port: ") + std::strerror(errno));
    }
    port_ = ntohs(address.sin_port);
}

ReservedPort::~ReservedPort() { ::close(socket_); }

RealServer::RealServer(Software software, const std::string& role) : software_(software) {
    spawn(software == Software::prosody ? configure_prosody(role) : configure_exim(role));
    wait_until_listening();
}

RealServer::~RealServer() {
    if (pid_ <= 0) return;
    // All of the group: Exim has a process per connection. It has nothing that is worth a gentler end.
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    if (pidfd_ >= 0) ::close(pidfd_);
}

std::vector<std::string> RealServer::configure_prosody(const std::string& role) const {
    const std::string& here = directory_.path();
    std::filesystem::create_directory(here + "/data");
    write_file(here + "/prosody.cfg.lua",
               "run_as_root = true -- looked at only when root runs it\n"
               "pidfile = \"" +
                   here +
                   "/pid\"\n"
                   "data_path = \"" +
                   here +
                   "/data\"\n"
                   "log = { { levels = { min = \"debug\" }, to = \"file\", filename = \"" +
                   here +
                   "/log\" } }\n"
                   "interfaces = { \"127.0.0.1\" }\n"
                   "c2s_ports = { " +
                   std::to_string(port()) +
                   " }\n"
                   "c2s_direct_tls_ports = {}\n"
                   "modules_enabled = { \"saslauth\"; \"tls\" }\n"
                   "modules_disabled = { \"posix\"; \"s2s\"; \"s2s_auth_certs\" }\n"
                   "authentication = \"internal_plain\"\n"
                   "storage = \"internal\"\n"
                   "c2s_require_encryption = true\n"
                   "VirtualHost \"omnitls.test\"\n"
                   "ssl = { certificate = \"" +
                   data_path(role + "_chain.pem") +
                   "\";\n"
                   "        key = \"" +
                   data_path(role + ".key") +
                   "\";\n"
                   "        cafile = \"" +
                   data_path("root.pem") +
                   "\";\n"
                   "        verify = { \"peer\", \"client_once\" } }\n");
    return {*find_server(software_), "-F", "--config", here + "/prosody.cfg.lua"};
}

std::vector<std::string> RealServer::configure_exim(const std::string& role) const {
    const std::string& here = directory_.path();
    write_file(here + "/exim.conf",
               "primary_hostname = omnitls.test\n"
               // Whoever runs it: no file has to change hands, and no user name is needed.
               "exim_user = " +
                   std::to_string(::geteuid()) +
                   "\n"
                   "exim_group = " +
                   std::to_string(::getegid()) +
                   "\n"
                   "keep_environment =\n"
                   "spool_directory = " +
                   here +
                   "\n"
                   "log_file_path = " +
                   here +
                   "/%slog\n"
                   "log_selector = +tls_peerdn\n"
                   "pid_file_path = " +
                   here +
                   "/pid\n"
                   "notifier_socket =\n"
                   "local_interfaces = 127.0.0.1\n"
                   "daemon_smtp_ports = " +
                   std::to_string(port()) +
                   "\n"
                   "tls_advertise_hosts = *\n"
                   "tls_certificate = " +
                   data_path(role + "_chain.pem") +
                   "\n"
                   "tls_privatekey = " +
                   data_path(role + ".key") +
                   "\n"
                   "tls_try_verify_hosts = *\n"
                   "tls_verify_certificates = " +
                   data_path("root.pem") +
                   "\n"
                   "queue_only = true\n"
                   "host_lookup =\n"
                   "rfc1413_query_timeout = 0s\n"
                   "acl_smtp_mail = say_who\n"
                   "begin acl\n"
                   "say_who:\n"
                   "  accept message = you are <$tls_in_peerdn>, verified "
                   "<$tls_in_certificate_verified>\n");
    return {*find_server(software_), "-bdf", "-C", here + "/exim.conf"};
}

void RealServer::spawn(const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const int output = ::open((directory_.path() + "/out").c_str(),
                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) become(argv.data(), output, parent);
    ::close(output);
    if (pid_ < 0) throw std::runtime_error("fork");
    ::setpgid(pid_, pid_);  // The child does it too: whoever is first.
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0U));
}

bool RealServer::exited_within(int milliseconds) const {
    pollfd process{pidfd_, POLLIN, 0};
    return ::poll(&process, 1, milliseconds) > 0;
}

void RealServer::wait_until_listening() const {
    const auto deadline = Clock::now() + patience;
    while (!accepts_connections(port())) {
        if (!exited_within(glance_ms) && Clock::now() < deadline) continue;
        const std::string words = log();
        ::kill(-pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        throw std::runtime_error(software_name(software_) + " does not start; it says:\n" + words);
    }
}

std::string RealServer::log() const {
    std::string all;
    for (const char* name : {"/out", "/log", "/mainlog", "/paniclog"})
        all += read_if_there(directory_.path() + name);
    return all;
}

bool RealServer::logs(const std::string& text) const {
    const auto deadline = Clock::now() + patience;
    while (log().find(text) == std::string::npos) {
        if (exited_within(glance_ms) || Clock::now() >= deadline) return false;
    }
    return true;
}

}  // namespace omnitls::test
