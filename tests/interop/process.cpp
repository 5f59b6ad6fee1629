// SPDX-License-Identifier: BSL-1.0
// posix_spawn, two pipes and a deadline.
#include "tests/interop/process.hpp"

#include <array>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace omnitls::test {
namespace {

using Clock = std::chrono::steady_clock;

std::pair<int, int> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    return {ends[0], ends[1]};
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments) {
    const auto [in_read, in_write] = make_pipe();
    const auto [out_read, out_write] = make_pipe();
    const auto [err_read, err_write] = make_pipe();
    stdin_ = in_write;
    out_.fd = out_read;
    err_.fd = err_read;
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in_read, 0);
    posix_spawn_file_actions_adddup2(&actions, out_write, 1);
    posix_spawn_file_actions_adddup2(&actions, err_write, 2);
    const int error = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in_read);
    ::close(out_write);
    ::close(err_write);
    if (error != 0) {
        pid_ = -1;
        throw std::runtime_error(arguments[0] + ": " + std::strerror(error));
    }
}

Process::~Process() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (stdin_ >= 0) close_input();
    for (const Pipe* pipe : {&out_, &err_}) {
        if (pipe->fd >= 0) ::close(pipe->fd);
    }
}

/// Reads what there is; false when both pipes have ended or time is over.
bool Process::pump(Clock::time_point deadline) {
    std::array<pollfd, 2> polled{{{out_.fd, POLLIN, 0}, {err_.fd, POLLIN, 0}}};
    if (out_.fd < 0 && err_.fd < 0) return false;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 ||
        ::poll(polled.data(), polled.size(), static_cast<int>(left.count())) <= 0)
        return false;
    Pipe* pipes[] = {&out_, &err_};
    for (std::size_t i = 0; i < polled.size(); ++i) {
        if (pipes[i]->fd < 0 || polled[i].revents == 0) continue;
        std::array<char, 4096> block;
        const ssize_t size = ::read(pipes[i]->fd, block.data(), block.size());
        if (size > 0) {
            pipes[i]->text.append(block.data(), static_cast<std::size_t>(size));
        } else {
            ::close(std::exchange(pipes[i]->fd, -1));
        }
    }
    return true;
}

std::optional<std::string> Process::read_line() {
    const auto deadline = Clock::now() + patience;
    for (;;) {
        const std::size_t end = out_.text.find('\n', line_start_);
        if (end != std::string::npos) {
            std::string line = out_.text.substr(line_start_, end - line_start_);
            line_start_ = end + 1;
            return line;
        }
        if (out_.fd < 0 || !pump(deadline)) return std::nullopt;
    }
}

std::optional<std::string> Process::read_until(const std::string& text) {
    while (auto line = read_line()) {
        if (line->find(text) != std::string::npos) return line;
    }
    return std::nullopt;
}

void Process::send(std::string_view text) const {
    // A program that is gone must not take the test with it: SIGPIPE is ignored.
    [[maybe_unused]] static const auto ignored = std::signal(SIGPIPE, SIG_IGN);
    if (::write(stdin_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("cannot write to the program's standard input");
}

void Process::close_input() { ::close(std::exchange(stdin_, -1)); }

void Process::send_signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

int Process::wait() {
    const auto deadline = Clock::now() + patience;
    while (pump(deadline)) {
    }
    if (out_.fd >= 0 || err_.fd >= 0) throw std::runtime_error("the program does not end");
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1 - WTERMSIG(status);
}

Finished run_process(const std::vector<std::string>& arguments) {
    Process process(arguments);
    const int status = process.wait();
    return {status, process.out(), process.err()};
}

}  // namespace omnitls::test
