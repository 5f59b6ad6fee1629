// SPDX-License-Identifier: BSL-1.0
// The main job against Prosody and Exim: upgrade a plain connection, judge the server while the handshake waits, go on or refuse
// so that the server's own log tells why.
#include "tests/interop/client.hpp"
#include "tests/interop/needs_version.hpp"
#include "tests/interop/real_server.hpp"

#include <chrono>
#include <cstdlib>
#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

using Cell = std::tuple<Protocol, const TlsBackend*, ProtocolVersion>;

std::string cell_name(const testing::TestParamInfo<Cell>& info) {
    const auto [protocol, backend, version] = info.param;
    return (protocol == Protocol::xmpp ? "prosody_" : "exim_") + std::string(backend->name()) +
           (version == ProtocolVersion::tls12 ? "_tls12" : "_tls13");
}

class Servers : public testing::TestWithParam<Cell> {
protected:
    void SetUp() override {
        OMNITLS_NEED_VERSION(std::get<1>(GetParam()), std::get<2>(GetParam()));
    }
    Software software() const {
        return std::get<0>(GetParam()) == Protocol::xmpp ? Software::prosody : Software::exim;
    }
    bool xmpp() const { return software() == Software::prosody; }
    ClientSetup setup() const {
        const auto [protocol, backend, version] = GetParam();
        ClientSetup setup;
        setup.protocol = protocol;
        setup.backend = backend;
        setup.version = version;
        return setup;
    }

    /// Upgrades, and expects that the question was asked once, held, and answered by another thread.
    static std::error_code held_upgrade(Client& client) {
        const std::error_code ec = client.upgrade();
        const auto facts = client.verifier();
        EXPECT_EQ(facts.questions, 1U);
        EXPECT_EQ(facts.asked_on, std::this_thread::get_id());
        EXPECT_NE(facts.decided_on, facts.asked_on);
        if (!client.pending()) {
            ADD_FAILURE() << "nothing was pending: " << ec.message();
            return ec;
        }
        EXPECT_EQ(client.pending()->state, State::verify_pending);
        EXPECT_FALSE(client.pending()->secure);
        EXPECT_EQ(client.pending()->output, 0U);
        EXPECT_EQ(client.pending()->read_bytes, 0U);
        EXPECT_EQ(client.pending()->read_error, Errc::operation_in_progress);
        return ec;
    }

    /// Says something over TLS that the server answers only there.
    void expect_to_be_served(Client& client) const {
        ASSERT_TRUE(client.stream().is_secure());
        if (xmpp()) {
            const std::string features = client.say(
                "<?xml version='1.0'?><stream:stream to='omnitls.test' version='1.0' "
                "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
                "</stream:features>");
            EXPECT_NE(features.find("<mechanisms"), std::string::npos) << features;
            EXPECT_EQ(features.find("urn:ietf:params:xml:ns:xmpp-tls"), std::string::npos)
                << features;
            client.say("</stream:stream>", "</stream:stream>");
        } else {
            const std::string offer = client.say("EHLO client.test\r\n", "\r\n250 ");
            EXPECT_NE(offer.find("250-omnitls.test"), std::string::npos) << offer;
            EXPECT_EQ(offer.find("STARTTLS"), std::string::npos) << offer;
            client.say("QUIT\r\n", "221 ");
        }
        EXPECT_EQ(client.read().error, asio::error::eof) << "both servers say close_notify";
    }

    /// Its words for an alert; OpenSSL and GnuTLS have their own.
    std::string in_the_log(Alert alert) const {
        switch (alert) {
            case Alert::bad_certificate:
                return xmpp() ? "alert bad certificate" : "Certificate is bad";
            case Alert::unknown_ca:
                return xmpp() ? "alert unknown ca" : "CA is unknown";
            case Alert::certificate_expired:
                return xmpp() ? "alert certificate expired" : "Certificate is expired";
            case Alert::certificate_unknown:
                return xmpp() ? "alert certificate unknown" : "Unknown certificate";
            default:
                return "(no words for alert " + std::string(alert_name(alert)) + ")";
        }
    }

