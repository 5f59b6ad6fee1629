// SPDX-License-Identifier: BSL-1.0
// `omnitls connect --verify dane`: whole connections on every backend, with records that a real server has and libunbound validates.
#include "tests/interop/tool_fixture.hpp"
#include "tests/unbound/dns_server.hpp"

#include <optional>

namespace omnitls::test {
namespace {

constexpr bool kBuiltWithUnbound = OMNITLS_TEST_UNBOUND;

class ToolDane : public ToolTest {
protected:
    void SetUp() override {
        ToolTest::SetUp();
        if (IsSkipped()) return;
        if (!kBuiltWithUnbound) GTEST_SKIP() << "no omnitls::unbound in this build";
        OMNITLS_NEED_UNBOUND();
        dns_.emplace();
        server_.emplace("leaf_unknown_ca");
    }
    Arguments words(const std::string& name, const Arguments& more = {}) const {
        Arguments all{
            "connect",  server_->where(),          "--name",          name,
            "--verify", "dane:" + dns_->address(), "--dnssec-anchor", data("zones/root.anchor")};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    Answer connect(const std::string& name) const { return ask(words(name)); }
    const Server& server() const { return *server_; }
    const DnsServer& dns() const { return *dns_; }

private:
    std::optional<DnsServer> dns_;
    std::optional<Server> server_;
};

TEST_F(ToolDane, RecordsDecideOnEveryBackend) {
    const Answer good = ask(words("right.example", {"--backend", "all"}));
    const Answer bad = ask(words("wrong.example", {"--backend", "all"}));
    EXPECT_EQ(good.status, 0) << good.all;
    EXPECT_EQ(bad.status, 14);
    ASSERT_EQ(good.all["results"].size(), built_backends().size());
    ASSERT_EQ(bad.all["results"].size(), built_backends().size());
    for (const Json& result : good.all["results"]) {
        SCOPED_TRACE(result["backend"]);
        EXPECT_EQ(result["stages"].back()["name"], "verify");
        // RFC 7671 §5.1: neither authority nor name count beside the record.
        EXPECT_EQ(result["stages"].back()["text"],
                  "trusted, despite unknown_authority at depth 1, name_mismatch at depth 0");
    }
    for (const Json& result : bad.all["results"]) {
        SCOPED_TRACE(result["backend"]);
        EXPECT_EQ(stages(result).back(), "verify!");
        EXPECT_EQ(result["error"]["code"], "unknown_authority");
        const auto what = result["error"]["what"].get<std::string>();
        EXPECT_NE(what.find("none of the 1 TLSA records of wrong.example"), std::string::npos)
            << what;
    }
}

TEST_F(ToolDane, WhatIsNotSecureIsRefusedAndSaysWhy) {
    const auto refusal = [&](const std::string& name) {
        const Answer answer = connect(name);
        EXPECT_EQ(answer.status, 14) << answer.all;
        EXPECT_EQ(stages(answer.result).back(), "verify!");
        EXPECT_EQ(answer.result["error"]["code"], "certificate_rejected");
        return answer.result["error"]["what"].get<std::string>();
    };
    EXPECT_EQ(refusal("none.example"), "DANE: none.example: there are no TLSA records");
    EXPECT_EQ(refusal("right.unsigned.example"),
              "DANE: right.unsigned.example: the zone is not signed");
    const std::string bogus = "DANE: the records of address.tampered.example are bogus: ";
    const std::string why = refusal("address.tampered.example");
    EXPECT_EQ(why.substr(0, bogus.size()), bogus);
    EXPECT_NE(why.find("signature"), std::string::npos) << why;
    EXPECT_EQ(connect("right.example").status, 0);
}

TEST_F(ToolDane, TheAddressMayBeLeftOutAndTheAnchorNot) {
    const auto run = [&](const std::string& verify, const std::string& anchor) {
        return tool({"connect", server().where(), "--name", "right.example", "--verify", verify,
                     "--dnssec-anchor", anchor});
    };
    const std::string good = "dane:" + dns().address();
    const std::string anchor = data("zones/root.anchor");
    EXPECT_EQ(run(good, anchor).status, 0);
    const Finished absent = run(good, data("zones/nothing"));
    EXPECT_EQ(absent.status, 2);
    EXPECT_NE(absent.err.find("trust_anchor_file: "), std::string::npos) << absent.err;
    EXPECT_NE(absent.err.find("cannot be read"), std::string::npos) << absent.err;
    const Finished host = run("dane:localhost", anchor);
    EXPECT_EQ(host.status, 2);
    EXPECT_NE(host.err.find("wanted an IP address"), std::string::npos) << host.err;
    EXPECT_EQ(run("dane", data("zones/nothing")).status, 2);
    EXPECT_EQ(run("danes", anchor).status, 2);
}

TEST_F(ToolDane, TheExampleDoesTheSame) {
    const std::string example = OMNITLS_TEST_EXAMPLE;
    if (example.empty()) GTEST_SKIP() << "no examples in this build";
    const auto run = [&](const std::string& name) {
        return run_process({example, "127.0.0.1", std::to_string(server().port()), name,
                            dns().address(), data("zones/root.anchor")});
    };
    const Finished good = run("right.example");
    EXPECT_EQ(good.status, 0) << good.err;
    EXPECT_EQ(good.out, "accepted right.example\n");
    const Finished bad = run("wrong.example");
    EXPECT_EQ(bad.status, 1);
    EXPECT_NE(bad.err.find("none of the 1 TLSA records"), std::string::npos) << bad.err;
}

TEST_F(ToolDane, TheMailExampleGoesByTheRecordsOfTheExchanger) {
    const std::string example = OMNITLS_TEST_MAIL_EXAMPLE;
    if (example.empty()) GTEST_SKIP() << "no examples in this build";
    Server mail("leaf_unknown_ca", {"--starttls", "smtp"});
    const auto bring_to = [&](const std::string& exchanger) {
        return run_process({example, "omnitls.example", exchanger, "127.0.0.1",
                            std::to_string(mail.port()), dns().address(),
                            data("zones/root.anchor")});
    };
    const Finished good = bring_to("right.example");
    EXPECT_EQ(good.status, 0) << good.err;
    EXPECT_EQ(good.out, "accepted right.example for omnitls.example\n");
    const Finished bad = bring_to("wrong.example");
    EXPECT_EQ(bad.status, 1);
    EXPECT_NE(bad.err.find("none of the 1 TLSA records of wrong.example"), std::string::npos)
        << bad.err;
    const Finished unsigned_zone = bring_to("right.unsigned.example");
    EXPECT_EQ(unsigned_zone.status, 1);
    EXPECT_NE(unsigned_zone.err.find("the zone is not signed"), std::string::npos)
        << unsigned_zone.err;
}

/// `connect` to a server that shows `leaf`, which is for omnitls.test.
class ToolDaneMx : public ToolDane {
protected:
    void SetUp() override {
        ToolDane::SetUp();
        if (!IsSkipped()) mail_.emplace("leaf", Arguments{"--starttls", "smtp"});
    }
    Answer bring(const std::string& domain, const std::string& exchanger) const {
        return ask({"connect", mail_->where(), "--starttls", "smtp", "--ca", data("root.pem"),
                    "--verify", "dane:" + dns().address(), "--dnssec-anchor",
                    data("zones/root.anchor"), "--mx-of", domain, "--name", exchanger, "--backend",
                    "all"});
    }
    void expect_trusted(const Answer& answer, const std::string& text) const {
        EXPECT_EQ(answer.status, 0) << answer.all;
        for (const Json& result : answer.all["results"]) {
            EXPECT_EQ(stages(result).back(), "verify");
            EXPECT_EQ(result["stages"].back()["text"], text);
        }
    }
    void expect_refused(const Answer& answer, const std::string& text) const {
        EXPECT_EQ(answer.status, 14) << answer.all;
        for (const Json& result : answer.all["results"]) {
            EXPECT_EQ(stages(result).back(), "verify!");
            const auto what = result["error"]["what"].get<std::string>();
            EXPECT_NE(what.find(text), std::string::npos) << what;
        }
    }

private:
    std::optional<Server> mail_;
};

TEST_F(ToolDaneMx, TheRecordsAreTheExchangers) {
    expect_trusted(bring("right.example", "wrong.example"),
                   "trusted, despite name_mismatch at depth 0");
    expect_refused(bring("right.example", "right.example"),
                   "none of the 1 TLSA records of right.example");
}

// Where names count, they are those of the exchanger and of the domain (RFC 7672 section 3.2.2).
TEST_F(ToolDaneMx, ACertificateMayBeForTheDomain) {
    expect_trusted(bring("omnitls.test", "authority.example"), "trusted, by DNS:omnitls.test");
    expect_refused(bring("elsewhere.test", "authority.example"),
                   "wanted DNS:authority.example, DNS:elsewhere.test");
}

// RFC 7672 section 3.1.3. The authority is known and the name is the domain's: PKIX-EE alone is missing nothing.
TEST_F(ToolDaneMx, PkixUsagesCountAsNotThere) {
    expect_trusted(bring("omnitls.test", "wrong.example"), "trusted, by DNS:omnitls.test");
    expect_refused(bring("omnitls.test", "pkix.example"), "pkix.example: no TLSA record is usable");
}

class ToolDaneWords : public ToolTest {};

TEST_F(ToolDaneWords, AnAnchorIsForDaneOnly) {
    const auto run = [](const Arguments& more) {
        Arguments all{"connect", "127.0.0.1:1", "--dnssec-anchor", "file"};
        all.insert(all.end(), more.begin(), more.end());
        return tool(all);
    };
    EXPECT_EQ(run({}).status, 2);
    const Finished ask = run({"--verify", "ask"});
    EXPECT_EQ(ask.status, 2);
    EXPECT_NE(ask.err.find("--dnssec-anchor goes with --verify dane"), std::string::npos)
        << ask.err;
}

TEST_F(ToolDaneWords, AnExchangerIsForDaneAndSmtpOnly) {
    const auto expect = [](const Arguments& more, const std::string& text) {
        Arguments all{"connect", "127.0.0.1:1", "--mx-of", "omnitls.test"};
        all.insert(all.end(), more.begin(), more.end());
        const Finished finished = tool(all);
        EXPECT_EQ(finished.status, 2) << text;
        EXPECT_NE(finished.err.find(text), std::string::npos) << finished.err;
    };
    expect({"--starttls", "smtp"}, "--mx-of requires --verify");
    expect({"--starttls", "smtp", "--insecure"}, "--mx-of requires --verify");
    expect({"--starttls", "smtp", "--verify", "ask"}, "--mx-of goes with --verify dane");
    expect({"--verify", "dane"}, "--mx-of goes with --starttls smtp");
    expect({"--starttls", "lmtp", "--verify", "dane"}, "--mx-of goes with --starttls smtp");
    expect({"--starttls", "smtp", "--verify", "dane"}, "--name says which exchanger it is");
    expect({"--starttls", "smtp", "--verify", "dane", "--name", "a.example", "--name", "b.example"},
           "one --name says which exchanger it is");
}

TEST_F(ToolDaneWords, WithoutLibunboundItSaysSo) {
    if (kBuiltWithUnbound) GTEST_SKIP() << "this build has it";
    const Finished finished = tool({"connect", "127.0.0.1:1", "--verify", "dane:127.0.0.1"});
    EXPECT_EQ(finished.status, 2);
    EXPECT_NE(finished.err.find("built without libunbound"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace omnitls::test
