// SPDX-License-Identifier: BSL-1.0
// Differential traces: the same scenario gives the same whole course on every backend: wants, states, errors, alerts both ways and
// facts, of both ends, not only the same end. The course must also show that the scenario was played.
#include "tests/conformance/cell.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace omnitls::test {
namespace {

using Play = void (*)(Pair&);

struct Scenario {
    const char* name;
    void (*prepare)(PairSetup&);
    Play play;
    /// Events that the course must hold: without them the scenario was not played.
    std::vector<const char*> must_show;
};

void nothing(PairSetup&) {}
void both_certified(PairSetup& setup) {
    setup.client_auth = ClientAuth::require;
    setup.client_role = "client";
}
void run_to_the_end(Pair& pair) { exchange(pair.client, pair.server, Chunking::whole); }

Verdict refuse(const VerifyRequest&) {
    return Verdict::rejected(Errc::certificate_revoked, Alert::certificate_revoked, "on my list");
}

void end_of_input(Side& side) {
    side.eof = true;
    side.run();
}

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all{
        {"accept",
         nothing,
         [](Pair& pair) {
             pair.client.write_when_open = "ping";
             pair.server.write_when_open = "welcome";
             run_to_the_end(pair);
         },
         {"client: verify_pending", "client: received welcome", "server: received ping"}},
        {"reject",
         nothing,
         [](Pair& pair) {
             pair.client.decide = refuse;
             run_to_the_end(pair);
         },
         {"client: error certificate_revoked", "server: alert received certificate_revoked"}},
        {"client_certificate_accept",
         both_certified,
         run_to_the_end,
         {"server: verify_pending", "server: open", "server: chain 2"}},
        {"client_certificate_reject",
         both_certified,
         [](Pair& pair) {
             pair.server.decide = refuse;
             run_to_the_end(pair);
         },
         {"server: error certificate_revoked", "client: alert received certificate_revoked"}},
        {"alpn",
         [](PairSetup& setup) {
             setup.client_alpn = {"nobody", "xmpp-client"};
             setup.server_alpn = {"imap", "xmpp-client"};
         },
         run_to_the_end,
         {"client: alpn xmpp-client", "server: alpn xmpp-client"}},
        {"alpn_without_overlap",
         [](PairSetup& setup) {
             setup.client_alpn = {"imap"};
             setup.server_alpn = {"pop3"};
         },
         run_to_the_end,
         {"client: error no_common_protocol", "server: error no_common_protocol"}},
        {"close",
         nothing,
         [](Pair& pair) {
             run_to_the_end(pair);
             pair.client.write("last words");
             pair.client.engine->close_notify();
             run_to_the_end(pair);
             pair.server.write("and mine");
             pair.server.engine->close_notify();
             run_to_the_end(pair);
         },
         {"client: closed", "server: received last words", "client: received and mine"}},
        {"truncation",
         nothing,
         [](Pair& pair) {
             run_to_the_end(pair);
             pair.client.write("half of");
             run_to_the_end(pair);
             end_of_input(pair.server);
             end_of_input(pair.client);
         },
         {"server: error truncated", "client: error truncated"}},
        {"damage",
         nothing,
         [](Pair& pair) {
             run_to_the_end(pair);
             pair.client.write("data");
             Bytes record = pair.client.take();
             record.back() = static_cast<std::uint8_t>(record.back() ^ 1U);
             pair.server.feed(record);
             run_to_the_end(pair);
         },
         {"server: error bad_record", "client: alert received bad_record_mac"}},
        {"choice_by_client_hello",
         [](PairSetup& setup) {
             PairSetup second = setup;
             second.server_role = "leaf_wrong_name";
             const auto other =
                 must(setup.server_backend->make_server_context(server_config(second)));
             setup.host = "elsewhere.test";
             setup.chooser = make_chooser([other](const ClientHello& hello) {
                 return hello.sni == "elsewhere.test" ? ServerChoice::use(other) : ServerChoice{};
             });
         },
         run_to_the_end,
         {"server: sni elsewhere.test", "client: matched DNS:elsewhere.test"}},
        {"choice_refused",
         [](PairSetup& setup) {
             setup.chooser = make_chooser([](const ClientHello&) { return ServerChoice{}; });
         },
         run_to_the_end,
         {"server: error client_hello_refused", "client: alert received unrecognized_name"}},
        {"end_while_the_verdict_is_pending",
         nothing,
         [](Pair& pair) {
             const auto decide = std::exchange(pair.client.decide, nullptr);
             run_to_the_end(pair);
             end_of_input(pair.client);
             std::move(*pair.client.question).answer(decide(pair.client.question->request()));
             pair.client.run();
             run_to_the_end(pair);
             end_of_input(pair.server);
         },
         {"client: verify_pending", "client: error truncated"}},
    };
    return all;
}

