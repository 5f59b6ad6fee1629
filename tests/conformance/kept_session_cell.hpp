// SPDX-License-Identifier: BSL-1.0
// One server that asks for certificates and keeps sessions, and a client that has one and comes again.
#pragma once

#include "tests/conformance/cell.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace omnitls::test {

/// Its answers come from the test; its name may change.
class NamedPolicy final : public CertificateVerifier {
public:
    void verify(Question question) override { std::move(question).answer(Verdict::trusted()); }
    std::string policy_id() const override { return id; }
    std::string id = "first";
};

class KeptSessionCell : public CellTest {
protected:
    void SetUp() override {
        CellTest::SetUp();
        if (IsSkipped()) return;
        OMNITLS_NEEDS(*GetParam().client, "session_store");
        OMNITLS_NEEDS(*GetParam().server, "sessions_with_client_auth");
        setup_ = GetParam().setup();
        setup_.client_role = "client";
        setup_.client_auth = ClientAuth::require;
        setup_.tune_client = [this](ClientConfig& config) { config.sessions = store; };
        setup_.tune_server = [this](ServerConfig& config) {
            config.session_lifetime = lifetime;
            config.clock = [this] { return now; };
            config.verifier = policy;
            if (tune_server) tune_server(config);
        };
        make_contexts();
    }
    void make_contexts() {
        client_context_ = must(GetParam().client->make_client_context(client_config(setup_)));
        server_context_ = must(GetParam().server->make_server_context(server_config(setup_)));
    }
    static Verdict resumable(std::chrono::seconds duration) {
        return Verdict::trusted().resumable_for(duration);
    }
    /// Two ends that have not begun; the server lets the client in, and back in for `allowed`.
    std::pair<Side, Side> ends() const {
        std::pair<Side, Side> made;
        made.first.engine =
            must(client_context_->make_engine(must(ClientTarget::host("omnitls.test"))));
        made.second.engine = must(server_context_->make_engine());
        made.second.write_when_open = "from the server";
        made.first.write_when_open = "from the client";
        made.second.decide = [this](const VerifyRequest&) { return resumable(allowed); };
        return made;
    }
    void join(Side& client, Side& server) const {
        exchange(client, server, GetParam().chunking);
        expect_open(client);
        expect_open(server);
        EXPECT_EQ(client.received, "from the server");
        EXPECT_EQ(server.received, "from the client");
        EXPECT_EQ(client.engine->info().resumed, server.engine->info().resumed);
        EXPECT_EQ(server.questions, server.engine->info().resumed ? 0 : 1);
    }
    /// Whether a connection resumes; either way it works.
    bool resumes() const {
        auto [client, server] = ends();
        join(client, server);
        return server.engine->info().resumed;
    }

    std::shared_ptr<SessionStore> store = memory_session_store();
    std::shared_ptr<NamedPolicy> policy = std::make_shared<NamedPolicy>();
    std::function<void(ServerConfig&)> tune_server;
    UtcTime now = test_time();
    std::chrono::seconds lifetime{1200};
    std::chrono::seconds allowed{600};
    PairSetup setup_;
    std::shared_ptr<const ClientContext> client_context_;
    std::shared_ptr<const ServerContext> server_context_;
};

}  // namespace omnitls::test
