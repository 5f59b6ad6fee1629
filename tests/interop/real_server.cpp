// SPDX-License-Identifier: BSL-1.0
// Place, start and end of the servers.
#include "tests/interop/real_server.hpp"

#include "tests/support/certs.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

std::string read_if_there(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    return text.str();
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

bool becomes_nobody(const Software& software) { return software.never_as_root && ::geteuid() == 0; }

/// What the child does between fork and exec: only calls that are safe there.
struct Child {
    char* const* argv;
    const char* directory;
    int output;
    pid_t parent;
    bool drop;
    uid_t uid;
    gid_t gid;
    int end_signal;

    [[noreturn]] void become() const {
        ::setpgid(0, 0);
        if (drop && (::setgroups(0, nullptr) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0))
            ::_exit(127);
        // If the test is killed, so is the server. Behind setuid, which would take it back.
        ::prctl(PR_SET_PDEATHSIG, end_signal);
        if (::getppid() != parent || ::chdir(directory) != 0) ::_exit(127);
        const int nothing = ::open("/dev/null", O_RDONLY);
        ::dup2(nothing, 0);
        ::dup2(output, 1);
        ::dup2(output, 2);
        ::execv(argv[0], argv);
        ::_exit(127);
    }
};

}  // namespace

std::string Place::write(std::string_view name, std::string_view text,
                         const std::map<std::string, std::string>& more) const {
    std::map<std::string, std::string> meanings = more;
    meanings["@dir@"] = directory;
    for (std::size_t i = 0; i < ports.size(); ++i)
        meanings[i == 0 ? "@port@" : "@port" + std::to_string(i) + "@"] = std::to_string(ports[i]);
    std::string all(text);
    for (const auto& [word, meaning] : meanings) {
        for (std::size_t at = 0; (at = all.find(word, at)) != std::string::npos;
             at += meaning.size())
            all.replace(at, word.size(), meaning);
    }
    write_file(path(name), all);
    return path(name);
}

Account plain_account() {
    const passwd* const user = ::geteuid() == 0 ? ::getpwnam("nobody") : ::getpwuid(::geteuid());
    if (user == nullptr) throw std::runtime_error("no account to run a server as");
    const group* const its = ::getgrgid(user->pw_gid);
    if (its == nullptr) throw std::runtime_error("no group of " + std::string(user->pw_name));
    return {user->pw_name, its->gr_name, user->pw_uid, user->pw_gid};
}

std::optional<std::string> find_server(const Software& software) {
    const char* const path = std::getenv("PATH");
    std::string places = std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/bin";
    std::error_code none;
    if (!software.versions_directory.empty()) {
        for (const auto& version :
             std::filesystem::directory_iterator(software.versions_directory, none))
            places = version.path().string() + "/bin:" + places;
    }
    std::istringstream directories(places);
    for (std::string directory; std::getline(directories, directory, ':');) {
        const std::string candidate = directory + "/" + std::string(software.program);
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

ReservedPort::ReservedPort(ReservedPort&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), port_(other.port_) {}

ReservedPort::~ReservedPort() {
    if (socket_ >= 0) ::close(socket_);
}

RealServer::RealServer(const Software& software, const std::string& role, bool demands_certificate)
    : software_(software), ports_(software.ports) {
    place_.program = *find_server(software);
    place_.directory = directory_.path();
    place_.demands_certificate = demands_certificate;
    for (const ReservedPort& port : ports_) place_.ports.push_back(port.port());
    furnish(role);
    start(software.configure(place_));
}

RealServer::~RealServer() { end(); }

// The files are copies: whom the server runs as may not be able to read those of the checkout.
void RealServer::furnish(const std::string& role) {
    write_file(place_.path("chain.pem"), read_data(role + "_chain.pem"));
    write_file(place_.path("key.pem"), read_data(role + ".key"));
    write_file(place_.path("root.pem"), read_data("root.pem"));
    write_file(place_.path("authorities.pem"),
               read_data("intermediate.pem") + read_data("root.pem"));
    // Some servers do not take a key that others can read.
    if (::chmod(place_.path("key.pem").c_str(), 0600) != 0) throw std::runtime_error("chmod");
}

void RealServer::hand_over() const {
    if (!becomes_nobody(software_)) return;
    const Account account = plain_account();
    const auto give = [&](const std::string& path) {
        if (::lchown(path.c_str(), account.uid, account.gid) != 0)
            throw std::runtime_error("lchown " + path);
    };
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place_.directory))
        give(entry.path().string());
    give(place_.directory);
}

void RealServer::start(const Launch& launch) {
    try {
        hand_over();
        for (const Arguments& arguments : launch.before) run(arguments);
        spawn(launch.command);
        wait_until_ready();
    } catch (const std::exception& problem) {
        const std::string words = log();
        end();
        throw std::runtime_error(std::string(software_.program) + " does not start (" +
                                 problem.what() + "); it says:\n" + words);
    }
}

void RealServer::spawn(const Arguments& arguments) {
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const bool drop = becomes_nobody(software_);
    const Account account = drop ? plain_account() : Account{};
    const int output =
        ::open(place_.path("out").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const Child child{argv.data(), place_.directory.c_str(), output, ::getpid(), drop, account.uid,
                      account.gid, software_.end_signal};
    pid_ = ::fork();
    if (pid_ == 0) child.become();
    ::close(output);
    if (pid_ < 0) throw std::runtime_error("fork");
    ::setpgid(pid_, pid_);  // The child does it too: whoever is first.
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0U));
}

void RealServer::run(const Arguments& arguments) {
    spawn(arguments);
    const bool ended = exited_within(static_cast<int>(std::chrono::milliseconds(patience).count()));
    if (!ended) throw std::runtime_error(arguments[0] + " does not end");
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    ::close(std::exchange(pidfd_, -1));
    if (status != 0) throw std::runtime_error(arguments[0] + " fails");
}

bool RealServer::exited_within(int milliseconds) const {
    pollfd process{pidfd_, POLLIN, 0};
    return ::poll(&process, 1, milliseconds) > 0;
}

bool RealServer::is_ready() const {
    if (!software_.ready.empty()) return logged(std::string(software_.ready)) > 0;
    return std::all_of(place_.ports.begin(), place_.ports.end(), accepts_connections);
}

void RealServer::wait_until_ready() const {
    const auto deadline = Clock::now() + patience;
    while (!is_ready()) {
        if (exited_within(glance_ms)) throw std::runtime_error("it has ended");
        if (Clock::now() >= deadline) throw std::runtime_error("it does not get ready");
    }
}

void RealServer::end() {
    if (pid_ <= 0) return;
    if (software_.end_signal != SIGKILL) {
        ::kill(pid_, software_.end_signal);
        exited_within(static_cast<int>(std::chrono::milliseconds(patience).count()));
    }
    // All of the group: some have a process per connection.
    ::kill(-pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    if (pidfd_ >= 0) ::close(pidfd_);
}

std::string RealServer::log() const {
    std::string all;
    for (const char* name : {"out", "log", "mainlog", "paniclog"})
        all += read_if_there(place_.path(name));
    return all;
}

std::size_t RealServer::logged(const std::string& text) const {
    const std::string all = log();
    std::size_t times = 0;
    for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1))
        ++times;
    return times;
}

bool RealServer::logs(const std::string& text, std::size_t times) const {
    const auto deadline = Clock::now() + patience;
    while (logged(text) < times) {
        if (exited_within(glance_ms) || Clock::now() >= deadline) return false;
    }
    return true;
}

}  // namespace omnitls::test
