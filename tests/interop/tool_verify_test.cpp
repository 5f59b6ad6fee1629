// SPDX-License-Identifier: BSL-1.0
// `omnitls verify`: judging without a network.
#include "tests/interop/tool_fixture.hpp"

#include <cstdio>
#include <fstream>

#include <unistd.h>

namespace omnitls::test {
namespace {

using Verify = ToolTest;

/// A file that goes with the test.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text)
        : path_(testing::TempDir() + "omnitls_tool_test_" + std::to_string(::getpid()) + ".pem") {
        std::ofstream(path_) << text;
    }
    ~TemporaryFile() { std::remove(path_.c_str()); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

TEST_F(Verify, Table) {
    const auto verify = [](const std::string& role, const std::string& purpose) {
        Arguments arguments = {"verify",
                               "--backend",
                               "all",
                               "--ca",
                               data("root.pem"),
                               "--chain",
                               data(role + "_chain.pem"),
                               "--time",
                               "2030-01-01T00:00:00Z",
                               "--purpose",
                               purpose};
        if (purpose == "server") arguments.insert(arguments.end(), {"--name", "omnitls.test"});
        return ask(arguments);
    };
    struct Case {
        std::string role, purpose, finding;
    };
    const Case cases[] = {
        {"leaf", "server", ""},
        {"leaf_rsa", "server", ""},
        {"leaf_expired", "server", "expired"},
        {"leaf_not_yet", "server", "not_yet_valid"},
        {"leaf_wrong_name", "server", "name_mismatch"},
        {"leaf_cn_only", "server", "name_mismatch"},
        {"leaf_unknown_ca", "server", "unknown_authority"},
        {"leaf_wrong_eku", "server", "extended_key_usage"},
        {"leaf_under_not_ca", "server", "not_a_ca"},
        {"leaf_unknown_critical", "server", "unknown_critical_extension"},
        {"leaf_weak_rsa1024", "server", "weak_key"},
        {"client", "client", ""},
        {"client_expired", "client", "expired"},
        {"client_wrong_eku", "client", "extended_key_usage"},
        {"client", "server", "extended_key_usage"},
        {"leaf", "client", "extended_key_usage"},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.role + " as " + one.purpose);
        const Answer answer = verify(one.role, one.purpose);
        EXPECT_EQ(answer.status, one.finding.empty() ? 0 : 14);
        EXPECT_EQ(answer.all["exit"], answer.status);
        ASSERT_EQ(answer.all["results"].size(), built_backends().size());
        for (const Json& result : answer.all["results"]) {
            std::set<std::string> found;
            for (const Json& finding : result["evidence"]["findings"])
                found.insert(finding["category"]);
            EXPECT_EQ(found.contains(one.finding), !one.finding.empty())
                << result["evidence"]["findings"];
            EXPECT_EQ(result["evidence"]["trusted"], one.finding.empty());
            EXPECT_EQ(result["error"].is_null(), one.finding.empty());
            EXPECT_EQ(result["evidence"]["time"], "2030-01-01T00:00:00Z");
        }
    }
}

TEST_F(Verify, TimeDecides) {
    for (const auto& [time, status] :
         {std::pair{"2024-06-01T00:00:00Z", 0}, {"2025-03-01T00:00:00Z", 14}, {"yesterday", 2}}) {
        const Finished finished =
            tool({"verify", "--ca", data("root.pem"), "--chain", data("leaf_expired_chain.pem"),
                  "--name", "omnitls.test", "--time", time});
        EXPECT_EQ(finished.status, status) << time << finished.out << finished.err;
        if (status == 14) {
            EXPECT_NE(finished.err.find("2025-02-01"), std::string::npos) << finished.err;
        }
        if (status == 2) {
            EXPECT_NE(finished.err.find("yesterday"), std::string::npos) << finished.err;
        }
    }
}

TEST_F(Verify, SaysWhatWasWantedAndWhatIsThere) {
    const Finished good = tool({"verify", "--ca", data("root.pem"), "--chain",
                                data("leaf_chain.pem"), "--name", "a.wild.omnitls.test"});
    EXPECT_EQ(good.status, 0) << good.err;
    EXPECT_NE(good.out.find("trusted, by DNS:*.wild.omnitls.test"), std::string::npos) << good.out;
    EXPECT_NE(good.out.find("findings: none"), std::string::npos);
    const Finished bad = tool({"verify", "--ca", data("root.pem"), "--chain",
                               data("leaf_chain.pem"), "--name", "wrong.test"});
    EXPECT_EQ(bad.status, 14);
    EXPECT_NE(bad.out.find("not trusted"), std::string::npos);
    EXPECT_NE(bad.err.find("wrong.test"), std::string::npos) << bad.err;
    EXPECT_NE(bad.err.find("*.wild.omnitls.test"), std::string::npos) << bad.err;
}

TEST_F(Verify, ChainFiles) {
    const std::string good = read_data("leaf_chain.pem");
    const auto verify = [](const std::string& text) {
        const TemporaryFile file(text);
        return tool(
            {"verify", "--ca", data("root.pem"), "--chain", file.path(), "--name", "omnitls.test"});
    };
    EXPECT_EQ(verify(good).status, 0) << "twin";
    EXPECT_EQ(verify("a comment\r\n" + good + "more\n").status, 0);
    const std::string malformed =
        "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    const Finished refused = verify(malformed);
    EXPECT_EQ(refused.status, 14) << "what a connection would say" << refused.err;
    EXPECT_NE(refused.out.find("malformed"), std::string::npos) << refused.out;
    const std::pair<std::string, std::string> cases[] = {
        {"", ".pem: no CERTIFICATE block; the text is empty"},
        {"hello\n", ".pem: no CERTIFICATE block; there is no PEM in the text"},
        {"\n-----BEGIN CERTIFICATE-----\nMAMCAQE=\n",
         ".pem: line 2: the CERTIFICATE block has no END"},
        {"-----BEGIN CERTIFICATE-----\nMAM!\n-----END CERTIFICATE-----\n", ".pem: line 2: "},
        {"-----BEGIN CERTIFICATE-----\nMAMCA\n-----END CERTIFICATE-----\n",
         ".pem: line 3: base64 that is cut short"},
        {"-----BEGIN CERTIFICATE-----\nM===\n-----END CERTIFICATE-----\n", ".pem: line 2: "},
    };
    for (const auto& [text, part] : cases) {
        const Finished finished = verify(text);
        EXPECT_EQ(finished.status, 2) << text;
        EXPECT_NE(finished.err.find(part), std::string::npos) << finished.err;
    }
}

}  // namespace
}  // namespace omnitls::test
