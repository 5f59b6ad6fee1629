// SPDX-License-Identifier: BSL-1.0
// The command as a user runs it: exit status, JSON and words.
#pragma once

#include "tests/interop/process.hpp"
#include "tests/support/certs.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {

using Json = nlohmann::json;
using Arguments = std::vector<std::string>;
using Names = std::vector<std::string>;

/// Where the command was built.
extern const char* const tool_program;

/// Runs it to its end.
Finished tool(Arguments arguments);

/// Runs it with --json; its one result.
struct Answer {
    int status = 0;
    Json all;
    Json result;
};
Answer ask(Arguments arguments);

inline std::string data(const std::string& name) { return data_path(name); }

/// `omnitls serve` with the certificate of a role.
class Server {
public:
    explicit Server(const std::string& role, const Arguments& more = {});
    std::string where() const { return "127.0.0.1:" + port_; }
    std::uint16_t port() const { return static_cast<std::uint16_t>(std::stoi(port_)); }
    Process& process() { return process_; }
    /// What it says of the connection that has ended next.
    std::string connection() { return process_.read_until("connection ").value_or("(nothing)"); }

private:
    Process process_;
    std::string port_;
};

/// The words for `omnitls connect` to a server of the tests' authority.
Arguments connect_to(const std::string& where, const Arguments& more = {});

/// The stages of a result by name, those that failed with "!".
Names stages(const Json& result);

/// Skips where no backend was built: the command can do nothing then.
class ToolTest : public testing::Test {
protected:
    void SetUp() override {
        if (built_backends().empty()) GTEST_SKIP() << "no backend in this build";
    }
};

}  // namespace omnitls::test
