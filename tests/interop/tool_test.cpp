// SPDX-License-Identifier: BSL-1.0
// The command's options, and `omnitls backends`.
#include "tests/interop/tool_fixture.hpp"

#include <set>

namespace omnitls::test {
namespace {

TEST(Usage, StatusTwo) {
    EXPECT_EQ(tool({"backends"}).status, 0) << "twin";
    EXPECT_EQ(tool({"--help"}).status, 0);
    EXPECT_EQ(tool({"connect", "--help"}).status, 0);
    EXPECT_EQ(tool({"--version"}).status, 0);
    for (const Arguments& wrong : {Arguments{},
                                   {"frobnicate"},
                                   {"backends", "--colour"},
                                   {"connect"},
                                   {"serve", "--port", "0"},
                                   {"connect", "localhost:1", "--starttls", "gopher"},
                                   {"connect", "localhost:1", "--cert", "x"},
                                   {"serve", "--port", "70000", "--cert", "x", "--key", "y"},
                                   {"verify", "--ca", "x"}}) {
        const Finished finished = tool(wrong);
        EXPECT_EQ(finished.status, 2)
            << testing::PrintToString(wrong) << finished.out << finished.err;
        EXPECT_NE(finished.err, "");
    }
}

// A script that asks whether the backends differ must not take a fault of the command for a yes. Without files it cannot wait for
// anything: one is enough for the loader of programs, and too few for the rest.
TEST_F(ToolTest, AFaultOfItsOwnHasAStatusOfItsOwn) {
    if (*OMNITLS_TEST_SANITIZE != '\0') GTEST_SKIP() << "sanitizers open files of their own";
    Server server("leaf", {"--tls", "1.2"});
    const auto with_files = [&](const std::string& how_many) {
        // Whoever runs the tests may have left a file open; numbers from the limit on do not count.
        Arguments arguments{"sh", "-c", "exec 3>&-; ulimit -n " + how_many + "; exec \"$0\" \"$@\"",
                            tool_program};
        for (const std::string& word : connect_to(server.where(), {"--backend", "all", "--diff"}))
            arguments.push_back(word);
        return run_process(arguments);
    };
    EXPECT_EQ(with_files("64").status, 0) << "twin";
    const Finished fault = with_files("4");
    EXPECT_EQ(fault.status, 70) << fault.out;
    EXPECT_EQ(fault.err.find("omnitls: internal error: "), 0U) << fault.err;
}

TEST(Backends, AreListed) {
    const Answer answer = ask({"backends"});
    EXPECT_EQ(answer.status, 0);
    ASSERT_EQ(answer.all["backends"].size(), built_backends().size());
    for (std::size_t i = 0; i < built_backends().size(); ++i) {
        const Json& backend = answer.all["backends"][i];
        EXPECT_EQ(backend["name"], built_backends()[i]->name());
        EXPECT_EQ(backend["version"], built_backends()[i]->version());
        EXPECT_EQ(backend["capabilities"].size(),
                  built_backends()[i]->capabilities().rows().size());
        for (const Json& row : backend["capabilities"]) {
            const std::string state = row["state"];
            EXPECT_TRUE((std::set<std::string>{"native", "emulated", "absent"}).contains(state))
                << row;
            EXPECT_EQ(row["reason"] == "" || row["reason"].get<std::string>().ends_with(" alone"),
                      state == "native")
                << row;
        }
        EXPECT_NE(tool({"backends"}).out.find(backend["name"].get<std::string>() + ": "),
                  std::string::npos);
    }
}

TEST(Backends, SayWhatTheyWouldNegotiate) {
    const Answer answer = ask({"backends", "--profile", "modern", "--groups", "secp384r1,x25519"});
    EXPECT_EQ(answer.status, 0);
    for (const Json& backend : answer.all["backends"]) {
        const Json& effective = backend["effective"];
        if (effective.contains("refused")) {
            EXPECT_NE(effective["refused"].get<std::string>().find("(capability tls13"),
                      std::string::npos);
            continue;
        }
        EXPECT_EQ(effective["versions"], (Names{"TLSv1.3", "TLSv1.3"}));
        EXPECT_EQ(effective["groups"], (Names{"secp384r1", "x25519"}));
        EXPECT_EQ(effective["cipher_suites"].size(), 3U);
    }
    const Answer by_default = ask({"backends"});
    for (const Json& backend : by_default.all["backends"])
        EXPECT_EQ(backend["effective"]["versions"][0], "TLSv1.2") << backend["name"];
}

// A word that is no name is refused before anything is done, with the names there are.
TEST_F(ToolTest, NamesOfAlgorithmsAreChecked) {
    EXPECT_EQ(tool({"backends", "--groups", "secp256r1"}).status, 0) << "twin";
    const std::pair<Arguments, std::string> rows[] = {
        {{"--groups", "x25519,P-256"}, "entry 2, \"P-256\""},
        {{"--suites", "ECDHE-RSA-AES128-GCM-SHA256"}, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
        {{"--signature-schemes", "SHA256"}, "ecdsa_secp256r1_sha256"},
        {{"--profile", "ancient"}, "modern"}};
    for (const auto& [words, said] : rows) {
        Arguments arguments{"backends"};
        arguments.insert(arguments.end(), words.begin(), words.end());
        const Finished wrong = tool(arguments);
        EXPECT_EQ(wrong.status, 2) << wrong.out;
        EXPECT_NE(wrong.err.find(said), std::string::npos) << wrong.err;
    }
}

TEST_F(ToolTest, AnAlgorithmOfBothSidesIsTheOneUsed) {
    const Arguments only{"--tls",    "1.2",
                         "--suites", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                         "--groups", "secp384r1,secp256r1"};
    Server server("leaf", only);
    const Answer same = ask(connect_to(server.where()));
    EXPECT_EQ(same.status, 0);
    EXPECT_EQ(same.result["tls"]["cipher"], "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    EXPECT_EQ(same.result["tls"]["group"], "secp384r1");
    EXPECT_EQ(ask(connect_to(server.where(), only)).status, 0);
    Arguments other = only;
    other[3] = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    const Answer failed = ask(connect_to(server.where(), other));
    EXPECT_EQ(failed.status, 13);
    EXPECT_EQ(failed.result["error"]["code"], "no_common_parameters");
}

}  // namespace
}  // namespace omnitls::test
