// SPDX-License-Identifier: BSL-1.0
// Options of everything else: protocols, sessions, choosers, key logs and limits.
#include "tests/conformance/options.hpp"

namespace omnitls::test {
namespace {

class CountingLog final : public KeyLog {
public:
    void write(std::string_view) noexcept override { ++lines; }
    int lines = 0;
};

Option key_log_row(Role role) {
    const auto log = std::make_shared<CountingLog>();
    return {
        name_of_side(role) + " key log", on(role, [=](auto& config) { config.key_log = log; }),
        [=](const Outcome& outcome) { return outcome.open() && std::exchange(log->lines, 0) > 0; }};
}

Option protocol_row(const std::string& name, const std::vector<std::string>& protocols) {
    return {name, [=](PairSetup& setup) { setup.client_alpn = setup.server_alpn = protocols; },
            [=](const Outcome& outcome) {
                return outcome.open() && outcome.client().alpn == protocols.front();
            }};
}

/// A store for the connections of one setup and no others.
Change client_keeps_sessions() {
    return [](PairSetup& setup) {
        add(setup.tune_client,
            [store = memory_session_store()](ClientConfig& config) { config.sessions = store; });
    };
}
Change server_gives_sessions() {
    return on_server([](ServerConfig& config) { config.session_lifetime = std::chrono::hours(1); });
}
/// Whether who comes again is resumed, with one context on either side: tickets are of theirs alone.
bool comes_back(const Outcome& outcome) {
    const PairSetup& setup = outcome.setup;
    const auto client = must(setup.client_backend->make_client_context(client_config(setup)));
    const auto server = must(setup.server_backend->make_server_context(server_config(setup)));
    bool resumed = false;
    for (int i = 0; i < 2; ++i) {
        Side one;
        Side other;
        one.engine = must(client->make_engine(must(ClientTarget::host(setup.host))));
        other.engine = must(server->make_engine());
        exchange(one, other, Chunking::whole);
        resumed = one.engine->info().resumed && other.engine->info().resumed;
    }
    return outcome.open() && resumed;
}

Option chooser_row() {
    const auto asked = std::make_shared<int>(0);
    return {
        "chooser",
        [=](PairSetup& setup) {
            setup.chooser = make_chooser([=](const ClientHello&) {
                ++*asked;
                return ServerChoice::keep();
            });
        },
        [=](const Outcome& outcome) { return outcome.open() && std::exchange(*asked, 0) == 1; }};
}

/// More than 512 bytes with every library. No certificate is for such a name.
void long_hello(PairSetup& setup) {
    for (char name = 'a'; name < 'i'; ++name) setup.client_alpn.emplace_back(31, name);
    setup.host = std::string(60, 'h') + "." + std::string(60, 'o') + "." + std::string(60, 's') +
                 "." + std::string(60, 't') + ".test";
}

}  // namespace

std::vector<Option> options_of_use() {
    std::vector<std::string> nine{"one"};
    for (int i = 0; i < 8; ++i) nine.push_back("other-" + std::to_string(i));
    return {
        protocol_row("alpn", {"imap", "smtp"}),
        protocol_row("alpn of the longest name", {std::string(255, 'n')}),
        protocol_row("alpn of nine names", nine),
        {"alpn without overlap",
         [](PairSetup& setup) { setup.client_alpn = {"imap"}, setup.server_alpn = {"smtp"}; },
         server_says(Errc::no_common_protocol)},
        {"client sessions", client_keeps_sessions(), comes_back, server_gives_sessions()},
        {"session_lifetime", server_gives_sessions(), comes_back, client_keeps_sessions()},
        chooser_row(),
        {"client keep_evidence",
         on_client([](ClientConfig& config) { config.keep_evidence = true; }),
         [](const Outcome& o) { return o.open() && o.pair.client.engine->evidence() != nullptr; },
         on_client([](ClientConfig& config) { config.keep_evidence = false; })},
        {"server keep_evidence",
         on_server([](ServerConfig& config) { config.keep_evidence = true; }),
         [](const Outcome& o) { return o.open() && o.pair.server.engine->evidence() != nullptr; },
         [](PairSetup& setup) {
             setup.client_auth = ClientAuth::require;
             setup.client_role = "client";
             add(setup.tune_server, [](ServerConfig& config) { config.keep_evidence = false; });
         }},
        key_log_row(Role::client),
        key_log_row(Role::server),
        {"client limits: handshake_bytes",
         on_client([](ClientConfig& config) { config.limits.handshake_bytes = 1024; }),
         client_says(Errc::limit_exceeded)},
        {"server limits: client_hello_bytes",
         on_server([](ServerConfig& config) { config.limits.client_hello_bytes = 512; }),
         server_says(Errc::limit_exceeded), long_hello},
        {"server limits: output_high_water",
         on_server([](ServerConfig& config) { config.limits.output_high_water = 100; }),
         [](const Outcome& outcome) {
             const std::string text(40'000, 'x');
             const Step step = outcome.pair.server.write(text);
             return outcome.open() && step.want == Want::drain && step.bytes < text.size();
         }},
    };
}

}  // namespace omnitls::test
