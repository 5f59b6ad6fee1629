// SPDX-License-Identifier: BSL-1.0
// The veto in mbedTLS' words. What it must be on every backend is tests/conformance/verify_path_test.cpp.
#include "tests/backends/mbedtls/peers.hpp"

namespace omnitls::test {
namespace {

spi::PathVeto veto(const std::vector<Certificate>& path) {
    const auto context = must(native::Backend().make_client_context(
        complete(client_config(both(ProtocolVersion::tls12)))));
    std::vector<spi::PathElement> elements;
    for (const Certificate& certificate : path) elements.push_back({&certificate, nullptr});
    return context->verify_path(elements, spi::Purpose::server_auth);
}

// mbedTLS finds a way of its own around an element that leads nowhere.
TEST(MbedtlsVerifyPath, NoticesADetour) {
    const Certificate under_root = load_certificate("leaf_under_root");
    const Certificate root = load_certificate("root");
    EXPECT_TRUE(veto({under_root, root}).accepted);
    const spi::PathVeto detour = veto({under_root, load_certificate("intermediate"), root});
    EXPECT_FALSE(detour.accepted);
    EXPECT_EQ(detour.native_text, "mbedTLS took another path than the one given");
}

TEST(MbedtlsVerifyPath, SaysWhichFlagsItSet) {
    const Certificate leaf = load_certificate("leaf");
    EXPECT_TRUE(veto({leaf, load_certificate("intermediate")}).accepted);
    const spi::PathVeto word = veto({leaf, load_certificate("other_intermediate")});
    EXPECT_FALSE(word.accepted);
    EXPECT_EQ(word.native_code, std::int64_t{MBEDTLS_X509_BADCERT_NOT_TRUSTED});
    EXPECT_NE(word.native_text.find("not correctly signed by the trusted CA"), std::string::npos)
        << word.native_text;
}

// It leaves the purpose to its callers, so this refusal is the backend's own.
TEST(MbedtlsVerifyPath, SaysThatThePurposeIsAnother) {
    EXPECT_TRUE(veto({load_certificate("leaf"), load_certificate("intermediate")}).accepted);
    const spi::PathVeto word =
        veto({load_certificate("leaf_wrong_eku"), load_certificate("intermediate")});
    EXPECT_FALSE(word.accepted);
    EXPECT_EQ(word.native_text.find("not for this purpose: "), 0U) << word.native_text;
}

}  // namespace
}  // namespace omnitls::test
