// SPDX-License-Identifier: BSL-1.0
#include "tests/interop/tool_fixture.hpp"

namespace omnitls::test {
namespace {

Arguments with(Arguments all, const Arguments& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

Arguments serve(const std::string& role, const Arguments& more) {
    const std::string chain = data(role + "_chain.pem");
    return with(
        {tool_program, "serve", "--port", "0", "--cert", chain, "--key", data(role + ".key")},
        more);
}

}  // namespace

const char* const tool_program = OMNITLS_TOOL;

Finished tool(Arguments arguments) {
    arguments.insert(arguments.begin(), tool_program);
    return run_process(arguments);
}

Answer ask(Arguments arguments) {
    arguments.emplace_back("--json");
    const Finished finished = tool(std::move(arguments));
    Answer answer{finished.status, Json::parse(finished.out, nullptr, false), {}};
    EXPECT_FALSE(answer.all.is_discarded()) << finished.out << finished.err;
    EXPECT_EQ(finished.err, "") << "JSON says it all";
    if (!answer.all.is_discarded() && answer.all.contains("results"))
        answer.result = answer.all["results"][0];
    return answer;
}

Server::Server(const std::string& role, const Arguments& more) : process_(serve(role, more)) {
    const auto line = process_.read_line();
    if (line && line->starts_with("listening 127.0.0.1:")) port_ = line->substr(20);
    EXPECT_FALSE(port_.empty()) << line.value_or("") << process_.err();
}

Arguments connect_to(const std::string& where, const Arguments& more) {
    return with({"connect", where, "--ca", data("root.pem"), "--name", "omnitls.test"}, more);
}

Names stages(const Json& result) {
    Names names;
    for (const Json& stage : result["stages"])
        names.push_back(stage["name"].get<std::string>() + (stage["ok"] ? "" : "!"));
    return names;
}

}  // namespace omnitls::test
