// SPDX-License-Identifier: BSL-1.0
// Every option on every backend: it does what it says, or the context is refused by the name of a capability. There is no third
// way: an option that is taken and does nothing fails here.
#include "tests/conformance/on_backend.hpp"

#include <algorithm>
#include <functional>
#include <iostream>
#include <list>
#include <utility>

namespace omnitls::test {
namespace {

class CountingLog final : public KeyLog {
public:
    void write(std::string_view) noexcept override { ++lines; }
    int lines = 0;
};

/// What an option's row looks at after the handshake.
struct Outcome {
    Pair& pair;
    const PairSetup& setup;

    bool open() const {
        return pair.client.engine->state() == State::open &&
               pair.server.engine->state() == State::open;
    }
    static bool failed(const Side& side, Errc code) {
        const ErrorDetail* const error = side.engine->last_error();
        return error != nullptr && error->code == code;
    }
    const ConnectionInfo& client() const { return pair.client.engine->info(); }
};

using Numbers = std::vector<std::uint16_t>;

struct Option {
    const char* name;
    std::function<void(PairSetup&)> set;
    std::function<bool(const Outcome&)> works;
};

const auto is_open = [](const Outcome& outcome) { return outcome.open(); };
const auto client_says = [](Errc code) {
    return [code](const Outcome& outcome) { return Outcome::failed(outcome.pair.client, code); };
};
const auto server_says = [](Errc code) {
    return [code](const Outcome& outcome) { return Outcome::failed(outcome.pair.server, code); };
};

std::function<void(PairSetup&)> on_client(std::function<void(ClientConfig&)> tune) {
    return [tune](PairSetup& setup) { setup.tune_client = tune; };
}
std::function<void(PairSetup&)> on_server(std::function<void(ServerConfig&)> tune) {
    return [tune](PairSetup& setup) { setup.tune_server = tune; };
}
/// A client with a certificate, and a server that wants one.
std::function<void(PairSetup&)> on_asking_server(std::function<void(ServerConfig&)> tune = {}) {
    return [tune](PairSetup& setup) {
        setup.client_role = "client";
        setup.client_auth = ClientAuth::require;
        setup.tune_server = tune;
    };
}

Identity leaf_only(const std::string& role) {
    return must(Identity::from_pem(read_data(role + ".pem"), read_data(role + ".key")));
}

std::vector<Certificate> intermediates() { return load_certificates("intermediate.pem"); }

Option version_row(const char* name, ProtocolVersion version, bool of_client) {
    return {name,
            [=](PairSetup& setup) {
                const VersionRange only{version, version};
                (of_client ? setup.versions : setup.server_versions) = only;
            },
            [=](const Outcome& outcome) {
                return outcome.open() && outcome.client().version == version;
            }};
}

Option protocol_row(const char* name, const std::vector<std::string>& protocols) {
    return {name, [=](PairSetup& setup) { setup.client_alpn = setup.server_alpn = protocols; },
            [=](const Outcome& outcome) {
                return outcome.open() && outcome.client().alpn == protocols.front();
            }};
}

/// Of the profile's lists, with one of them named.
Option list_row(const char* name, Numbers Algorithms::*list, const Numbers& named, bool of_client,
                const char* role = "leaf_rsa") {
    const auto tune = [=](auto& config) { config.algorithms.*list = named; };
    return {name,
            [=](PairSetup& setup) {
                setup.server_role = role;
                if (of_client) {
                    setup.tune_client = tune;
                } else {
                    setup.tune_server = tune;
                }
            },
            [=](const Outcome& outcome) {
                const ConnectionInfo& info = outcome.client();
                const std::uint16_t used = list == &Algorithms::cipher_suites ? info.cipher_suite
                                           : list == &Algorithms::groups      ? info.group
                                                                         : info.signature_scheme;
                return outcome.open() && std::ranges::find(named, used) != named.end();
            }};
}

Option modern_row(const char* name, bool of_client) {
    const auto tune = [](auto& config) { config.profile = Profile::modern; };
    return {name,
            [=](PairSetup& setup) {
                if (of_client) {
                    setup.tune_client = tune;
                } else {
                    setup.tune_server = tune;
                }
            },
            [](const Outcome& outcome) {
                return outcome.open() && outcome.client().version == ProtocolVersion::tls13;
            }};
}

Option identity_row(const char* role, bool of_client) {
    static std::list<std::string> names;
    names.push_back(std::string(of_client ? "client" : "server") + " identity " + role);
    const auto set = [=](PairSetup& setup) {
        if (!of_client) {
            setup.server_role = role;
            return;
        }
        setup.client_role = role;
        setup.client_auth = ClientAuth::require;
    };
    return {names.back().c_str(), set, [=](const Outcome& outcome) {
                const Side& judge = of_client ? outcome.pair.server : outcome.pair.client;
                return outcome.open() &&
                       *judge.engine->evidence()->peer.leaf() == load_certificate(role);
            }};
}

std::vector<Option> options() {
    const auto other_root = [](auto& config) { config.trust = load_anchors("other_root"); };
    const auto late = [](auto& config) {
        config.clock = [] { return test_time() + std::chrono::years(40); };
    };
    const auto no_signatures = [](auto& config) { config.limits.path_signatures = 1; };
    const auto asked = std::make_shared<int>(0);
    const auto log = std::make_shared<CountingLog>();
    const auto store = memory_session_store();
    const auto mine = make_verifier([](const VerifyRequest&) { return Verdict::trusted(); });
    std::vector<std::string> nine{"one"};
    for (int i = 0; i < 8; ++i) nine.push_back("other-" + std::to_string(i));
    const auto cipher_suites = &Algorithms::cipher_suites;
    const auto groups = &Algorithms::groups;
    const auto schemes = &Algorithms::signature_schemes;
    return {
        {"nothing", [](PairSetup&) {}, is_open},
        modern_row("client profile", true),
        modern_row("server profile", false),
        list_row("client cipher_suites", cipher_suites, {0xcca8, 0xc02f}, true),
        list_row("server cipher_suites", cipher_suites, {0xcca8, 0xc02f}, false),
        list_row("client cipher_suites that are not all combinations", cipher_suites,
                 {0x009e, 0xc030}, true),
        list_row("client groups", groups, {0x0018}, true),
        list_row("server groups", groups, {0x0018}, false),
        list_row("client groups, a hybrid", groups, {0x11ec}, true),
        list_row("client signature_schemes", schemes, {0x0501, 0x0503}, true, "leaf_p384"),
        list_row("server signature_schemes", schemes, {0x0501, 0x0503}, false, "leaf_p384"),
        list_row("server signature_schemes, one", schemes, {0x0501}, false),
        list_row("client signature_schemes with PSS", schemes, {0x0805}, true),
        {"client trust", on_client(other_root), client_says(Errc::unknown_authority)},
        {"client intermediates",
         [](PairSetup& setup) {
             setup.tune_client = [](ClientConfig& config) {
                 config.intermediates = intermediates();
             };
             setup.tune_server = [](ServerConfig& config) { config.identity = leaf_only("leaf"); };
         },
         is_open},
        identity_row("client", true),
        identity_row("client_rsa", true),
        version_row("client versions TLS 1.2", ProtocolVersion::tls12, true),
        version_row("client versions TLS 1.3", ProtocolVersion::tls13, true),
        protocol_row("alpn", {"imap", "smtp"}),
        protocol_row("alpn of the longest name", {std::string(255, 'n')}),
        protocol_row("alpn of nine names", nine),
        {"alpn without overlap",
         [](PairSetup& setup) { setup.client_alpn = {"imap"}, setup.server_alpn = {"smtp"}; },
         server_says(Errc::no_common_protocol)},
        {"client verifier", on_client([=](ClientConfig& config) { config.verifier = mine; }),
         [=](const Outcome& outcome) {
             return outcome.open() && outcome.pair.client.engine->verifier() == mine;
         }},
        {"client limits: handshake_bytes",
         on_client([](ClientConfig& config) { config.limits.handshake_bytes = 1024; }),
         client_says(Errc::limit_exceeded)},
        {"client limits: chain_certificates",
         on_client([](ClientConfig& config) { config.limits.chain_certificates = 1; }),
         client_says(Errc::limit_exceeded)},
        {"client limits: chain_bytes",
         on_client([](ClientConfig& config) { config.limits.chain_bytes = 512; }),
         client_says(Errc::limit_exceeded)},
        {"client limits: path_depth",
         on_client([](ClientConfig& config) { config.limits.path_depth = 1; }),
         client_says(Errc::limit_exceeded)},
        {"client limits: path_signatures", on_client(no_signatures),
         client_says(Errc::limit_exceeded)},
        {"client clock", on_client(late), client_says(Errc::certificate_expired)},
        {"client key log", on_client([=](ClientConfig& config) { config.key_log = log; }),
         [=](const Outcome& outcome) {
             return outcome.open() && std::exchange(log->lines, 0) > 0;
         }},
        {"sessions",
         [=](PairSetup& setup) {
             setup.tune_client = [=](ClientConfig& config) { config.sessions = store; };
             setup.tune_server = [](ServerConfig& config) {
                 config.session_lifetime = std::chrono::hours(1);
             };
         },
         [=](const Outcome& outcome) {
             // A server of another context: it knows no ticket, but the client asks about the one it has.
             Pair again(outcome.setup);
             again.client.decide = nullptr;
             again.client.run();
             return outcome.open() && again.client.question &&
                    again.client.question->request().resumed;
         }},
        identity_row("leaf_rsa", false),
        identity_row("leaf_p384", false),
        identity_row("leaf_ed25519", false),
        identity_row("leaf_big", false),
        {"server identity with an encrypted key", on_server([](ServerConfig& config) {
             config.identity =
                 must(Identity::from_pem(read_data("leaf_chain.pem"),
                                         read_data("leaf_encrypted.key"), encrypted_key_password));
         }),
         is_open},
        {"client_auth request, no certificate",
         [](PairSetup& setup) { setup.client_auth = ClientAuth::request; }, is_open},
        {"client_auth require, no certificate",
         [](PairSetup& setup) { setup.client_auth = ClientAuth::require; },
         server_says(Errc::certificate_required)},
        {"client_trust", on_asking_server([](ServerConfig& config) {
             config.client_trust = load_anchors("other_root");
         }),
         server_says(Errc::unknown_authority)},
        {"server intermediates",
         [](PairSetup& setup) {
             on_asking_server([](ServerConfig& config) { config.intermediates = intermediates(); })(
                 setup);
             setup.tune_client = [](ClientConfig& config) {
                 config.identity = leaf_only("client");
             };
         },
         is_open},
        version_row("server versions TLS 1.2", ProtocolVersion::tls12, false),
        version_row("server versions TLS 1.3", ProtocolVersion::tls13, false),
        {"chooser",
         [=](PairSetup& setup) {
             setup.chooser = make_chooser([=](const ClientHello&) {
                 ++*asked;
                 return ServerChoice::keep();
             });
         },
         [=](const Outcome& outcome) { return outcome.open() && std::exchange(*asked, 0) == 1; }},
        {"server verifier", on_asking_server([=](ServerConfig& config) { config.verifier = mine; }),
         [=](const Outcome& outcome) {
             return outcome.open() && outcome.pair.server.engine->verifier() == mine;
         }},
        {"server limits: client_hello_bytes",
         [](PairSetup& setup) {
             setup.client_alpn = {std::string(31, 'a'), std::string(31, 'b')};
             for (char name = 'c'; name < 'i'; ++name) setup.client_alpn.emplace_back(31, name);
             setup.tune_client = [](ClientConfig& config) { config.identity.reset(); };
             setup.tune_server = [](ServerConfig& config) {
                 config.limits.client_hello_bytes = 512;
             };
             setup.host = std::string(60, 'h') + "." + std::string(60, 'o') + "." +
                          std::string(60, 's') + "." + std::string(60, 't') + ".test";
         },
         server_says(Errc::limit_exceeded)},
        {"server limits: chain_certificates",
         on_asking_server([](ServerConfig& config) { config.limits.chain_certificates = 1; }),
         server_says(Errc::limit_exceeded)},
        {"server limits: output_high_water",
         on_server([](ServerConfig& config) { config.limits.output_high_water = 100; }),
         [](const Outcome& outcome) {
             const std::string text(40'000, 'x');
             const Step step = outcome.pair.server.write(text);
             return outcome.open() && step.want == Want::drain && step.bytes < text.size();
         }},
        {"server clock", on_asking_server(late), server_says(Errc::certificate_expired)},
        {"server key log", on_server([=](ServerConfig& config) { config.key_log = log; }),
         [=](const Outcome& outcome) {
             return outcome.open() && std::exchange(log->lines, 0) > 0;
         }},
    };
}

class OptionOn : public OnBackend {};
OMNITLS_ON_EVERY_BACKEND(OptionOn);

TEST_P(OptionOn, WorksOrIsRefusedByTheNameOfACapability) {
    int work = 0;
    int refused = 0;
    for (const Option& option : options()) {
        SCOPED_TRACE(option.name);
        PairSetup setup;
        setup.client_backend = setup.server_backend = &backend();
        option.set(setup);
        std::optional<ErrorDetail> refusal;
        const auto server = backend().make_server_context(server_config(setup));
        const auto client = backend().make_client_context(client_config(setup));
        if (!server) refusal = server.error();
        if (!client) refusal = client.error();
        if (refusal) {
            ++refused;
            EXPECT_EQ(refusal->code, Errc::not_supported) << refusal->what;
            const auto rows = backend().capabilities().rows();
            EXPECT_TRUE(std::ranges::any_of(rows,
                                            [&](const Capability& row) {
                                                return row.state != CapabilityState::native &&
                                                       refusal->what.find(row.name) !=
                                                           std::string::npos;
                                            }))
                << "names no capability: " << refusal->what;
            std::cout << backend().name() << ": " << option.name << ": " << refusal->what << "\n";
            continue;
        }
        Pair pair(setup);
        exchange(pair.client, pair.server, Chunking::whole);
        EXPECT_TRUE(option.works({pair, setup}))
            << "client: "
            << (pair.client.engine->last_error()
                    ? pair.client.engine->last_error()->to_string()
                    : std::string(state_name(pair.client.engine->state())))
            << "\nserver: "
            << (pair.server.engine->last_error()
                    ? pair.server.engine->last_error()->to_string()
                    : std::string(state_name(pair.server.engine->state())));
        ++work;
    }
    std::cout << backend().name() << ": " << work << " options work, " << refused
              << " are refused\n";
    EXPECT_GT(work, refused);
}

// A field that is added to a configuration does not compile here until this line has it; give it a row above.
TEST(OptionCount, IsThatOfTheRows) {
    [[maybe_unused]] const auto& [trust, intermediates, identity, versions, profile, algorithms,
                                  alpn, verifier, limits, clock, key_log, sessions] =
        ClientConfig{};
    [[maybe_unused]] const auto& [suites, groups, schemes] = Algorithms{};
    [[maybe_unused]] const auto& [own, client_auth, client_trust, more, server_versions,
                                  server_profile, server_algorithms, server_alpn, chooser,
                                  server_verifier, server_limits, server_clock, server_key_log,
                                  session_lifetime] = ServerConfig{};
    EXPECT_GE(options().size(), 12U + 3U + 14U);
}

}  // namespace
}  // namespace omnitls::test