void add_facts(std::vector<std::string>& course, const std::string& who, const Side& side) {
    const ConnectionInfo& info = side.engine->info();
    const auto add = [&](const std::string& event) { course.push_back(who + ": " + event); };
    for (const std::string& event : side.trace) add(event);
    std::string wants;
    for (const Want want : side.wants) wants += " " + std::to_string(static_cast<int>(want));
    add("wants" + wants);
    if (const ErrorDetail* error = side.engine->last_error()) {
        add("error " + std::string(errc_name(static_cast<Errc>(error->code.value()))));
        add("phase " + std::string(phase_name(error->phase)));
        if (error->alert_sent) add("alert sent " + std::string(alert_name(*error->alert_sent)));
        if (error->alert_received)
            add("alert received " + std::string(alert_name(*error->alert_received)));
        if (error->certificate) add("certificate " + std::to_string(*error->certificate));
    }
    add("questions " + std::to_string(side.questions));
    add("received " + side.received);
    add("left " + std::to_string(side.inbox.size()));
    add("unsent " + std::to_string(side.engine->output_size()));
    add("complete " + std::to_string(side.engine->handshake_complete()));
    add("confirmed " + std::to_string(side.engine->peer_confirmed()));
    add("version " + (info.version ? version_name(*info.version) : std::string("unknown")));
    add("alpn " + info.alpn);
    add("sni " + info.sni);
    add("resumed " + std::to_string(info.resumed));
    add("proof " + signature_scheme_name(info.signature_scheme));
    const auto evidence = side.engine->evidence();
    add("chain " + std::to_string(evidence ? evidence->peer.chain.size() : 0));
    if (!evidence) return;
    add("path " + std::to_string(evidence->path.size()));
    add("matched " + evidence->name.matched_by);
    for (const Finding& finding : evidence->findings)
        add("finding " + std::string(finding_name(finding.category)));
}

std::vector<std::string> course_of(const Scenario& scenario, const TlsBackend& client,
                                   const TlsBackend& server, ProtocolVersion version) {
    PairSetup setup;
    setup.client_backend = &client;
    setup.server_backend = &server;
    setup.versions = setup.server_versions = VersionRange{version, version};
    scenario.prepare(setup);
    Pair pair(setup);
    scenario.play(pair);
    std::vector<std::string> course;
    add_facts(course, "client", pair.client);
    add_facts(course, "server", pair.server);
    return course;
}

/// The events that only one of the two has: "-" is missing, "+" is too many.
std::string difference(const std::vector<std::string>& wanted,
                       const std::vector<std::string>& course) {
    std::string text;
    const auto list = [&](const auto& of, const auto& not_in, const char* sign) {
        for (const std::string& event : of)
            if (std::ranges::find(not_in, event) == not_in.end()) text += sign + event + "; ";
    };
    list(wanted, course, "-");
    list(course, wanted, "+");
    return text;
}

struct TraceCase {
    const Scenario* scenario;
    const TlsBackend* client;
    const TlsBackend* server;
    ProtocolVersion version;
};

std::string name_of_case(const TraceCase& one) {
    return std::string(one.scenario->name) + "_" + std::string(one.client->name()) + "_to_" +
           std::string(one.server->name()) + "_" + capability_of(one.version);
}
void PrintTo(const TraceCase& one, std::ostream* out) { *out << name_of_case(one); }

std::vector<TraceCase> trace_cases() {
    std::vector<TraceCase> cases;
    for (const Scenario& scenario : scenarios()) {
        for (const TlsBackend* client : built_backends()) {
            for (const TlsBackend* server : built_backends()) {
                for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13})
                    cases.push_back({&scenario, client, server, version});
            }
        }
    }
    return cases;
}

class Trace : public ::testing::TestWithParam<TraceCase> {
protected:
    void SetUp() override {
        const TraceCase& one = GetParam();
        OMNITLS_NEEDS(*one.client, capability_of(one.version));
        OMNITLS_NEEDS(*one.server, capability_of(one.version));
        watch_.emplace(known_gaps(),
                       name_of(*::testing::UnitTest::GetInstance()->current_test_info()),
                       std::vector{one.client, one.server});
    }
    void TearDown() override {
        if (watch_) watch_->report();
    }

private:
    std::optional<GapWatch> watch_;
};

TEST_P(Trace, IsThatOfTheFirstBackend) {
    const TraceCase& one = GetParam();
    const auto first = std::ranges::find_if(built_backends(), [&](const TlsBackend* backend) {
        return backend->capabilities().has(capability_of(one.version));
    });
    ASSERT_NE(first, built_backends().end());
    const auto wanted = course_of(*one.scenario, **first, **first, one.version);
    const auto course = course_of(*one.scenario, *one.client, *one.server, one.version);
    EXPECT_EQ(difference(wanted, course), "");
    EXPECT_EQ(course, wanted);
    for (const char* event : one.scenario->must_show)
        EXPECT_TRUE(std::ranges::find(course, event) != course.end()) << "no \"" << event << "\"";
}

INSTANTIATE_TEST_SUITE_P(Every, Trace, ::testing::ValuesIn(trace_cases()),
                         [](const auto& one) { return name_of_case(one.param); });

}  // namespace
}  // namespace omnitls::test
