// SPDX-License-Identifier: BSL-1.0
// `omnitls connect` on each backend: side by side, differences by name, channel bindings, key logs.
#include "tests/interop/needs_version.hpp"
#include "tests/interop/tool_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

namespace omnitls::test {
namespace {

using Connect = ToolTest;

std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

/// RFC 4648 §4, read bit by bit.
std::string hex_of_base64(const std::string& text) {
    const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string hex;
    std::size_t bits = 0, pending = 0;
    for (const char letter : text) {
        if (letter == '=') break;
        pending = (pending << 6U | letters.find(letter)) & 0xffffU;
        for (bits += 6; bits >= 4 && hex.size() < text.size() * 3 / 2; bits -= 4) {
            hex += "0123456789abcdef"[pending >> (bits - 4) & 15U];
        }
    }
    return hex.substr(0, hex.size() / 2 * 2);
}

TEST_F(Connect, AllBackendsAgree) {
    Server server("leaf", {"--tls", "1.2"});
    const Arguments all_diff = {"--backend", "all", "--diff"};
    const Answer answer = ask(connect_to(server.where(), all_diff));
    EXPECT_EQ(answer.status, 0) << answer.all;
    ASSERT_EQ(answer.all["results"].size(), built_backends().size());
    for (std::size_t i = 0; i < built_backends().size(); ++i) {
        EXPECT_EQ(answer.all["results"][i]["backend"], built_backends()[i]->name());
        EXPECT_EQ(answer.all["results"][i]["tls"]["version"], "TLSv1.2");
    }
    EXPECT_EQ(answer.all["differences"], Json::array());
    EXPECT_EQ(answer.all["exit"], 0);
    const Finished text = tool(connect_to(server.where(), all_diff));
    EXPECT_EQ(text.status, 0);
    EXPECT_EQ(text.out, "differences: none\n") << "only those are printed";
    // Without --diff everything is.
    const Finished whole = tool(connect_to(server.where(), {"--backend", "all"}));
    EXPECT_EQ(whole.status, 0);
    for (const TlsBackend* backend : built_backends()) {
        EXPECT_NE(whole.out.find("with " + std::string(backend->name()) + " ("), std::string::npos)
            << whole.out;
    }
    EXPECT_EQ(whole.out.find("differences"), std::string::npos) << whole.out;
    EXPECT_EQ(tool(connect_to(server.where(), {"--diff"})).status, 2) << "of what?";
}

TEST_F(Connect, AllBackendsRefuseAlike) {
    Server server("leaf", {"--tls", "1.2"});
    const Arguments wrong = {"connect", server.where(), "--ca",      data("root.pem"),
                             "--name",  "wrong.test",   "--backend", "all"};
    Arguments diff = wrong;
    diff.emplace_back("--diff");
    const Finished same = tool(diff);
    EXPECT_EQ(same.status, 14) << "a failure of all of them is no difference";
    EXPECT_EQ(same.out, "differences: none\n");
    EXPECT_EQ(same.err.find("omnitls: name_mismatch: "), 0U) << same.err;
    EXPECT_EQ(same.err.find("omnitls: ", 1), std::string::npos) << "said once" << same.err;
    EXPECT_EQ(tool(wrong).status, 14);
}

TEST_F(Connect, DifferencesAreNamed) {
    if (built_backends().size() < 2) GTEST_SKIP() << "one backend differs from nothing";
    const std::string first(built_backends()[0]->name());
    const auto run = [&](const Arguments& more) {
        // Whoever comes second finds nobody.
        Server server("leaf", {"--tls", "1.2", "--once"});
        return ask(connect_to(server.where(), more));
    };
    const Answer answer = run({"--backend", "all", "--diff"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_EQ(answer.all["exit"], 1);
    std::map<std::string, Json> values;
    for (const Json& one : answer.all["differences"]) values[one["field"]] = one["values"];
    ASSERT_TRUE(values.contains("/exit")) << answer.all;
    for (const TlsBackend* backend : built_backends()) {
        const std::string name(backend->name());
        EXPECT_EQ(values["/exit"][name] == 0, name == first) << values["/exit"];
        EXPECT_EQ(values["/tls/version"][name] == "TLSv1.2", name == first);
    }
    const Answer plain = run({"--backend", "all"});
    EXPECT_EQ(plain.all["results"][0]["exit"], 0);
    EXPECT_EQ(plain.status, plain.all["results"][1]["exit"]) << "that of the first that fails";
    EXPECT_FALSE(plain.all.contains("differences"));

    Server server("leaf", {"--tls", "1.2", "--once"});
    const Finished text = tool(connect_to(server.where(), {"--backend", "all", "--diff"}));
    EXPECT_EQ(text.status, 1);
    EXPECT_EQ(text.out.find("differences\n"), 0U) << text.out;
    EXPECT_NE(text.out.find("  /exit\n    " + first + ": 0\n"), std::string::npos) << text.out;
    EXPECT_EQ(text.out.find("held for the verdict"), std::string::npos) << text.out;
    EXPECT_EQ(text.out.find("certificate 0"), std::string::npos) << text.out;
}

TEST_F(Connect, WhatOneBackendCannotDoLeavesTheOthers) {
    Server server("leaf");
    const Answer answer = ask(connect_to(server.where(), {"--backend", "all", "--tls", "1.3"}));
    ASSERT_EQ(answer.all["results"].size(), built_backends().size()) << answer.all;
    int expected = 0;
    for (std::size_t i = 0; i < built_backends().size(); ++i) {
        const bool can = built_backends()[i]->capabilities().has("tls13");
        const Json& result = answer.all["results"][i];
        EXPECT_EQ(result["exit"], can ? 0 : 2) << result;
        EXPECT_EQ(stages(result).front(), can ? "resolve" : "configure!");
        if (!can && expected == 0) expected = 2;
        // Alone, it is what was asked for that cannot be.
        const Finished alone =
            tool(connect_to(server.where(), {"--backend", std::string(built_backends()[i]->name()),
                                             "--tls", "1.3"}));
        EXPECT_EQ(alone.status, can ? 0 : 2);
        EXPECT_EQ(alone.err.find("capability tls13") != std::string::npos, !can) << alone.err;
    }
    EXPECT_EQ(answer.status, expected);
}

TEST_F(Connect, TellsTheChannelBindings) {
    for (const TlsBackend* backend : built_backends()) {
        for (const std::string version : {"1.2", "1.3"}) {
            SCOPED_TRACE(std::string(backend->name()) + " " + version);
            if (!backend->capabilities().has(version == "1.2" ? "tls12" : "tls13")) continue;
            Server server("leaf", {"--tls", version});
            const Arguments with = {"--backend", std::string(backend->name())};
            const Json one =
                ask(connect_to(server.where(), with)).result.value("channel_bindings", Json());
            const Answer other = ask(connect_to(server.where(), with));
            const Json two = other.result.value("channel_bindings", Json());
            // RFC 5929 §4.1: SHA-256 of the certificate, whose signature is with SHA-256.
            ASSERT_TRUE(one.contains("tls-server-end-point")) << one;
            EXPECT_EQ(Json(hex_of_base64(one["tls-server-end-point"])),
                      other.result["evidence"]["chain"][0]["sha256"]);
            EXPECT_EQ(one["tls-server-end-point"], two["tls-server-end-point"]);
            // The others are of one connection; RFC 9266 §4.2: tls-unique is not defined for TLS 1.3.
            EXPECT_EQ(one.contains("tls-unique"),
                      version == "1.2" && backend->capabilities().has("tls_unique"));
            EXPECT_EQ(one.contains("tls-exporter"), backend->capabilities().has("exporter"));
            for (const char* own : {"tls-exporter", "tls-unique"}) {
                if (one.contains(own)) {
                    EXPECT_NE(one[own], two[own]) << own;
                }
            }
            const Finished text = tool(connect_to(server.where(), with));
            const std::string wanted =
                "tls-server-end-point " + one["tls-server-end-point"].get<std::string>() + "\n";
            const std::size_t line = text.out.find("\nchannel bindings: ");
            ASSERT_NE(line, std::string::npos) << text.out;
            EXPECT_NE(text.out.find(wanted, line), std::string::npos) << text.out;
            const Answer refused = ask({"connect", server.where(), "--ca", data("root.pem"),
                                        "--name", "wrong.test", "--backend", with[1]});
            EXPECT_EQ(refused.status, 14);
            EXPECT_EQ(refused.result["channel_bindings"], Json::object());
        }
    }
}

/// One backend at both ends, of one version.
class KeyLogOf : public testing::TestWithParam<std::tuple<const TlsBackend*, ProtocolVersion>> {
protected:
    static const TlsBackend* backend() { return std::get<0>(GetParam()); }
    static bool tls12() { return std::get<1>(GetParam()) == ProtocolVersion::tls12; }

    void SetUp() override {
        OMNITLS_NEED_VERSION(backend(), std::get<1>(GetParam()));
        if (const auto gap = backend()->capabilities().require("key_log"))
            GTEST_SKIP() << backend()->name() << ": " << gap->what;
    }
    /// Labels of what a capture is decrypted with (RFC 9850 §2.1, §2.2); a library may log more.
    static std::set<std::string> labels() {
        if (tls12()) return {"CLIENT_RANDOM"};
        return {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"};
    }
    /// The lines of a file that decrypt, by the connection's client random.
    static std::map<std::string, std::set<std::string>> connections_of(const std::string& path) {
        std::map<std::string, std::set<std::string>> found;
        for (const std::string& line : lines_of(path)) {
            const std::size_t space = line.find(' ');
            if (!labels().contains(line.substr(0, space))) continue;
            found[line.substr(space + 1, 64)].insert(line);
        }
        return found;
    }
};
INSTANTIATE_TEST_SUITE_P(Every, KeyLogOf,
                         testing::Combine(testing::ValuesIn(built_backends()),
                                          testing::Values(ProtocolVersion::tls12,
                                                          ProtocolVersion::tls13)),
                         [](const auto& one) {
                             return std::string(std::get<0>(one.param)->name()) +
                                    (std::get<1>(one.param) == ProtocolVersion::tls12 ? "_tls12"
                                                                                      : "_tls13");
                         });
// A build without any backend has none of them.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KeyLogOf);

TEST_P(KeyLogOf, BothEndsIsTheSame) {
    const TemporaryDirectory directory;
    const std::string ours = directory.path() + "/client", theirs = directory.path() + "/server";
    const std::string name(backend()->name());
    Server server("leaf",
                  {"--tls", tls12() ? "1.2" : "1.3", "--backend", name, "--key-log", theirs});
    const Answer silent = ask(connect_to(server.where(), {"--backend", name}));
    EXPECT_EQ(silent.status, 0) << silent.all;
    EXPECT_EQ(silent.result["tls"]["version"], tls12() ? "TLSv1.2" : "TLSv1.3");
    EXPECT_FALSE(std::filesystem::exists(ours)) << "nobody asked for it";
    const Arguments logging = {"--backend", name, "--key-log", ours};
    EXPECT_EQ(tool(connect_to(server.where(), logging)).status, 0);
    server.connection();
    server.connection();

    const auto client = connections_of(ours), both = connections_of(theirs);
    ASSERT_EQ(client.size(), 1U) << "its own connection";
    ASSERT_EQ(both.size(), 2U) << "the server was asked for all of them";
    const auto& [random, lines] = *client.begin();
    EXPECT_EQ(lines.size(), labels().size());
    ASSERT_TRUE(both.contains(random));
    EXPECT_EQ(both.at(random), lines);
}

TEST_F(Connect, KeyLogThatCannotBeOpened) {
    Server server("leaf");
    const TemporaryDirectory directory;
    const std::string good = directory.path() + "/keys", bad = directory.path() + "/none/keys";
    EXPECT_EQ(tool(connect_to(server.where(), {"--key-log", good})).status, 0) << "twin";
    const Arguments serve = {
        "serve", "--port",         "0",         "--cert", data("leaf_chain.pem"),
        "--key", data("leaf.key"), "--key-log", bad};
    for (const Finished& finished :
         {tool(connect_to(server.where(), {"--key-log", bad})), tool(serve)}) {
        EXPECT_EQ(finished.status, 2);
        EXPECT_EQ(finished.out, "") << "nothing was begun";
        EXPECT_NE(finished.err.find(bad + ": cannot open for appending: "), std::string::npos)
            << finished.err;
    }
}

}  // namespace
}  // namespace omnitls::test
