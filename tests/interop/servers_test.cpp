// SPDX-License-Identifier: BSL-1.0
// The main job against servers that nobody here wrote: upgrade a plain connection or begin with TLS, judge the server while the
// handshake waits, go on or refuse so that the server's own log tells why. Every service with every backend and version of TLS; a server
// is started once for all of them.
#include "tests/interop/servers/servers.hpp"

#include "tests/interop/client.hpp"
#include "tests/interop/stacks.hpp"
#include "tests/interop/starttls_peers.hpp"

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

class Servers : public testing::TestWithParam<const Service*> {
protected:
    void SetUp() override { OMNITLS_NEED_SERVER(service().software); }
    const Service& service() const { return *GetParam(); }
    ClientSetup setup(const TlsBackend& backend, ProtocolVersion version) const {
        ClientSetup setup;
        setup.protocol = service().protocol;
        setup.backend = &backend;
        setup.version = version;
        return setup;
    }
    std::uint16_t port(const RealServer& server) const { return server.port(service().port); }

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
    void expect_to_be_served(const ClientSetup& setup, const RealServer& server) const {
        Client client(setup, port(server));
        const std::error_code ec = held_upgrade(client);
        ASSERT_FALSE(ec) << ec.message();
        ASSERT_TRUE(client.stream().is_secure());
        EXPECT_EQ(client.stream().info().version, setup.version);
        service().talk(client);
    }

    struct Refusal {
        std::string role;  ///< Of the server's certificate.
        Errc code;
        Alert alert;
        std::vector<std::string> words;  ///< The certificate, what was wanted, what was found.
        void (*mend)(ClientSetup&);      ///< The one thing that makes a twin which accepts.
    };
    void expect_refusal(const Refusal& refusal) const {
        const RealServer server(service().software, refusal.role);
        const std::string words = service().words_for(refusal.alert);
        for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
            ClientSetup twin = setup(backend, version);
            refusal.mend(twin);
            expect_to_be_served(twin, server);
        });
        if (HasFatalFailure()) return;
        EXPECT_EQ(server.logged(words), 0U) << "twins\n" << server.log();
        for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
            // Some say it more than once. While it waits for this client, all is said about the one before.
            std::size_t said = 0;
            ClientSetup refusing = setup(backend, version);
            refusing.decide = [&](const VerifyRequest&) {
                said = server.logged(words);
                return Verdict::trusted();
            };
            // The client is gone then: Exim writes its line when the connection has ended.
            expect_to_refuse(refusal, refusing, server);
            ASSERT_TRUE(server.logs(words, said + 1)) << words << " is not in\n" << server.log();
        });
    }
    void expect_to_refuse(const Refusal& refusal, const ClientSetup& setup,
                          const RealServer& server) const {
        Client client(setup, port(server));
        EXPECT_EQ(held_upgrade(client), refusal.code);
        EXPECT_FALSE(client.stream().is_secure());
        EXPECT_EQ(client.stream().engine().state(), State::failed);
        const ErrorDetail* const detail = client.last_error();
        ASSERT_NE(detail, nullptr);
        EXPECT_EQ(detail->code, refusal.code);
        EXPECT_EQ(detail->phase, Phase::verification);
        EXPECT_EQ(detail->alert_sent, refusal.alert) << detail->to_string();
        EXPECT_TRUE(detail->certificate.has_value());
        for (const std::string& word : refusal.words) expect_in(detail->what, word);
        const Client::Got got = client.read();
        EXPECT_TRUE(got.error);
        EXPECT_EQ(got.text, "");
    }

    bool turns_away_in_tls(Caller caller) const {
        if (caller == Caller::known) return false;
        return caller == Caller::nameless ? service().recognition == Recognition::in_tls
                                          : service().rejection != Rejection::by_login;
    }
    void expect_to_be_taken_for(Caller caller, const ClientSetup& setup,
                                const RealServer& server) const {
        ClientSetup as = setup;
        as.identity = role_of(caller);
        SCOPED_TRACE("client certificate: " + as.identity);
        if (turns_away_in_tls(caller)) {
            expect_to_be_turned_away(as, alert_to(caller, setup.version), server);
        } else if (service().recognition == Recognition::in_tls) {
            expect_to_be_served(as, server);
        } else {
            Client client(as, port(server));
            ASSERT_FALSE(held_upgrade(client)) << client.last_error()->to_string();
            service().log_in(client, caller);
        }
    }
    static std::string role_of(Caller caller) {
        switch (caller) {
            case Caller::known:
                return "client";
            case Caller::expired:
                return "client_expired";
            case Caller::stranger:
                return "client_unknown_ca";
            case Caller::nameless:
                break;
        }
        return "";
    }
    static Alert alert_to(Caller caller, ProtocolVersion version) {
        if (caller == Caller::expired) return Alert::certificate_expired;
        if (caller == Caller::stranger) return Alert::unknown_ca;
        return version == ProtocolVersion::tls12 ? Alert::handshake_failure
                                                 : Alert::certificate_required;
    }

    /// The server ends the connection: in the handshake, or, as the client of TLS 1.3 has finished by then, behind it.
    void expect_to_be_turned_away(const ClientSetup& setup, Alert alert,
                                  const RealServer& server) const {
        Client client(setup, port(server));
        std::error_code ec = held_upgrade(client);
        const bool open = !ec;
        if (open) {
            const Client::Got got = client.read();
            ec = got.error;
            EXPECT_EQ(got.text, "");
        }
        EXPECT_TRUE(ec);
        const ErrorDetail* const detail = client.last_error();
        ASSERT_NE(detail, nullptr) << ec.message();
        EXPECT_EQ(detail->phase, open ? Phase::open : Phase::handshake) << detail->to_string();
        if (!detail->alert_received && service().rejection == Rejection::by_end) {
            EXPECT_EQ(detail->code, Errc::truncated) << detail->to_string();
            EXPECT_TRUE(open);
            return;
        }
        EXPECT_EQ(detail->alert_received, alert) << detail->to_string();
        EXPECT_EQ(open, setup.version == ProtocolVersion::tls13) << detail->to_string();
    }
};

