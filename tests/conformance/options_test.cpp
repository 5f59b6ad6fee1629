// SPDX-License-Identifier: BSL-1.0
// Every option on every backend: it does what it says, or the context is refused by the name of a capability. There is no third
// way: an option that is taken and does nothing fails here, since what its row looks for is not so without it.
#include "tests/conformance/options.hpp"

#include "tests/conformance/on_backend.hpp"

#include <algorithm>
#include <iostream>
#include <optional>

namespace omnitls::test {
namespace {

std::vector<Option> options() {
    std::vector<Option> all{{"nothing", [](PairSetup&) {}, is_open()}};
    for (auto topic : {options_of_algorithms, options_of_trust, options_of_use})
        for (Option& option : topic()) all.push_back(std::move(option));
    return all;
}

/// Why a row looks the same without its option; empty if it must not.
std::string same_without(const Option& option, const TlsBackend& backend) {
    if (option.name == "nothing") return "there is no option";
    if (option.name.ends_with("versions TLS 1.2") && !backend.capabilities().has("tls13"))
        return "it is the only version there is";
    return {};
}

/// Why neither course of a row ends in an open connection; empty if one of them must.
std::string never_open(const Option& option) {
    if (option.name == "server limits: client_hello_bytes")
        return "without the limit, the client refuses the name";
    return {};
}

std::string words(const Side& side) {
    const ErrorDetail* const error = side.engine->last_error();
    return error != nullptr ? error->to_string() : std::string(state_name(side.engine->state()));
}

/// What a handshake with `setup` came to, in words for whoever reads a failure.
struct Course {
    bool works = false;
    bool open = false;
    std::string ends;
};
Course play(const Option& option, const PairSetup& setup) {
    Pair pair(setup);
    exchange(pair.client, pair.server, Chunking::whole);
    const Outcome outcome{pair, setup};
    Course result;
    result.open = outcome.open();
    result.ends = "client: " + words(pair.client) + "\nserver: " + words(pair.server);
    result.works = option.works(outcome);
    return result;
}

class OptionOn : public OnBackend {
protected:
    static PairSetup scene_of(const Option& option) {
        PairSetup setup;
        setup.client_backend = setup.server_backend = &backend();
        if (option.scene) option.scene(setup);
        return setup;
    }
    static std::optional<ErrorDetail> refusal(const PairSetup& setup) {
        const auto server = backend().make_server_context(server_config(setup));
        const auto client = backend().make_client_context(client_config(setup));
        if (!client) return client.error();
        if (!server) return server.error();
        return std::nullopt;
    }
    static void expect_names_a_capability(const ErrorDetail& refusal) {
        EXPECT_EQ(refusal.code, Errc::not_supported) << refusal.what;
        EXPECT_TRUE(std::ranges::any_of(backend().capabilities().rows(),
                                        [&](const auto& row) {
                                            // A native one with a reason is of one version alone.
                                            return (row.state != CapabilityState::native ||
                                                    !row.reason.empty()) &&
                                                   refusal.what.find(row.name) != std::string::npos;
                                        }))
            << "names no capability: " << refusal.what;
    }
    static void expect_works(const Option& option, const PairSetup& with) {
        const Course it = play(option, with);
        EXPECT_TRUE(it.works) << it.ends;
        const Course other = play(option, scene_of(option));
        const std::string same = same_without(option, backend());
        EXPECT_EQ(other.works, !same.empty()) << "without the option: " << same << "\n"
                                              << other.ends;
        EXPECT_TRUE(it.open || other.open || !never_open(option).empty())
            << "another thing is wrong with its scene:\n"
            << other.ends;
    }
};
OMNITLS_ON_EVERY_BACKEND(OptionOn);

TEST_P(OptionOn, WorksOrIsRefusedByTheNameOfACapability) {
    int work = 0;
    int refused = 0;
    for (const Option& option : options()) {
        SCOPED_TRACE(option.name);
        PairSetup with = scene_of(option);
        option.set(with);
        if (const auto why = refusal(with)) {
            ++refused;
            expect_names_a_capability(*why);
            std::cout << backend().name() << ": " << option.name << ": " << why->what << "\n";
            continue;
        }
        expect_works(option, with);
        ++work;
    }
    std::cout << backend().name() << ": " << work << " options work, " << refused
              << " are refused\n";
    EXPECT_GT(work, refused);
}

// A field that is added to a configuration does not compile here until this line has it; give it a row above.
TEST(OptionCount, IsThatOfTheRows) {
    [[maybe_unused]] const auto& [trust, intermediates, revocation_lists, revocation, strength,
                                  identity, versions, profile, algorithms, alpn, verifier, limits,
                                  clock, key_log, sessions, keep_evidence] = ClientConfig{};
    [[maybe_unused]] const auto& [suites, groups, schemes] = Algorithms{};
    [[maybe_unused]] const auto& [own, client_auth, client_trust, more, server_lists,
                                  server_revocation, server_strength, server_versions,
                                  server_profile, server_algorithms, server_alpn, chooser,
                                  server_verifier, server_limits, server_clock, server_key_log,
                                  session_lifetime, server_keep_evidence] = ServerConfig{};
    EXPECT_GE(options().size(), 16U + 3U + 18U);
}

}  // namespace
}  // namespace omnitls::test
