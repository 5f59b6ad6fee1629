// SPDX-License-Identifier: BSL-1.0
// OpenSSL's configuration file sets every SSL_CTX of a process before the program can. Of ours it must change nothing.
#include "backends/openssl/session.hpp"
#include "tests/backends/openssl/peers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <openssl/conf.h>

#include <fstream>
#include <optional>

namespace omnitls::test {
namespace {

/// A file as somebody may have left it, in effect as long as this lives.
class HostileConfiguration {
public:
    HostileConfiguration() {
        const std::string path = directory_.path() + "/openssl.cnf";
        std::ofstream(path)
            << "openssl_conf = all\n"
               "[all]\nssl_conf = ssl\n"
               "[ssl]\nsystem_default = defaults\n"
               "[defaults]\n"
               "CipherString = ALL:@SECLEVEL=0\n"
               "Options = PrioritizeChaCha,AllowNoDHEKEX,UnsafeLegacyRenegotiation\n"
               "ClientSignatureAlgorithms = rsa_pss_rsae_sha512\n";
        if (CONF_modules_load_file(path.c_str(), nullptr, 0) != 1)
            throw std::runtime_error("OpenSSL does not read " + path);
    }
    ~HostileConfiguration() { CONF_modules_finish(); }
    HostileConfiguration(const HostileConfiguration&) = delete;
    HostileConfiguration& operator=(const HostileConfiguration&) = delete;

private:
    TemporaryDirectory directory_;
};

TEST(OpensslSystemConfiguration, ChangesNothing) {
    constexpr std::uint64_t unwanted = SSL_OP_ALLOW_NO_DHE_KEX | SSL_OP_PRIORITIZE_CHACHA |
                                       SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION;
    for (const bool hostile : {false, true}) {
        SCOPED_TRACE(hostile);
        std::optional<HostileConfiguration> file;
        if (hostile) file.emplace();
        const native::SslCtxPtr bare{SSL_CTX_new(TLS_server_method())};
        EXPECT_EQ((SSL_CTX_get_options(bare.get()) & unwanted) == unwanted, hostile)
            << "whether the file is read at all";
        ServerConfig config = server_config();
        config.client_auth = ClientAuth::request;
        config.client_trust = TrustAnchors::of({load_certificate("root")});
        config.algorithms.signature_schemes = {0x0403, 0x0804};
        const auto context = must(native::Backend().make_server_context(config));
        Ours server(must(context->make_session("")));
        auto* const session = dynamic_cast<native::Session*>(&server.session());
        ASSERT_NE(session, nullptr);
        EXPECT_EQ(SSL_get_options(session->native()) & unwanted, 0U);
        // The client can do both, and would rather do the larger; the server asks for the smaller one alone.
        Raw client(Role::client, [](SSL_CTX* ctx) {
            Raw::use(ctx, "client_rsa");
            const char* const both = "rsa_pss_rsae_sha512:rsa_pss_rsae_sha256";
            SSL_CTX_set1_client_sigalgs_list(ctx, both);
        });
        shake(client, server);
        ASSERT_TRUE(client.done() && server.done());
        EXPECT_EQ(server.session().facts().signature_scheme, 0x0804);
    }
}

}  // namespace
}  // namespace omnitls::test