TEST_P(Servers, ServeOverTls) {
    const RealServer server(service().software, "leaf");
    for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
        Client client(setup(backend, version), port(server));
        const std::error_code ec = held_upgrade(client);
        ASSERT_FALSE(ec) << ec.message();
        EXPECT_EQ(client.stream().info().version, version);
        EXPECT_TRUE(client.stream().evidence()->baseline_passed());
        EXPECT_EQ(client.stream().evidence()->name.matched_by, "DNS:omnitls.test");
        service().talk(client);
    });
}

TEST_P(Servers, AreRefusedWithAnotherName) {
    expect_refusal({"leaf_wrong_name",
                    Errc::name_mismatch,
                    alert_for(FindingCategory::name_mismatch),
                    {"CN=", "DNS:omnitls.test", "DNS:elsewhere.test"},
                    [](ClientSetup& twin) { twin.name = "elsewhere.test"; }});
}

TEST_P(Servers, AreRefusedWithAnUnknownAuthority) {
    expect_refusal(
        {"leaf_unknown_ca",
         Errc::unknown_authority,
         Alert::unknown_ca,
         {"CN=omnitls test other intermediate", "no issuer", "the peer sent 2 certificates",
          "not \"CN=omnitls test other root", "configured anchor"},
         [](ClientSetup& twin) { twin.anchors = "other_root"; }});
}

TEST_P(Servers, AreRefusedWithAnExpiredCertificate) {
    expect_refusal({"leaf_expired",
                    Errc::certificate_expired,
                    Alert::certificate_expired,
                    {"CN=omnitls.test", "2030-01-01", "2025-02-01"},
                    [](ClientSetup& twin) {
                        using namespace std::chrono;
                        twin.time = sys_days{year{2024} / June / 1};
                    }});
}

using ServersThatKnow = Servers;

TEST_P(ServersThatKnow, LetInTheClientWithAGoodCertificate) {
    const RealServer server(service().software, "leaf", true);
    for_each_stack([&](const TlsBackend& backend, ProtocolVersion version) {
        for (const Caller caller :
             {Caller::known, Caller::nameless, Caller::expired, Caller::stranger})
            expect_to_be_taken_for(caller, setup(backend, version), server);
    });
}

std::string service_name(const testing::TestParamInfo<const Service*>& info) {
    return std::string(info.param->name);
}

std::vector<const Service*> services_that_know() {
    std::vector<const Service*> services = all_services();
    std::erase_if(services,
                  [](const Service* service) { return service->recognition == Recognition::none; });
    return services;
}

TEST(AllServers, AreThoseOfTheTable) {
    std::set<std::string> upgraded;
    for (const Service* service : all_services())
        if (!service->protocol.empty())
            upgraded.insert(std::string(service->software.program) + ' ' +
                            std::string(service->protocol));
    EXPECT_EQ(upgraded, peers_that_meet(Role::client));
}

INSTANTIATE_TEST_SUITE_P(Real, Servers, testing::ValuesIn(all_services()), service_name);
INSTANTIATE_TEST_SUITE_P(Real, ServersThatKnow, testing::ValuesIn(services_that_know()),
                         service_name);

}  // namespace
}  // namespace omnitls::test