    struct Refusal {
        std::string role;  ///< Of the server's certificate.
        Errc code;
        Alert alert;
        std::vector<std::string> words;  ///< The certificate, what was wanted, what was found.
        void (*mend)(ClientSetup&);      ///< The one thing that makes a twin which accepts.
    };
    void expect_refusal(const Refusal& refusal) const {
        OMNITLS_NEED_SERVER(software());
        RealServer server(software(), refusal.role);
        {
            ClientSetup twin = setup();
            refusal.mend(twin);
            Client client(twin, server.port());
            const std::error_code ec = held_upgrade(client);
            ASSERT_FALSE(ec) << "twin: " << ec.message();
            expect_to_be_served(client);
        }
        const std::string words = in_the_log(refusal.alert);
        EXPECT_EQ(server.log().find(words), std::string::npos) << "twin" << server.log();

        // Its client is gone then: Exim writes its line when the connection has ended.
        expect_to_refuse(refusal, server.port());
        EXPECT_TRUE(server.logs(words)) << words << " is not in\n" << server.log();
    }
    void expect_to_refuse(const Refusal& refusal, std::uint16_t port) const {
        Client client(setup(), port);
        EXPECT_EQ(held_upgrade(client), refusal.code);
        EXPECT_FALSE(client.stream().is_secure());
        EXPECT_EQ(client.stream().engine().state(), State::failed);
        const ErrorDetail* const detail = client.last_error();
        ASSERT_NE(detail, nullptr);
        EXPECT_EQ(detail->code, refusal.code);
        EXPECT_EQ(detail->phase, Phase::verification);
        EXPECT_EQ(detail->alert_sent, refusal.alert) << detail->to_string();
        EXPECT_TRUE(detail->certificate.has_value());
        for (const std::string& word : refusal.words)
            EXPECT_NE(detail->what.find(word), std::string::npos) << word << " in " << detail->what;
        const Client::Got got = client.read();
        EXPECT_TRUE(got.error);
        EXPECT_EQ(got.text, "");
    }
};

TEST_P(Servers, ServesOverTheUpgradedConnection) {
    OMNITLS_NEED_SERVER(software());
    RealServer server(software(), "leaf");
    Client client(setup(), server.port());
    const std::error_code ec = held_upgrade(client);
    ASSERT_FALSE(ec) << ec.message();
    EXPECT_EQ(client.stream().info().version, std::get<2>(GetParam()));
    EXPECT_TRUE(client.stream().evidence()->baseline_passed());
    EXPECT_EQ(client.stream().evidence()->name.matched_by, "DNS:omnitls.test");
    expect_to_be_served(client);
}

// Only Exim tells a client whom it takes it for.
using ServersThatTell = Servers;

TEST_P(ServersThatTell, KnowTheClientsCertificate) {
    OMNITLS_NEED_SERVER(software());
    RealServer server(software(), "leaf");
    for (const bool with_certificate : {true, false}) {
        ClientSetup one = setup();
        if (with_certificate) one.identity = "client";
        Client client(one, server.port());
        ASSERT_FALSE(held_upgrade(client)) << client.last_error()->to_string();
        client.say("EHLO client.test\r\n", "\r\n250 ");
        const std::string reply = client.say("MAIL FROM:<>\r\n", "\r\n");
        EXPECT_NE(reply.find(with_certificate ? "verified <1>" : "you are <>, verified <0>"),
                  std::string::npos)
            << reply;
        EXPECT_EQ(reply.find("omnitls") != std::string::npos, with_certificate) << reply;
    }
}

TEST_P(Servers, RefusesAnotherName) {
    expect_refusal({"leaf_wrong_name",
                    Errc::name_mismatch,
                    alert_for(FindingCategory::name_mismatch),
                    {"CN=", "DNS:omnitls.test", "DNS:elsewhere.test"},
                    [](ClientSetup& twin) { twin.name = "elsewhere.test"; }});
}

TEST_P(Servers, RefusesAnUnknownAuthority) {
    expect_refusal(
        {"leaf_unknown_ca",
         Errc::unknown_authority,
         Alert::unknown_ca,
         {"CN=omnitls test other intermediate", "no issuer", "the peer sent 2 certificates",
          "not \"CN=omnitls test other root", "configured anchor"},
         [](ClientSetup& twin) { twin.anchors = "other_root"; }});
}

TEST_P(Servers, RefusesAnExpiredCertificate) {
    expect_refusal({"leaf_expired",
                    Errc::certificate_expired,
                    Alert::certificate_expired,
                    {"CN=omnitls.test", "2030-01-01", "2025-02-01"},
                    [](ClientSetup& twin) {
                        using namespace std::chrono;
                        twin.time = sys_days{year{2024} / June / 1};
                    }});
}

INSTANTIATE_TEST_SUITE_P(Real, Servers,
                         testing::Combine(testing::Values(Protocol::xmpp, Protocol::smtp),
                                          testing::ValuesIn(built_backends()),
                                          testing::Values(ProtocolVersion::tls12,
                                                          ProtocolVersion::tls13)),
                         cell_name);

INSTANTIATE_TEST_SUITE_P(
    Real, ServersThatTell,
    testing::Combine(testing::Values(Protocol::smtp), testing::ValuesIn(built_backends()),
                     testing::Values(ProtocolVersion::tls12, ProtocolVersion::tls13)),
    cell_name);

}  // namespace
}  // namespace omnitls::test
