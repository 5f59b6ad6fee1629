// SPDX-License-Identifier: BSL-1.0
// What decides whom to trust: the same options give a connection and a chain at hand the same verdict, to the letter.
#include "tests/interop/tool_fixture.hpp"

namespace omnitls::test {
namespace {

using Trust = ToolTest;

struct Case {
    const char* role;
    Arguments options;
    Names findings;  ///< "category@depth".
};

Names findings_of(const Json& result) {
    Names all;
    for (const Json& finding : result["evidence"]["findings"]) {
        all.push_back(finding["category"].get<std::string>() + "@" +
                      std::to_string(finding["depth"].get<int>()));
    }
    return all;
}

std::vector<Case> cases() {
    const Arguments name{"--name", "omnitls.test"};
    const auto with = [&](Arguments more) {
        more.insert(more.begin(), name.begin(), name.end());
        return more;
    };
    const std::string of_root = data("root.crl");
    const std::string of_intermediate = data("intermediate.crl");
    return {
        {"leaf", name, {}},
        {"leaf_expired", name, {"expired@0"}},
        {"leaf_expired", with({"--time", "2024-06-01T00:00:00Z"}), {}},
        {"leaf", with({"--crl", of_intermediate}), {}},
        {"leaf_p384", with({"--crl", of_intermediate}), {"revoked@0"}},
        {"leaf", with({"--crl", data("root_revokes.crl")}), {"revoked@1"}},
        {"leaf", with({"--crl", of_intermediate, "--crl", of_root, "--crl-required"}), {}},
        {"leaf", with({"--crl", of_intermediate, "--crl-required"}), {"revocation_unknown@1"}},
        {"leaf", with({"--depth", "3"}), {}},
        {"leaf", with({"--depth", "2"}), {"limit_exceeded@0"}},
        {"leaf", with({"--strength", "128"}), {}},
        {"leaf",
         with({"--strength", "192"}),
         {"weak_key@0", "weak_signature@0", "weak_key@1", "weak_signature@1", "weak_key@2"}},
        {"leaf_unknown_ca", name, {"unknown_authority@1"}},
        {"leaf_unknown_ca", with({"--ca", data("other_root.pem")}), {}},
        {"leaf", {"--name", "SRV:_xmpp-client.omnitls.test"}, {}},
        {"leaf", {"--name", "SRV:_imap.omnitls.test"}, {"name_mismatch@0"}},
        {"leaf", {"--name", "XMPP:omnitls.test"}, {}},
        {"leaf", {"--name", "wrong.test"}, {"name_mismatch@0"}},
        {"leaf", {"--name", "wrong.test", "--name", "IP:127.0.0.1"}, {}},
        {"leaf", {"--name", "URI:sip:omnitls.test"}, {"name_mismatch@0"}},
    };
}

TEST_F(Trust, AConnectionAndAChainAtHandHaveOneVerdict) {
    for (const Case& one : cases()) {
        std::string shown = one.role;
        for (const std::string& option : one.options) shown += " " + option;
        SCOPED_TRACE(shown);
        Arguments options{"--ca", data("root.pem"), "--backend", "all"};
        options.insert(options.end(), one.options.begin(), one.options.end());
        if (shown.find("--time") == std::string::npos)
            options.insert(options.end(), {"--time", "2030-01-01T00:00:00Z"});
        Server server(one.role);
        Arguments connect = options;
        connect.insert(connect.begin(), {"connect", server.where()});
        Arguments verify = options;
        verify.insert(verify.begin(),
                      {"verify", "--chain", data(std::string(one.role) + "_chain.pem")});
        const Answer connected = ask(connect);
        const Answer judged = ask(verify);
        const int status = one.findings.empty() ? 0 : 14;
        EXPECT_EQ(connected.status, status) << connected.all;
        EXPECT_EQ(judged.status, status) << judged.all;
        ASSERT_EQ(connected.all["results"].size(), built_backends().size());
        for (std::size_t i = 0; i < built_backends().size(); ++i) {
            const Json& of_connection = connected.all["results"][i];
            EXPECT_EQ(findings_of(of_connection), one.findings);
            EXPECT_EQ(of_connection["evidence"], judged.all["results"][i]["evidence"]);
            const auto last = of_connection["stages"].size() - 1;
            EXPECT_EQ(of_connection["stages"][last]["name"], "verify") << "it came so far";
        }
    }
}

TEST_F(Trust, UntrustedCertificatesMakeAPathAndAreNoAnchors) {
    const Arguments alone{"verify", "--chain", data("leaf.pem"), "--name", "omnitls.test"};
    const auto with = [&](Arguments more) {
        more.insert(more.begin(), alone.begin(), alone.end());
        return findings_of(ask(more).result);
    };
    const Arguments untrusted{"--untrusted", data("intermediate.pem")};
    EXPECT_EQ(with({"--ca", data("root.pem")}), Names{"unknown_authority@0"});
    EXPECT_EQ(with({"--ca", data("root.pem"), untrusted[0], untrusted[1]}), Names{});
    EXPECT_EQ(with({"--ca", data("other_root.pem"), untrusted[0], untrusted[1]}),
              Names{"unknown_authority@1"});
}

TEST_F(Trust, OptionsThatCannotBeUsedAreNamed) {
    const Arguments good{"verify",         "--chain",      data("leaf_chain.pem"),
                         "--name",         "omnitls.test", "--ca",
                         data("root.pem"), "--crl",        data("root.crl")};
    EXPECT_EQ(tool(good).status, 0);
    const std::pair<Arguments, std::string> cases[] = {
        {{"--crl", data("root.pem")}, "root.pem: no X509 CRL block; found CERTIFICATE (line 1)"},
        {{"--crl", data("none.crl")}, "none.crl: "},
        {{"--untrusted", data("root.crl")}, "root.crl: no CERTIFICATE block"},
        {{"--name", "SRV:imap.omnitls.test"}, "expected _service.name"},
        {{"--name", "URI:omnitls.test"}, "expected scheme:host"},
        {{"--depth", "0"}, "limits.path_depth: expected at least 1, got 0"},
        {{"--strength", "100"}, "--strength"},
        {{"--ca", data("")}, "README.md: no CERTIFICATE block"},
    };
    for (const auto& [more, says] : cases) {
        Arguments arguments = good;
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Finished finished = tool(arguments);
        EXPECT_EQ(finished.status, 2) << says;
        EXPECT_NE(finished.err.find(says), std::string::npos) << finished.err;
    }
    const Finished required = tool({"verify", "--chain", data("leaf_chain.pem"), "--name",
                                    "omnitls.test", "--ca", data("root.pem"), "--crl-required"});
    EXPECT_EQ(required.status, 2);
    EXPECT_NE(required.err.find("revocation: required"), std::string::npos) << required.err;
}

}  // namespace
}  // namespace omnitls::test
