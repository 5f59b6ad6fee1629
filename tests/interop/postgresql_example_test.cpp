// SPDX-License-Identifier: BSL-1.0
// examples/postgresql_scram.cpp at a PostgreSQL.
#include "tests/interop/process.hpp"
#include "tests/interop/real_server.hpp"
#include "tests/interop/servers/servers.hpp"
#include "tests/support/certs.hpp"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

class PostgresqlExample : public testing::Test {
protected:
    void SetUp() override {
        if (program_.empty()) GTEST_SKIP() << "no examples in this build";
        OMNITLS_NEED_SERVER(software::postgresql);
    }
    /// Of a server that knows "user" by "pencil".
    Finished log_in(const RealServer& server, const std::string& authority,
                    const std::string& password) const {
        Process process({program_, "127.0.0.1", std::to_string(server.port()),
                         data_path(authority + ".pem"), "user", "postgres",
                         "SELECT ssl, NULL, 6 * 7 FROM pg_stat_ssl WHERE pid = pg_backend_pid()"});
        process.send(password + "\n");
        const int status = process.wait();
        return {status, process.out(), process.err()};
    }

private:
    std::string program_ = OMNITLS_TEST_EXAMPLE;
};

TEST_F(PostgresqlExample, LogsInBoundToTheConnection) {
    const RealServer server(software::postgresql, "leaf");
    const Finished right = log_in(server, "root", "pencil");
    EXPECT_EQ(right.status, 0) << right.err;
    EXPECT_EQ(right.out, "verified\nlogged in\nt\t(null)\t42\n");
    EXPECT_EQ(right.err, "");

    const Finished wrong = log_in(server, "root", "pencils");
    EXPECT_EQ(wrong.status, 1);
    EXPECT_EQ(wrong.out, "verified\n");
    EXPECT_NE(wrong.err.find("password authentication failed for user"), std::string::npos)
        << wrong.err;
    EXPECT_TRUE(server.logs("password authentication failed"));

    // The password is right, and nobody is told.
    const Finished stranger = log_in(server, "other_root", "pencil");
    EXPECT_EQ(stranger.status, 1);
    EXPECT_EQ(stranger.out, "");
    EXPECT_NE(stranger.err.find("unknown_authority"), std::string::npos) << stranger.err;
    EXPECT_TRUE(server.logs("alert unknown ca"));
    EXPECT_EQ(server.logged("password authentication failed"), 1U);
}

}  // namespace
}  // namespace omnitls::test
