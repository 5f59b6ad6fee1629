// SPDX-License-Identifier: BSL-1.0
// `Process`: a program that a test starts, reads from, and ends. It never outlives the test.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace omnitls::test {

class Process {
public:
    /// Starts `arguments[0]` (searched for in PATH). Standard input stays open and
    /// empty: some servers end with it. Throws std::runtime_error.
    explicit Process(const std::vector<std::string>& arguments);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    /// Kills it if it still runs.
    ~Process();

    /// The next whole line of its output, without line end; nullopt at the end of the output or after `patience`.
    std::optional<std::string> read_line();
    /// Reads until a line contains `text`; that line, or nullopt.
    std::optional<std::string> read_until(const std::string& text);
    /// Writes to its standard input; small texts only, it must be reading. Throws if it cannot.
    void send(std::string_view text) const;
    void close_input();
    void send_signal(int number) const;
    /// Reads the rest and waits for its end; the exit status, or -1 - signal. Throws if it does not end.
    int wait();

    const std::string& out() const noexcept {
        return out_.text;
    }  ///< All of its standard output read so far.
    const std::string& err() const noexcept { return err_.text; }

    /// How long anything may take before the test gives up.
    static constexpr std::chrono::seconds patience{60};

private:
    struct Pipe {
        int fd = -1;
        std::string text;
    };
    bool pump(std::chrono::steady_clock::time_point deadline);

    pid_t pid_ = -1;
    int stdin_ = -1;
    Pipe out_;
    Pipe err_;
    std::size_t line_start_ = 0;
};

struct Finished {
    int status = 0;
    std::string out;
    std::string err;
};
/// Runs a program to its end.
Finished run_process(const std::vector<std::string>& arguments);

}  // namespace omnitls::test
