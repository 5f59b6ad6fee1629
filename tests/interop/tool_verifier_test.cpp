// SPDX-License-Identifier: BSL-1.0
// `omnitls connect` with somebody else to decide than the baseline.
#include "tests/interop/tool_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>

namespace omnitls::test {
namespace {

class Verifiers : public ToolTest {
protected:
    std::string write(const std::string& name, const std::string& text) const {
        const std::string path = directory_.path() + "/" + name;
        std::ofstream(path) << text;
        return path;
    }
    std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
    /// The first pin of a role's leaf, as `omnitls cert` prints it.
    static std::string pin_of(const std::string& role) {
        const Finished shown = tool({"cert", data(role + "_chain.pem"), "--json"});
        return Json::parse(shown.out)["chain"][0]["spki_pin"];
    }
    static Answer connect(const Server& server, const Arguments& more) {
        Arguments arguments{"connect", server.where(), "--name", "omnitls.test"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return ask(arguments);
    }
    static std::string last_stage(const Answer& answer) {
        const Json& stage = answer.result["stages"].back();
        return stage["name"].get<std::string>() + (stage["ok"] ? "" : "!");
    }

private:
    const TemporaryDirectory directory_;
};

TEST_F(Verifiers, APinStandsForAnAuthorityAndForNothingElse) {
    const std::string good = pin_of("leaf_unknown_ca");
    const std::string pins = write("pins", R"({"omnitls.test": [")" + good + R"("]})");
    const std::string other = write("other", R"({"omnitls.test": [")" + pin_of("leaf") + R"("]})");
    Server server("leaf_unknown_ca");
    const Answer pinned = connect(server, {"--verify", "pin:" + pins});
    EXPECT_EQ(pinned.status, 0) << pinned.all;
    EXPECT_EQ(pinned.result["stages"].back()["text"],
              "trusted, by DNS:omnitls.test, despite unknown_authority at depth 1");
    const Answer unknown = connect(server, {"--verify", "pin:" + other});
    EXPECT_EQ(unknown.status, 14);
    EXPECT_EQ(last_stage(unknown), "verify!");
    EXPECT_NE(unknown.result["error"]["what"].get<std::string>().find(good), std::string::npos);
    EXPECT_EQ(connect(server, {"--verify", "pin:" + pins, "--name", "wrong.test"}).status, 0)
        << "one of the names is enough";
    const Answer wrong = ask({"connect", server.where(), "--name", "wrong.test", "--verify",
                              "pin:" + write("wrong", R"({"wrong.test": [")" + good + R"("]})")});
    EXPECT_EQ(wrong.status, 14);
    EXPECT_EQ(wrong.result["error"]["code"], "name_mismatch");
}

TEST_F(Verifiers, TheFirstUseIsRememberedAndAnotherKeyIsAChange) {
    const std::string tofu = "tofu:" + path("keys");
    const Answer none = [&] {
        Server server("leaf_expired");
        return connect(server, {"--verify", tofu});
    }();
    EXPECT_EQ(none.status, 14) << "a key excuses no date";
    EXPECT_FALSE(std::filesystem::exists(path("keys"))) << "what failed is not remembered";
    Server server("leaf_unknown_ca");
    const std::string port = std::to_string(server.port());
    EXPECT_EQ(connect(server, {"--verify", tofu}).status, 0);
    ASSERT_TRUE(std::filesystem::exists(path("keys")));
    EXPECT_EQ(connect(server, {"--verify", tofu}).status, 0);
    // Another peer under the same key: the same port, name and protocol, with what is remembered of somebody else.
    Server renewed("leaf_self_signed");
    std::ifstream file(path("keys"));
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const std::size_t at = text.find(port);
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, port.size(), std::to_string(renewed.port()));
    const std::string moved = "tofu:" + write("moved", text);
    const Answer changed = connect(renewed, {"--verify", moved});
    EXPECT_EQ(changed.status, 14) << changed.all;
    EXPECT_EQ(last_stage(changed), "verify!");
    EXPECT_EQ(changed.result["error"]["code"], "certificate_rejected");
    EXPECT_EQ(connect(renewed, {"--verify", "tofu:" + path("empty")}).status, 0) << "twin";
}

TEST_F(Verifiers, APersonIsShownWhatIsWrongAndOnlyYesAccepts) {
    Server server("leaf_unknown_ca");
    for (const auto& [answer, status] :
         {std::pair{"yes\n", 0}, {"no\n", 14}, {"y\n", 14}, {"\n", 14}}) {
        SCOPED_TRACE(answer);
        Process asked(
            {tool_program, "connect", server.where(), "--name", "omnitls.test", "--verify", "ask"});
        asked.send(answer);
        EXPECT_EQ(asked.wait(), status) << asked.err();
        EXPECT_NE(asked.err().find("unknown_authority at depth 1"), std::string::npos);
        EXPECT_NE(asked.err().find("(yes or no)?"), std::string::npos);
    }
}

TEST_F(Verifiers, InsecureAcceptsWhateverIsShownAndSaysSo) {
    Server server("leaf_unknown_ca");
    EXPECT_EQ(connect(server, {}).status, 14);
    const Finished insecure =
        tool({"connect", server.where(), "--name", "wrong.test", "--insecure"});
    EXPECT_EQ(insecure.status, 0) << insecure.err;
    EXPECT_NE(insecure.err.find("warning: --insecure"), std::string::npos);
    EXPECT_NE(insecure.out.find("despite unknown_authority at depth 1, name_mismatch at depth 0"),
              std::string::npos)
        << insecure.out;
}

TEST_F(Verifiers, WhatCannotBeUsedIsAnError) {
    Server server("leaf");
    const auto status = [&](const std::string& verify) {
        return tool({"connect", server.where(), "--verify", verify}).status;
    };
    EXPECT_EQ(status("pin:" + write("good", R"({"127.0.0.1": [")" + pin_of("leaf") + R"("]})")), 0);
    EXPECT_EQ(status("pin:" + path("none")), 2);
    EXPECT_EQ(status("pin:" + write("bad", R"({"omnitls.test": ["AAAA"]})")), 2);
    EXPECT_EQ(status("tofu:" + write("corrupt", "{")), 2);
    EXPECT_EQ(status("hope"), 2);
    EXPECT_EQ(tool({"connect", server.where(), "--insecure", "--verify", "ask"}).status, 2);
}

}  // namespace
}  // namespace omnitls::test
