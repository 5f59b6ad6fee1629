// SPDX-License-Identifier: BSL-1.0
// A client that comes back to a server nobody here wrote: openssl s_server, with the sessions it gives out by itself.
#include "tests/interop/needs_version.hpp"
#include "tests/interop/process.hpp"
#include "tests/support/certs.hpp"
#include <omnitls/transport/stream.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

using asio::ip::tcp;
using Cell = std::tuple<const TlsBackend*, ProtocolVersion>;

std::string cell_name(const testing::TestParamInfo<Cell>& info) {
    const auto [backend, version] = info.param;
    return std::string(backend->name()) + (version == ProtocolVersion::tls12 ? "_tls12" : "_tls13");
}

class ComingBack : public testing::TestWithParam<Cell> {
protected:
    void SetUp() override {
        OMNITLS_NEED_VERSION(std::get<0>(GetParam()), std::get<1>(GetParam()));
    }
    std::shared_ptr<const ClientContext> context(Verdict of_resumption) const {
        const auto [backend, version] = GetParam();
        class Policy final : public CertificateVerifier {
        public:
            explicit Policy(Verdict of_resumption) : of_resumption_(std::move(of_resumption)) {}
            void verify(Question question) override {
                const bool resumed = question.request().resumed;
                std::move(question).answer(resumed ? of_resumption_ : Verdict::trusted());
            }
            std::string policy_id() const override { return "test"; }

        private:
            Verdict of_resumption_;
        };
        ClientConfig config;
        config.keep_evidence = true;
        config.trust = load_anchors("root");
        config.versions = VersionRange{version, version};
        config.clock = test_time;
        config.verifier = std::make_shared<Policy>(std::move(of_resumption));
        config.sessions = store;
        return must(backend->make_client_context(config));
    }
    /// One conversation: a line, and the server's answer, which is the line backwards. Whether it was resumed.
    bool resumes(Verdict of_resumption) const {
        asio::io_context io;
        tcp::socket socket(io);
        socket.connect({asio::ip::make_address("127.0.0.1"), port});
        const auto clients = context(std::move(of_resumption));
        Stream<tcp::socket> stream(
            std::move(socket),
            must(clients->make_engine(must(ClientTarget::host("omnitls.test")))));
        stream.handshake();
        asio::write(stream, asio::buffer(std::string("stressed\n")));
        std::string answer;
        asio::read_until(stream, asio::dynamic_buffer(answer), '\n');
        EXPECT_EQ(answer, "desserts\n");
        const bool resumed = stream.engine().info().resumed;
        EXPECT_EQ(stream.engine().evidence()->resumed, resumed);
        std::error_code ignored;
        stream.shutdown(ignored);
        return resumed;
    }

    std::shared_ptr<SessionStore> store = memory_session_store();
    std::uint16_t port = 0;
};

TEST_P(ComingBack, ResumesIfTheVerifierAgrees) {
    const bool tls12 = std::get<1>(GetParam()) == ProtocolVersion::tls12;
    Process server({"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", data_path("leaf.pem"),
                    "-cert_chain", data_path("leaf_chain.pem"), "-key", data_path("leaf.key"),
                    tls12 ? "-tls1_2" : "-tls1_3", "-rev"});
    const auto line = server.read_until("ACCEPT ");
    ASSERT_TRUE(line) << server.err();
    port = static_cast<std::uint16_t>(std::stoi(line->substr(line->rfind(':') + 1)));
    EXPECT_FALSE(resumes(Verdict::trusted())) << "there is nothing to come back to";
    EXPECT_FALSE(resumes(Verdict::rejected())) << "and this time the verifier does not want it";
    EXPECT_TRUE(resumes(Verdict::trusted()));
    EXPECT_TRUE(resumes(Verdict::trusted())) << "with what the resumed connection brought";
}

INSTANTIATE_TEST_SUITE_P(Real, ComingBack,
                         testing::Combine(testing::ValuesIn(built_backends()),
                                          testing::Values(ProtocolVersion::tls12,
                                                          ProtocolVersion::tls13)),
                         cell_name);

}  // namespace
}  // namespace omnitls::test
