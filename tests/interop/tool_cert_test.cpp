// SPDX-License-Identifier: BSL-1.0
// `omnitls cert`: what a chain says of itself, whoever it is from.
#include "tests/interop/tool_fixture.hpp"

namespace omnitls::test {
namespace {

using Cert = ToolTest;

Json shown(Arguments arguments) {
    arguments.insert(arguments.begin(), "cert");
    arguments.push_back("--json");
    const Finished finished = tool(arguments);
    EXPECT_EQ(finished.status, 0) << finished.err;
    return Json::parse(finished.out);
}

TEST_F(Cert, OfAFileAndOfTheServerThatShowsItAreOne) {
    for (const std::string role : {"leaf", "leaf_rsa", "leaf_expired", "leaf_unknown_ca"}) {
        SCOPED_TRACE(role);
        Server server(role);
        const Json file = shown({data(role + "_chain.pem")});
        const Json asked = shown({server.where()});
        EXPECT_EQ(file["chain"].size(), 2U);
        EXPECT_EQ(file["chain"], asked["chain"]);
        EXPECT_EQ(file["tlsa_owner"], nullptr);
        EXPECT_EQ(asked["tlsa_owner"], "_" + std::to_string(server.port()) + "._tcp.127.0.0.1");
        EXPECT_NE(server.connection().find("certificate_unknown"), std::string::npos)
            << "it is asked and refused";
    }
}

TEST_F(Cert, ThroughStarttls) {
    Server server("leaf", {"--starttls", "smtp"});
    EXPECT_EQ(shown({server.where(), "--starttls", "smtp"})["chain"],
              shown({data("leaf_chain.pem")})["chain"]);
}

TEST_F(Cert, SaysWhatPinsIt) {
    const Certificate leaf = load_certificate("leaf");
    const spi::Crypto& crypto = built_backends().front()->crypto();
    const auto hex = [](const auto& digest) {
        std::string text;
        for (const std::uint8_t byte : *digest) {
            text += "0123456789abcdef"[byte >> 4U];
            text += "0123456789abcdef"[byte & 15U];
        }
        return text;
    };
    const Json all = shown({data("leaf_chain.pem")});
    const Json& first = all["chain"][0];
    EXPECT_EQ(first["sha256"], hex(leaf.fingerprint(crypto)));
    EXPECT_EQ(first["tlsa"], (Names{"3 1 1 " + hex(leaf.spki_pin(crypto)),
                                    "3 0 1 " + hex(leaf.fingerprint(crypto))}));
    EXPECT_EQ(first["key"], "EC 256 bits, curve 1.2.840.10045.3.1.7");
    EXPECT_EQ(first["authority"], "no");
    EXPECT_EQ(first["key_usage"], Names{"digitalSignature"});
    const Json& second = all["chain"][1];
    EXPECT_EQ(second["authority"], "yes");
    EXPECT_EQ(second["tlsa"][0].get<std::string>().substr(0, 6), "2 1 1 ");
    const Finished text = tool({"cert", data("leaf_chain.pem")});
    EXPECT_NE(text.out.find("TLSA 3 1 1 " + hex(leaf.spki_pin(crypto))), std::string::npos);
}

TEST_F(Cert, SaysWhyItCannot) {
    EXPECT_EQ(tool({"cert", data("root.pem")}).status, 0);
    const Finished no_certificate = tool({"cert", data("root.crl")});
    EXPECT_EQ(no_certificate.status, 2);
    EXPECT_NE(no_certificate.err.find("no CERTIFICATE block; found X509 CRL"), std::string::npos);
    EXPECT_EQ(tool({"cert", data("none.pem")}).status, 2);
    EXPECT_EQ(tool({"cert", data("root.pem"), "--starttls", "smtp"}).status, 2);
    EXPECT_EQ(tool({"cert", "127.0.0.1:1", "--timeout", "5"}).status, 11);
}

}  // namespace
}  // namespace omnitls::test
